/**
 * Of a text and HTML that say the same words, whether the HTML tells better which of them are its writer's: Yahoo, Zoho
 * and phones mark there alone where the earlier email begins.
 */
import { toSegments } from './marked-quotes.ts'
import { listWords } from './words.ts'

/** Both as they are shown, with quotes folded, left out or marked. */
export function tellsMore(html: string, plain: string): boolean {
  const known = ownLinesOf(plain)
  // Answers stand between quotes: a container of the HTML would hide them.
  if (isAnswered(known.lines)) return false
  const told = ownLinesOf(html)
  return told.isFolded && wordsIn(told.lines) < wordsIn(known.lines)
}

const foldMark = /^\[\d+ quoted lines?(?:: .*)?\]$/

function ownLinesOf(text: string): { lines: string[]; isFolded: boolean } {
  const segments = toSegments(text)
  const lines = segments.flatMap((one) => (one.kind === 'own' ? one.lines : []))
  const own = lines.filter((line) => !foldMark.test(line))
  return { lines: own, isFolded: own.length < lines.length || segments.some(({ kind }) => kind !== 'own') }
}

function wordsIn(lines: readonly string[]): number {
  return listWords(lines.join('\n')).length
}

function isAnswered(lines: readonly string[]): boolean {
  const firstQuoted = lines.findIndex((line) => /^ ?>/.test(line))
  const lastOwn = lines.findLastIndex((line) => /\S/.test(line) && !/^ ?>/.test(line))
  return firstQuoted >= 0 && firstQuoted < lastOwn
}
