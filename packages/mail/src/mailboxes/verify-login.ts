/** What sign-in does to a mailbox: one login, one LIST, so that the first tool call already knows the server. */
import type { MailAccount } from '../account.ts'
import type { MailDeps } from '../connect/dial.ts'
import { withImapSession } from '../imap/session.ts'
import type { ServerMemory } from '../message.ts'
import { listMailboxes } from './list.ts'

export function verifyImapLogin(account: MailAccount, deps: MailDeps): Promise<ServerMemory> {
  return withImapSession(account, deps, async (session) => {
    await listMailboxes(session, { includeCounts: false })
    return session.toMemory()
  })
}
