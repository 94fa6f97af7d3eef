/** The attachments of an outgoing email: given in the call, or a part of an email that is there. */
import { fetchAttachment, type ImapSession, type OutgoingAttachment } from '@email-connector/mail'
import * as z from 'zod'
import { parseEmailIds } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import type { NamedMessage } from '../wire/email-id.ts'
import { ToolError } from '../wire/tool-error.ts'

/** What the call itself holds, decoded: a request body is at most 4 MiB, base64 takes a third more. */
const maxGivenBytes = 3 * 1024 * 1024
/** With what is taken from the mailbox and never goes through a model; most servers take no more. */
export const maxTotalBytes = 25 * 1024 * 1024
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
    'At most 20: email_id and attachment_id (25 MB), or filename, content_type and content (text, base64 for other types; 3 MB)',
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
  assertTotalSize(
    parsed.flatMap((one) => ('emailId' in one ? [] : [one])),
    maxGivenBytes,
  )
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
        ...(part.charset === undefined ? {} : { charset: part.charset }),
      })
    } else read.push(one)
    assertTotalSize(read, maxTotalBytes)
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
    return { filename, ...parseContent(content, content_type, place) }
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

/** What a file is written as says nothing new of it: a text is sent as UTF-8. */
const charsetParameter = /;[ \t]*charset=(?:"[\w.:+-]{1,40}"|[\w.:+-]{1,40})[ \t]*$/i
/** RFC 5546 §1.4: what an invitation is for, without which it is a calendar to look at. */
const methodParameter = /;[ \t]*method=(?:"([a-z]{1,20})"|([a-z]{1,20}))[ \t]*$/i

interface Typed {
  readonly contentType: string
  readonly method?: string
}

/** Without the two parameters that clients give; any other is refused with its type. */
function parseType(given: string): Typed {
  let contentType = given
  let method: string | undefined
  for (let parameters = 0; parameters < 2; parameters += 1) {
    const [text, quoted, bare] = methodParameter.exec(contentType) ??
      charsetParameter.exec(contentType) ?? ['']
    method = quoted ?? bare ?? method
    contentType = contentType.slice(0, contentType.length - text.length).trimEnd()
  }
  return method === undefined || contentType.toLowerCase() !== 'text/calendar'
    ? { contentType }
    : { contentType, method: method.toUpperCase() }
}

function parseContent(content: string, given: string, place: string): Omit<OutgoingAttachment, 'filename'> {
  const typed = parseType(given)
  const { contentType } = typed
  if (!mediaType.test(contentType)) {
    throw invalid(`${place}.content_type`, `"${place}.content_type" must be a type such as application/pdf.`)
  }
  return { ...typed, content: toBytes(content, contentType, place) }
}

function toBytes(content: string, contentType: string, place: string): Buffer {
  if (textTypes.test(contentType)) return Buffer.from(content, 'utf8')
  const base64 = content.replaceAll(/\s/g, '').replace(/={1,2}$/, '')
  // Node skips what is not base64 and loses what is behind it.
  const at = base64.search(/[^A-Za-z0-9+/]/)
  if (at < 0 && base64.length % 4 !== 1) return Buffer.from(base64, 'base64')
  const fault = at < 0 ? 'it is cut short' : `character ${at + 1} is none of its alphabet`
  const sentence = `"${place}.content" must be base64 for this content_type: ${fault}.`
  throw invalid(`${place}.content`, sentence)
}

function assertTotalSize(read: readonly OutgoingAttachment[], maxBytes: number): void {
  const total = read.reduce((sum, one) => sum + one.content.length, 0)
  if (total <= maxBytes) return
  const way = maxBytes === maxGivenBytes ? 'name files of emails by email_id and attachment_id' : 'send fewer'
  const sentence = `The "attachments" are larger than ${maxBytes / 1024 / 1024} MB together: ${way}, or send a link.`
  throw new ToolError('too_large', sentence, { field: 'attachments' })
}

function invalid(field: string, sentence: string): ToolError {
  return new ToolError('invalid_input', sentence, { field })
}
