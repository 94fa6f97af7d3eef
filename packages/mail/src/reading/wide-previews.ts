/**
 * Rows whose first kilobyte holds only the styles of an HTML mail have no preview yet: for those, and those alone, more
 * of the text is fetched, all in one flight. Ordinary rows cost nothing more.
 */
import { atom, peek, previewBytes, widePreviewBytes } from '../imap/fetch-items.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { toPreview } from './summary.ts'

export async function widenPreviews(
  session: ImapSession,
  mailbox: SelectedMailbox,
  rows: readonly FetchedMessage[],
): Promise<FetchedMessage[]> {
  const empty = new Set<number>()
  for (const row of rows) if (isCut(row) && (await toPreview(row)) === '') empty.add(row.uid)
  if (empty.size === 0) return [...rows]
  const items = [atom('UID'), peek('1', 0, widePreviewBytes)]
  const wide = await session.fetch(mailbox, 'uid', toUidSet([...empty]), items)
  return rows.map((row) => {
    const bodyParts = wide.find(({ uid }) => uid === row.uid && empty.has(uid))?.bodyParts
    return bodyParts === undefined ? row : { ...row, bodyParts }
  })
}

function isCut({ bodyParts }: FetchedMessage): boolean {
  const peeked = bodyParts?.get('1')
  return Buffer.isBuffer(peeked) && peeked.length >= previewBytes
}
