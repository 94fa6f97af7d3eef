/**
 * Where a reader puts the text of a document: bounded, with the marks of pages and sheets, and with a count of what a
 * person would not see. A line of the document that looks like one of our marks is told apart from it by a backslash.
 */
import { DocumentError, refusals } from './document.ts'

/** Of one document: 8 million characters are some 3,000 pages. */
const maxChars = 8_000_000

/** What is left out of the text and said instead. */
const leftOutNames = {
  hidden: 'hidden text runs',
  white: 'text runs in the colour of their background',
  tiny: 'text runs too small to read',
  offPage: 'text runs outside the page',
  deleted: 'tracked deletions',
  comments: 'comments',
  sheets: 'hidden sheets',
  rows: 'hidden rows',
  columns: 'hidden columns',
  slides: 'hidden slides',
  notes: 'pages of speaker notes',
  shapes: 'hidden shapes',
} as const

export type LeftOut = keyof typeof leftOutNames

const forged = /^([ \t]*)\[(?=(?:page|sheet|slide|file|email|event|contact)\b)/gim

export interface TextSink {
  /** Text of the document, as it is. */
  write(text: string): void
  /** A line that we add. */
  mark(line: string): void
  leaveOut(what: LeftOut, count?: number): void
  readonly length: number
  /** Text that is hidden is counted by its letters, not by its runs of blanks. */
  hide(what: LeftOut, text: string): void
  toText(): string
  warnings(): string[]
}

export function createTextSink(): TextSink {
  const pieces: string[] = []
  let pending = ''
  let length = 0
  const leftOut = new Map<LeftOut, number>()

  const flush = () => {
    if (pending !== '') pieces.push(pending.replace(forged, '$1\\['))
    pending = ''
  }
  const count = (text: string) => {
    length += text.length
    if (length > maxChars) throw new DocumentError(refusals.tooMuch)
  }
  const leaveOut = (what: LeftOut, more = 1) => {
    if (more > 0) leftOut.set(what, (leftOut.get(what) ?? 0) + more)
  }
  return {
    write(text) {
      count(text)
      pending += text
      // Cut at a line, where a mark would begin.
      if (pending.length > 64 * 1024 && text.endsWith('\n')) flush()
    },
    mark(line) {
      flush()
      const last = pieces.at(-1)
      const gap = last === undefined ? '' : last.endsWith('\n') ? '\n' : '\n\n'
      count(line)
      pieces.push(`${gap}[${line}]\n`)
    },
    leaveOut,
    hide(what, text) {
      if (/[\p{L}\p{N}]/u.test(text)) leaveOut(what)
    },
    get length() {
      return length
    },
    toText() {
      flush()
      return (
        pieces
          .join('')
          .split('\n')
          // An expression would look at each blank of a long run again.
          .map((line) => line.trimEnd())
          .join('\n')
          .replaceAll(/\n{3,}/g, '\n\n')
          .trim()
      )
    },
    warnings() {
      if (leftOut.size === 0) return []
      const told = [...leftOut].map(([what, times]) => `${times} ${leftOutNames[what]}`)
      return ['hidden_text_removed', `Left out: ${told.join(', ')}.`]
    },
  }
}
