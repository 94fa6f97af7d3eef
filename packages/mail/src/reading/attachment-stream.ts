/**
 * One attachment of any size, decoded piece by piece, so that what is held is some pieces and never the whole. What has to
 * be opened to be found is fetched whole within the bound of fetchAttachment.
 */
import { atom } from '../imap/protocol.ts'
import type { ImapSession } from '../imap/session.ts'
import type { MessageRef } from '../message.ts'
import { createTransferStream, type TransferStream } from '../mime/transfer-stream.ts'
import { assertPartId, fetchAttachment, fetchPieces, transferEncodingOf } from './attachment.ts'
import { fetchByRef } from './get.ts'
import { toListedPart } from './listed-part.ts'
import { findPart } from './structure.ts'

/** An attachment that is being fetched: what the message says of it, and its bytes in order, once. */
export interface AttachmentStream {
  readonly filename?: string
  /** Decoded, as far as the structure tells: some bytes more or less may come. */
  readonly size: number
  readonly pieces: AsyncIterable<Uint8Array>
}

/** Several of it are held at once: one that arrives, is decoded, and leaves. 200 MB are some 270 round trips. */
const pieceBytes = 1024 * 1024
/** Held at once of what has to be opened. */
const maxWholeBytes = 32 * 1024 * 1024
/** A text is small, and what a mailing list wrote behind its code is seen only in the whole. */
const maxTextBytes = 4 * 1024 * 1024

/** Throws `stale_id`, `message_not_found`, `mailbox_not_found`, `too_large`; so do the pieces. */
export async function openAttachmentStream(
  session: ImapSession,
  ref: MessageRef,
  partId: string,
): Promise<AttachmentStream> {
  assertPartId(partId)
  const { mailbox, message } = await fetchByRef(session, ref, [atom('UID'), atom('BODYSTRUCTURE')])
  const part = partId.includes('~') ? undefined : findPart(message.bodyStructure, partId)
  const isSmallText = part?.type.startsWith('text/') === true && (part.size ?? 0) <= maxTextBytes
  if (part === undefined || isSmallText || part.content !== undefined)
    return await openWhole(session, ref, partId)
  const transfer = createTransferStream(transferEncodingOf(part))
  const { filename, size } = toListedPart(part, { isInText: false })
  const encoded = fetchPieces(session, mailbox, ref.uid, partId, pieceBytes)
  const first = await encoded.next()
  // Listed with a size and not given: the source may tell.
  if ((first.done === true || first.value.length === 0) && (part.size ?? 0) > 0)
    return await openWhole(session, ref, partId)
  return { ...(filename !== undefined && { filename }), size, pieces: decode(first, encoded, transfer) }
}

async function* decode(
  first: IteratorResult<Buffer, void>,
  encoded: AsyncGenerator<Buffer, void>,
  transfer: TransferStream,
): AsyncGenerator<Uint8Array, void> {
  if (first.done !== true) {
    yield transfer.decode(first.value)
    for await (const piece of encoded) yield transfer.decode(piece)
  }
  yield transfer.end()
}

async function openWhole(session: ImapSession, ref: MessageRef, partId: string): Promise<AttachmentStream> {
  const { content, filename } = await fetchAttachment(session, ref, partId, { maxBytes: maxWholeBytes })
  async function* whole(): AsyncGenerator<Uint8Array, void> {
    yield content
  }
  return { ...(filename !== undefined && { filename }), size: content.length, pieces: whole() }
}
