/**
 * Where our own filing goes: the mailbox of a special use, never one that a caller's word would find by its path. One
 * that is not there is made (RFC 6154 §5.2), because a server may begin with an INBOX alone; so is one that memory
 * knows and somebody has deleted since, which the server says with TRYCREATE (RFC 9051 §7.1).
 */
import { isToBeMade } from '../imap/errors.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapSession, ImapToken } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox } from '../message.ts'
import { listMailboxes } from './list.ts'
import { toServerPath } from './new-path.ts'

const names = { drafts: 'Drafts', sent: 'Sent', trash: 'Trash', junk: 'Junk', archive: 'Archive' } as const

/** A special use into which this connector files by itself. */
export type FilingUse = keyof typeof names

/**
 * Runs `file` with the mailbox of that use, and once more with the one that takes its place where the server says that
 * the first is to be made: then it has changed nothing. Throws `mailbox_not_found`, naming the mailbox in `reason`, where
 * there is none and none can be made.
 */
export async function fileInto<T>(
  session: ImapSession,
  use: FilingUse,
  file: (mailbox: Mailbox) => Promise<T>,
): Promise<T> {
  const known = await findFiling(session, use)
  if (known === undefined) return await file(await makeMailbox(session, use))
  try {
    return await file(known)
  } catch (error) {
    if (!isToBeMade(error)) throw error
    const listed = findUse(session, await listMailboxes(session, { includeCounts: false }), use)
    // A server that goes on listing what it says is not there would say so again.
    if (listed?.path === known.path) throw error
    return await file(listed ?? (await makeMailbox(session, use)))
  }
}

/** Where it goes now; undefined where one would be made. Costs a LIST only where memory knows none. */
export async function findFiling(session: ImapSession, use: FilingUse): Promise<Mailbox | undefined> {
  const remembered = findUse(session, session.knownMailboxes ?? [], use)
  return remembered ?? findUse(session, await listMailboxes(session, { includeCounts: false }), use)
}

/** Gmail has no archive: what is in no other mailbox is in all mail, which is the same. */
function findUse(session: ImapSession, mailboxes: readonly Mailbox[], use: FilingUse): Mailbox | undefined {
  const uses: string[] = use === 'archive' && session.has('X-GM-EXT-1') ? [use, 'all'] : [use]
  return mailboxes.find(
    ({ specialUse, selectable }) => selectable && specialUse !== undefined && uses.includes(specialUse),
  )
}

async function makeMailbox(session: ImapSession, use: FilingUse): Promise<Mailbox> {
  if (session.hiding.hides(({ specialUse }) => specialUse === use)) throw noneOf(use)
  const path = toServerPath(session.knownMailboxes ?? [], names[use])
  const special: ImapToken[] = session.has('CREATE-SPECIAL-USE')
    ? [[atom('USE'), [atom(`\\${names[use]}`)]]]
    : []
  try {
    await session.run('CREATE', [session.pathToChange(path), ...special])
  } catch (error) {
    // What is there, and does not show, is not made again.
    if (error instanceof MailError && ['mailbox_not_found', 'server_refused'].includes(error.code))
      throw noneOf(use, error)
    throw error
  }
  await session.run('SUBSCRIBE', [session.path(path)]).catch(orNothing)
  const mailboxes = await listMailboxes(session, { includeCounts: false })
  const made = findUse(session, mailboxes, use) ?? mailboxes.find((one) => one.path === path)
  if (made === undefined) throw noneOf(use)
  return made
}

function noneOf(use: FilingUse, cause?: unknown): MailError {
  return new MailError('mailbox_not_found', { protocol: 'imap', reason: names[use], cause })
}

/** A mailbox nobody is subscribed to is there all the same. */
function orNothing(error: unknown): void {
  if (!(error instanceof MailError)) throw error
}
