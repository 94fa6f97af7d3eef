/**
 * One attachment in a form a model can take: text as text, pictures as pictures, other small files as they are. Text
 * is rendered as bodies are: hidden text removed, what a mail says quoted. Larger files are named, not fetched.
 */
import { type AttachmentContent, fetchAttachment, getMessage, MailError } from '@email-connector/mail'
import * as z from 'zod'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { isText, readText } from '../wire/attachment-text.ts'
import { fits, sliceWhole, toLine } from '../wire/fit.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { quoteUntrusted, untrustedNotice } from '../wire/untrusted.ts'

/** As picture or file: base64 of it is what clients take in one answer. */
const maxFileBytes = 1024 * 1024
/** Of text, which is read in slices. */
const maxTextBytes = 8 * 1024 * 1024
/** What every client shows; others come as files. */
const pictureTypes = /^image\/(png|jpeg|gif|webp)$/

export const getAttachment = defineTool({
  name: 'get_attachment',
  title: 'Get attachment',
  description:
    'An attachment that get_email lists: text of text, HTML, CSV and nested emails, pictures as images, other files up to 1 MB as they are.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    attachment_id: parameters.line,
    offset: parameters.offset,
    max_chars: parameters.maxChars,
  }),
  async handle(input, call) {
    const { id, attachment_id: partId } = input
    const { opened, message } = await openEmail(call, id, input.account)
    const { ref } = message
    const { part, readable } = await call.withSession(opened, async (session) => {
      const read = (maxBytes: number) => fetchAttachment(session, ref, partId, { maxBytes })
      const found = await read(maxFileBytes).catch(async (error: unknown) => {
        if (!(error instanceof MailError && error.code === 'too_large')) throw error
        const { attachments } = await getMessage(session, ref, { format: 'text', offset: 0, maxChars: 0 })
        const listed = attachments.find((one) => one.partId === partId)
        if (!listed) throw error
        const mayRead = isText(listed) && listed.size <= maxTextBytes
        return mayRead ? await read(maxTextBytes) : listed
      })
      const isWhole = 'content' in found
      return { part: found, readable: isWhole ? await readText(partId, found) : undefined }
    })
    const described = {
      account: opened.address,
      ...(part.filename === undefined ? {} : { filename: toLine(part.filename, 200) }),
      content_type: toLine(part.contentType, 100),
      size: 'content' in part ? part.content.length : part.size,
      notice: untrustedNotice,
    }
    const head = `${described.size} bytes, of ${opened.address}`
    // Name and type are what the sender wrote.
    const named = `Name: ${described.filename ?? 'unnamed'}\nType: ${described.content_type}`
    const name = quoteUntrusted(named, call.makeMark)
    if (!('content' in part)) {
      const text = `Attachment of ${head}: larger than can be shown here; the owner's own mail program can.\n${name}`
      return { structured: { ...described, shown_as: 'too_large', warnings: [] }, text }
    }
    if (readable === undefined)
      return toFile(
        part,
        { uri: `email:///${id}/${partId}`, mimeType: described.content_type },
        `${head}.\n${name}`,
      )

    const slice = (share: number) => {
      const all = readable.text
      const text = sliceWhole(all.slice(input.offset), Math.floor(input.max_chars * share))
      const end = input.offset + text.length
      const next: { next_offset?: number } = end < all.length ? { next_offset: end } : {}
      const warnings = [...readable.warnings]
      const structured = {
        ...next,
        total_chars: all.length,
        ...described,
        shown_as: 'text',
        warnings,
        text,
      }
      const facts = [named, warnings.length === 0 ? [] : `Warnings: ${warnings.join(', ')}`, '', text]
      const more = end < all.length ? ` Cut: ${all.length} characters, go on with offset ${end}.` : ''
      return {
        structured,
        text: `Attachment of ${head}.${more}\n${quoteUntrusted(facts.flat().join('\n'), call.makeMark)}`,
      }
    }
    // JSON spells a line break as two characters and a control as six.
    return slice([1, 0.6, 0.3].find((share) => fits(slice(share))) ?? 0.1)
  },
})

/** Without a structured part: a client that reads only that would show neither picture nor file. */
function toFile(
  { content, contentType }: AttachmentContent,
  { uri, mimeType }: { uri: string; mimeType: string },
  text: string,
): ToolResult<undefined> {
  const data = content.toString('base64')
  const isPicture = pictureTypes.test(contentType)
  return {
    structured: undefined,
    text: `${isPicture ? 'Image' : 'File'} of ${text}`,
    content: [
      isPicture
        ? { type: 'image', data, mimeType }
        : { type: 'resource', resource: { uri, mimeType, blob: data } },
    ],
  }
}
