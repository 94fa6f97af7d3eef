/**
 * What is shown of a link or image: where it really leads, without the query that tracks the reader or carries data
 * out. Markdown in plain text is made harmless the same way. Whether a link leads where its words say is for the
 * judge of link-names.ts, which loads with the first link; whole targets go to a list, where the reader asked for it.
 */
import { breakMarkup } from './break-markup.ts'
import { type LinkList, markStart } from './link-list.ts'
import type { LinkJudge, LinkWarning } from './link-names.ts'
import { type LinkTarget, parseLink } from './link-target.ts'

// Neither text nor target may hold an opening bracket, so that a failed attempt ends where the next one starts. A preview
// may be cut inside an image; what is no image by this expression and one to some renderer is broken up afterwards.
const markdownImage =
  /!\[[^[\]]{0,500}\](?:\(([^()[\s]{0,4000})(?:(?:\s[^()[\n]{0,500})?\)|$)|\[[^[\]\n]{0,200}\])/g
const markdownLink =
  /\[(\[image: [^\]\s]{1,255}\]|[^[\]\n]{1,500})\]\([ \t]{0,3}<?([^()<>[\s]{0,4000})>?(?:\s[^()[\n]{0,500})?\)/g
/** Words with brackets of their own; bounded, so that no run of brackets is looked at again and again. */
const bracketedLink =
  /\[((?:[^[\]\n]{0,200}\[[^[\]\n]{0,100}\]){1,3}[^[\]\n]{0,200})\]\([ \t]{0,3}<?([^()<>[\s]{0,4000})>?(?:\s[^()[\n]{0,500})?\)/g
/** Also in a quote or a list, and with its target on a line of its own (CommonMark §4.7). */
const markdownDefinition =
  /^([ \t>]{0,20}(?:[-*+][ \t]{1,3})?\[([^[\]\n]{1,200})\]:[ \t]*(?:\n[ \t]{0,3})?)<?(https?:\S{1,4000}?|\/\/\S{1,4000}?|mailto:\S{1,4000}?)>?(?:[ \t].*)?$/gim
/** A use of a definition: `[words][label]`, `[label][]`, `[label]`. */
const markdownReference = /\[([^[\]\n]{1,500})\](?:\[([^[\]\n]{0,200})\])?(?![(:])/g
const bareUrl = /\bhttps?:\/\/[^\s<>"')\]]{1,16000}/gi
const dataUrl = /\bdata:[\w.+-]{1,100}\/[\w.+-]{1,100}[;,][^\s<>"')\]]*/gi

/** Of one text: a list of sources has some hundred. */
const maxDefinitions = 1_000

export interface NeutralText {
  readonly text: string
  readonly warnings: readonly LinkWarning[]
}

export interface LinkReading {
  readonly judge?: LinkJudge | undefined
  /** Where the whole targets go. */
  readonly list?: LinkList | undefined
}

/** Plain text as a Markdown renderer on the reader's side might see it: no image to load, no query to leak by. */
export function neutraliseLinks(value: string, { judge, list }: LinkReading = {}): NeutralText {
  if (!/[[:<]/.test(value)) return { text: value, warnings: [] }
  const warnings = new Set<LinkWarning>()
  const judgeLink = (shown: string, target: LinkTarget) => {
    const warning = judge?.(shown, target)
    if (warning !== undefined) warnings.add(warning)
  }
  const toShown = (whole: string, shown: string, href: string) => {
    const target = parseLink(href)
    if (target === undefined) return /^[a-z][a-z0-9+.-]*:/i.test(href) ? shown : whole
    judgeLink(shown, target)
    return `${shown} (${target.host})${list?.mark(target, shown) ?? ''}`
  }
  const defined = new Map<string, LinkTarget>()
  const inline = value
    .replace(dataUrl, '[data removed]')
    .replace(markdownImage, (_, href: string | undefined) => `[image: ${parseLink(href)?.host ?? 'none'}]`)
    .replace(markdownLink, toShown)
    .replace(bracketedLink, toShown)
    .replace(markdownDefinition, (whole, before: string, label: string, href: string) => {
      const target = parseLink(href)
      if (target === undefined) return whole
      if (defined.size < maxDefinitions) defined.set(toLabel(label), target)
      return `${before}${target.host}${list?.mark(target, label) ?? ''}`
    })
  const text = (defined.size === 0 ? inline : inline.replace(markdownReference, toReference)).replace(
    bareUrl,
    (found, at: number, all: string) => {
      const url = withoutStop(found)
      const target = parseLink(url)
      if (target === undefined) return found
      judgeLink('', target)
      const isMarked = all.startsWith(markStart, at + found.length)
      const rest = found.slice(url.length)
      // A number says where the whole of it is.
      if (list === undefined) return `${target.shown}${rest}`
      return `${target.href}${isMarked ? '' : list.mark(target, '')}${rest}`
    },
  )
  return { text: breakMarkup(text), warnings: [...warnings] }

  function toReference(whole: string, shown: string, label: string | undefined): string {
    const target = defined.get(toLabel(label || shown))
    if (target === undefined) return whole
    judgeLink(shown, target)
    // A lone `[1]` is how people write footnotes.
    return label === undefined ? whole : `${shown} (${target.host})`
  }
}

/** Without the punctuation of the sentence around it. */
function withoutStop(url: string): string {
  let end = url.length
  while (end > 0 && '.,;:!?'.includes(url.charAt(end - 1))) end--
  return url.slice(0, end)
}

/** Labels are compared without regard to case and blanks. */
function toLabel(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, ' ')
}
