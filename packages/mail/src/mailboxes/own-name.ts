/** The name under which the owner of a mailbox writes, as the newest of what they sent shows it. */
import type { MailAccount } from '../account.ts'
import { removeInvisible } from '../body-text/invisible-characters.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapSession } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import { resolveMailbox } from './resolve.ts'

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
    const newest = rows.sort((a, b) => b.uid - a.uid).flatMap(({ envelope }) => envelope?.from ?? [])
    const own = newest.filter((one) => one.address?.toLowerCase() === address.toLowerCase())
    return own.map(({ name }) => toName(name)).find((name) => name !== '') ?? ''
  } catch (error) {
    if (error instanceof MailError) return ''
    throw error
  }
}

const maxNameChars = 200

/** On one line. Some programs repeat the address in its place. */
function toName(name = ''): string {
  const shown = removeInvisible(name.slice(0, 4 * maxNameChars).replaceAll(/[\s\p{Cc}]+/gu, ' ')).text.trim()
  return shown.includes('@') ? '' : shown.slice(0, maxNameChars)
}
