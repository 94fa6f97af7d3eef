/**
 * Earlier emails at the end of a reply, folded into one line that says how many lines and whose. What somebody answers
 * to in the middle stays, and so does a forwarded email, which is content; where in doubt, the quote is shown.
 */
import type { Region } from './mail-programs.ts'
import { quoteMarks, withoutQuoteMarks } from './marked-quotes.ts'
import { refersToQuote } from './pointing-words.ts'
import {
  isAttribution,
  isForwardMark,
  isMailAttribution,
  isSeparator,
  isSubjectLine,
  readHeaderBlock,
} from './quote-marks.ts'
import { findTail, withoutSignature } from './signature-lines.ts'
import { isWordless, lastWords, nextWords } from './worded-lines.ts'

interface Quote {
  readonly from: number
  /** Behind its last line. */
  readonly to: number
  readonly who: string
  /** Answers may stand between its lines. */
  readonly isAnswered?: true
}

const maxWhoChars = 160
const maxOwnChars = 600

export interface Folding {
  readonly quotes: 'folded' | 'left_out' | 'marked'
  /** false: a block of header lines is what a form or a machine wrote, and no quote. */
  readonly isReply?: boolean | undefined
  readonly regions?: readonly Region[]
}

export function foldQuotes(text: string, { quotes, isReply = true, regions = [] }: Folding): string {
  const lines = text.split('\n')
  if (quotes === 'marked') return markQuote(lines, regions, isReply)
  const quote = findQuote(lines, regions, isReply)
  const own = lines.slice(0, quote?.from ?? lines.length)
  const tail = quote === undefined ? [] : lines.slice(quote.to)
  if (quotes === 'left_out') {
    const kept = isWordless(own) ? lines : own
    return withoutSignature(kept, regions).join('\n').trim()
  }
  if (quote === undefined) return text
  const count = lines.slice(quote.from, quote.to).filter((line) => /[^\s>]/.test(line)).length
  const who = quote.who === '' ? '' : `: ${quote.who.slice(0, maxWhoChars)}`
  const folded = `[${count} quoted ${count === 1 ? 'line' : 'lines'}${who}]`
  return [own.join('\n').trimEnd(), folded, tail.join('\n').trim()].filter((part) => part !== '').join('\n\n')
}

/** Everything, with marks around what was written before: the writer's own signature too is said once. */
function markQuote(given: readonly string[], regions: readonly Region[], isReply: boolean): string {
  const lines = given.map(withoutQuoteMarks)
  if (!lines.some((line) => /\S/.test(line))) return ''
  const kinds = kindsOf(lines, regions)
  const isQuoted = isQuotedLine(lines, kinds)
  const forwardAt = lines.findIndex((line, at) => !isQuoted(at) && isForwardMark(line))
  const forward = forwardAt < 0 ? undefined : { from: forwardAt, to: lines.length, who: '' }
  const block = findMarked(lines, isQuoted, isReply, true)
  const quote = earliest(forward, earliest(block, findTrailing(lines, isQuoted, regions, kinds, isReply)))
  const own = lines.slice(0, quote?.from ?? lines.length)
  const isForward = quote !== undefined && lines.slice(quote.from, quote.from + 4).some(isForwardMark)
  const isAnswered = quote?.isAnswered === true || pointsAtQuote(own, regions)
  const kind = isForward ? 'forward' : isAnswered ? 'answered' : 'quote'
  const shown = withoutSignature(own, regions)
  let at = 0
  const signature = own.filter((line) => (line === shown[at] ? ++at === 0 : true))
  return [
    ...shown,
    ...(signature.length === 0 ? [] : [quoteMarks.signature, ...signature]),
    ...(quote === undefined ? [] : [quoteMarks[kind], ...lines.slice(quote.from, quote.to)]),
    ...(quote === undefined || quote.to >= lines.length
      ? []
      : [quoteMarks.signature, ...lines.slice(quote.to)]),
    quoteMarks.own,
  ].join('\n')
}

function isQuotedLine(lines: readonly string[], kinds: readonly (Region['kind'] | undefined)[]) {
  return (at: number) => kinds[at] === 'quote' || (/^ ?>/.test(lines[at] ?? '') && kinds[at] !== 'citation')
}

