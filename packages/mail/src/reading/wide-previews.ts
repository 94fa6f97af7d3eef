/**
 * Rows whose first kilobyte says nothing of what a reader sees (styles of an HTML mail, a stub, a file in front of the
 * text) have no preview yet: for those, and those alone, more is fetched, all in one flight. Ordinary rows cost nothing
 * more.
 */
import { peek, widePreviewBytes } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { findWanted } from './preview.ts'

export async function widenPreviews(
  session: ImapSession,
  mailbox: SelectedMailbox,
  rows: readonly FetchedMessage[],
): Promise<FetchedMessage[]> {
  const bySection = new Map<string, number[]>()
  for (const row of rows) {
    const section = await findWanted(row)
    if (section !== undefined) bySection.set(section, [...(bySection.get(section) ?? []), row.uid])
  }
  if (bySection.size === 0) return [...rows]
  const asked = [...bySection].map(([section, uids]) => ({
    set: toUidSet(uids),
    items: [atom('UID'), peek(section, 0, widePreviewBytes)],
  }))
  const fetched = await session.fetchTogether(mailbox, asked)
  return rows.map((row) => {
    const wide = fetched.find(({ uid }) => uid === row.uid)?.bodyParts
    return wide === undefined ? row : { ...row, bodyParts: new Map([...(row.bodyParts ?? []), ...wide]) }
  })
}

/** Whether more of the text has to be fetched for it. */
export async function isPreviewMissing(row: FetchedMessage): Promise<boolean> {
  return (await findWanted(row)) !== undefined
}
