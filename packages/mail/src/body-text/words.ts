/**
 * What two texts have in common, word by word: whether a plain text part says what the HTML beside it shows. Addresses of
 * the web and of mail are left out, since one form of a mail spells them out and the other hides them behind words.
 */

export type Words = ReadonlyMap<string, number>

/** Of one text part, as its reader sees it. */
export interface TextWords {
  /** In their order. */
  readonly visible: readonly string[]
  /** Of HTML: the preview line that a list shows, and what pictures say. A plain text part may say them all the same. */
  readonly beside: readonly string[]
  /** Who registered the names that it leads to or spells out; of plain text without the sender's own. */
  readonly sites: readonly string[]
}

/** More words than this are not compared. */
const maxWords = 50_000
const maxChars = 512 * 1024
const links =
  /(?:\b(?:https?|ftp|mailto|cid):[^\s<>")\]]{0,4000}|\bwww\.[^\s<>")\]]{1,2000}|[^\s<>"(]{1,64}@[\w.-]{1,255})/gi
/** Scripts without spaces: each character is compared by itself. */
const word =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}])[\p{L}\p{N}\p{M}])+/gu

/** In their order. */
export function listWords(text: string): string[] {
  const listed: string[] = []
  const clean = text.slice(0, maxChars).normalize('NFKC').replaceAll(links, ' ').toLowerCase()
  for (const [found] of clean.matchAll(word)) {
    if (listed.push(found) >= maxWords) break
  }
  return listed
}

export function countWords(listed: readonly string[]): Words {
  const words = new Map<string, number>()
  for (const one of listed) words.set(one, (words.get(one) ?? 0) + 1)
  return words
}

export function wordsOf(text: string): Words {
  return countWords(listWords(text))
}

/** How many of `words` are not in `other`, each as often as it is said. */
export function countMissing(words: Words, other: Words): number {
  let missing = 0
  for (const [one, count] of words) missing += Math.max(0, count - (other.get(one) ?? 0))
  return missing
}

/** Different words of `words` that are nowhere in `other`. */
export function findForeign(words: Words, other: Words): string[] {
  return [...words.keys()].filter((one) => !other.has(one))
}

export function countAll(words: Words): number {
  return [...words.values()].reduce((sum, count) => sum + count, 0)
}
