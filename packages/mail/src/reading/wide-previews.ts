/**
 * Rows whose first kilobyte holds only the styles of an HTML mail have no preview yet: for those, and those alone, more
 * of the text is fetched, all in one flight. Ordinary rows cost nothing more.
 */
import { peek, previewBytes, widePreviewBytes } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { toPreview } from './summary.ts'

export async function widenPreviews(
  session: ImapSession,
  mailbox: SelectedMailbox,
  rows: readonly FetchedMessage[],
): Promise<FetchedMessage[]> {
  const empty = new Set<number>()
  for (const row of rows) if (await isPreviewMissing(row)) empty.add(row.uid)
  if (empty.size === 0) return [...rows]
  const items = [atom('UID'), peek('1', 0, widePreviewBytes)]
  const wide = await session.fetch(mailbox, 'uid', toUidSet([...empty]), items)
  return rows.map((row) => {
    const bodyParts = wide.find(({ uid }) => uid === row.uid && empty.has(uid))?.bodyParts
    return bodyParts === undefined ? row : { ...row, bodyParts }
  })
}

/** Whether more of the text has to be fetched for it. */
export async function isPreviewMissing(row: FetchedMessage): Promise<boolean> {
  return isCut(row) && (await toPreview(row)) === ''
}

function isCut({ bodyParts }: FetchedMessage): boolean {
  const peeked = bodyParts?.get('1')
  return Buffer.isBuffer(peeked) && peeked.length >= previewBytes
}
