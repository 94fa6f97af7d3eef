/** The matches of all mailboxes with the date each was received, while there is time. */
import { isCharsetRefused } from '../imap/errors.ts'
import { listItems } from '../imap/fetch-items.ts'
import { Flight, isOfOneMailbox } from '../imap/flight.ts'
import { atom } from '../imap/protocol.ts'
import type { FetchedMessage, ImapSession, ImapToken } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { listAhead } from '../mailboxes/list.ts'
import { type RowKey, toRowKey } from '../reading/received.ts'
import { createBatches } from './batches.ts'
import {
  askInFlight,
  type CandidateQuestion,
  type Candidates,
  canAskTogether,
  findCandidates,
  isSizeNeeded,
  type PreparedCase,
  type UidBlock,
  wholeMailbox,
} from './candidates.ts'
import { hashOfPath, isStillToCome, maxPlaces, type SearchCursor } from './cursor.ts'

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
  /** A flight is still out: nothing more can be asked. */
  readonly isCut: boolean
}

export interface CollectOptions {
  readonly cases: readonly PreparedCase[]
  readonly cursor: SearchCursor | undefined
  readonly limit: number
  /** Rows fetched with the dates of a mailbox, and of all in a flight twice as many; 0: dates only. */
  readonly rows: number
  readonly sinceWhenSlow: readonly ImapToken[]
  /** Where every mailbox is meant and those that are known may be those of an earlier call: the paths by what is known now. */
  readonly pathsNow?: () => Promise<readonly string[]>
}

/** Kept of the call's time for fetching rows and for the answer itself: no further mailbox is begun. */
export const reservedShare = 0.3
/** By then an answer without what is still out is better than none. */
const cutShare = 0.12

interface Found {
  readonly path: string
  readonly block: UidBlock
  readonly candidates: Candidates
}

export async function collectMatches(
  session: ImapSession,
  remembered: readonly string[],
  options: CollectOptions,
): Promise<Collected> {
  const { cursor, cases, pathsNow } = options
  let wanted = remembered
  const searched: SearchedMailbox[] = []
  const failed: string[] = []
  const sizes = new Map<string, number>()
  const needsSizes = isSizeNeeded(session, cases)
  const together = canAskTogether(session, cases)
  const batches = createBatches({ together, sizes: needsSizes ? sizes : undefined })
  let todo = inOrder(wanted, cursor)
  let isOnly = todo.length === 1
  let found: readonly Found[] = []
  let hasOthers = pathsNow && listAhead(session)
  /** What other clients made or removed since the call that remembered the mailboxes. */
  const takeOthers = async () => {
    const now = hasOthers?.() === true ? await pathsNow?.() : undefined
    hasOthers = undefined
    if (now === undefined) return
    const others = inOrder(now, cursor).filter((path) => !wanted.includes(path))
    todo = [...todo.filter((path) => now.includes(path)), ...others]
    isOnly &&= others.length === 0
    wanted = now
  }
  // Together they need no size of a first mailbox to come; alone EXAMINE says it.
  if (needsSizes && together && !isOnly) {
    await askSizes(session, todo, sizes)
    await takeOthers()
  }

  while (todo.length > 0 || found.length > 0) {
    const isLate = session.shareOfTimeLeft < reservedShare && searched.length + found.length > 0
    if (isLate && found.length === 0) break
    const room = maxPlaces - searched.length - found.length
    const batch =
      isLate || room < 1 ? [] : batches.next(todo.slice(0, room), session.msUntilShare(reservedShare))
    if (batch.length === 0 && found.length === 0) break
    const startedAt = performance.now()
    const flight = new Flight(session)
    let rowsLeft = options.rows * 2
    const fetched = openFirst(session, found).map((one) => {
      const full = Math.min(options.rows, one.candidates.uids.length, rowsLeft)
      rowsLeft -= full
      return { one, rows: addFetch(session, flight, one, full) }
    })
    const behind = todo.slice(batch.length, batch.length + sizesAhead)
    const sizesBehind = needsSizes ? behind.filter((path) => !sizes.has(path)) : []
    if (batch.length > 0) flight.sizes(sizesBehind, sizes)
    const asked = batch.map((path) => {
      const question = toQuestion(path, options, sizes)
      return { question, answer: askInFlight(session, flight, question) }
    })
    if (!(await isBack(session, flight, searched.length > 0))) {
      return { searched, failed, left: [...found.map((one) => one.path), ...todo], isCut: true }
    }
    for (const { one, rows } of fetched) {
      const known = rows()
      if (known === undefined) failed.push(one.path)
      else searched.push(toSearched(one, known, options))
    }
    todo = todo.slice(batch.length)
    await takeOthers()
    const next: Found[] = []
    for (const { question, answer } of asked) {
      const { path, block } = question
      try {
        const candidates = answer?.() ?? (await findCandidates(session, question))
        assertSameMailbox(candidates, path, cursor)
        next.push({ path, block, candidates })
      } catch (error) {
        if (isOnly || !isOfOneMailbox(error) || isOfAll(error, cases)) throw error
        failed.push(path)
      }
    }
    found = next
    if (batch.length > 0) batches.took(batch, performance.now() - startedAt)
  }
  searched.sort((a, b) => wanted.indexOf(a.path) - wanted.indexOf(b.path))
  return { searched, failed, left: todo, isCut: false }
}

