/** From what a caller typed (`sent`, `Papierkorb`, `Projects/2026`) to a mailbox of this server. */
import type { ImapSession } from '../imap/session.ts'
import { assertMailboxName } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox } from '../message.ts'
import { listMailboxes } from './list.ts'
import { findMailbox, findMailboxLoosely } from './names.ts'

/**
 * Costs a LIST only where memory does not know the name. `field` is the parameter that it came from, where that is
 * known. Throws `mailbox_not_found`.
 */
export async function resolveMailbox(session: ImapSession, name: string, field?: string): Promise<Mailbox> {
  assertMailboxName(name, field ?? 'mailbox')
  if (name.toUpperCase() === 'INBOX') {
    return { path: 'INBOX', name: 'INBOX', delimiter: '/', specialUse: 'inbox', selectable: true }
  }
  const remembered = findMailbox(session.knownMailboxes ?? [], name)
  const found = remembered ?? findMailboxLoosely(await listMailboxes(session, { includeCounts: false }), name)
  if (found === undefined || !found.selectable) throw noMailbox(session, name, field)
  return found
}

export function noMailbox({ own: [account] }: ImapSession, name: string, field?: string): MailError {
  const missing = { mailbox: name, account }
  return new MailError('mailbox_not_found', {
    protocol: 'imap',
    missing,
    ...(field !== undefined && { field }),
  })
}
