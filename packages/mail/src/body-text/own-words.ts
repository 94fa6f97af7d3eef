/**
 * What each email of a conversation says itself. A line of a quote is left out where another email of the conversation
 * says it, whatever the quoting program made of line ends and marks; what is quoted of an email that is not there stays,
 * once. Words are compared four by four: linear in them.
 */
import { createTurns } from '../turns.ts'
import { startsAttribution, withLabels } from './fold-quotes.ts'
import { type Segment, toSegments } from './marked-quotes.ts'
import { isAttribution, isForwardMark, isSeparator, namesDay, readHeaderBlock } from './quote-marks.ts'

/** Words in a row that are the same by chance no more. */
const run = 4
/** Of a line's words, so that a link or a picture written in another way does not count. */
const saidShare = 0.6
/** A few words that nobody said are what a program wrote around a quote. */
const minWords = 3
const quoteSigns = /^(?: ?>)+ ?/
/** 100,000 words of a conversation. */
const maxChars = 1_000_000

/** Characters between two turns: some milliseconds. */
const turnChars = 16 * 1024

type Turns = ReturnType<typeof createTurns>

/** Of emails as `quotes: 'marked'` gives them, oldest first: their own words, in the same order. */
export async function tellOwnWords(marked: readonly string[]): Promise<string[]> {
  const turns = createTurns(turnChars)
  const emails: Segment[][] = []
  const said = createSaid(turns)
  for (const text of marked) {
    const segments = toSegments(text)
    await turns(text.length)
    emails.push(segments)
    for (const { kind, lines } of segments)
      if (kind === 'own' || kind === 'signature') await said.add(lines.filter((line) => !/^ ?>/.test(line)))
  }
  const own: string[] = []
  for (const segments of emails) {
    const shown: string[] = []
    for (const segment of segments) shown.push(await showSegment(segment, said, turns))
    const whole = shown.filter((text) => text !== '').join('\n\n')
    own.push(whole.replaceAll(/\n{3,}/g, '\n\n').trim())
    await turns(whole.length)
  }
  return own
}

interface Said {
  add(lines: readonly string[]): Promise<void>
  /** For each line; undefined where it has no words. */
  judge(lines: readonly string[]): Promise<(boolean | undefined)[]>
}

function createSaid(turns: Turns): Said {
  const runs = new Set<string>()
  const short = new Set<string>()
  let left = maxChars
  return {
    async add(lines) {
      let last: string[] = []
      for (const line of lines) {
        left -= line.length
        if (left < 0) break
        const words = wordsOf(line)
        if (words.length > 0 && words.length < run) short.add(words.join(' '))
        const all = [...last, ...words]
        for (let at = 0; at + run <= all.length; at++) runs.add(runAt(all, at))
        last = all.slice(1 - run)
        await turns(line.length)
      }
    },
    async judge(lines) {
      const words: string[][] = []
      for (const line of lines) {
        words.push(wordsOf(line))
        await turns(line.length)
      }
      const all = words.flat()
      const covered = new Uint8Array(all.length)
      for (let at = 0; at + run <= all.length; at++) {
        const some = runAt(all, at)
        if (runs.has(some)) covered.fill(1, at, at + run)
        await turns(some.length)
      }
      let at = 0
      return words.map((some) => {
        const from = at
        at += some.length
        if (some.length === 0) return undefined
        let count = 0
        for (let word = from; word < at; word++) count += covered[word] ?? 0
        return count >= some.length * saidShare || short.has(some.join(' '))
      })
    },
  }
}

/** `run` words as one key; there is one for every word of a conversation, so no array is made for it. */
function runAt(words: readonly string[], at: number): string {
  return `${words[at]} ${words[at + 1]} ${words[at + 2]} ${words[at + 3]}`
}

function wordsOf(line: string): string[] {
  return (
    line
      .toLowerCase()
      .match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+/gu) ??
    []
  )
}

async function showSegment({ kind, lines }: Segment, said: Said, turns: Turns): Promise<string> {
  if (kind === 'own') {
    // Between answers a quote is shown, and so is said.
    await said.add(lines.filter((line) => /^ ?>/.test(line)).map((line) => line.replace(quoteSigns, '')))
    return lines.join('\n').trim()
  }
  if (kind === 'signature') return ''
  const bare = lines.map((line) => line.replace(quoteSigns, ''))
  const isSaid = await said.judge(bare)
  const isFrame = await framesOf(bare, turns)
  const isNews = bare.map((_, at) => isSaid[at] === false && isFrame[at] !== true)
  const news = bare.filter((_, at) => isNews[at])
  if (wordsOf(news.join(' ')).length < minWords) return kind === 'forward' ? showForward(bare, isFrame) : ''
  if (kind === 'answered') return showAnswered(lines, isSaid, isFrame)
  await said.add(news)
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
async function framesOf(lines: readonly string[], turns: Turns): Promise<boolean[]> {
  const frames = new Array<boolean>(lines.length).fill(false)
  for (let at = 0; at < Math.min(lines.length, maxLines); at++) {
    const line = lines[at] ?? ''
    await turns(line.length * maxFrameLines)
    if (!/\S/.test(line)) continue
    if (isSeparator(line) || isForwardMark(line) || /^\s*[-_=*]{3,}\s*$/.test(line)) frames[at] = true
    const block = /[:：]/.test(line) ? readHeaderBlock(lines, at) : undefined
    if (block !== undefined) frames.fill(true, at, at + block.lines)
    for (let count = 1; count <= maxFrameLines; count++) {
      const some = lines.slice(at, at + count)
      if (some.length < count || !/\S/.test(some.at(-1) ?? '')) break
      if (!isAttribution(some.join(' '))) continue
      if (count === 1 || isBegun(line, some.slice(1).join(' ')))
        frames.fill(true, withLabels(lines, at), at + count)
      break
    }
  }
  return frames
}

/** A line above a whole attribution is what somebody said; of a wrapped one it has the day, and ends no sentence. */
function isBegun(line: string, rest: string): boolean {
  if (!isAttribution(rest)) return true
  return startsAttribution(line) && namesDay(line) && !namesDay(rest) && !/[.!?…]\s*$/.test(line)
}
