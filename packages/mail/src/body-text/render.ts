/**
 * One text of a stranger made safe to show, from its first character to its last, in one go: what takes long runs in a
 * thread of its own (read-text.ts). Beyond a piece of a megabyte HTML is no longer laid out, only its words are read.
 */
import { unflow } from './decode-part.ts'
import { escapeText } from './escape-text.ts'
import { removeInvisible } from './invisible-characters.ts'
import { neutraliseLinks } from './links.ts'
import type { ReadableText } from './readable-text.ts'

/** Plain strings only: it goes to another thread as a message. */
export interface RenderJob {
  readonly content: string
  /** `values`: tables and records, in which a link is a value. */
  readonly from: 'html' | 'plain' | 'flowed' | 'flowed-delsp' | 'values'
  /** `source`: plain text as its writer typed it, links and all. */
  readonly to: 'text' | 'html' | 'source'
}

const maxPieceChars = 1024 * 1024

export async function render({ content, from, to }: RenderJob): Promise<ReadableText> {
  if (from === 'html') return await (to === 'html' ? renderHtmlAsHtml(content) : renderHtmlAsText(content))
  const typed = from.startsWith('flowed')
    ? unflow(content, from === 'flowed-delsp')
    : content.replaceAll(/\r\n?/g, '\n')
  if (to === 'source') return { text: typed, warnings: [] }
  const read = toPieces(typed, '\n').map(from === 'values' ? readValues : readPlain)
  const { text, warnings } = join(read, '')
  return { text: to === 'html' ? `<pre>${escapeText(text.trim())}</pre>` : text, warnings }
}

/** The renderer is a quarter of the program, and most calls read no HTML: it loads with the first. */
async function renderHtmlAsHtml(html: string): Promise<ReadableText> {
  const { sanitizeHtml } = await import('./sanitize-html.ts')
  return sanitizeHtml(html)
}

async function renderHtmlAsText(html: string): Promise<ReadableText> {
  const [{ htmlToText }, { plainRest, restMark }] = await Promise.all([
    import('./html-to-text.ts'),
    import('./plain-rest.ts'),
  ])
  const [first = '', ...rest] = toPieces(html, '<')
  const laidOut = htmlToText(first)
  if (rest.length === 0) return laidOut
  const mark = { text: restMark, warnings: ['hidden_text_possible'] }
  return join([laidOut, mark, ...rest.map((piece) => readPlain(plainRest(piece)))], '\n')
}

export function readPlain(text: string): ReadableText {
  const clean = readValues(text)
  const neutral = neutraliseLinks(clean.text)
  return {
    text: neutral.text,
    warnings: neutral.mismatch ? [...clean.warnings, 'link_text_mismatch'] : clean.warnings,
  }
}

function readValues(value: string): ReadableText {
  const { text, removed } = removeInvisible(value)
  return { text, warnings: removed ? ['hidden_text_removed'] : [] }
}

/** Cut in front of the last `mark` of a piece, where it has one; else where it is full, between two characters. */
function toPieces(text: string, mark: string): string[] {
  const pieces: string[] = []
  let from = 0
  while (text.length - from > maxPieceChars) {
    const full = from + maxPieceChars
    const before = text.lastIndexOf(mark, full)
    const isSplitPair = /[\uDC00-\uDFFF]/.test(text.charAt(full))
    const end = before > from ? before : isSplitPair ? full - 1 : full
    pieces.push(text.slice(from, end))
    from = end
  }
  return [...pieces, text.slice(from)]
}

function join(read: readonly ReadableText[], between: string): ReadableText {
  return {
    text: read.map(({ text }) => text).join(between),
    warnings: [...new Set(read.flatMap(({ warnings }) => warnings))],
  }
}
