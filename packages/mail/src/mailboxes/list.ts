/**
 * LIST, with special use and counts in the one command where the server can (RFC 5258, 5819, 6154), else with all
 * STATUS commands in one more flight. Remembers what it learned for the next call.
 */
import { bytesOfCommand } from '../imap/byte-budget.ts'
import { atom } from '../imap/protocol.ts'
import { type ImapResponse, type ImapSession, type ImapToken, textOf } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox, SpecialUse } from '../message.ts'
import { specialUseOfAttribute } from './names.ts'

/** More mailboxes than anyone reads; the rest is left out. */
const maxMailboxes = 5_000
/** A server that lists on and on is stopped here. */
const maxLines = 100_000
/** Modified UTF-7 of the longest name that can be given back to a server. */
const maxPathChars = 4_096
/** RFC 6154 and RFC 9051 §7.3.1 know some twenty; a line with more than this is no answer. */
const maxAttributes = 100
/** STATUS opens each mailbox on some servers: more than this would cost them seconds. */
const maxStatusCommands = 100

const counted = [atom('MESSAGES'), atom('UNSEEN')]

/**
 * Every mailbox that can be opened, at most 5,000, each with its special use. Counts cost a STATUS each where the
 * server has no LIST-STATUS. What is listed is remembered by the session.
 */
export async function listMailboxes(
  session: ImapSession,
  { includeCounts }: { includeCounts: boolean },
): Promise<Mailbox[]> {
  const counts = new Map<string, Counts>()
  const { listed, keep } = collectListed(session)
  const untagged = {
    LIST: keep,
    STATUS: (response: ImapResponse) => {
      if (counts.size < maxMailboxes) addCounts(session, response, counts)
    },
  }
  await session.run('LIST', everyMailbox(session, includeCounts), untagged)
  if (!listed.has('INBOX')) await session.run('LIST', ['', 'INBOX'], untagged)
  if (listed.size === 0) throw new MailError('connection_lost', { protocol: 'imap' })

  const all = assignSpecialUse(session, [...listed.values()])
  session.remember(all)
  const mailboxes = [...session.visible(all)]
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
  if (session.isListed || holdsAll) return () => false
  const { listed, keep } = collectListed(session)
  session.reserve(bytesOfCommand.LIST ?? 0)
  session.sendAhead('LIST', everyMailbox(session, false), { LIST: keep })
  return () => {
    // It was refused.
    if (listed.size === 0) return false
    const all = assignSpecialUse(session, [...listed.values()])
    // Some servers do not list it.
    const inbox = listed.has('INBOX')
      ? undefined
      : session.knownMailboxes?.find(({ path }) => path === 'INBOX')
    return session.renew(inbox === undefined ? all : [inbox, ...all])
  }
}

function everyMailbox(session: ImapSession, includeCounts: boolean): ImapToken[] {
  const extended = session.has('LIST-EXTENDED') || session.has('LIST-STATUS') || session.has('IMAP4rev2')
  const returns: ImapToken[] = [
    // LIST answers SPECIAL-USE attributes only when asked, on servers that keep to RFC 6154 §2
    ...(session.has('SPECIAL-USE') && extended ? [atom('SPECIAL-USE')] : []),
    ...(session.has('LIST-STATUS') && includeCounts ? [atom('STATUS'), counted] : []),
  ]
  return ['', '*', ...(returns.length > 0 ? [atom('RETURN'), returns] : [])]
}

/** By path: a server that is asked twice says everything twice. */
function collectListed(session: ImapSession): {
  listed: ReadonlyMap<string, ListedMailbox>
  keep: (response: ImapResponse) => void
} {
  const listed = new Map<string, ListedMailbox>()
  let lines = 0
  const keep = (response: ImapResponse) => {
    lines += 1
    const [attributes] = response.attributes ?? []
    const tooMany = Array.isArray(attributes) && attributes.length > maxAttributes
    if (lines > maxLines || tooMany) throw new MailError('connection_lost', { protocol: 'imap' })
    const one = toListed(session, response)
    if (one !== undefined && listed.size < maxMailboxes) listed.set(one.path, one)
  }
  return { listed, keep }
}

interface ListedMailbox {
  readonly path: string
  readonly delimiter: string
  readonly attributes: readonly string[]
}

interface Counts {
  readonly total?: number
  readonly unread?: number
}

function toListed(session: ImapSession, { attributes }: ImapResponse): ListedMailbox | undefined {
  const [flags, delimiter, path] = attributes ?? []
  const raw = textOf(path)
  if (raw === '' || raw.length > maxPathChars || !Array.isArray(flags)) return undefined
  const decoded = session.decodePath(raw)
  return {
    path: decoded.toUpperCase() === 'INBOX' ? 'INBOX' : decoded,
    delimiter: textOf(delimiter),
    attributes: flags.map(textOf),
  }
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

/** What the server says outranks an exact name, an exact name a decorated one ("Sent Mail"); each use goes once. */
const ranks = ['extension', 'name', 'name-guess']

function assignSpecialUse(session: ImapSession, listed: readonly ListedMailbox[]): Mailbox[] {
  const uses = new Map<string, { specialUse: SpecialUse; declared?: true }>()
  const taken = new Set<SpecialUse>()
  const candidates = listed.map((one) => {
    const { flag, source } = session.specialUseOf(nameOf(one), one.attributes)
    return {
      one,
      use: flag === undefined ? undefined : specialUseOfAttribute(flag),
      rank: ranks.indexOf(source),
    }
  })
  candidates.sort((a, b) => a.rank - b.rank || depth(a.one) - depth(b.one))
  for (const { one, use, rank } of candidates) {
    const found = one.path === 'INBOX' ? 'inbox' : use
    if (found === undefined || (found === 'inbox') !== (one.path === 'INBOX') || taken.has(found)) continue
    taken.add(found)
    uses.set(one.path, { specialUse: found, ...(rank === 0 && { declared: true }) })
  }
  return listed.map((one) => {
    return {
      path: one.path,
      name: nameOf(one),
      delimiter: one.delimiter,
      ...uses.get(one.path),
      selectable: !one.attributes.some((flag) => /^\\(noselect|nonexistent)$/i.test(flag)),
    }
  })
}

function nameOf({ path, delimiter }: { path: string; delimiter: string }): string {
  return delimiter === '' ? path : (path.split(delimiter).at(-1) ?? path)
}

function depth({ path, delimiter }: ListedMailbox): number {
  return delimiter === '' ? 0 : path.split(delimiter).length
}
