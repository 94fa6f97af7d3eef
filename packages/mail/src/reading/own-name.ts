/** The name under which the owner of a mailbox writes, as the newest of what they sent shows it. */
import type { MailAccount } from '../account.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapSession } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import { toAddresses } from './envelope-text.ts'

/** What programs and aliases sent in between has no name, or another address. */
const looked = 20

/** Empty where nothing says so, or Sent cannot be read: mail goes out without a name then. */
export async function findOwnName(session: ImapSession, { address }: MailAccount): Promise<string> {
  try {
    const { path } = await resolveMailbox(session, 'sent')
    const mailbox = await session.select(path, 'read')
    if (mailbox.exists === 0) return ''
    const set = `${Math.max(1, mailbox.exists - looked + 1)}:${mailbox.exists}`
    const rows = await session.fetch(mailbox, 'sequence', set, [atom('UID'), atom('ENVELOPE')])
    const newest = rows.sort((a, b) => b.uid - a.uid).flatMap(({ envelope }) => toAddresses(envelope?.from))
    const own = newest.find((one) => one.address.toLowerCase() === address.toLowerCase() && isName(one.name))
    return own?.name?.slice(0, 200) ?? ''
  } catch (error) {
    if (error instanceof MailError) return ''
    throw error
  }
}

/** Some programs repeat the address in its place. */
function isName(name: string | undefined): boolean {
  return name !== undefined && name.trim() !== '' && !name.includes('@')
}
