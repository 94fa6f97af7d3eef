/**
 * The newest messages of a mailbox by date received. The order of filing is not that order (a message of last year that
 * is moved back gets the highest UID), so the dates of a block of the last filed ones come in the flight of the rows, and
 * the block is sorted. EXAMINE and that flight are all, whatever the mailbox's size; unread ones take one SEARCH more.
 */
import { listItems } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { AskedFetch, FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { createSetTest, takeNewest, toUidSet } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { MessageSummary, Page } from '../message.ts'
import { printBookmark } from './bookmark.ts'
import { byReceived, receivedAt, toRowKey } from './received.ts'
import { isToCome, printPlace, type RecentPlace, readPlace } from './recent-place.ts'
import { toSummaries } from './summaries.ts'
import { isDeleted } from './summary.ts'

export interface ListRecentOptions {
  readonly mailbox: string
  readonly limit: number
  readonly unreadOnly: boolean
  readonly cursor?: string
}

/** A page by date received, newest first, and where a list of what arrives later starts. */
export interface RecentPage extends Page<MessageSummary> {
  readonly bookmark: string
}

/**
 * 80 octets each: with ten rows of 2 kB they are 40 kB, which a server sends within two round trips of a fresh
 * connection (RFC 6928: 14 kB, then 28 kB).
 */
const blockSize = 250
const dateItems = [atom('UID'), atom('INTERNALDATE'), atom('FLAGS')]
/** A page takes as many more flights as there are used-up blocks on it. */
const maxBlocks = 4

/** Throws `stale_id` for a cursor of another UIDVALIDITY, `invalid_input` for one that is not ours. */
export async function listRecent(
  session: ImapSession,
  options: ListRecentOptions,
  /** Messages whose dates are compared. */
  size = blockSize,
): Promise<RecentPage> {
  const given = options.cursor === undefined ? undefined : readPlace(options.cursor)
  const { path } = await resolveMailbox(session, options.mailbox, 'mailbox')
  const mailbox = await session.select(path, 'read')
  const { uidValidity } = mailbox
  if (given !== undefined && given.uidValidity !== uidValidity)
    throw new MailError('stale_id', { protocol: 'imap' })
  const shown: FetchedMessage[] = []
  let place = given
  let newest = given?.newest ?? (mailbox.uidNext === undefined ? undefined : mailbox.uidNext - 1)
  let latest = 0
  for (let blocks = 0; blocks < maxBlocks && mailbox.exists > 0; blocks++) {
    const limit = options.limit - shown.length
    const block = options.unreadOnly
      ? await fetchUnread(session, mailbox, place, limit, size)
      : await fetchNewest(session, mailbox, place, limit, size)
    newest ??= Math.max(0, ...block.rows.map(({ uid }) => uid))
    latest = Math.max(latest, ...block.rows.map(receivedAt))
    const toCome = block.rows
      .filter((row) => !isDeleted(row) && isToCome(toRowKey(row), place))
      .sort((a, b) => byReceived(toRowKey(a), toRowKey(b)))
    const page = toCome.slice(0, limit)
    shown.push(...(await fetchMissing(session, mailbox, page)))
    place = goOn(block, place, { uidValidity, newest, page, rest: toCome.slice(limit), limit })
    if (place === undefined || shown.length >= options.limit) break
  }
  return {
    items: await toSummaries(session, mailbox, shown),
    bookmark: printBookmark({ uidValidity, uid: newest ?? 0, at: latest === 0 ? session.now : latest }),
    ...(place === undefined || mailbox.exists === 0 ? {} : { next: printPlace(place) }),
  }
}

interface Block {
  /** Of the block and of what arrived since, with their dates; those that are likely shown are whole. */
  readonly rows: readonly FetchedMessage[]
  /** Every older message is below this sequence number. */
  readonly sequence: number
}

/** What was filed last, or what is left of the block that a page before began. */
async function fetchNewest(
  session: ImapSession,
  mailbox: SelectedMailbox,
  place: RecentPlace | undefined,
  limit: number,
  size: number,
): Promise<Block> {
  const arrived = place === undefined ? [] : [{ set: `${place.newest + 1}:*`, items: dateItems }]
  if (place?.last !== undefined) {
    const dates = { set: `${place.low}:${place.top}`, items: dateItems }
    const expected = place.expected === '' ? [] : [{ set: place.expected, items: listItems(session) }]
    const rows = await session.fetchTogether(mailbox, [...arrived, dates, ...expected])
    return { rows, sequence: place.sequence }
  }
  const last = Math.min(mailbox.exists, (place?.sequence ?? mailbox.exists + 1) - 1)
  if (last < 1) return { rows: await session.fetchTogether(mailbox, arrived), sequence: 1 }
  const first = Math.max(1, last - size + 1)
  const firstWhole = Math.max(first, last - limit + 1)
  const dates: AskedFetch = { by: 'sequence', set: `${first}:${firstWhole - 1}`, items: dateItems }
  const whole: AskedFetch = { by: 'sequence', set: `${firstWhole}:${last}`, items: listItems(session) }
  const asked = firstWhole > first ? [...arrived, dates, whole] : [...arrived, whole]
  return { rows: await session.fetchTogether(mailbox, asked), sequence: first }
}

/** A window keeps the answer of SEARCH small on servers without ESEARCH; the next ones grow. */
const unreadWindows = [20_000, 200_000, Number.POSITIVE_INFINITY]

async function fetchUnread(
  session: ImapSession,
  mailbox: SelectedMailbox,
  place: RecentPlace | undefined,
  limit: number,
  size: number,
): Promise<Block> {
  const search = async (by: 'uid' | 'sequence', set: string) =>
    await searchUids(session, [
      ...(by === 'uid' ? [atom('UID')] : []),
      { type: 'SEQUENCE', value: set },
      atom('UNSEEN'),
      atom('UNDELETED'),
    ])
  const arrived =
    place === undefined ? [] : takeNewest(await search('uid', `${place.newest + 1}:*`), maxArrived)
  let uids: number[] = []
  let sequence = place?.sequence ?? 1
  if (place?.last !== undefined) {
    uids = takeNewest(await search('uid', `${place.low}:${place.top}`), size)
  } else {
    const last = Math.min(mailbox.exists, (place?.sequence ?? mailbox.exists + 1) - 1)
    const below = (place?.top ?? 0xffff_ffff) + 1
    for (const window of last < 1 ? [] : unreadWindows) {
      sequence = Math.max(1, last - window + 1)
      const found = await search('sequence', `${sequence}:${last}`)
      uids = takeNewest(found, size, below)
      // One more than asked for tells whether another page follows.
      if (uids.length > limit || sequence === 1) break
    }
  }
  const isExpected = place?.last === undefined ? undefined : createSetTest(place.expected)
  const likely = isExpected === undefined ? uids.slice(0, limit) : uids.filter(isExpected)
  const others = [...arrived, ...uids].filter((uid) => !likely.includes(uid))
  const rows = await session.fetchTogether(mailbox, [
    ...(others.length > 0 ? [{ set: toUidSet(others), items: dateItems }] : []),
    ...(likely.length > 0 ? [{ set: toUidSet(likely), items: listItems(session) }] : []),
  ])
  const lowest = rows.find(({ uid }) => uid === uids.at(-1))
  return { rows, sequence: uids.length < size ? sequence : (lowest?.seq ?? sequence) }
}

/** Of what is listed in its place though it arrived since. */
const maxArrived = 1_000

/** Most mail is filed as it arrives, so most rows are here already. */
async function fetchMissing(
  session: ImapSession,
  mailbox: SelectedMailbox,
  page: readonly FetchedMessage[],
): Promise<FetchedMessage[]> {
  const isWhole = (row: FetchedMessage) => row.size !== undefined
  const missing = page.filter((row) => !isWhole(row)).map(({ uid }) => uid)
  if (missing.length === 0) return [...page]
  const fetched = await session.fetch(mailbox, 'uid', toUidSet(missing), listItems(session))
  const byUid = new Map(fetched.map((row) => [row.uid, row]))
  // It may have gone since its date was asked for.
  return page.flatMap((row) => (isWhole(row) ? row : (byUid.get(row.uid) ?? [])))
}

interface Shown {
  readonly uidValidity: string
  readonly newest: number
  readonly page: readonly FetchedMessage[]
  readonly rest: readonly FetchedMessage[]
  readonly limit: number
}

/** Undefined: nothing is left. */
function goOn(
  { rows, sequence }: Block,
  before: RecentPlace | undefined,
  { uidValidity, newest, page, rest, limit }: Shown,
): RecentPlace | undefined {
  const end = page.at(-1)
  const last = end && toRowKey(end)
  const floors = [before?.floor, last].filter((key) => key !== undefined)
  const floor = floors.sort(byReceived).at(-1) ?? { at: maxAt, uid: newest }
  const top = before?.top ?? newest
  const isGoingOn = before?.last !== undefined
  const uids = rows.map(({ uid }) => uid).filter((uid) => uid <= top)
  const low = isGoingOn ? before.low : Math.min(top + 1, ...uids)
  if (rest.length > 0 && last !== undefined) {
    const expected = toUidSet(rest.slice(0, limit).map(({ uid }) => uid))
    return { uidValidity, newest, top, low: Math.min(low, top), sequence, last, floor, expected }
  }
  if (sequence <= 1 || low <= 1) return undefined
  return { uidValidity, newest, top: low - 1, low: 1, sequence, floor, expected: '' }
}

/** Later than any date: a list that has shown nothing yet. */
const maxAt = 99_999_999_999
