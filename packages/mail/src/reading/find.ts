/** A message by its Message-ID: after an APPEND without APPENDUID, after a send whose outcome is unknown. */

import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { ImapSession } from '../imap/session.ts'
import { takeNewest } from '../imap/uid-set.ts'
import { assertNoControls, invalid } from '../input.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { MessageRef } from '../message.ts'

/** The newest one, where there are several. */
export async function findByMessageId(
  session: ImapSession,
  mailbox: string,
  messageId: string,
): Promise<MessageRef | undefined> {
  const find = await openForFinding(session, mailbox)
  return await find(messageId)
}

/** Opens the mailbox now, so that what is looked for later costs one round trip; it sees what arrived since. */
export async function openForFinding(
  session: ImapSession,
  mailbox: string,
): Promise<(messageId: string) => Promise<MessageRef | undefined>> {
  const { path } = await resolveMailbox(session, mailbox)
  const { uidValidity } = await session.select(path, 'read')
  return async (messageId) => {
    assertNoControls(messageId, 'message_id')
    if (!/^<[\x21-\x7e]{3,998}>$/.test(messageId.trim())) throw invalid('message_id')
    // Opened again in the same flight: what arrived since is searched for certain.
    session.sendAhead('EXAMINE', [session.path(path)])
    const found = await searchUids(session, [
      atom('HEADER'),
      { type: 'STRING', value: 'Message-ID' },
      { type: 'STRING', value: messageId.trim() },
    ])
    const [uid] = takeNewest(found, 1)
    return uid === undefined ? undefined : { mailbox: path, uidValidity, uid }
  }
}
