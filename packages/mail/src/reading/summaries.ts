/** Rows of one mailbox as a list shows them, in their order; what a row leaves closed takes one more flight. */
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import type { MessageSummary } from '../message.ts'
import { findDraftsPath } from './draft-tag.ts'
import { maxRowBytes, openParts } from './open-parts.ts'
import { toSummary } from './summary.ts'
import { widenPreviews } from './wide-previews.ts'

export async function toSummaries(
  session: ImapSession,
  mailbox: SelectedMailbox,
  rows: readonly FetchedMessage[],
): Promise<MessageSummary[]> {
  const opened = await openParts(session, mailbox, rows, maxRowBytes)
  const whole = await widenPreviews(session, mailbox, opened)
  const drafts = findDraftsPath(session.knownMailboxes)
  return await Promise.all(whole.map((row) => toSummary(row, mailbox, drafts)))
}
