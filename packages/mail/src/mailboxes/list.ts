/**
 * LIST, with special use and counts in the one command where the server can (RFC 5258, 5819, 6154), else with all
 * STATUS commands in one more flight. Remembers what it learned for the next call.
 */
import { bytesOfCommand } from '../imap/byte-budget.ts'
import { type ImapResponse, type ImapSession, textOf } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox } from '../message.ts'
import { counted, createListing, maxMailboxes, maxPathChars } from './listing.ts'

/** STATUS opens each mailbox on some servers: more than this would cost them seconds. */
const maxStatusCommands = 100

/**
 * Every mailbox that can be opened, at most 5,000, each with its special use. Counts cost a STATUS each where the
 * server has no LIST-STATUS. What is listed is remembered by the session.
 */
export async function listMailboxes(
  session: ImapSession,
  { includeCounts }: { includeCounts: boolean },
): Promise<Mailbox[]> {
  const counts = new Map<string, Counts>()
  const listing = createListing(session, { includeCounts })
  const untagged = {
    LIST: listing.keep,
    STATUS: (response: ImapResponse) => {
      if (counts.size < maxMailboxes) addCounts(session, response, counts)
    },
  }
  listing.sendAhead()
  await session.run('LIST', listing.attributes, untagged)
  if (!listing.has('INBOX')) await session.run('LIST', ['', 'INBOX'], untagged)
  if (listing.isEmpty) throw new MailError('connection_lost', { protocol: 'imap' })

  const all = listing.mailboxes()
  session.memory.remember(all)
  const mailboxes = [...session.hiding.visible(all)]
  if (!includeCounts) return mailboxes

  const uncounted = mailboxes.filter((one) => one.selectable && !counts.has(one.path))
  if (uncounted.length > 0 && !session.has('LIST-STATUS')) {
    const last = uncounted.slice(0, maxStatusCommands).pop()
    for (const one of uncounted.slice(0, maxStatusCommands - 1)) {
      if (one !== last) session.sendAhead('STATUS', [session.path(one.path), counted])
    }
    const flight = last && session.run('STATUS', [session.path(last.path), counted], untagged)
    // one mailbox that cannot be counted (no right to read it) must not hide the others
    await flight?.catch((error: unknown) => {
      if (!(error instanceof MailError) || error.code === 'connection_lost') throw error
    })
  }
  return mailboxes.map((one) => ({ ...one, ...counts.get(one.path) }))
}

/**
 * LIST in the flight of the next command, for a call that looks into every mailbox: what an earlier call remembers lacks
 * those that another client made since. Once that flight is back, the answer says whether it knows others now.
 */
export function listAhead(session: ImapSession): () => boolean {
  const holdsAll = session.knownMailboxes?.some((one) => one.specialUse === 'all' && one.selectable)
  if (session.memory.isListed || holdsAll) return () => false
  const listing = createListing(session, { includeCounts: false })
  listing.sendAhead()
  session.reserve(bytesOfCommand.LIST ?? 0)
  session.sendAhead('LIST', listing.attributes, { LIST: listing.keep })
  return () => {
    // It was refused.
    if (listing.isEmpty) return false
    const all = listing.mailboxes()
    // Some servers do not list it.
    const inbox = listing.has('INBOX')
      ? undefined
      : session.knownMailboxes?.find(({ path }) => path === 'INBOX')
    return session.memory.renew(inbox === undefined ? all : [inbox, ...all])
  }
}

interface Counts {
  readonly total?: number
  readonly unread?: number
}

function addCounts(session: ImapSession, { attributes }: ImapResponse, counts: Map<string, Counts>): void {
  const [path, values] = attributes ?? []
  if (!Array.isArray(values) || textOf(path).length > maxPathChars) return
  const found: { total?: number; unread?: number } = {}
  for (let at = 0; at + 1 < values.length; at += 2) {
    const value = Number(textOf(values[at + 1]))
    if (!Number.isSafeInteger(value)) continue
    if (textOf(values[at]).toUpperCase() === 'MESSAGES') found.total = value
    if (textOf(values[at]).toUpperCase() === 'UNSEEN') found.unread = value
  }
  const decoded = session.decodePath(textOf(path))
  counts.set(decoded.toUpperCase() === 'INBOX' ? 'INBOX' : decoded, found)
}
