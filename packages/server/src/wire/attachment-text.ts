/** The text of an attachment that has one. A nested email is read part by part by the mail server, which parsed it. */
import {
  type AttachmentContent,
  fetchAttachment,
  type ImapSession,
  MailError,
  type MessageRef,
  readText as renderText,
} from '@email-connector/mail'
import { toLine } from './fit.ts'

export interface ReadableAttachment {
  readonly text: string
  readonly warnings: readonly string[]
}

interface NamedType {
  readonly contentType: string
  readonly filename?: string
}

const maxNestedBytes = 1024 * 1024
const textTypes = /^(text\/.+|message\/rfc822|application\/(json|xml|x-yaml|yaml|.+\+(json|xml)))$/
/** Many programs label what they attach as nothing in particular. */
const textNames = /\.(txt|csv|tsv|md|log|json|xml|html?|ics|vcf|ya?ml)$/i

export function isText({ contentType, filename = '' }: NamedType): boolean {
  if (contentType === 'application/octet-stream') return textNames.test(filename)
  return textTypes.test(contentType)
}

/** Undefined: not text. */
export async function readText(
  session: ImapSession,
  ref: MessageRef,
  partId: string,
  part: AttachmentContent,
): Promise<ReadableAttachment | undefined> {
  if (!isText(part)) return undefined
  if (part.contentType === 'message/rfc822') return await readNested(session, ref, partId, part.content)
  return await render(session, part)
}

async function render(session: ImapSession, part: AttachmentContent): Promise<ReadableAttachment> {
  const { contentType, filename = '', content, charset } = part
  const isHtml = contentType === 'text/html' || /\.html?$/i.test(filename)
  const from = isHtml ? 'html' : contentType === 'text/plain' ? 'plain' : 'values'
  return await renderText({ content: decode(content, charset), from, to: 'text' }, session.time)
}

/** Headers people read, then the first text: RFC 9051 §6.4.5.1 numbers the parts of a nested email below its own. */
async function readNested(
  session: ImapSession,
  ref: MessageRef,
  partId: string,
  raw: Buffer,
): Promise<ReadableAttachment> {
  const end = raw.indexOf('\r\n\r\n')
  const block = raw.subarray(0, Math.min(end < 0 ? raw.length : end, 64 * 1024)).toString('utf8')
  const fields = block.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  const shown = ['From', 'To', 'Cc', 'Date', 'Subject'].flatMap((name) => {
    const field = fields.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    return field === undefined ? [] : `${name}: ${toLine(decodeWords(field.slice(name.length + 1)), 600)}`
  })
  for (const below of ['1', '1.1', '1.1.1']) {
    const part = await fetchAttachment(session, ref, `${partId}.${below}`, {
      maxBytes: maxNestedBytes,
    }).catch((error: unknown) => {
      if (error instanceof MailError && error.code === 'message_not_found') return undefined
      throw error
    })
    if (!part?.contentType.startsWith('text/')) continue
    const { text, warnings } = await render(session, part)
    return { text: `${shown.join('\n')}\n\n${text}`, warnings }
  }
  return { text: shown.join('\n'), warnings: ['body_not_read'] }
}

/** RFC 2047 §2; what does not decode stays as it is. */
function decodeWords(value: string): string {
  return value
    .replaceAll(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?)/gi, '$1')
    .replaceAll(
      /=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi,
      (_, charset: string, coding: string, word: string) => {
        if (coding.toLowerCase() === 'b') return decode(Buffer.from(word, 'base64'), charset)
        const bytes = word
          .replaceAll('_', ' ')
          .replaceAll(/=([0-9a-f]{2})/gi, (_match, hex: string) =>
            String.fromCharCode(Number.parseInt(hex, 16)),
          )
        return decode(Buffer.from(bytes, 'latin1'), charset)
      },
    )
}

function decode(content: Buffer, charset: string | undefined): string {
  // Spreadsheets export UTF-16 and say nothing of it.
  const marked = content[0] === 0xff && content[1] === 0xfe ? 'utf-16le' : charset
  try {
    return new TextDecoder(marked ?? 'utf-8', { fatal: true }).decode(content)
  } catch {
    return content.toString('latin1')
  }
}
