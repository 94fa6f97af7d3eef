/**
 * The stored bytes of a draft, found by its id or, where another program has stored it again, by the tag of its
 * Message-ID. A draft that is not found is answered with those that are there, so that the caller can say which.
 */

import { findField, splitMessage, textOfField } from '../composing/header-fields.ts'
import { peekHeaders } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { MessageRef } from '../message.ts'
import { toDraftTag } from './draft-tag.ts'
import { cleanLine } from './envelope-text.ts'
import { readWhole, sourceItems } from './source.ts'
import { isDeleted } from './summary.ts'

/** A draft in the bytes that the server holds. */
export interface StoredDraft {
  readonly ref: MessageRef
  readonly raw: Buffer
  readonly flags: readonly string[]
}

/** A draft that is there, for one that is not. */
export interface DraftCandidate {
  readonly ref: MessageRef
  readonly subject: string
}

/** What is looked through for a Message-ID; nobody keeps more drafts in work. */
const maxSearched = 500
const maxCandidates = 5

/** Throws `too_large`, and `invalid_input` naming `id` where the id is not one of a draft. */
export async function fetchDraft(
  session: ImapSession,
  ref: MessageRef,
  { maxBytes }: { maxBytes: number },
): Promise<StoredDraft | { readonly candidates: readonly DraftCandidate[] }> {
  const drafts = await resolveMailbox(session, 'drafts')
  if (ref.mailbox !== drafts.path) throw invalid('id')
  const { mailbox, messages } = await session.examineAndFetch(drafts.path, String(ref.uid), sourceItems)
  const found = messages.find((one) => one.uid === ref.uid)
  const isHere = found && mailbox.uidValidity === ref.uidValidity && !isDeleted(found)
  if (isHere && (ref.draft === undefined || ref.draft === tagOf(found.source)))
    return await toDraft(session, mailbox, found, maxBytes)
  const others = await listDrafts(session, mailbox)
  const edited = others.find((one) => ref.draft !== undefined && toTag(one) === ref.draft)
  if (edited === undefined) return { candidates: others.slice(0, maxCandidates).map(toCandidate) }
  const [row] = await session.fetch(mailbox, 'uid', String(edited.uid), sourceItems)
  if (row === undefined) throw new MailError('message_not_found', { protocol: 'imap' })
  return await toDraft(session, mailbox, row, maxBytes)

  function toCandidate(row: FetchedMessage): DraftCandidate {
    return { ref: toRef(mailbox, row), subject: cleanLine(row.envelope?.subject) }
  }
}

/** Newest first. */
async function listDrafts(session: ImapSession, mailbox: SelectedMailbox): Promise<FetchedMessage[]> {
  if (mailbox.exists === 0) return []
  const set = `${Math.max(1, mailbox.exists - maxSearched + 1)}:${mailbox.exists}`
  const items = [atom('UID'), atom('FLAGS'), atom('ENVELOPE'), peekHeaders(['MESSAGE-ID'])]
  const rows = await session.fetch(mailbox, 'sequence', set, items)
  return rows.filter((row) => !isDeleted(row)).sort((a, b) => b.uid - a.uid)
}

function toRef({ path, uidValidity }: SelectedMailbox, row: FetchedMessage): MessageRef {
  const tag = toTag(row)
  return { mailbox: path, uidValidity, uid: row.uid, ...(tag === undefined ? {} : { draft: tag }) }
}

function toTag({ envelope }: FetchedMessage): string | undefined {
  return envelope?.messageId ? toDraftTag(envelope.messageId) : undefined
}

function tagOf(source: Buffer | undefined): string | undefined {
  const field = source && findField(splitMessage(source).fields, 'message-id')
  return field && toDraftTag(textOfField(field))
}

async function toDraft(
  session: ImapSession,
  mailbox: SelectedMailbox,
  row: FetchedMessage,
  maxBytes: number,
): Promise<StoredDraft> {
  const raw = await readWhole(session, mailbox, row, maxBytes)
  const tag = tagOf(raw)
  const ref = { mailbox: mailbox.path, uidValidity: mailbox.uidValidity, uid: row.uid }
  return { ref: { ...ref, ...(tag === undefined ? {} : { draft: tag }) }, raw, flags: [...(row.flags ?? [])] }
}
