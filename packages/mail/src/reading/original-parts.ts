/**
 * The parts of a message that go out again: its texts, its pictures, its files. What a server does not give together
 * is asked for the way it is read otherwise, part by part.
 */
import type { OutgoingAttachment } from '../composing/attachment-node.ts'
import type { ImapSession, SelectedMailbox } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { AttachmentPart, MessageRef } from '../message.ts'
import { decodeInTurns } from '../mime/transfer-stream.ts'
import { fetchAttachment, transferEncodingOf } from './attachment.ts'
import { fetchSections } from './fetch-sections.ts'
import { type FetchedText, fetchTexts, toText } from './fetch-texts.ts'
import { type BodyStructure, findPart, type TextPart } from './structure.ts'

/** More encoded octets of one text are not fetched, as in reading. */
const maxTextBytes = 1024 * 1024

export interface OriginalParts {
  readonly texts: ReadonlyMap<TextPart, FetchedText>
  /** By part id. */
  readonly files: ReadonlyMap<string, OutgoingAttachment>
}

export interface PartsOf {
  readonly mailbox: SelectedMailbox
  readonly ref: MessageRef
  readonly structure: BodyStructure | undefined
}

/** Throws `too_large` for a file beyond `maxBytes`, whatever its structure said. */
export async function fetchOriginalParts(
  session: ImapSession,
  { mailbox, ref, structure }: PartsOf,
  wanted: { readonly texts: readonly TextPart[]; readonly files: readonly AttachmentPart[] },
  maxBytes: number,
): Promise<OriginalParts> {
  const onServer = wanted.texts.filter(({ content }) => content === undefined)
  const nodes = wanted.files.map((file) => ({ file, node: findPart(structure, file.partId) }))
  const closed = nodes.filter(({ file, node }) => node?.content === undefined && !file.partId.includes('~'))
  const fetched = await fetchSections(session, mailbox, ref.uid, [
    ...onServer.map(({ partId, size }) => ({ section: partId, size, maxBytes: maxTextBytes })),
    ...closed.map(({ file, node }) => ({
      section: file.partId,
      size: node?.size ?? 0,
      maxBytes: node?.encoding === 'base64' ? Math.ceil((maxBytes * 78) / 57) + 1024 : maxBytes * 3,
    })),
  ]).catch(orNothing)

  const texts = new Map<TextPart, FetchedText>()
  for (const part of wanted.texts) {
    const found = part.content === undefined ? fetched.get(part.partId)?.bytes : part.content
    if (found !== undefined) texts.set(part, await toText(part, found, maxTextBytes))
  }
  const missing = onServer.filter((part) => !texts.has(part))
  if (missing.length > 0) {
    const alone = await fetchTexts(session, mailbox, [{ uid: ref.uid, parts: missing }], maxTextBytes)
    for (const [part, text] of alone) texts.set(part, text)
  }
  const files = new Map<string, OutgoingAttachment>()
  for (const { file, node } of nodes) {
    const bytes = node?.content ?? fetched.get(file.partId)?.bytes
    const content =
      bytes === undefined || node === undefined
        ? (await fetchAttachment(session, ref, file.partId, { maxBytes })).content
        : await decodeInTurns(bytes, transferEncodingOf(node), {
            isText: node.type.startsWith('text/'),
            isOurs: node.content === undefined,
          })
    if (content.length > maxBytes || fetched.get(file.partId)?.isCut === true)
      throw new MailError('too_large', { protocol: 'imap', field: 'attachments' })
    const { charset, method } = node?.parameters ?? {}
    files.set(file.partId, {
      filename: nameOf(file),
      contentType: file.contentType,
      content,
      ...(charset === undefined ? {} : { charset }),
      ...(method === undefined ? {} : { method }),
    })
    fetched.delete(file.partId)
  }
  return { texts, files }
}

/** Without one of these, its reader's computer would not know what to open the file with. */
const endings = new Map([
  ['application/pdf', 'pdf'],
  ['application/zip', 'zip'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['message/rfc822', 'eml'],
  ['text/csv', 'csv'],
  ['text/directory', 'vcf'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/vcard', 'vcf'],
  ['text/x-vcard', 'vcf'],
])

/** A pasted picture and an invitation have none. */
function nameOf({ filename, contentType }: AttachmentPart): string {
  const type = contentType.toLowerCase()
  if (filename !== undefined) return filename
  if (type === 'text/calendar') return 'invite.ics'
  if (type.startsWith('image/'))
    return `picture.${type.slice('image/'.length).replace('jpeg', 'jpg').replace('+xml', '')}`
  const ending = endings.get(type)
  return ending === undefined ? 'attachment' : `attachment.${ending}`
}

/** One part that cannot be had must not cost the others: each is asked for by itself then. */
function orNothing(error: unknown): Awaited<ReturnType<typeof fetchSections>> {
  const codes = ['server_refused', 'not_supported', 'too_large']
  if (error instanceof MailError && codes.includes(error.code)) return new Map()
  throw error
}
