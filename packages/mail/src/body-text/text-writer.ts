/**
 * Lines of plain text, written as a reader's page is laid out: white space is one space, blocks are lines or paragraphs,
 * lists and quotes put their marks in front of every line. Breaks wait until something follows them.
 */

import { collapsePadding } from './invisible-characters.ts'
import type { Region } from './mail-programs.ts'

export type Gap = 0 | 1 | 2

export interface TextWriter {
  /** Words of a line; with `isPreformatted` every space and line break is kept. */
  write(text: string, isPreformatted?: boolean): void
  /** Right behind the last word, whatever break waits. */
  attach(text: string): void
  /** 1: a new line, 2: a paragraph. */
  breakLine(gap: Gap): void
  /** `<br>`: two of them leave a line empty. */
  addBreak(): void
  /** In front of the next line, and of those behind it, until it is closed. */
  open(first: string, others: string): void
  close(): void
  /** What is written meanwhile, as lines of the text, is of this kind. */
  enclose(kind: Region['kind'], write: () => void): void
  readonly regions: readonly Region[]
  toText(): string
}

interface Prefix {
  first: string | undefined
  readonly others: string
}

/** A line of a mail quoted or indented deeper is shown at this depth. */
const maxPrefixes = 8

export function createTextWriter(): TextWriter {
  const output: string[] = []
  const prefixes: Prefix[] = []
  const regions: Region[] = []
  /** Of the line that was begun last. */
  let line = 0
  let deeper = 0
  let last: Prefix[] = []
  let gap = 0
  let isEmptyLine = true
  let endsInSpace = true

  function prefixOfLine(): string {
    return prefixes
      .map((prefix) => {
        const text = prefix.first ?? prefix.others
        prefix.first = undefined
        return text
      })
      .join('')
  }

  function startLine(): void {
    if (output.length > 0) {
      output.push('\n')
      if (gap > 1) output.push(`${prefixOfGap().trimEnd()}\n`)
      line += gap > 1 ? 2 : 1
    }
    output.push(prefixOfLine())
    last = [...prefixes]
    gap = 0
    isEmptyLine = false
    endsInSpace = true
  }

  /** An empty line belongs to what the lines on both its sides belong to. */
  function prefixOfGap(): string {
    const end = prefixes.findIndex((prefix, at) => prefix !== last[at])
    return (end < 0 ? prefixes : prefixes.slice(0, end)).map(({ others }) => others).join('')
  }

  function writeWords(text: string): void {
    const words = collapsePadding(text)
    const trimmed = endsInSpace || gap > 0 || isEmptyLine ? words.trimStart() : words
    if (trimmed === '') return
    if (trimmed === ' ') {
      output.push(' ')
      endsInSpace = true
      return
    }
    if (gap > 0 || isEmptyLine) startLine()
    output.push(trimmed)
    endsInSpace = trimmed.endsWith(' ')
  }

  return {
    write(text, isPreformatted = false) {
      if (!isPreformatted) return writeWords(text)
      for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
        if (index > 0) gap = Math.min(2, gap + 1)
        if (line === '') continue
        if (gap > 0 || isEmptyLine) startLine()
        output.push(line)
        endsInSpace = line.endsWith(' ')
      }
    },
    attach(text) {
      if (output.length === 0) startLine()
      const last = output.pop() ?? ''
      const words = last.trimEnd()
      const isSpaced = gap === 0 && words !== last
      output.push(words, text, isSpaced ? ' ' : '')
      endsInSpace = isSpaced
    },
    breakLine(wanted) {
      if (wanted > gap) gap = wanted
    },
    addBreak() {
      gap = Math.min(2, gap + 1)
    },
    open(first, others) {
      if (prefixes.length >= maxPrefixes) deeper += 1
      else prefixes.push({ first: first === others ? undefined : first, others })
    },
    close() {
      if (deeper > 0) deeper -= 1
      else prefixes.pop()
    },
    enclose(kind, write) {
      const from = output.length === 0 ? 0 : gap > 0 ? line + 1 : line
      write()
      if (line >= from && output.length > 0) regions.push({ kind, from, to: line })
    },
    regions,
    toText: () =>
      output
        .join('')
        .replaceAll(/(?<![ \t])[ \t]+(?=\n|$)/g, '')
        .trimEnd()
        .replace(/^\n+/, ''),
  }
}
