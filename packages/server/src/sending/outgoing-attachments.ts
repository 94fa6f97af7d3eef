/** The attachments of an outgoing email: given in the call, or a part of an email that is there. */
import { fetchAttachment, type ImapSession, type OutgoingAttachment } from '@email-connector/mail'
import * as z from 'zod'
import { parseEmailIds } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import type { NamedMessage } from '../wire/email-id.ts'
import { ToolError } from '../wire/tool-error.ts'

/** All attachments of one mail, decoded: a request body is at most 4 MiB, base64 takes a third more. */
const maxTotalBytes = 3 * 1024 * 1024
const maxBase64Chars = 4 * 1024 * 1024

const attachment = z.strictObject({
  email_id: parameters.emailId.optional(),
  attachment_id: parameters.line.optional(),
  filename: parameters.line.optional(),
  content_type: parameters.line.optional(),
  content: parameters.text(maxBase64Chars).optional(),
})

const list = z.array(attachment).max(20)
export const attachmentsInstead = list
  .optional()
  .describe("Replaces the draft's attachments, at most 20; same form as in draft_email")
export const attachments = list
  .default([])
  .describe(
    'At most 20, 3 MB: email_id and attachment_id, or filename, content_type and content (text, base64 for other types)',
  )

export interface NamedAttachment {
  readonly emailId: string
  readonly attachmentId: string
}

/** Checks form, encoding and size of everything the call itself holds. */
export function parseAttachments(
  given: z.output<typeof attachments>,
): readonly (NamedAttachment | OutgoingAttachment)[] {
  const parsed = given.map((one, index) => parseAttachment(one, `attachments[${index}]`))
  assertTotalSize(parsed.flatMap((one) => ('emailId' in one ? [] : [one])))
  return parsed
}

/** The emails that attachments are taken from. */
export function parseSources(
  given: readonly (NamedAttachment | OutgoingAttachment)[],
): readonly NamedMessage[] {
  const named = given.flatMap((one, index) => ('emailId' in one ? [{ id: one.emailId, index }] : []))
  return parseEmailIds(
    named.map(({ id }) => id),
    (at) => `attachments[${named[at]?.index}].email_id`,
  )
}

export async function readAttachments(
  session: ImapSession,
  parsed: readonly (NamedAttachment | OutgoingAttachment)[],
  sources: readonly Pick<NamedMessage, 'id' | 'ref'>[],
  before: readonly OutgoingAttachment[] = [],
): Promise<OutgoingAttachment[]> {
  const read = [...before]
  for (const one of parsed) {
    if ('emailId' in one) {
      const source = sources.find(({ id }) => id === one.emailId)
      if (!source) throw new Error('An attachment names an email that was not parsed')
      const part = await fetchAttachment(session, source.ref, one.attachmentId, { maxBytes: maxTotalBytes })
      read.push({
        filename: part.filename ?? 'attachment',
        contentType: part.contentType,
        content: part.content,
      })
    } else read.push(one)
    assertTotalSize(read)
  }
  return read
}

function parseAttachment(
  given: z.output<typeof attachment>,
  place: string,
): NamedAttachment | OutgoingAttachment {
  const { email_id, attachment_id, filename, content_type, content } = given
  const names = Object.values(given).filter((value) => value !== undefined).length
  if (email_id !== undefined && attachment_id !== undefined && names === 2) {
    return { emailId: email_id, attachmentId: attachment_id }
  }
  if (filename !== undefined && content_type !== undefined && content !== undefined && names === 3) {
    return { filename, contentType: content_type, content: parseContent(content, content_type, place) }
  }
  throw invalid(
    place,
    `"${place}" must have either email_id and attachment_id, or filename, content_type and content.`,
  )
}

/** Types that are text are taken as written; all others are base64. */
const textTypes =
  /^(text\/.+|application\/(json|xml|javascript|x-yaml|yaml|.+\+(json|xml))|message\/rfc822)$/i
/** RFC 6838 §4.2. */
const mediaType = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/

function parseContent(content: string, contentType: string, place: string): Buffer {
  if (!mediaType.test(contentType)) {
    throw invalid(`${place}.content_type`, `"${place}.content_type" must be a type such as application/pdf.`)
  }
  if (textTypes.test(contentType)) return Buffer.from(content, 'utf8')
  const base64 = content.replace(/[\r\n]/g, '').replace(/=+$/, '')
  const bytes = Buffer.from(base64, 'base64')
  // Node skips what is not base64; what comes back the same was.
  if (bytes.toString('base64').replace(/=+$/, '') === base64) return bytes
  throw invalid(`${place}.content`, `"${place}.content" must be base64 for this content_type.`)
}

function assertTotalSize(read: readonly OutgoingAttachment[]): void {
  const total = read.reduce((sum, one) => sum + one.content.length, 0)
  if (total <= maxTotalBytes) return
  throw new ToolError(
    'too_large',
    'The "attachments" are larger than 3 MB together: send fewer, or a link.',
    {
      field: 'attachments',
    },
  )
}

function invalid(field: string, sentence: string): ToolError {
  return new ToolError('invalid_input', sentence, { field })
}
