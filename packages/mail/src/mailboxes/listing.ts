/**
 * What is asked to learn every mailbox of a login, and what the answers mean: LIST, and in its flight the namespaces
 * (RFC 2342) and, where LIST cannot say it, the subscriptions. A use belongs to the owner's own mailboxes: what others
 * share is never their Sent or Archive.
 */
import { bytesOfCommand } from '../imap/byte-budget.ts'
import { atom } from '../imap/protocol.ts'
import { type ImapResponse, type ImapSession, type ImapToken, textOf } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox, SpecialUse } from '../message.ts'
import { specialUseOfAttribute } from './names.ts'
import { createNamespaces, type Namespaces } from './namespaces.ts'

/** More mailboxes than anyone reads; the rest is left out. */
export const maxMailboxes = 5_000
/** A server that lists on and on is stopped here. */
const maxLines = 100_000
/** Modified UTF-7 of the longest name that can be given back to a server. */
export const maxPathChars = 4_096
/** RFC 6154 and RFC 9051 §7.3.1 know some twenty; a line with more than this is no answer. */
const maxAttributes = 100

export const counted = [atom('MESSAGES'), atom('UNSEEN')]

export interface Listing {
  /** Sends what goes in front of the LIST, in its flight. */
  sendAhead(): void
  /** Of the LIST. */
  readonly attributes: ImapToken[]
  readonly keep: (response: ImapResponse) => void
  has(path: string): boolean
  readonly isEmpty: boolean
  /** Once everything is back. */
  mailboxes(): Mailbox[]
}

export function createListing(session: ImapSession, { includeCounts }: { includeCounts: boolean }): Listing {
  /** By path: a server that is asked twice says everything twice. */
  const listed = new Map<string, ListedMailbox>()
  const subscribed = new Set<string>()
  const namespaces = createNamespaces((path) => session.decodePath(path))
  let lines = 0
  const read = (response: ImapResponse): ListedMailbox | undefined => {
    lines += 1
    const [attributes] = response.attributes ?? []
    const tooMany = Array.isArray(attributes) && attributes.length > maxAttributes
    if (lines > maxLines || tooMany) throw new MailError('connection_lost', { protocol: 'imap' })
    return toListed(session, response)
  }
  const keep = (response: ImapResponse) => {
    const one = read(response)
    if (one === undefined || listed.size >= maxMailboxes) return
    listed.set(one.path, one)
    if (one.attributes.some((flag) => flag.toLowerCase() === '\\subscribed')) subscribed.add(one.path)
  }
  const keepSubscribed = (response: ImapResponse) => {
    const one = read(response)
    if (one !== undefined && subscribed.size < maxMailboxes) subscribed.add(one.path)
  }
  const isExtended = ['LIST-EXTENDED', 'LIST-STATUS', 'IMAP4rev2'].some((name) => session.has(name))
  const returns: ImapToken[] = [
    // LIST answers SPECIAL-USE attributes only when asked, on servers that keep to RFC 6154 §2
    ...(session.has('SPECIAL-USE') && isExtended ? [atom('SPECIAL-USE')] : []),
    ...(session.has('NAMESPACE') && isExtended ? [atom('SUBSCRIBED')] : []),
    ...(session.has('LIST-STATUS') && includeCounts ? [atom('STATUS'), counted] : []),
  ]
  return {
    sendAhead() {
      if (!session.has('NAMESPACE')) return
      session.sendAhead('NAMESPACE', [], { NAMESPACE: namespaces.keep })
      if (isExtended) return
      session.reserve(bytesOfCommand.LIST ?? 0)
      session.sendAhead('LSUB', ['', '*'], { LSUB: keepSubscribed })
    },
    attributes: ['', '*', ...(returns.length > 0 ? [atom('RETURN'), returns] : [])],
    keep,
    has: (path) => listed.has(path),
    get isEmpty() {
      return listed.size === 0
    },
    mailboxes() {
      const all = [...listed.values()]
      const uses = findUses(
        session,
        all.filter(({ path }) => namespaces.isOwn(path)),
        namespaces,
      )
      return all.map(({ path, delimiter, attributes }) => ({
        path,
        name: nameOf({ path, delimiter }),
        delimiter,
        ...uses.get(path),
        selectable: !attributes.some((flag) => /^\\(noselect|nonexistent)$/i.test(flag)),
        ...(!namespaces.isOwn(path) && !subscribed.has(path) && { isAside: true }),
      }))
    },
  }
}

interface ListedMailbox {
  readonly path: string
  readonly delimiter: string
  readonly attributes: readonly string[]
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

/**
 * What the server says outranks an exact name, an exact name a decorated one ("Sent Mail"); each use goes once. A name
 * says it where programs make such folders only: `Clients/Sent` is the owner's own.
 */
const ranks = ['extension', 'name', 'name-guess']

function findUses(
  session: ImapSession,
  listed: readonly ListedMailbox[],
  namespaces: Namespaces,
): Map<string, { specialUse: SpecialUse; declared?: true }> {
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
    if (rank > 0 && !isAtTop(one, namespaces)) continue
    if (found === undefined || (found === 'inbox') !== (one.path === 'INBOX') || taken.has(found)) continue
    taken.add(found)
    uses.set(one.path, { specialUse: found, ...(rank === 0 && { declared: true }) })
  }
  return uses
}

/** Below INBOX on servers that have nothing beside it; below `[Gmail]` where its mailboxes were copied. */
function isAtTop({ path, delimiter }: ListedMailbox, { withoutPrefix }: Namespaces): boolean {
  const own = withoutPrefix(path)
  const [first = '', ...below] = delimiter === '' ? [own] : own.split(delimiter)
  return below.length === 0 || (below.length === 1 && /^(?:INBOX|\[(?:Gmail|Google Mail)\])$/i.test(first))
}

function nameOf({ path, delimiter }: Pick<ListedMailbox, 'path' | 'delimiter'>): string {
  return delimiter === '' ? path : (path.split(delimiter).at(-1) ?? path)
}

function depth({ path, delimiter }: ListedMailbox): number {
  return delimiter === '' ? 0 : path.split(delimiter).length
}
