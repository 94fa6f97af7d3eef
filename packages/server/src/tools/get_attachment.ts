/**
 * One attachment in a form a model can take: the text of documents with the marks of their pages, pictures as pictures,
 * other small files as they are. Documents are read in a thread of their own (packages/mail/src/documents), after the
 * connection to the mail server is over; what a reader would not see is left out of their text, and said.
 */
import {
  type AttachmentContent,
  fetchAttachment,
  getMessage,
  type ImapSession,
  isPartId,
  kindOf,
  MailError,
  type MessageRef,
  readDocument,
  readSourceText,
} from '@email-connector/mail'
import * as z from 'zod'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { type AttachmentFacts, toFile, toPicture, toReason, toText } from '../wire/attachment.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'

/** As a file: base64 of it is what clients take in one answer. */
const maxFileBytes = 1024 * 1024
/** As get_email shows names. */
const maxNameChars = 200
/** What mail servers let through as one email. */
const maxDocumentBytes = 25 * 1024 * 1024
/** Of what is left of the call: the answer has to be written, too. */
const readingShare = 0.9

export const getAttachment = defineTool({
  name: 'get_attachment',
  title: 'Get attachment',
  description:
    'An attachment that get_email lists: text of PDF, Office, OpenDocument, RTF, HTML, CSV, ICS, VCF, emails, names in a ZIP; pictures as images, others as they are; beyond 1 MB a link for the owner.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    attachment_id: parameters.line,
    offset: parameters.offset,
    max_chars: parameters.maxChars,
    pages: parameters.pages,
  }),
  async handle(input, call) {
    const { id, attachment_id: named, offset, max_chars: maxChars } = input
    const { opened, message } = await openEmail(call, id, input.account)
    const { partId, found } = await call.withSession(opened, async (session) => {
      const partId = isPartId(named) ? named : await findByName(session, message.ref, named)
      return { partId, found: await fetchOrName(session, message.ref, partId) }
    })
    const facts: AttachmentFacts = {
      account: opened.address,
      filename: found.filename,
      contentType: found.contentType,
      size: 'content' in found ? found.content.length : found.size,
    }
    const { makeMark } = call
    const toFileReason = async (why: 'too_large' | 'not_readable', sentence: string) => {
      const link = await call.createFileLink(opened, message.ref, partId)
      return toReason(facts, { why, sentence, link }, makeMark)
    }
    if (!('content' in found)) return await toFileReason('too_large', tooLarge)
    const { content, contentType, filename = '', charset = '' } = found
    if (kindOf(content, { contentType, filename }) === 'email') {
      const mail = await readSourceText(content, partId, call.mailDeps(readingShare))
      const read = { ...mail, kind: 'text', type: 'Email', pictures: [], isCut: false } as const
      return toText(facts, read, { offset, maxChars, makeMark })
    }
    const isSmall = content.length <= maxFileBytes
    // Reading takes the bytes away.
    const file = isSmall ? { uri: `email:///${id}/${partId}`, content: Buffer.from(content) } : undefined
    const order = {
      ...{ contentType, filename, charset, enough: offset + maxChars },
      ...(input.pages && { pages: input.pages }),
    }
    const { deadlineMs = 0 } = call.mailDeps(readingShare)
    const read = await readDocument(content, order, { deadlineMs })
    switch (read.kind) {
      case 'text':
        return toText(facts, read, { offset, maxChars, makeMark })
      case 'picture':
        return toPicture(facts, read.picture, read.text, makeMark)
      case 'unknown':
        return file ? toFile(facts, file, makeMark) : await toFileReason('too_large', tooLarge)
      case 'refused':
        if (read.cause === 'pages') throw new ToolError('invalid_input', read.sentence, { field: 'pages' })
        if (read.cause === 'unreadable' && file) return toFile(facts, file, makeMark, read.sentence)
        return await toFileReason('not_readable', read.sentence)
    }
  },
})

const tooLarge = 'larger than can be shown here.'

/** What is too large, or is no document and is large, is named only. */
async function fetchOrName(session: ImapSession, ref: MessageRef, partId: string) {
  const isWanted = ({ content, contentType, filename = '' }: AttachmentContent) =>
    kindOf(content, { contentType, filename }) !== 'unknown'
  const limits = { maxBytes: maxDocumentBytes, isWanted }
  return await fetchAttachment(session, ref, partId, limits).catch(async (error: unknown) => {
    if (!(error instanceof MailError && error.code === 'too_large')) throw error
    const attachments = await listAttachments(session, ref)
    const listed = attachments.find((one) => one.partId === partId)
    if (!listed) throw error
    return listed
  })
}

/** A file's name, as get_email shows it, where one attachment alone has it. */
async function findByName(session: ImapSession, ref: MessageRef, name: string): Promise<string> {
  const shown = toLine(name, maxNameChars)
  const alike = (await listAttachments(session, ref)).filter(
    ({ filename }) => filename !== undefined && toLine(filename, maxNameChars) === shown,
  )
  const [found, another] = alike
  if (found !== undefined && another === undefined) return found.partId
  const fault = another === undefined ? 'no attachment of this email' : 'more than one attachment'
  const sentence = `"attachment_id" names ${fault}: give it as get_email lists it.`
  throw new ToolError('invalid_input', sentence, { field: 'attachment_id' })
}

async function listAttachments(session: ImapSession, ref: MessageRef) {
  return (await getMessage(session, ref, { format: 'text', offset: 0, maxChars: 0 })).attachments
}
