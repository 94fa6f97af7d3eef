/** One text part as what a reader sees, by its type: plain, HTML, an invitation, or text with marks of its own. */
import { readText } from '../body-text/read-text.ts'
import type { ReadableText, Reading } from '../body-text/readable-text.ts'
import type { RenderJob } from '../body-text/render.ts'
import type { CallTime } from '../connect/deadline.ts'
import type { TextPart } from './structure.ts'

export type Format = 'text' | 'html'

export interface Rendered extends ReadableText {
  readonly type: string
}

export async function renderPart(
  part: TextPart,
  content: string,
  format: Format,
  { time, ...wanted }: { reading: Reading; words: boolean; time: CallTime },
): Promise<ReadableText> {
  const read = await readText({ content, from: formOf(part), to: format, ...wanted }, time)
  return { ...read, text: read.text.trim() }
}

/** How a text part is written, as the renderer names it. */
export function formOf({ type, flowed, deleteSpace }: TextPart): RenderJob['from'] {
  if (type === 'text/html') return 'html'
  if (type === 'text/enriched' || type === 'text/richtext') return 'enriched'
  if (type === 'text/calendar') return 'calendar'
  if (!flowed) return 'plain'
  return deleteSpace ? 'flowed-delsp' : 'flowed'
}

/** Nothing a reader could see: blanks, and what prints nothing. */
export function isBlank(text: string): boolean {
  return /^(?:[\s\u00a0\u00ad\u180e\u200b\u200c\u200e\u200f\u2060-\u2064\u2800\u3164\ufeff]|\u034f|\u200d)*$/u.test(
    text,
  )
}
