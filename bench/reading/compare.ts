/**
 * What a mail's text has of the words that a person sees, and what it has beyond them. Words are runs of letters and
 * digits; where a mail program joins two, or our text does, a part of a longer run counts as well.
 */
import type { VisibleWords } from '@email-connector/testing'

export interface Comparison {
  readonly words: number
  readonly missing: readonly string[]
  /** Hidden from a person, in the text more often than shown. */
  readonly leaked: readonly string[]
  /** Words that only the layout covers, which no style says. */
  readonly covered: number
  readonly isEmpty: boolean
}

export function compareWords(text: string, { shown, hidden, covered }: VisibleWords): Comparison {
  const wanted = shown.flatMap(runsOf)
  const left = count(runsOf(text))
  const missing = wanted.filter((word) => !take(left, word)).filter((word) => !takePart(left, word))
  const rest = count(runsOf(text.replaceAll(ownWords, ' ')))
  for (const word of wanted) take(rest, word)
  const leaked = hidden.flatMap(runsOf).filter((word) => word.length > 1 && take(rest, word))
  const isEmpty = wanted.length > 0 && text.trim() === ''
  return { words: wanted.length, missing, leaked, covered: covered.flatMap(runsOf).length, isEmpty }
}

/** What our text says of itself: where a link leads, what a picture shows. */
const ownWords = /\[image: [^\]]*\]| \([\w.-]+\.[a-z][\w-]+\)/gi

/** Characters that print nothing divide no word. */
function runsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .replaceAll(/\u034f|[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]/g, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  )
}

function count(words: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>()
  for (const word of words) counted.set(word, (counted.get(word) ?? 0) + 1)
  return counted
}

function take(left: Map<string, number>, word: string): boolean {
  const many = left.get(word) ?? 0
  if (many > 0) left.set(word, many - 1)
  return many > 0
}

function takePart(left: ReadonlyMap<string, number>, word: string): boolean {
  for (const [longer, many] of left)
    if (many > 0 && longer.length > word.length && longer.includes(word)) return true
  return false
}
