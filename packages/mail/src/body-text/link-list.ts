/**
 * The whole targets of a text's links, numbered: the text says `[link 3]`, and the list where that leads, query and
 * all. A target keeps its number wherever it stands again.
 */
import type { ReadLink } from '../message.ts'
import type { LinkTarget } from './link-target.ts'

export interface LinkList {
  /** What `showMarks` makes ` [link 3]` of, once the text is whole. */
  mark(target: LinkTarget, text: string): string
  readonly links: readonly ReadLink[]
}

/** Controls, which no text of an email has when it gets here. */
export const markStart = ' \u0001link '
const markEnd = '\u0002'
const marks = new RegExp(`(?<= )\u0001link (\\d{1,9})${markEnd}`, 'g')

/** In HTML there may be an element between any two of its letters. */
const begunMark = new RegExp(
  String.raw`\[(?=(?:<[^<>]*>|\s)*${[...'link'].join('(?:<[^<>]*>)*')}(?:<[^<>]*>|\s)*[\s\d])`,
  'gi',
)

/** What mail programs and browsers follow. */
const maxUrlChars = 4_000
const maxTextChars = 120

/** `first`: the number of the first, where another text of the same email was read before. */
export function createLinkList(first = 1): LinkList {
  const byUrl = new Map<string, ReadLink>()
  return {
    mark(target, text) {
      const known = byUrl.get(target.whole)
      const link = known ?? toLink(first + byUrl.size, target, text)
      byUrl.set(target.whole, link)
      return `${markStart}${link.number}${markEnd}`
    },
    get links() {
      return [...byUrl.values()]
    },
  }
}

function toLink(number: number, { whole, href }: LinkTarget, text: string): ReadLink {
  const words = text.replaceAll(/\s+/g, ' ').trim()
  const shown = words.length > maxTextChars ? `${words.slice(0, maxTextChars - 1)}…` : words
  if (whole.length <= maxUrlChars) return { number, text: shown, url: whole }
  return { number, text: shown, url: href.slice(0, maxUrlChars), isCut: true }
}

/** A mark that the email itself wrote, in however many pieces, must not pass for one of the list's. */
export function showMarks(text: string): string {
  return text
    .replaceAll(/\[(\s*link\s+\d{1,9}\s*)\]/gi, '($1)')
    .replaceAll(begunMark, '(')
    .replaceAll(marks, '[link $1]')
}
