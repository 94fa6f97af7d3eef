/** CREATE, RENAME, and DELETE of empty mailboxes. Mailboxes with a special use are not to be renamed or deleted here. */
import { isNeverDone, isThereAlready } from '../imap/errors.ts'
import type { ImapSession, ImapToken } from '../imap/session.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox } from '../message.ts'
import { listMailboxes } from './list.ts'
import { findMailboxLoosely, specialUseOfAttribute, takesNothing } from './names.ts'
import { assertNewName, delimiterOf, nameTaken, toNewPath } from './new-path.ts'
import { noMailbox } from './resolve.ts'

/**
 * `Parent/Child` on every server, or with its own delimiter. Throws `invalid_input` with the reason for a name that
 * cannot be, or that a mailbox has.
 */
export async function createMailbox(session: ImapSession, name: string): Promise<Mailbox> {
  assertNewName(name, 'name')
  const path = toNewPath(await listMailboxes(session, { includeCounts: false }), name, { field: 'name' })
  await runNamed(session, 'CREATE', [session.pathToChange(path)], 'name')
  await session.run('SUBSCRIBE', [session.path(path)]).catch(() => undefined)
  return getListed(await listMailboxes(session, { includeCounts: false }), path)
}

/** A mailbox, and the path that it had. */
export type Renamed = Mailbox & { readonly before: string }

/** Throws `invalid_input` for a name that cannot be or a mailbox with a special use, and `mailbox_not_found`. */
export async function renameMailbox(session: ImapSession, name: string, newName: string): Promise<Renamed> {
  assertNewName(newName, 'new_name')
  const mailboxes = await listMailboxes(session, { includeCounts: false })
  const mailbox = getChangeable(session, mailboxes, name)
  session.hiding.assertHoldsNone(mailbox.path)
  const path = toNewPath(mailboxes, newName, { field: 'new_name', renamed: mailbox })
  assertNotMadeSpecial(session, mailboxes, path)
  const paths = [session.pathToChange(mailbox.path), session.pathToChange(path)]
  await runNamed(session, 'RENAME', paths, 'new_name')
  const renamed = getListed(await listMailboxes(session, { includeCounts: false }), path)
  return { ...renamed, before: mailbox.path }
}

/** Throws `server_refused` for one that holds messages or mailboxes. */
export async function deleteMailbox(session: ImapSession, name: string): Promise<void> {
  const mailboxes = await listMailboxes(session, { includeCounts: false })
  const mailbox = getChangeable(session, mailboxes, name)
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

/** What a server says of the name itself is told of the field that it came from. */
async function runNamed(
  session: ImapSession,
  command: 'CREATE' | 'RENAME',
  paths: ImapToken[],
  field: string,
): Promise<void> {
  try {
    await session.run(command, paths)
  } catch (error) {
    const reason = isThereAlready(error)
      ? nameTaken
      : isNeverDone(error)
        ? 'this mail server takes no such name: make it shorter or plainer'
        : undefined
    throw reason === undefined ? error : new MailError('invalid_input', { field, reason, cause: error })
  }
}

/** What it holds would be moved into Sent or Drafts, where a mailbox has such a use by its name. */
function assertNotMadeSpecial(session: ImapSession, mailboxes: readonly Mailbox[], path: string): void {
  const name = path.split(delimiterOf(mailboxes)).at(-1) ?? path
  const use = specialUseOfAttribute(session.specialUseOf(name, []).flag ?? '')
  const isTaken = mailboxes.some((one) => one.specialUse === use)
  if (takesNothing({ specialUse: use }) && !isTaken)
    throw new MailError('mailbox_protected', { field: 'new_name' })
}

function getChangeable(session: ImapSession, mailboxes: readonly Mailbox[], name: string): Mailbox {
  // A path before the word of a special use: what bears one is not to be changed anyway.
  const mailbox = mailboxes.find((one) => one.path === name) ?? findMailboxLoosely(mailboxes, name)
  if (!mailbox) throw noMailbox(session, name, 'name')
  if (mailbox.specialUse !== undefined)
    throw invalid('name', 'INBOX, Sent and others with a special use stay, and keep their names')
  return mailbox
}

function getListed(mailboxes: readonly Mailbox[], path: string): Mailbox {
  const mailbox = mailboxes.find((one) => one.path === path)
  if (!mailbox) throw new MailError('server_refused', { protocol: 'imap' })
  return mailbox
}
