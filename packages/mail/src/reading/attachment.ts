/**
 * One part of a message, decoded, in pieces large enough not to cost a round trip per 64 KiB. Never sets \Seen. A part
 * that only we can open (`2~1`), or that the server lists and does not give, is taken out of what it is in.
 */
import { collectBytes } from '../collected-bytes.ts'
import { peek } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapSession, SelectedMailbox } from '../imap/session.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { MessageRef } from '../message.ts'
import { parseSource } from '../mime/source.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { decodeInTurns } from '../mime/transfer-stream.ts'
import { fetchByRef } from './get.ts'
import { toListedPart } from './listed-part.ts'
import { containerOf, openContainer, openWithin } from './opened.ts'
import { type BodyStructure, findPart } from './structure.ts'

/** One part, decoded from its transfer encoding; its charset is left as it is. */
export interface AttachmentContent {
  readonly content: Buffer
  readonly contentType: string
  readonly filename?: string
  /** Of text parts, as labelled. */
  readonly charset?: string
}

/** 25 MB in 7 round trips; twice this is held while a piece is parsed. */
const pieceBytes = 4 * 1024 * 1024
/** Encoded; enough to tell what a file is. */
const startBytes = 64 * 1024
/** What holds an attachment is larger than it; more than this is not opened. */
const maxContainerBytes = 48 * 1024 * 1024

const number = '[1-9]\\d{0,3}(?:\\.[1-9]\\d{0,3}){0,20}'
/** Of a message: `2.1`, or what only we can open (`2~1`). */
const partNumber = new RegExp(`^(?:${number})?(?:~${number}){0,3}$`)

export interface AttachmentLimits {
  /** Decoded. */
  readonly maxBytes: number
  /** Asked once more is needed than one piece, with the decoded beginning: what is of no use is not fetched to its end. */
  readonly isWanted?: (start: AttachmentContent) => boolean
}

/**
 * Throws `too_large` before fetching anything that exceeds `maxBytes` decoded, and when it is not wanted;
 * `message_not_found` without the part.
 */
export async function fetchAttachment(
  session: ImapSession,
  ref: MessageRef,
  partId: string,
  { maxBytes, isWanted = () => true }: AttachmentLimits,
): Promise<AttachmentContent> {
  assertPartId(partId)
  const { mailbox, message } = await fetchByRef(session, ref, [atom('UID'), atom('BODYSTRUCTURE')])
  const read = (section: string, limit: number) => fetchWhole(session, mailbox, ref.uid, section, limit)
  const outer = partId.split('~')[0] ?? ''
  const listed = findPart(message.bodyStructure, outer)
  const part = listed && (outer === partId ? listed : await openOuter(listed, partId, read))
  const found = part ?? (await findInSource(partId, read))
  if (!found) throw new MailError('message_not_found', { protocol: 'imap', field: 'attachment_id' })
  const attachment = toListedPart(found, { isInText: false })
  if (attachment.size > maxBytes) throw new MailError('too_large', { protocol: 'imap' })

  const encodedLimit =
    found.encoding === 'base64' ? Math.ceil((maxBytes * 78) / 57) + 1024 : maxBytes * 3 + 1024
  const encoding = transferEncodingOf(found)
  const isText = found.type.startsWith('text/')
  const toContent = (content: Buffer): AttachmentContent => ({
    content,
    contentType: attachment.contentType,
    ...(attachment.filename === undefined ? {} : { filename: attachment.filename }),
    ...(found.parameters?.charset === undefined ? {} : { charset: found.parameters.charset }),
  })
  const isStartWanted = (piece: Buffer) =>
    isWanted(toContent(decodeTransfer(piece.subarray(0, startBytes), encoding, isText)))
  let encoded =
    found.content ??
    (await fetchWhole(session, mailbox, ref.uid, partId, encodedLimit, {
      expected: found.size ?? 0,
      isWanted: isStartWanted,
    }))
  // Listed with a size and not given: another numbering, or a structure that is wrong.
  if (encoded.length === 0 && (found.size ?? 0) > 0)
    encoded = (await findInSource(`~${partId}`, read))?.content ?? encoded
  const content = await decodeInTurns(encoded, encoding, { isText, isOurs: found.content === undefined })
  if (content.length > maxBytes) throw new MailError('too_large', { protocol: 'imap' })
  return toContent(content)
}

/** Whether it can be one: the name of a file never is, unless it is nothing but a number. */
export function isPartId(partId: string): boolean {
  return partId !== '' && partNumber.test(partId)
}

export function assertPartId(partId: string): void {
  if (!isPartId(partId)) throw invalid('attachment_id', 'it must be an attachment_id as get_email lists them')
}

type Read = (section: string, limit: number) => Promise<Buffer>

async function openOuter(
  outer: BodyStructure,
  partId: string,
  read: Read,
): Promise<BodyStructure | undefined> {
  const kind = containerOf(outer, outer.dispositionParameters?.filename ?? outer.parameters?.name)
  if (kind === undefined) return undefined
  const opened = await openContainer(outer, kind, await read(outer.part ?? '1', maxContainerBytes))
  return findPart(opened, partId)
}

/** Numbers behind a leading `~` are those of the source, which the server did not take apart. */
async function findInSource(partId: string, read: Read): Promise<BodyStructure | undefined> {
  if (!partId.startsWith('~')) return undefined
  const { root } = parseSource(await read('', maxContainerBytes), '~')
  return findPart(await openWithin(root), partId)
}

async function fetchWhole(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uid: number,
  section: string,
  limit: number,
  { expected = 0, isWanted = () => true }: { expected?: number; isWanted?: (start: Buffer) => boolean } = {},
): Promise<Buffer> {
  const bytes = collectBytes(Math.min(expected, limit) + 1)
  for await (const piece of fetchPieces(session, mailbox, uid, section)) {
    const isFirst = bytes.length === 0
    bytes.add(piece)
    if (bytes.length > limit) throw new MailError('too_large', { protocol: 'imap' })
    const isMore = piece.length === pieceBytes
    if (isMore && isFirst && !isWanted(piece)) throw new MailError('too_large', { protocol: 'imap' })
  }
  return bytes.toBuffer()
}

/** A section from its beginning to its end, encoded as it is. */
export async function* fetchPieces(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uid: number,
  section: string,
  bytesAtOnce = pieceBytes,
): AsyncGenerator<Buffer, void> {
  for (let length = 0; ; ) {
    const items = [{ type: 'ATOM', value: 'UID' }, peek(section, length, bytesAtOnce)]
    const [row] = await session.fetch(mailbox, 'uid', String(uid), items)
    if (!row) throw new MailError('message_not_found', { protocol: 'imap' })
    const piece = section === '' ? row.source : row.bodyParts?.get(section)
    if (!Buffer.isBuffer(piece)) return
    length += piece.length
    yield piece
    // The structure's size may be wrong (Exchange counts characters): a short piece is the end.
    if (piece.length < bytesAtOnce) return
  }
}

/** RFC 2045 §6.4: a message part is never encoded, whatever its label says; one that we parsed was. */
export function transferEncodingOf(part: BodyStructure): string {
  const isPlain = part.type === 'message/rfc822' && part.content === undefined
  return isPlain && part.childNodes !== undefined ? '7bit' : (part.encoding ?? '7bit')
}
