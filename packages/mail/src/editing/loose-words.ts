/**
 * Words without the marks by which plain text says what HTML shows: `*bold*`, `_slanted_`, `link <https://…>`. The
 * words to be replaced may have been read in either form, or in the Markdown that both were made from.
 */
import { findWords, type Place } from './find-words.ts'

/** Beside a word, at one side only; and a target behind its words. */
const marks =
  /(?<![\p{L}\p{N}*_~])[*_~]{1,3}(?=[^\s*_~])|(?<=[^\s*_~])[*_~]{1,3}(?![\p{L}\p{N}*_~])| ?<(?:https?:\/\/|mailto:)[^\s<>]{1,2000}>/gu
const markdownLink = /\[([^[\]]{1,200})\]\((?:https?:\/\/|mailto:)[^\s()]{1,2000}\)/g

export function withoutMarks(text: string): string {
  return text.replaceAll(markdownLink, '$1').replaceAll(marks, '')
}

/** `sought`: as it was typed. A mark beside a place belongs to it where its other half is inside. */
export function findLoosely(text: string, sought: string): Place[] {
  const words = withoutMarks(sought).trim().split(/\s+/)
  if (words[0] === '') return []
  const { kept, origins, counts, beginning, ending } = withOrigins(text)
  const typed = sought.trim()
  const [opens, closes] = [/^[*_~]/.test(typed), /[*_~]$/.test(typed)]
  return findWords(kept, words).map((place) => {
    const start = origins[place.start] ?? 0
    const end = (origins[place.end - 1] ?? 0) + 1
    const isOdd = ((counts[place.end - 1] ?? 0) - (counts[place.start] ?? 0)) % 2 === 1
    const [before, after] = [beginning.get(start), ending.get(end)]
    return {
      start: before !== undefined && (opens || isOdd) ? before : start,
      end: after !== undefined && (closes || (isOdd && before === undefined)) ? after : end,
    }
  })
}

/** Of each character that is kept where it stood and behind how many marks; of each mark its other end. */
function withOrigins(text: string) {
  const pieces: string[] = []
  const [origins, counts]: [number[], number[]] = [[], []]
  const [beginning, ending] = [new Map<number, number>(), new Map<number, number>()]
  let at = 0
  const keepTo = (end: number) => {
    pieces.push(text.slice(at, end))
    for (; at < end; at += 1) {
      origins.push(at)
      counts.push(ending.size)
    }
  }
  for (const { 0: mark, index } of text.matchAll(marks)) {
    keepTo(index)
    at = index + mark.length
    if (mark.endsWith('>')) continue
    beginning.set(at, index)
    ending.set(index, at)
  }
  keepTo(text.length)
  return { kept: pieces.join(''), origins, counts, beginning, ending }
}
