/** CREATE, RENAME, and DELETE of empty mailboxes. Mailboxes with a special use are not to be renamed or deleted here. */
import type { ImapSession } from '../imap/session.ts'
import { assertMailboxName, invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox } from '../message.ts'
import { listMailboxes } from './list.ts'
import { findMailbox, specialUseOfAttribute, takesNothing, withDelimiter } from './names.ts'

/** `Parent/Child` on every server, or with its own delimiter; one that keeps everything below INBOX gets its prefix. */
export async function createMailbox(session: ImapSession, name: string): Promise<Mailbox> {
  assertNewName(name, 'name')
  const path = toServerPath(await listMailboxes(session, { includeCounts: false }), name)
  await session.run('CREATE', [session.pathToChange(path)])
  await session.run('SUBSCRIBE', [session.path(path)]).catch(() => undefined)
  return getListed(await listMailboxes(session, { includeCounts: false }), path)
}

/** Throws `invalid_input` for a name that cannot be or a mailbox with a special use, and `mailbox_not_found`. */
export async function renameMailbox(session: ImapSession, name: string, newName: string): Promise<Mailbox> {
  assertNewName(newName, 'new_name')
  const mailboxes = await listMailboxes(session, { includeCounts: false })
  const mailbox = getChangeable(mailboxes, name)
  session.hiding.assertHoldsNone(mailbox.path)
  const path = toServerPath(mailboxes, newName)
  assertNotMadeSpecial(session, mailboxes, path)
  await session.run('RENAME', [session.pathToChange(mailbox.path), session.pathToChange(path)])
  return getListed(await listMailboxes(session, { includeCounts: false }), path)
}

/** Throws `server_refused` for one that holds messages or mailboxes. */
export async function deleteMailbox(session: ImapSession, name: string): Promise<void> {
  const mailboxes = await listMailboxes(session, { includeCounts: false })
  const mailbox = getChangeable(mailboxes, name)
  session.hiding.assertHoldsNone(mailbox.path)
  const holdsMailboxes = mailboxes.some((one) => one.path.startsWith(mailbox.path + mailbox.delimiter))
  if (holdsMailboxes || (mailbox.selectable && (await session.select(mailbox.path, 'read')).exists > 0)) {
    throw new MailError('server_refused', { protocol: 'imap', field: 'name' })
  }
  // RFC 9051 §6.3.5: some servers refuse to delete the selected mailbox
  if (mailbox.selectable) await session.select('INBOX', 'read')
  await session.run('DELETE', [session.pathToChange(mailbox.path)])
  await listMailboxes(session, { includeCounts: false })
}

/** `*` and `%` are LIST's wildcards: a mailbox named so could not be named again. */
function assertNewName(name: string, field: string): void {
  assertMailboxName(name, field)
  if (/[*%]/.test(name) || name.toUpperCase() === 'INBOX') throw invalid(field)
}

/** What it holds would be moved into Sent or Drafts, where a mailbox has such a use by its name. */
function assertNotMadeSpecial(session: ImapSession, mailboxes: readonly Mailbox[], path: string): void {
  const name = path.split(delimiterOf(mailboxes)).at(-1) ?? path
  const use = specialUseOfAttribute(session.specialUseOf(name, []).flag ?? '')
  const isTaken = mailboxes.some((one) => one.specialUse === use)
  if (takesNothing({ specialUse: use }) && !isTaken)
    throw new MailError('mailbox_protected', { field: 'new_name' })
}

function delimiterOf(mailboxes: readonly Mailbox[]): string {
  return mailboxes.find((one) => one.delimiter !== '')?.delimiter ?? '/'
}

/** Of a new mailbox, as this server writes paths. */
export function toServerPath(mailboxes: readonly Mailbox[], typed: string): string {
  const delimiter = delimiterOf(mailboxes)
  const name = withDelimiter(typed, delimiter)
  const prefix = `INBOX${delimiter}`
  const others = mailboxes.filter((one) => one.path !== 'INBOX')
  const prefixed = others.length > 0 && others.every((one) => one.path.toUpperCase().startsWith(prefix))
  return prefixed && !name.toUpperCase().startsWith(prefix) ? prefix + name : name
}

function getChangeable(mailboxes: readonly Mailbox[], name: string): Mailbox {
  // A path before the word of a special use: what bears one is not to be changed anyway.
  const mailbox = mailboxes.find((one) => one.path === name) ?? findMailbox(mailboxes, name)
  if (!mailbox) throw new MailError('mailbox_not_found', { protocol: 'imap' })
  if (mailbox.specialUse !== undefined) throw invalid('name')
  return mailbox
}

function getListed(mailboxes: readonly Mailbox[], path: string): Mailbox {
  const mailbox = mailboxes.find((one) => one.path === path)
  if (!mailbox) throw new MailError('server_refused', { protocol: 'imap' })
  return mailbox
}
