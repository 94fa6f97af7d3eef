/** One text part as what a reader sees, by its type: plain, HTML, an invitation, or text with marks of its own. */
import { escapeText } from '../body-text/escape-text.ts'
import { readPlain, renderApart } from '../body-text/long-text.ts'
import type { ReadableText, Reading } from '../body-text/readable-text.ts'
import { unflow } from '../mime/flowed.ts'
import { toInvitationText } from './invitation-text.ts'
import type { TextPart } from './structure.ts'

export type Format = 'text' | 'html' | 'source'

export interface Rendered extends ReadableText {
  readonly type: string
  readonly raw: string
}

export async function renderPart(
  part: TextPart,
  text: string,
  format: Format,
  reading: Reading,
): Promise<ReadableText> {
  // What goes out again must not be the sentence that it could not be read.
  if (format === 'source' && part.type === 'text/plain') return { text: toTyped(part, text), warnings: [] }
  if (part.type === 'text/html') return await renderHtml(text, format, reading)
  return await renderPlain(part, text, format, reading)
}

/** Nothing a reader could see: blanks, and what prints nothing. */
export function isBlank(text: string): boolean {
  return /^(?:[\s\u00a0\u00ad\u180e\u200b\u200c\u200e\u200f\u2060-\u2064\u2800\u3164\ufeff]|\u034f|\u200d)*$/u.test(
    text,
  )
}

function toTyped(part: TextPart, text: string): string {
  if (part.type === 'text/enriched' || part.type === 'text/richtext') return fromEnriched(text)
  if (part.type === 'text/calendar') return toInvitationText(text)
  return part.flowed ? unflow(text, part.deleteSpace) : text.replaceAll(/\r\n?/g, '\n')
}

/** RFC 1896 and the richtext of RFC 1341: marks go, one line end is a blank, several are one fewer. */
function fromEnriched(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/<param>[^<]{0,1000}<\/param>/gi, '')
    .replaceAll(/<nl>|<paragraph>|<np>/gi, '\n\n')
    .replaceAll(/<lt>/gi, '<<')
    .replaceAll(/\n+/g, (lines) => (lines.length === 1 ? ' ' : lines.slice(1)))
    .replaceAll(/<<|<\/?[a-z][\w-]{0,60}>/gi, (mark) => (mark === '<<' ? '<' : ''))
}

/** The renderer loads with the first HTML: the start of the program and most calls do without. */
async function renderHtml(html: string, format: Format, reading: Reading): Promise<ReadableText> {
  if (format === 'html') {
    const { sanitizeHtml } = await import('../body-text/sanitize-html.ts')
    return await renderApart(() => sanitizeHtml(html, reading))
  }
  const { htmlToText } = await import('../body-text/html-to-text.ts')
  return await renderApart(() => htmlToText(html, reading))
}

async function renderPlain(
  part: TextPart,
  text: string,
  format: Format,
  reading: Reading,
): Promise<ReadableText> {
  // HTML is read with its quotes, whatever it was made from.
  const quotes = format === 'html' ? 'shown' : reading.quotes
  const read = await readPlain(toTyped(part, text), { ...reading, quotes })
  const shown = read.text.trim()
  return { ...read, text: format === 'html' && shown !== '' ? `<pre>${escapeText(shown)}</pre>` : shown }
}