function findQuote(
  lines: readonly string[],
  regions: readonly Region[],
  isReply: boolean,
): Quote | undefined {
  const kinds = kindsOf(lines, regions)
  const isQuoted = isQuotedLine(lines, kinds)
  if (lines.some((line, at) => !isQuoted(at) && isForwardMark(line))) return undefined
  const quote = earliest(
    findMarked(lines, isQuoted, isReply),
    findTrailing(lines, isQuoted, regions, kinds, isReply),
  )
  if (quote === undefined) return undefined
  const own = lines.slice(0, quote.from)
  if (isWordless(own)) return undefined
  if (pointsAtQuote(own, regions)) return undefined
  const first = lines.slice(quote.from, quote.to).filter((line) => /[^\s>]/.test(line))
  if (first.slice(0, 3).some(isForwardMark)) return undefined
  return quote
}

function pointsAtQuote(own: readonly string[], regions: readonly Region[]): boolean {
  const said = own.join('\n').trim()
  return said.length <= maxOwnChars && refersToQuote(withoutSignature(own, regions).join('\n'))
}

function earliest(one: Quote | undefined, other: Quote | undefined): Quote | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one.from <= other.from ? one : other
}

/** Of lines that belong to several, the outermost, which came first. */
function kindsOf(lines: readonly string[], regions: readonly Region[]): (Region['kind'] | undefined)[] {
  const kinds = new Array<Region['kind'] | undefined>(lines.length).fill(undefined)
  const outermost = [...regions].sort((a, b) => b.from - a.from || a.to - b.to)
  let budget = 20 * lines.length
  for (const { kind, from, to } of outermost)
    for (let at = from; at <= to && at < lines.length && budget > 0; at += 1, budget -= 1) kinds[at] = kind
  return kinds
}

/** Lines with a colon or a rule in front of a quote; more of them are no email that somebody wrote. */
const maxMarkedLines = 50_000

/** Outlook's kind: a block of headers, and everything behind it. */
function findMarked(
  lines: readonly string[],
  isQuoted: (at: number) => boolean,
  isReply: boolean,
  takesAnswers = false,
): Quote | undefined {
  let tries = maxMarkedLines
  for (let at = 0; at < lines.length && tries > 0; at += 1) {
    if (!/[-:：_=*]/.test(lines[at] ?? '') || isQuoted(at)) continue
    tries -= 1
    const isMark = isSeparator(lines[at] ?? '')
    const start = isMark ? nextWords(lines, at + 1) : at
    const block = isMark || isReply ? readHeaderBlock(lines, start) : undefined
    if (!isMark && block === undefined) continue
    const whose = isMark && isAttribution(lines[at] ?? '') ? toWho([lines[at] ?? '']) : ''
    const quote = { from: withRule(lines, at), to: lines.length, who: block?.who ?? whose }
    // Quoted by the line below its headers: answers may stand between and behind.
    if (!isQuoted(nextWords(lines, start + (block?.lines ?? 0)))) return quote
    return takesAnswers ? { ...quote, isAnswered: true } : undefined
  }
  return undefined
}

const rule = /^\s*[-_=*]{3,}\s*$/

/** The rule that Outlook draws above. */
function withRule(lines: readonly string[], at: number): number {
  let above = at - 1
  while (above > 0 && !/\S/.test(lines[above] ?? '')) above -= 1
  return above > 0 && rule.test(lines[above] ?? '') ? above : at
}

/** The other kind: lines behind `>`, or inside a container of quotes, with nothing but a signature below. */
function findTrailing(
  lines: readonly string[],
  isQuoted: (at: number) => boolean,
  regions: readonly Region[],
  kinds: readonly (Region['kind'] | undefined)[],
  isReply: boolean,
): Quote | undefined {
  const tail = findTail(lines, isQuoted, regions)
  const last = lastWords(lines, tail - 1)
  const isCitation = kinds[last] === 'citation'
  if (last < 0 || !(isQuoted(last) || isCitation)) return undefined
  const belongs = (at: number) => isQuoted(at) || (isCitation && kinds[at] === 'citation')
  let from = last
  for (let at = last; at >= 0; at -= 1) {
    if (belongs(at)) from = at
    else if (/\S/.test(lines[at] ?? '')) break
  }
  const attribution = findAttribution(lines, from, kinds)
  if (attribution !== undefined)
    return { ...attribution, from: withLabels(lines, attribution.from), to: tail }
  const above = lines[lastWords(lines, from - 1)] ?? ''
  const who = whoInside(lines, from, tail, isCitation ? isMailAttribution : isAttribution)
  // A citation needs a name, in front or inside; and words that end in a colon speak of what follows.
  if ((isCitation && (who === '' || !isReply)) || /[:：]\s*$/.test(above)) return undefined
  return { from, to: tail, who }
}

