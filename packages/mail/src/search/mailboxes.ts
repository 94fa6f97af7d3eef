/** Which mailboxes are searched: `in:` says where, the rest of a query what for. */
import type { ImapSession } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import { listMailboxes } from '../mailboxes/list.ts'
import { findMailbox } from '../mailboxes/names.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { Mailbox } from '../message.ts'
import { allOf, conditionsOf, type Query, termsOf } from './query.ts'

export interface SearchedMailboxes {
  /** Names as written; none: wherever a search looks by default. */
  readonly within: readonly string[]
  readonly without: readonly string[]
  /** The query without its `in:`. */
  readonly query?: Query
}

/** Undefined where `in:` is inside a group or an OR with other things: no server can search that. */
export function takeMailboxes(query: Query | undefined): SearchedMailboxes | undefined {
  const within: string[] = []
  const without: string[] = []
  const rest: Query[] = []
  for (const one of conditionsOf(query)) {
    const asked = namesIn(one)
    if (asked !== undefined) {
      if (within.length > 0) return undefined
      within.push(...asked)
    } else if (one.kind === 'not') {
      const left = namesIn(one.of)
      if (left !== undefined) without.push(...left)
      else rest.push(one)
    } else rest.push(one)
  }
  const left = allOf(rest)
  if (termsOf(left).some((term) => term.kind === 'in')) return undefined
  return left === undefined ? { within, without } : { within, without, query: left }
}

/** `in:a`, or `in:a OR in:b`. */
function namesIn(query: Query): string[] | undefined {
  if (query.kind === 'in') return [query.mailbox]
  if (query.kind !== 'or') return undefined
  const names = query.of.map(namesIn)
  return names.every((one) => one !== undefined) ? names.flat() : undefined
}

/** Where most of what people look for is; a search that runs out of time has seen these. */
const firstUses = ['inbox', 'sent', 'archive', 'drafts']

/**
 * The paths to search. By default every selectable mailbox but Junk, Trash and what others share and the owner is not
 * subscribed to, or the one that holds everything (Gmail's All Mail). `anywhere` includes those too. Throws `mailbox_not_found`.
 */
export async function mailboxesToSearch(
  session: ImapSession,
  { within, without }: Pick<SearchedMailboxes, 'within' | 'without'>,
): Promise<string[]> {
  if (!(await isEverywhere(session, { within }))) {
    const found: string[] = []
    for (const name of within) found.push((await resolveMailbox(session, name)).path)
    return [...new Set(found)]
  }
  const mailboxes = session.knownMailboxes ?? (await listMailboxes(session, { includeCounts: false }))
  const unwanted = new Set(without.map((name) => findMailbox(mailboxes, name)?.path))
  const isWanted = (one: Mailbox) => one.selectable && !unwanted.has(one.path)
  const isAnywhere = within.some((name) => name.toLowerCase() === 'anywhere')
  const isAside = (one: Mailbox) =>
    one.specialUse === 'junk' || one.specialUse === 'trash' || one.isAside === true
  // It holds what the others hold; without one of them it would have to be taken apart again.
  const everything = without.length === 0 ? mailboxes.find((one) => one.specialUse === 'all') : undefined
  const base = everything?.selectable
    ? [everything, ...mailboxes.filter(isAside)]
    : // Gmail's Starred and Important are views of the others.
      mailboxes.filter((one) => one.specialUse !== 'flagged' && one.specialUse !== 'all')
  return base
    .filter((one) => isWanted(one) && (isAnywhere || !isAside(one)))
    .map((one, at) => ({ path: one.path, rank: rankOf(one), at }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .map(({ path }) => path)
}

/** No mailbox is named. In another spelling than `all` a mailbox of that very name comes first, as in mailboxes/names.ts. */
export async function isEverywhere(
  session: ImapSession,
  { within }: Pick<SearchedMailboxes, 'within'>,
): Promise<boolean> {
  for (const name of within) {
    const word = name.toLowerCase()
    if (word !== 'all' && word !== 'anywhere') continue
    if (name === word) return true
    const isNamed = ({ path }: Mailbox) => path === name
    if (session.knownMailboxes?.some(isNamed)) continue
    // Another client may have made it since they were remembered.
    if (session.memory.isListed) return true
    if (!(await listMailboxes(session, { includeCounts: false })).some(isNamed)) return true
  }
  return within.length === 0
}

/**
 * The query's `in:` and the mailbox that was named beside it: either of them, or both where they mean the same. Throws
 * `invalid_input` where they do not, and `mailbox_not_found`.
 */
export async function joinMailbox(
  session: ImapSession,
  asked: SearchedMailboxes,
  mailbox: string,
): Promise<SearchedMailboxes> {
  const beside = { within: [mailbox], without: [] }
  const isAll = mailbox.toLowerCase() === 'all' && (await isEverywhere(session, beside))
  if (asked.within.length === 0) return isAll ? asked : { ...asked, within: beside.within }
  if (isAll) return asked
  const [inQuery, named] = [await mailboxesToSearch(session, asked), await mailboxesToSearch(session, beside)]
  if (inQuery.length === named.length && inQuery.every((path) => named.includes(path))) return asked
  const reason = 'the query has in: as well: leave one of them out'
  throw new MailError('invalid_input', { field: 'mailbox', reason })
}

function rankOf({ specialUse }: Mailbox): number {
  const rank = firstUses.indexOf(specialUse ?? '')
  return rank < 0 ? firstUses.length : rank
}
