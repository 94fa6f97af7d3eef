/**
 * What sign-in does to a mailbox: one login, one LIST, so that the first tool call already knows the server, and a look
 * at Sent, so that the first email that goes out has its writer's name.
 */
import type { MailAccount } from '../account.ts'
import type { MailDeps } from '../connect/dial.ts'
import { withImapSession } from '../imap/open-session.ts'
import type { ServerMemory } from '../message.ts'
import { listMailboxes } from './list.ts'
import { findOwnName } from './own-name.ts'

/**
 * One login, one LIST, one look at Sent; answers what the next call should know of the server. Throws `login_refused`,
 * `host_unreachable`, `tls_failed` and the other codes of a session.
 */
export function verifyImapLogin(account: MailAccount, deps: MailDeps): Promise<ServerMemory> {
  return withImapSession(account, deps, async (session) => {
    await listMailboxes(session, { includeCounts: false })
    return { ...session.memory.toMemory(), ownName: await findOwnName(session, account) }
  })
}
