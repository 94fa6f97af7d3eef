/**
 * What two texts have in common, word by word: whether a plain text part says what the HTML beside it shows. Addresses of
 * the web and of mail are left out, since one form of a mail spells them out and the other hides them behind words.
 */

export type Words = ReadonlyMap<string, number>

/** More words than this are not compared. */
const maxWords = 50_000
const maxChars = 512 * 1024
const links =
  /(?:\b(?:https?|ftp|mailto|cid):[^\s<>")\]]{0,4000}|\bwww\.[^\s<>")\]]{1,2000}|[^\s<>"(]{1,64}@[\w.-]{1,255})/gi
/** Scripts without spaces: each character is compared by itself. */
const word =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}])[\p{L}\p{N}\p{M}])+/gu

export function wordsOf(text: string): Words {
  const words = new Map<string, number>()
  const clean = text.slice(0, maxChars).normalize('NFKC').replaceAll(links, ' ').toLowerCase()
  let count = 0
  for (const [found] of clean.matchAll(word)) {
    if (++count > maxWords) break
    words.set(found, (words.get(found) ?? 0) + 1)
  }
  return words
}

/** How many of `words` are not in `other`, each as often as it is said. */
export function countMissing(words: Words, other: Words): number {
  let missing = 0
  for (const [one, count] of words) missing += Math.max(0, count - (other.get(one) ?? 0))
  return missing
}

/** Different words of `words` that are nowhere in `others`. */
export function countForeign(words: Words, ...others: readonly Words[]): number {
  return [...words.keys()].filter((one) => !others.some((other) => other.has(one))).length
}

export function countAll(words: Words): number {
  return [...words.values()].reduce((sum, count) => sum + count, 0)
}