const maxLabels = 4
const maxInnerLines = 16

/** Yandex writes for whom and about what it was above the attribution, below a rule. */
export function withLabels(lines: readonly string[], from: number): number {
  if (!isSubjectLine(lines[from - 1] ?? '')) return from
  let above = from - 1
  while (above >= 0 && from - above <= maxLabels && /[:：]/.test(lines[above] ?? '')) above -= 1
  return rule.test(lines[above] ?? '') ? above : from
}

const maxAttributionLines = 4

function findAttribution(
  lines: readonly string[],
  quoteFrom: number,
  kinds: readonly (Region['kind'] | undefined)[],
): Pick<Quote, 'from' | 'who'> | undefined {
  const last = lastWords(lines, quoteFrom - 1)
  if (last < 0) return undefined
  let from = last
  while (from > 0 && kinds[from] === 'attribution' && kinds[from - 1] === 'attribution') from -= 1
  if (kinds[last] === 'attribution') return { from, who: toWho(lines.slice(from, last + 1)) }
  let shortest: number | undefined
  for (let count = 1; count <= maxAttributionLines && last - count + 1 >= 0; count += 1) {
    const at = last - count + 1
    if (!/\S/.test(lines[at] ?? '')) break
    if (!isAttribution(lines.slice(at, last + 1).join(' '))) continue
    const isAlone = at > 0 && !/\S/.test(lines[at - 1] ?? '')
    if (startsAttribution(lines[at] ?? '') || isAlone)
      return { from: at, who: toWho(lines.slice(at, last + 1)) }
    shortest ??= at
  }
  if (shortest !== undefined) return { from: shortest, who: toWho(lines.slice(shortest, last + 1)) }
  for (let count = 3; count <= 12 && last - count + 1 >= 0; count += 1) {
    const at = last - count + 1
    const block = readHeaderBlock(lines, at)
    if (block !== undefined && at + block.lines > last) return { from: withRule(lines, at), who: block.who }
  }
  return undefined
}

/** A line that an attribution begins with: what stands above it is the writer's. */
export function startsAttribution(line: string): boolean {
  return /^(?:-+ ?)?(?:on|am|le|el|il|em|op|den|dnia|w dniu|dne|dňa|dana|ter|på|vào|pada|pe|в|на|στις|at|quoting|zitat von)(?![\p{L}\p{N}])|^\p{Nd}|^["'“]?\p{Lu}[^:]*<|^\p{L}{2,4}[,.] /iu.test(
    line,
  )
}

/** Of a container of quotes its own first lines, where they say whose. */
function whoInside(
  lines: readonly string[],
  from: number,
  to: number,
  isNamed: (text: string) => boolean,
): string {
  const at = nextWords(lines, from)
  const inner = lines.slice(at, Math.min(to, at + maxInnerLines)).map((line) => line.replace(/^[> ]+/, ''))
  for (let count = 1; count <= 3 && count <= inner.length; count += 1) {
    const some = inner.slice(0, count)
    if (isNamed(some.join(' '))) return toWho(some)
  }
  // A line or two above a block of headers: a title, or nothing.
  const blocks = [0, 1, 2].map((skipped) => readHeaderBlock(inner, skipped))
  return blocks.find((block) => block !== undefined)?.who ?? ''
}

function toWho(lines: readonly string[]): string {
  const whole = lines.map((line) => line.slice(0, 2 * maxWhoChars).replace(/^[> ]+/, '')).join(' ')
  return whole.replaceAll(/\s+/g, ' ').replace(/^[- ]+|[-: ：]+$/g, '')
}
