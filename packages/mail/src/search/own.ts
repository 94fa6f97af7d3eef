/** The owner of a mailbox in a search: `me` for any of their addresses, and what they sent. */
import type { FetchedMessage, ImapSession } from '../imap/session.ts'
import { toAddresses } from '../reading/envelope-text.ts'
import { allOf, anyOf, notOf, type Query, type TextPlace } from './query.ts'

const ofPeople: readonly TextPlace[] = ['from', 'to', 'cc', 'bcc', 'with']

/** `from:me` by the addresses of the account. Gmail knows them, and more of them. */
export function withOwnAddresses(session: ImapSession, query: Query): Query {
  if (session.has('X-GM-EXT-1')) return query
  return namingOwn(query, session.own) ?? query
}

function namingOwn(query: Query, own: readonly string[]): Query | undefined {
  if (query.kind === 'and') return allOf(query.of.map((one) => namingOwn(one, own)))
  if (query.kind === 'or') return anyOf(query.of.map((one) => namingOwn(one, own)))
  if (query.kind === 'not') return notOf(namingOwn(query.of, own))
  if (query.kind !== 'text' || !ofPeople.includes(query.in) || query.value.toLowerCase() !== 'me')
    return query
  return anyOf(own.map((value): Query => ({ ...query, value })))
}

/**
 * Whether the owner sent it: everything in Sent, and elsewhere what is from an address of the account. What is to be
 * sent is not, nor what Junk holds, where anybody writes as they like.
 */
export function isSent(session: ImapSession, path: string, row: FetchedMessage): boolean {
  const use = session.knownMailboxes?.find((one) => one.path === path)?.specialUse
  if (use === 'sent') return true
  if (use === 'drafts' || use === 'junk') return false
  const own = session.own.map((one) => one.toLowerCase())
  return toAddresses(row.envelope?.from).some(({ address }) => own.includes(address.toLowerCase()))
}
