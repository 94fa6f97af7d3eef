/** The words of an HTML text with the places they come from, so that some can be replaced and every tag stays. */
import { parseFragment } from 'parse5'
import { findWords } from './find-words.ts'

export type Range = readonly [start: number, end: number]

/** Not read as words by anybody. */
const unread = /^(?:style|script|head|title|template)$/
/** Inside a line; every other tag ends a word. */
const inline =
  /^(?:a|abbr|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|o:p|q|s|samp|small|span|strike|strong|sub|sup|tt|u|var|wbr)$/

const reference = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});?/gi
const firstReference = new RegExp(`^${reference.source}`, 'i')

/** Where the words are; of each place the runs of source that hold it. */
export function findInHtml(html: string, sought: readonly string[]): Range[][] {
  const { text, starts, ends } = readWords(html)
  return findWords(text, sought).map((place) => {
    const ranges: [number, number][] = []
    for (let at = place.start; at < place.end; at += 1) {
      const [start = 0, end = 0] = [starts[at], ends[at]]
      const last = ranges.at(-1)
      if (start === end) continue
      if (last?.[1] === start) last[1] = end
      else ranges.push([start, end])
    }
    return ranges
  })
}

/** What it shows, with its blanks as they are. */
export function wordsOf(html: string): string {
  return readWords(html).text
}

function readWords(html: string): { text: string; starts: number[]; ends: number[] } {
  const starts: number[] = []
  const ends: number[] = []
  const pieces: string[] = []
  const push = (text: string, start: number, end: number) => {
    pieces.push(text)
    for (let index = 0; index < text.length; index += 1) {
      starts.push(index === 0 ? start : end)
      ends.push(end)
    }
  }
  for (let at = 0; at < html.length; ) {
    if (html[at] === '<') {
      const end = endOfTag(html, at)
      const name = /^<\/?([a-z][^\s/>]{0,50})/i.exec(html.slice(at, at + 60))?.[1]?.toLowerCase() ?? ''
      if (name !== '' && !inline.test(name)) push(' ', at, at)
      const close = unread.test(name) && html[at + 1] !== '/' ? findClose(html, name, end) : end
      at = close
    } else if (html[at] === '&') {
      const [entity] = html.slice(at, at + 36).match(firstReference) ?? []
      push(entity === undefined ? '&' : decode(entity), at, at + (entity?.length ?? 1))
      at += entity?.length ?? 1
    } else {
      push(html[at] ?? '', at, at + 1)
      at += 1
    }
  }
  return { text: pieces.join(''), starts, ends }
}

function endOfTag(html: string, at: number): number {
  if (html.startsWith('<!--', at)) {
    const close = html.indexOf('-->', at + 4)
    return close < 0 ? html.length : close + 3
  }
  let quote = ''
  for (let end = at + 1; end < html.length; end += 1) {
    const character = html[end] ?? ''
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '>') return end + 1
  }
  return html.length
}

function findClose(html: string, name: string, from: number): number {
  const close = new RegExp(`</${name}\\b`, 'gi')
  close.lastIndex = from
  const found = close.exec(html)
  return found === null ? html.length : found.index
}

function decode(entity: string): string {
  const [node] = parseFragment(entity).childNodes
  return node !== undefined && 'value' in node ? node.value : entity
}

/** Of an attribute's value. */
export function decodeReferences(value: string): string {
  return value.replaceAll(reference, decode)
}
