/**
 * The whole targets that a text names as `[link 3]`. A text is cut in front of the first whose target no longer fits,
 * so that the next slice goes on with it: no number is without its target.
 */
import type { ReadLink } from '@email-connector/mail'

export interface LinkRow {
  readonly number: number
  readonly text: string
  readonly url: string
}

const maxLinks = 100

export function chooseLinks(
  text: string,
  links: readonly ReadLink[] | undefined,
  maxChars: number,
): { text: string; links?: LinkRow[]; isCut: boolean } {
  if (links === undefined) return { text, isCut: false }
  const byNumber = new Map(links.map((link) => [String(link.number), link]))
  const chosen = new Map<string, ReadLink>()
  let left = maxChars
  for (const { 1: number = '', index } of text.matchAll(/\[link (\d{1,9})\]/g)) {
    const link = byNumber.get(number)
    if (link === undefined || chosen.has(number)) continue
    left -= link.url.length + link.text.length
    // The first always fits: otherwise the next slice would begin where this one did.
    if (chosen.size > 0 && (left < 0 || chosen.size >= maxLinks)) return toRows(text.slice(0, index), chosen)
    chosen.set(number, link)
  }
  return toRows(text, chosen)
}

function toRows(
  text: string,
  chosen: ReadonlyMap<string, ReadLink>,
): { text: string; links: LinkRow[]; isCut: boolean } {
  const links = [...chosen.values()]
  return {
    text,
    links: links.map(({ number, text: words, url }) => ({ number, text: words, url })),
    isCut: links.some(({ isCut }) => isCut === true),
  }
}

export function toLinkLines(links: readonly LinkRow[]): string[] {
  return links.map(({ number, url }) => `[link ${number}] ${url}`)
}
