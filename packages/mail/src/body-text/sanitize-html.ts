/** The HTML of a mail reduced to structure and text: an allow-list of elements, links without query, no image loaded. */

import type { ReadableText } from './html-to-text.ts'
import { neutraliseLinks, parseLink, shownText, textNamesAnotherHost } from './links.ts'
import { toWarnings, walkVisible } from './visible-html.ts'

const kept = new Set([
  ...['p', 'br', 'hr', 'div', 'span', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'dl', 'dt', 'dd'],
  ...['table', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th', 'caption', 'blockquote', 'pre', 'code', 'a'],
  ...[
    'b',
    'strong',
    'i',
    'em',
    'u',
    's',
    'del',
    'ins',
    'sub',
    'sup',
    'small',
    'abbr',
    'q',
    'cite',
    'address',
  ],
])
const voids = new Set(['br', 'hr'])
const keptAttributes = ['colspan', 'rowspan']

export function sanitizeHtml(html: string): ReadableText {
  const output: string[] = []
  const links: { href: string | undefined; from: number }[] = []
  let mismatch = false

  const hidden = walkVisible(html, {
    open(tag, attributes) {
      if (tag === 'img') {
        const host = parseLink(attributes.src)?.host
        if (host !== undefined && !/^[01](px)?$/.test(attributes.width ?? ''))
          output.push(`[image: ${escapeText(host)}]`)
      }
      if (!kept.has(tag)) return
      const target = tag === 'a' ? parseLink(attributes.href) : undefined
      if (tag === 'a') links.push({ href: attributes.href, from: output.length + 1 })
      const spans = keptAttributes
        .filter((name) => /^\d{1,3}$/.test(attributes[name] ?? ''))
        .map((name) => ` ${name}="${attributes[name]}"`)
      output.push(`<${tag}${target ? ` href="${escapeText(target.href)}"` : ''}${spans.join('')}>`)
    },
    text(value) {
      output.push(escapeText(neutraliseLinks(value).text))
    },
    close(tag) {
      if (!kept.has(tag) || voids.has(tag)) return
      output.push(`</${tag}>`)
      const link = tag === 'a' ? links.pop() : undefined
      const target = link && parseLink(link.href)
      if (link && target && textNamesAnotherHost(shownText(output, link.from), target)) mismatch = true
    },
  })
  return {
    text: output
      .join('')
      .replaceAll(/\s{2,}/g, (space) => (space.includes('\n') ? '\n' : ' '))
      .trim(),
    warnings: [...toWarnings(hidden), ...(mismatch ? ['link_text_mismatch'] : [])],
  }
}

export function escapeText(value: string): string {
  if (!/[&<>"]/.test(value)) return value
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
