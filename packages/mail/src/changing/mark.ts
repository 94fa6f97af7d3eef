/**
 * One flag on one message that this session has read, in a flight with what comes behind: SELECT and STORE, whose answers
 * nobody waits for. For marks that take nothing back where they cannot be set; setFlags is for all others. UIDVALIDITY is
 * the one that the session saw when it read the message, so that no other message can be meant.
 */
import { atom } from '../imap/protocol.ts'
import type { ImapSession, ImapToken } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { MessageRef } from '../message.ts'
import { assertFlags } from './flag-names.ts'

/** A flag that is to be added to a message. */
export interface Mark {
  readonly ref: MessageRef
  readonly flag: string
}

/** Ahead of the next command of the session. */
export function markAhead(session: ImapSession, mark: Mark): void {
  const [select, store] = toCommands(session, mark) ?? []
  if (select === undefined || store === undefined) return
  session.sendAhead('SELECT', select)
  session.noteExamined(undefined)
  session.sendAhead('UID STORE', store)
}

/** The same by itself, in one flight. */
export async function markMessage(session: ImapSession, mark: Mark): Promise<void> {
  const [select, store] = toCommands(session, mark) ?? []
  if (select === undefined || store === undefined) return
  session.sendAhead('SELECT', select)
  session.noteExamined(undefined)
  await session.run('UID STORE', store).catch(orNothing)
}

/** Undefined where the owner lets nothing in its mailbox be changed. */
function toCommands(session: ImapSession, { ref, flag }: Mark): [ImapToken[], ImapToken[]] | undefined {
  assertFlags([flag], 'flags')
  try {
    const set: ImapToken = { type: 'SEQUENCE', value: String(ref.uid) }
    return [[session.pathToChange(ref.mailbox)], [set, atom('+FLAGS.SILENT'), [atom(flag)]]]
  } catch (error) {
    orNothing(error)
    return undefined
  }
}

function orNothing(error: unknown): void {
  if (!(error instanceof MailError)) throw error
}
