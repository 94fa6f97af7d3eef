/** A whole message as its stored bytes, in pieces large enough not to cost a round trip per 64 KiB. Never sets \Seen. */
import { collectBytes } from '../collected-bytes.ts'
import { peek } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { MessageRef } from '../message.ts'
import { fetchByRef } from './get.ts'

/** The first flight holds most drafts whole. */
const firstPieceBytes = 256 * 1024
const pieceBytes = 4 * 1024 * 1024

/** What `readWhole` needs of a row. */
export const sourceItems = [atom('UID'), atom('FLAGS'), atom('RFC822.SIZE'), peek('', 0, firstPieceBytes)]

/** Throws `too_large`, `stale_id`, `message_not_found`. */
export async function fetchSource(
  session: ImapSession,
  ref: MessageRef,
  { maxBytes }: { maxBytes: number },
): Promise<Buffer> {
  const { mailbox, message } = await fetchByRef(session, ref, sourceItems)
  return await readWhole(session, mailbox, message, maxBytes)
}

export async function readWhole(
  session: ImapSession,
  mailbox: SelectedMailbox,
  { size = 0, uid, source = Buffer.alloc(0) }: FetchedMessage,
  maxBytes: number,
): Promise<Buffer> {
  if (size > maxBytes) throw new MailError('too_large', { protocol: 'imap' })
  if (source.length < firstPieceBytes) return source
  const bytes = collectBytes(size + 1)
  bytes.add(source)
  let last = source.length
  // the size may be wrong (Exchange counts what it would be): a short piece is the end
  for (let asked = firstPieceBytes; last === asked; asked = pieceBytes) {
    const items = [atom('UID'), peek('', bytes.length, pieceBytes)]
    const [next] = await session.fetch(mailbox, 'uid', String(uid), items)
    if (next === undefined) throw new MailError('message_not_found', { protocol: 'imap' })
    const piece = next.source ?? Buffer.alloc(0)
    bytes.add(piece)
    last = piece.length
    if (bytes.length > maxBytes) throw new MailError('too_large', { protocol: 'imap' })
  }
  return bytes.toBuffer()
}
