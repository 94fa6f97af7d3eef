/** One part of a message, decoded, in pieces large enough not to cost a round trip per 64 KiB. Never sets \Seen. */

import { decodeTransfer } from '../body-text/decode-part.ts'
import { peek } from '../imap/fetch-items.ts'
import type { ImapSession } from '../imap/session.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { MessageRef } from '../message.ts'
import { fetchByRef } from './get.ts'
import { type BodyStructure, findPart, toAttachment } from './structure.ts'

export interface AttachmentContent {
  readonly content: Buffer
  readonly contentType: string
  readonly filename?: string
  /** Of text parts, as labelled. */
  readonly charset?: string
}

/** 25 MB in 7 round trips; twice this is held while a piece is parsed. */
const pieceBytes = 4 * 1024 * 1024

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
  if (!/^[1-9]\d{0,3}(\.[1-9]\d{0,3}){0,20}$/.test(partId)) throw invalid('attachment_id')
  const { mailbox, message } = await fetchByRef(session, ref, [
    { type: 'ATOM', value: 'UID' },
    { type: 'ATOM', value: 'BODYSTRUCTURE' },
  ])
  const part = findPart(message.bodyStructure, partId)
  if (!part) throw new MailError('message_not_found', { protocol: 'imap', field: 'attachment_id' })
  const attachment = toAttachment(part)
  if (attachment.size > maxBytes) throw new MailError('too_large', { protocol: 'imap' })

  const encodedLimit =
    part.encoding === 'base64' ? Math.ceil((maxBytes * 78) / 57) + 1024 : maxBytes * 3 + 1024
  const decode = (encoded: Buffer): AttachmentContent => ({
    content: decodeTransfer(encoded, transferEncodingOf(part)),
    contentType: attachment.contentType,
    ...(attachment.filename === undefined ? {} : { filename: attachment.filename }),
    ...(part.parameters?.charset === undefined ? {} : { charset: part.parameters.charset }),
  })
  const pieces: Buffer[] = []
  let length = 0
  for (;;) {
    const items = [{ type: 'ATOM', value: 'UID' }, peek(partId, length, pieceBytes)]
    const [row] = await session.fetch(mailbox, 'uid', String(ref.uid), items)
    const piece = row?.bodyParts?.get(partId)
    if (!row) throw new MailError('message_not_found', { protocol: 'imap' })
    if (Buffer.isBuffer(piece)) pieces.push(piece)
    length += Buffer.isBuffer(piece) ? piece.length : 0
    if (length > encodedLimit) throw new MailError('too_large', { protocol: 'imap' })
    // the structure's size may be wrong (Exchange counts characters): a short piece is the end
    if (!Buffer.isBuffer(piece) || piece.length < pieceBytes) break
    if (pieces.length === 1 && !isWanted(decode(piece)))
      throw new MailError('too_large', { protocol: 'imap' })
  }
  const whole = decode(Buffer.concat(pieces))
  if (whole.content.length > maxBytes) throw new MailError('too_large', { protocol: 'imap' })
  return whole
}

/** RFC 2045 §6.4: a message part is never encoded, whatever its label says. */
function transferEncodingOf(part: BodyStructure): string {
  return part.type === 'message/rfc822' ? '7bit' : (part.encoding ?? '7bit')
}