/** How many sizes come with a flight, for the one behind it. */
const sizesAhead = 16

/** Those that the time did not reach before come first now. */
function inOrder(wanted: readonly string[], cursor: SearchCursor | undefined): readonly string[] {
  const isLeft = (path: string) => {
    const hash = hashOfPath(path)
    return cursor?.left.includes(hash) === true || cursor?.behind.has(hash) === true
  }
  return [...wanted.filter(isLeft), ...wanted.filter((path) => !isLeft(path))].filter(
    (path) => cursor?.places.get(hashOfPath(path)) !== 'done',
  )
}

async function askSizes(
  session: ImapSession,
  paths: readonly string[],
  sizes: Map<string, number>,
): Promise<void> {
  const flight = new Flight(session)
  flight.sizes(paths.slice(0, sizesAhead + 1), sizes)
  await flight.send()
}

function toQuestion(
  path: string,
  options: CollectOptions,
  sizes: ReadonlyMap<string, number>,
): CandidateQuestion {
  const place = options.cursor?.places.get(hashOfPath(path))
  const exists = sizes.get(path)
  return {
    path,
    cases: options.cases,
    block: place === undefined || place === 'done' ? wholeMailbox : place,
    enough: options.limit + 1,
    sinceWhenSlow: options.sinceWhenSlow,
    ...(exists === undefined ? {} : { exists }),
  }
}

/** False: the time is nearly up, and what was searched before can be answered. */
async function isBack(session: ImapSession, flight: Flight, isCuttable: boolean): Promise<boolean> {
  const sent = flight.send()
  if (!isCuttable) return await sent.then(() => true)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, session.msUntilShare(cutShare)))
  })
  try {
    const back = await Promise.race([sent.then(() => true), late])
    // It ends with the connection.
    if (!back) sent.catch(() => undefined)
    return back
  } finally {
    clearTimeout(timer)
  }
}

function assertSameMailbox({ mailbox }: Candidates, path: string, cursor: SearchCursor | undefined): void {
  const place = cursor?.places.get(hashOfPath(path))
  if (place === undefined || place === 'done' || place.uidValidity === mailbox.uidValidity) return
  throw new MailError('stale_id', { protocol: 'imap' })
}

/** What is no matter of one mailbox: another search is needed, or another cursor. */
function isOfAll(error: MailError, cases: readonly PreparedCase[]): boolean {
  return error.code === 'stale_id' || (cases.some(({ search }) => search.utf8) && isCharsetRefused(error))
}

/** The mailbox that is open needs no EXAMINE. */
function openFirst(session: ImapSession, found: readonly Found[]): readonly Found[] {
  const isOpen = ({ path }: Found) => session.examined === path
  return [...found.filter(isOpen), ...found.filter((one) => !isOpen(one))]
}

/** Undefined: it is another mailbox by now. */
function addFetch(
  session: ImapSession,
  flight: Flight,
  { path, candidates: { uids, mailbox } }: Found,
  full: number,
): () => FetchedMessage[] | undefined {
  if (uids.length === 0) return () => []
  const isOpen = flight.isEmpty && session.examined === path
  const opened = isOpen ? () => mailbox : flight.examine(path)
  // Most mail is filed as it arrives, so the rows to be shown are mostly those of the newest UIDs.
  const [newest, rest] = [uids.slice(0, full), uids.slice(full)]
  const rows = flight.fetch(path, [
    ...(rest.length > 0 ? [{ uids: toUidSet(rest), items: [atom('UID'), atom('INTERNALDATE')] }] : []),
    ...(newest.length > 0 ? [{ uids: toUidSet(newest), items: listItems(session) }] : []),
  ])
  return () => (opened()?.uidValidity === mailbox.uidValidity ? rows() : undefined)
}

function toSearched(
  { path, block, candidates }: Found,
  fetched: readonly FetchedMessage[],
  options: CollectOptions,
): SearchedMailbox {
  const hash = hashOfPath(path)
  const entries = fetched.map(toRowKey).filter((row) => isStillToCome(row, hash, options.cursor))
  // Rows have more than a date.
  const rows = new Map(fetched.filter(({ size }) => size !== undefined).map((row) => [row.uid, row]))
  return { path, hash, block, candidates, entries, rows }
}
