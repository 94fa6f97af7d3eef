/**
 * What each email of a conversation says itself. A line of a quote is left out where another email of the conversation
 * says it, whatever the quoting program made of line ends and marks; what is quoted of an email that is not there stays,
 * once. Words are compared four by four: linear in them.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Segment, toSegments } from './marked-quotes.ts'
import { isAttribution, isForwardMark, isSeparator, readHeaderBlock } from './quote-marks.ts'

/** Words in a row that are the same by chance no more. */
const run = 4
/** Of a line's words, so that a link or a picture written in another way does not count. */
const saidShare = 0.6
/** A few words that nobody said are what a program wrote around a quote. */
const minWords = 3
const quoteSigns = /^(?: ?>)+ ?/
/** 100,000 words of a conversation. */
const maxChars = 1_000_000

/** Of emails as `quotes: 'marked'` gives them, oldest first: their own words, in the same order. */
export async function tellOwnWords(marked: readonly string[]): Promise<string[]> {
  const emails: Segment[][] = []
  const said = createSaid()
  for (const text of marked) {
    const segments = toSegments(text)
    emails.push(segments)
    for (const { kind, lines } of segments)
      if (kind === 'own' || kind === 'signature') said.add(lines.filter((line) => !/^ ?>/.test(line)))
    // Others get their turn between two emails.
    await nextTurn()
  }
  const own: string[] = []
  for (const segments of emails) {
    const shown = segments.map((segment) => showSegment(segment, said)).filter((text) => text !== '')
    own.push(
      shown
        .join('\n\n')
        .replaceAll(/\n{3,}/g, '\n\n')
        .trim(),
    )
    await nextTurn()
  }
  return own
}

interface Said {
  add(lines: readonly string[]): void
  /** For each line; undefined where it has no words. */
  judge(lines: readonly string[]): (boolean | undefined)[]
}

function createSaid(): Said {
  const runs = new Set<string>()
  const short = new Set<string>()
  let left = maxChars
  return {
    add(lines) {
      const all: string[] = []
      for (const line of lines) {
        left -= line.length
        if (left < 0) break
        const words = wordsOf(line)
        if (words.length > 0 && words.length < run) short.add(words.join(' '))
        all.push(...words)
      }
      for (let at = 0; at + run <= all.length; at++) runs.add(all.slice(at, at + run).join(' '))
    },
    judge(lines) {
      const words = lines.map(wordsOf)
      const all = words.flat()
      const covered = new Uint8Array(all.length)
      for (let at = 0; at + run <= all.length; at++)
        if (runs.has(all.slice(at, at + run).join(' '))) covered.fill(1, at, at + run)
      let at = 0
      return words.map((some) => {
        const from = at
        at += some.length
        if (some.length === 0) return undefined
        const count = covered.subarray(from, at).reduce((sum, one) => sum + one, 0)
        return count >= some.length * saidShare || short.has(some.join(' '))
      })
    },
  }
}

function wordsOf(line: string): string[] {
  return (
    line
      .toLowerCase()
      .match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+/gu) ??
    []
  )
}

function showSegment({ kind, lines }: Segment, said: Said): string {
  if (kind === 'own') {
    // Between answers a quote is shown, and so is said.
    said.add(lines.filter((line) => /^ ?>/.test(line)).map((line) => line.replace(quoteSigns, '')))
    return lines.join('\n').trim()
  }
  if (kind === 'signature') return ''
  const bare = lines.map((line) => line.replace(quoteSigns, ''))
  const isSaid = said.judge(bare)
  const isFrame = framesOf(bare)
  const isNews = bare.map((_, at) => isSaid[at] === false && isFrame[at] !== true)
  const news = bare.filter((_, at) => isNews[at])
  if (wordsOf(news.join(' ')).length < minWords) return kind === 'forward' ? showForward(bare, isFrame) : ''
  if (kind === 'answered') return showAnswered(lines, isSaid, isFrame)
  said.add(news)
  if (kind === 'forward' && !isSaid.some((one, at) => one === true && isFrame[at] !== true))
    return lines.join('\n').trim()
  return showNews(bare, isNews, isFrame)
    .map((line) => (kind === 'forward' ? line : `> ${line}`.trimEnd()))
    .join('\n')
    .trim()
}

/** The answers stand between the lines of the quote: what others said is told from them. */
function showAnswered(
  lines: readonly string[],
  isSaid: readonly (boolean | undefined)[],
  isFrame: readonly boolean[],
): string {
  return lines
    .map((line, at) =>
      (isSaid[at] === true || isFrame[at] === true) && !/^ ?>/.test(line) ? `> ${line}` : line,
    )
    .join('\n')
    .trim()
}

/** All of it is in the conversation: whose it is has to do. */
function showForward(lines: readonly string[], isFrame: readonly boolean[]): string {
  return [...lines.filter((line, at) => isFrame[at] && /\S/.test(line)), '[as above]'].join('\n')
}

/** News with who wrote it, where that is above. */
function showNews(
  lines: readonly string[],
  isNews: readonly boolean[],
  isFrame: readonly boolean[],
): string[] {
  const shown: string[] = []
  let frame: string[] = []
  let isGap = false
  for (const [at, line] of lines.entries()) {
    if (isNews[at]) {
      if (isGap && shown.length > 0 && frame.length === 0) shown.push('')
      shown.push(...frame, line)
      frame = []
      isGap = false
    } else if (isFrame[at]) frame.push(line)
    else {
      isGap = true
      if (/\S/.test(line)) frame = []
    }
  }
  return shown
}

const maxFrameLines = 3
/** More lines than that no email has in front of quotes. */
const maxLines = 20_000

/** The lines that programs put in front of what they quote. */
function framesOf(lines: readonly string[]): boolean[] {
  const frames = new Array<boolean>(lines.length).fill(false)
  for (let at = 0; at < Math.min(lines.length, maxLines); at++) {
    const line = lines[at] ?? ''
    if (!/\S/.test(line)) continue
    if (isSeparator(line) || isForwardMark(line) || /^\s*[-_=*]{3,}\s*$/.test(line)) frames[at] = true
    const block = /[:：]/.test(line) ? readHeaderBlock(lines, at) : undefined
    if (block !== undefined) frames.fill(true, at, at + block.lines)
    for (let count = 1; count <= maxFrameLines; count++) {
      const some = lines.slice(at, at + count)
      if (some.length < count || !/\S/.test(some.at(-1) ?? '')) break
      if (!isAttribution(some.join(' '))) continue
      // A line above it is what somebody said.
      if (count === 1 || !isAttribution(some.slice(1).join(' '))) frames.fill(true, at, at + count)
      break
    }
  }
  return frames
}
