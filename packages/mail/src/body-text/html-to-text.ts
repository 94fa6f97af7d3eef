/** The HTML of a mail as text to read: paragraphs, lists, tables by rows, links as `text (host)`, `[image: host]`. */
import { neutraliseLinks, parseLink, shownText, textNamesAnotherHost } from './links.ts'
import { toWarnings, walkVisible } from './visible-html.ts'

export interface ReadableText {
  readonly text: string
  /** `hidden_text_removed`, `hidden_text_possible`, `link_text_mismatch`. */
  readonly warnings: readonly string[]
}

const paragraphs = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'ul',
  'ol',
  'table',
  'blockquote',
  'pre',
  'hr',
])
const lines = new Set([
  ...[
    'div',
    'tr',
    'li',
    'dt',
    'dd',
    'section',
    'article',
    'header',
    'footer',
    'main',
    'aside',
    'nav',
    'center',
  ],
  ...[
    'form',
    'fieldset',
    'address',
    'figure',
    'figcaption',
    'body',
    'caption',
    'thead',
    'tbody',
    'tfoot',
    'details',
  ],
])

/** Stands for a space of preformatted text while the others are tidied; private use, so no mail means it. */
const keptSpace = '\uE0FF'

export function htmlToText(html: string): ReadableText {
  const output: string[] = []
  const links: { href: string | undefined; from: number }[] = []
  let preformatted = 0
  let mismatch = false

  const hidden = walkVisible(html, {
    open(tag, attributes) {
      if (tag === 'br') output.push('\n')
      else if (tag === 'img') output.push(imageText(attributes))
      else if (tag === 'a') links.push({ href: attributes.href, from: output.length })
      else if (tag === 'li') output.push('\n- ')
      else if (tag === 'td' || tag === 'th') output.push(' ')
      else if (tag === 'blockquote') output.push('\n\n> ')
      else if (paragraphs.has(tag)) output.push(tag === 'hr' ? '\n\n---\n\n' : '\n\n')
      else if (lines.has(tag)) output.push('\n')
      if (tag === 'pre') preformatted++
    },
    text(value) {
      output.push(preformatted > 0 ? value.replaceAll(' ', keptSpace) : value.replaceAll(/[\s\u00a0]+/g, ' '))
    },
    close(tag) {
      if (tag === 'pre') preformatted--
      if (tag === 'a') closeLink()
      else if (paragraphs.has(tag)) output.push('\n\n')
      else if (lines.has(tag)) output.push('\n')
    },
  })

  const neutral = neutraliseLinks(tidy(output.join('')).replaceAll(keptSpace, ' '))
  return {
    text: neutral.text,
    warnings: [...toWarnings(hidden), ...(mismatch || neutral.mismatch ? ['link_text_mismatch'] : [])],
  }

  function closeLink(): void {
    const link = links.pop()
    const target = link && parseLink(link.href)
    if (!link || !target) return
    const shown = shownText(output, link.from)
    if (shown === '') return
    if (textNamesAnotherHost(shown, target)) mismatch = true
    if (shown !== target.host) output.push(` (${target.host})`)
  }
}

/** Pixels that only count readers are no content; pictures inside the mail (cid:) have no host. */
function imageText({ src, width, height }: Readonly<Record<string, string>>): string {
  if ([width, height].some((size) => /^[01](px)?$/.test(size?.trim() ?? ''))) return ''
  const host = parseLink(src)?.host
  if (host !== undefined) return ` [image: ${host}] `
  return /^cid:/i.test(src?.trim() ?? '') ? ' [image: attached] ' : ''
}

function tidy(text: string): string {
  return (
    text
      .replaceAll(/\r\n?/g, '\n')
      // from the first blank of a run only: a long run inside a line would take time by the square
      .replaceAll(/(?<![ \t])[ \t]+\n/g, '\n')
      .replaceAll(/\n[ \t]+(?=\S)/g, '\n')
      .replaceAll(/(\S)[ \t]{2,}/g, '$1 ')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim()
  )
}
