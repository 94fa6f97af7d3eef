/**
 * What stays below a draft's own words when these are replaced, in plain text: the signature, and the email that is
 * answered or forwarded. Found by the marks that mail programs leave (in HTML: html-tail.ts); without one nothing stays,
 * and nothing is guessed.
 */
import { startsAttribution } from '../body-text/fold-quotes.ts'
import { isAttribution, isForwardMark, isSeparator, readHeaderBlock } from '../body-text/quote-marks.ts'

/** From here on; undefined: all of it is the writer's own, or the writer's words come below the quote too. */
export function tailOfText(text: string): string | undefined {
  const lines = text.split('\n')
  const last = lastQuoted(lines)
  const marked = lines.findIndex((_, index) => isSignature(lines, index) || startsOriginal(lines, index))
  const starts = [marked, isAnswered(lines, last) ? -1 : startOfOnlyQuote(lines, last)].filter(
    (at) => at >= 0,
  )
  if (starts.length === 0) return undefined
  const at = Math.min(...starts)
  const isQuote = !lines.slice(at, last).some((line, index) => isWhole(lines, at + index, line))
  return last > at && isQuote && isAnswered(lines, last) ? undefined : lines.slice(at).join('\n').trimEnd()
}

/** The writer's words come below the last line that is quoted. */
export function isAnsweredBelow(text: string): boolean {
  const lines = text.split('\n')
  return isAnswered(lines, lastQuoted(lines))
}

function lastQuoted(lines: readonly string[]): number {
  return lines.findLastIndex((line) => line.startsWith('>'))
}

function isAnswered(lines: readonly string[], last: number): boolean {
  const below = lines.slice(last + 1)
  const signature = below.findIndex((_, index) => isSignature(below, index))
  return last >= 0 && below.slice(0, signature < 0 ? undefined : signature).some((line) => !isBlank(line))
}

/** Apple Mail quotes its attribution too. Where words stand between two quotes, they answer the first. */
function startOfOnlyQuote(lines: readonly string[], last: number): number {
  let start = last
  for (let at = last; at >= 0; at -= 1) {
    if (lines[at]?.startsWith('>')) start = at
    else if (!isBlank(lines[at])) break
  }
  return lines.slice(0, Math.max(0, start)).some((line) => line.startsWith('>')) ? -1 : start
}

/** A longer text below two hyphens is no signature. */
const maxSignatureLines = 12

/** RFC 3676 §4.3; where its blank got lost, so short a text behind an empty line. */
function isSignature(lines: readonly string[], at: number): boolean {
  if (lines[at] === '-- ') return true
  if (lines[at] !== '--' || at === 0 || !isBlank(lines[at - 1])) return false
  const end = at + 1 + maxSignatureLines
  for (let index = at + 1; index < Math.min(end, lines.length); index += 1)
    if (lines[index]?.startsWith('>') || startsOriginal(lines, index)) return true
  return lines.length <= end
}

function isBlank(line: string | undefined): boolean {
  return (line ?? '').trim() === ''
}

function startsOriginal(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  if (line.startsWith('>') || isBlank(line)) return false
  return isWhole(lines, at, line) || [1, 2, 3].some((count) => isAttributed(lines, at, count))
}

/** All that follows is what is forwarded or answered. */
function isWhole(lines: readonly string[], at: number, line: string): boolean {
  return isForwardMark(line) || isSeparator(line) || readHeaderBlock(lines, at) !== undefined
}

/** So many lines say who wrote what is quoted below. */
function isAttributed(lines: readonly string[], at: number, count: number): boolean {
  const said = lines.slice(at, at + count)
  const behind = [lines[at + count], lines[at + count + 1]].find((line) => !isBlank(line))
  if (behind?.startsWith('>') !== true || said.some(isBlank)) return false
  return isAttribution(said.join(' ')) && (count === 1 || startsAttribution(lines[at] ?? ''))
}
