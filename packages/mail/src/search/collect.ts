/** The matches of all mailboxes with the date each was received: one flight a mailbox, while there is time. */
import { listItems } from '../imap/fetch-items.ts'
import type { UntaggedHandlers } from '../imap/protocol.ts'
import { atom } from '../imap/protocol.ts'
import {
  type FetchedMessage,
  type ImapResponse,
  type ImapSession,
  type ImapToken,
  textOf,
} from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { type RowKey, toRowKey } from '../reading/received.ts'
import {
  type Candidates,
  findCandidates,
  isOfOneMailbox,
  type PreparedCase,
  type UidBlock,
  wholeMailbox,
} from './candidates.ts'
import { hashOfPath, isStillToCome, type SearchCursor } from './cursor.ts'

export interface SearchedMailbox {
  readonly path: string
  readonly hash: string
  readonly block: UidBlock
  readonly candidates: Candidates
  /** Of this mailbox, in no order. */
  readonly entries: readonly RowKey[]
  /** Those whose rows came with their dates. */
  readonly rows: Map<number, FetchedMessage>
}

export interface Collected {
  readonly searched: readonly SearchedMailbox[]
  readonly failed: readonly string[]
  readonly left: readonly string[]
}

export interface CollectOptions {
  readonly cases: readonly PreparedCase[]
  readonly cursor: SearchCursor | undefined
  readonly limit: number
  /** Rows fetched with the dates of each mailbox; 0: dates only. */
  readonly rows: number
  readonly sinceWhenSlow: readonly ImapToken[]
}

/** Kept of the call's time for fetching rows and for the answer itself. */
export const reservedShare = 0.3

export async function collectMatches(
  session: ImapSession,
  wanted: readonly string[],
  options: CollectOptions,
): Promise<Collected> {
  const isLeft = (path: string) => options.cursor?.left.includes(hashOfPath(path)) === true
  // Those that the time did not reach before come first now.
  const paths = [...wanted.filter(isLeft), ...wanted.filter((path) => !isLeft(path))]
  const searched: SearchedMailbox[] = []
  const failed: string[] = []
  const sizes = new Map<string, number>()
  const isSizeNeeded =
    options.cases.some(({ search }) => search.slow) || !(session.has('ESEARCH') || session.has('PARTIAL'))
  let waiting: { path: string; block: UidBlock; candidates: Candidates } | undefined
  const keep = (rows: readonly FetchedMessage[]) => {
    if (waiting !== undefined) searched.push(toSearched(waiting, rows, options))
    waiting = undefined
  }

  for (const [at, path] of paths.entries()) {
    const place = options.cursor?.places.get(hashOfPath(path))
    if (place === 'done') continue
    if (at > 0 && session.shareOfTimeLeft < reservedShare) {
      if (waiting !== undefined) keep(await fetchDates(session, waiting.candidates, options.rows))
      return { searched, failed, left: paths.slice(at) }
    }
    const fetched = waiting && fetchAhead(session, waiting.candidates, options.rows)
    const next = isSizeNeeded ? paths[at + 1] : undefined
    if (next !== undefined) session.sendAhead('STATUS', [session.path(next), [atom('MESSAGES')]])
    const handlers = { ...fetched?.handlers, ...(next === undefined ? {} : sizeHandler(sizes, next)) }
    const exists = sizes.get(path)
    const block = place ?? wholeMailbox
    const question = {
      ...options,
      enough: options.limit + 1,
      path,
      block,
      ...(exists === undefined ? {} : { exists }),
    }
    let found: Candidates | undefined
    try {
      found = await findCandidates(session, question, handlers)
    } catch (error) {
      if (paths.length === 1 || !isOfOneMailbox(error)) throw error
      failed.push(path)
    }
    keep(fetched?.rows() ?? [])
    if (found === undefined) continue
    if (place !== undefined && place.uidValidity !== found.mailbox.uidValidity)
      throw new MailError('stale_id', { protocol: 'imap' })
    waiting = { path, block, candidates: found }
  }
  if (waiting !== undefined) keep(await fetchDates(session, waiting.candidates, options.rows))
  return { searched, failed, left: [] }
}

function fetchAhead(session: ImapSession, { mailbox, uids }: Candidates, rows: number) {
  return uids.length === 0
    ? { handlers: {}, rows: () => [] }
    : session.fetchAhead(mailbox, wantedOf(session, uids, rows))
}

/** Of the mailbox that is open, nothing behind it. */
async function fetchDates(
  session: ImapSession,
  { mailbox, uids }: Candidates,
  rows: number,
): Promise<FetchedMessage[]> {
  if (uids.length === 0) return []
  const wanted = wantedOf(session, uids, rows)
  const last = wanted.pop()
  if (last === undefined) return []
  const ahead = wanted.length > 0 ? session.fetchAhead(mailbox, wanted) : undefined
  return await session.fetch(mailbox, 'uid', last.uids, last.items, ahead)
}

/** Most mail is filed as it arrives, so the rows to be shown are mostly those of the newest UIDs. */
function wantedOf(session: ImapSession, uids: readonly number[], rows: number) {
  const full = uids.slice(0, rows)
  return [
    ...(uids.length > rows
      ? [{ uids: toUidSet(uids.slice(rows)), items: [atom('UID'), atom('INTERNALDATE')] }]
      : []),
    ...(full.length > 0 ? [{ uids: toUidSet(full), items: listItems(session) }] : []),
  ]
}

function toSearched(
  { path, block, candidates }: { path: string; block: UidBlock; candidates: Candidates },
  fetched: readonly FetchedMessage[],
  options: CollectOptions,
): SearchedMailbox {
  const hash = hashOfPath(path)
  const asked = new Set(candidates.uids)
  const entries = fetched
    .filter(({ uid }) => asked.has(uid))
    .map(toRowKey)
    .filter((row) => isStillToCome(row, hash, options.cursor))
  const whole = new Set(candidates.uids.slice(0, options.rows))
  const rows = new Map(fetched.filter(({ uid }) => whole.has(uid)).map((row) => [row.uid, row]))
  return { path, hash, block, candidates, entries, rows }
}

function sizeHandler(sizes: Map<string, number>, path: string): UntaggedHandlers {
  return {
    STATUS({ attributes = [] }: ImapResponse) {
      const counts = attributes[1]
      if (!Array.isArray(counts)) return
      const at = counts.findIndex((one) => textOf(one).toUpperCase() === 'MESSAGES')
      const size = Number(textOf(counts[at + 1]))
      if (at >= 0 && Number.isSafeInteger(size)) sizes.set(path, size)
    },
  }
}
