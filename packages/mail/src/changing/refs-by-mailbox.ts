/**
 * Runs a change mailbox by mailbox over refs that may come from several, answering for each ref in the order asked. A
 * ref of another UIDVALIDITY is stale and is left alone; one mailbox's failure does not hide what was done in another.
 */
import type { ImapSession, SelectedMailbox } from '../imap/session.ts'
import { isUid } from '../imap/uid-set.ts'
import { invalid } from '../input.ts'
import { MailError, type MailErrorCode } from '../mail-error.ts'
import type { MessageRef } from '../message.ts'

/** What became of one message of a change; `code` says why it was not made. */
export interface RefOutcome {
  readonly ref: MessageRef
  readonly ok: boolean
  readonly code?: MailErrorCode
  /** Where the message is now, where the server said so. */
  readonly newRef?: MessageRef
  /** Moved, but the server cannot remove single messages: the original waits, marked, for the next expunge. */
  readonly note?: 'original_marked_deleted'
  /** Of a change of flags: what the message did not have before, and what it had. */
  readonly changed?: FlagChange
  /** Of a move on Gmail: the labels it had. */
  readonly labels?: readonly string[]
  /** Names that its mailbox does not keep. */
  readonly refused?: readonly string[]
}

/** Names of flags: `\\Seen`, keywords, and on Gmail labels. */
export interface FlagChange {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

export type UidOutcome = Omit<RefOutcome, 'ref'>

/** `change` gets the UIDs of one selected mailbox; a UID it does not answer for was not there. */
export async function changeByMailbox(
  session: ImapSession,
  refs: readonly MessageRef[],
  change: (mailbox: SelectedMailbox, uids: number[]) => Promise<ReadonlyMap<number, UidOutcome>>,
): Promise<RefOutcome[]> {
  if (!refs.every(({ uid }) => isUid(uid))) throw invalid('ids')
  const outcomes = new Map<MessageRef, UidOutcome>()
  for (const path of new Set(refs.map(({ mailbox }) => mailbox))) {
    const here = refs.filter(({ mailbox }) => mailbox === path)
    try {
      const selected = await session.select(path, 'write')
      const valid = here.filter(({ uidValidity }) => uidValidity === selected.uidValidity)
      for (const ref of here) outcomes.set(ref, { ok: false, code: 'stale_id' })
      const uids = await session.withoutHidden(selected, [...new Set(valid.map(({ uid }) => uid))])
      const changed = uids.length > 0 ? await change(selected, uids) : new Map<number, UidOutcome>()
      for (const ref of valid)
        outcomes.set(ref, changed.get(ref.uid) ?? { ok: false, code: 'message_not_found' })
    } catch (error) {
      // alone, or before anything was done: the call itself failed
      if (!(error instanceof MailError) || outcomes.size === 0 || here.length === refs.length) throw error
      for (const ref of here) outcomes.set(ref, { ok: false, code: error.code })
    }
  }
  return refs.map((ref) => ({ ref, ...(outcomes.get(ref) ?? { ok: false }) }))
}
