/**
 * What arrived in a mailbox after a bookmark, oldest first. UIDs are given in the order of arrival, so the next ones are
 * asked for in the flight that opens the mailbox; where so many of them are gone that the page is not full, the others
 * are looked for. Where the UIDs mean nothing any more, the date received has to do.
 */

import { toImapDate } from '../imap/date.ts'
import { listItems } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { FetchedMessage, ImapSession, ImapToken, SelectedMailbox } from '../imap/session.ts'
import { takeLowest, toUidSet } from '../imap/uid-set.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { MessageSummary } from '../message.ts'
import { type Bookmark, printBookmark, readBookmark } from './bookmark.ts'
import { byReceived, receivedAt, toRowKey } from './received.ts'
import { toSummaries } from './summaries.ts'
import { isDeleted } from './summary.ts'

export interface ListArrivedOptions {
  readonly mailbox: string
  readonly limit: number
  readonly unreadOnly: boolean
  readonly after: string
}

/** In order of arrival, oldest first. */
export interface ArrivedPage {
  readonly items: readonly MessageSummary[]
  /** Behind the last of `items`; behind everything where there is no more. */
  readonly bookmark: string
  /** More arrived than the page holds. */
  readonly more: boolean
  /** The server numbered the mailbox again: told by date received, so one of the same second may be missing. */
  readonly byDate: boolean
}

const maxUid = 0xffff_ffff
/** Whose dates are compared where UIDs say nothing: 400 kB. */
const maxDated = 5_000

/** Throws `invalid_input` for a bookmark that this package did not make, `mailbox_not_found`. */
export async function listArrived(session: ImapSession, options: ListArrivedOptions): Promise<ArrivedPage> {
  const seen = readBookmark(options.after)
  const { path } = await resolveMailbox(session, options.mailbox, 'mailbox')
  // Nothing can follow the last UID there is.
  const first = Math.min(maxUid, seen.uid + 1)
  const end = Math.min(maxUid, seen.uid + options.limit)
  const { mailbox, messages } = await session.examineAndFetch(path, `${first}:${end}`, listItems(session))
  const isSame = mailbox.uidValidity === seen.uidValidity && seen.byDate === undefined
  const page = isSame
    ? await takeNext(session, mailbox, seen, messages, end, options)
    : await takeByDate(session, mailbox, seen, options)
  return {
    items: await toSummaries(session, mailbox, page.rows),
    bookmark: printBookmark(page.bookmark),
    more: page.more,
    byDate: !isSame,
  }
}

interface Arrived {
  readonly rows: readonly FetchedMessage[]
  readonly bookmark: Bookmark
  readonly more: boolean
}

type Wanted = Pick<ListArrivedOptions, 'limit' | 'unreadOnly'>

async function takeNext(
  session: ImapSession,
  mailbox: SelectedMailbox,
  seen: Bookmark,
  next: readonly FetchedMessage[],
  /** UIDs up to here were asked for. */
  end: number,
  { limit, unreadOnly }: Wanted,
): Promise<Arrived> {
  const isWanted = (row: FetchedMessage) => isListed(row, unreadOnly) && row.uid > seen.uid
  const rows = next.filter(isWanted)
  const last = mailbox.uidNext === undefined ? undefined : mailbox.uidNext - 1
  let more = false
  if (end < (last ?? maxUid) && mailbox.exists > 0) {
    const further = await search(session, end + 1, unreadOnly)
    const uids = takeLowest(further, limit - rows.length + 1, end + 1)
    more = uids.length > limit - rows.length
    rows.push(...(await fetchRows(session, mailbox, uids.slice(0, limit - rows.length))).filter(isWanted))
  }
  rows.sort((a, b) => a.uid - b.uid)
  const told = rows.at(-1)?.uid ?? seen.uid
  return {
    rows,
    more,
    bookmark: {
      uidValidity: mailbox.uidValidity,
      uid: more ? told : Math.max(told, seen.uid, last ?? 0),
      at: Math.max(seen.at, ...rows.map(receivedAt)),
    },
  }
}

async function takeByDate(
  session: ImapSession,
  mailbox: SelectedMailbox,
  seen: Bookmark,
  { limit, unreadOnly }: Wanted,
): Promise<Arrived> {
  const { uidValidity } = mailbox
  const isSame = uidValidity === seen.uidValidity
  const from = { at: seen.at, uid: isSame ? seen.uid : maxUid }
  // SINCE means the day on the server's clock, wherever that is (RFC 9051 §6.4.4).
  const day = new Date((seen.at - 86_400) * 1000).toISOString().slice(0, 10)
  const found =
    mailbox.exists === 0 ? [] : await search(session, 1, unreadOnly, [atom('SINCE'), atom(toImapDate(day))])
  const uids = takeLowest(found, maxDated, 1)
  const dates = [atom('UID'), atom('INTERNALDATE')]
  const dated = uids.length === 0 ? [] : await session.fetch(mailbox, 'uid', toUidSet(uids), dates)
  const later = dated
    .map(toRowKey)
    .filter((key) => byReceived(key, from) < 0)
    .sort((a, b) => byReceived(b, a))
  const page = later.slice(0, limit)
  const fetched = await fetchRows(
    session,
    mailbox,
    page.map(({ uid }) => uid),
  )
  const rows = page.flatMap(({ uid }) => fetched.find((row) => row.uid === uid) ?? [])
  const end = page.at(-1) ?? from
  const more = later.length > page.length
  const highest = Math.max(0, ...uids)
  const last = mailbox.uidNext === undefined ? highest : mailbox.uidNext - 1
  return {
    rows: rows.filter((row) => isListed(row, unreadOnly)),
    more,
    bookmark: more
      ? { uidValidity, uid: end.uid, at: end.at, byDate: true }
      : { uidValidity, uid: last, at: end.at },
  }
}

function isListed(row: FetchedMessage, unreadOnly: boolean): boolean {
  const isSeen = [...(row.flags ?? [])].some((flag) => flag.toLowerCase() === '\\seen')
  return !isDeleted(row) && !(unreadOnly && isSeen)
}

async function search(
  session: ImapSession,
  from: number,
  unreadOnly: boolean,
  also: readonly ImapToken[] = [],
) {
  const where: ImapToken = { type: 'SEQUENCE', value: `${from}:*` }
  const unseen = unreadOnly ? [atom('UNSEEN')] : []
  return await searchUids(session, [atom('UID'), where, ...also, ...unseen, atom('UNDELETED')])
}

async function fetchRows(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly number[],
): Promise<FetchedMessage[]> {
  return uids.length === 0 ? [] : await session.fetch(mailbox, 'uid', toUidSet(uids), listItems(session))
}
