/**
 * Searches one mailbox or all of them over one connection, by date received, newest first. Says which mailboxes were
 * searched and which the time did not reach; the cursor goes on with those.
 */
import { isCharsetRefused } from '../imap/errors.ts'
import type { ImapSession } from '../imap/session.ts'
import { invalid } from '../input.ts'
import type { MessageSummary, Page } from '../message.ts'
import { findDraftsPath } from '../reading/draft-tag.ts'
import { type RowKey, receivedAt } from '../reading/received.ts'
import { toSummary } from '../reading/summary.ts'
import {
  asciiKeys,
  isAnswerNarrowed,
  isJudgedByEnvelope,
  isOutsideAscii,
  toAsciiQuery,
} from './ascii-only.ts'
import { type PreparedCase, slowAboveMessages, wholeMailbox } from './candidates.ts'
import { type Collected, collectMatches, reservedShare, type SearchedMailbox } from './collect.ts'
import {
  hashOfPath,
  isBelow,
  lastOf,
  type MailboxPlace,
  printSearchCursor,
  readSearchCursor,
  type SearchCursor,
} from './cursor.ts'
import { addDays, dayIn } from './days.ts'
import { narrowing } from './judge.ts'
import {
  isEverywhere,
  joinMailbox,
  mailboxesToSearch,
  type SearchedMailboxes,
  takeMailboxes,
} from './mailboxes.ts'
import { withOwnAddresses } from './own.ts'
import { isRequired, planSearch, type SearchPlan } from './plan.ts'
import { conditionsOf, type Query, type Term, termsOf } from './query.ts'
import { type Consumed, takeRows } from './rows.ts'
import { isJudgedOnGmail, toGmailSearch } from './to-gmail.ts'
import { isJudgedByStructure, sinceTokens, toImapSearch } from './to-imap.ts'

/** What to search for, where, and how many rows to give. */
export interface SearchOptions {
  /** Absent: every message. */
  readonly query?: Query
  /** A path, a special use or `all`; where the query has `in:` as well, `all` or what that means. */
  readonly mailbox: string
  readonly limit: number
  readonly cursor?: string
  /** The owner's (an IANA name). */
  readonly timeZone: string
}

/** A page of matches by date received, newest first, and how far the search reached. */
export interface SearchPage extends Page<MessageSummary> {
  /** When the items were received, in epoch seconds. */
  readonly received: readonly number[]
  /** Where it goes on behind the first so many items; undefined: where this page began, or nothing is left. */
  nextAfter(items: number): string | undefined
  /** Paths of the mailboxes that were searched. */
  readonly searched: readonly string[]
  /** Not searched yet, since the time did not suffice: the cursor goes on with them. */
  readonly left: readonly string[]
  /** The server refused to search them. */
  readonly failed: readonly string[]
  /** All matches; absent where that is not known. */
  readonly total?: number
  /** YYYY-MM-DD: older messages of large mailboxes were not looked at. */
  readonly searchedBackTo?: string
  /** So many of the newest candidates were looked at for what no server can search. */
  readonly lookedAt?: number
  /** The server searches US-ASCII only: other words were looked for in subjects and addresses, not in bodies. */
  readonly isNarrowed?: true
}

const slowSearchDays = 90

/** Checks everything before a connection is used. Throws `invalid_input` naming the field. */
export function prepareSearch(options: SearchOptions): (session: ImapSession) => Promise<SearchPage> {
  const asked = takeMailboxes(options.query)
  if (asked === undefined) throw invalid('query')
  const cursor = options.cursor === undefined ? undefined : readSearchCursor(options.cursor)
  // Compiled for a plain server once, so that what no server takes is refused before one is asked.
  for (const { query } of planned(asked.query, isJudgedByStructure).cases) toImapSearch(query, '2000-01-01')
  return async (session) => {
    const query = asked.query && withOwnAddresses(session, asked.query)
    const where = await joinMailbox(session, { ...asked, ...(query && { query }) }, options.mailbox)
    let page = await search(session, options, where, cursor)
    // A block was used up before the page was full.
    for (let more = 0; more < maxFurtherBlocks && isShort(session, page, options.limit); more++) {
      const rest = { ...options, limit: options.limit - page.items.length }
      const next = await search(session, rest, where, readSearchCursor(page.next ?? ''))
      page = joined(page, next)
    }
    return page
  }
}

const maxFurtherBlocks = 3

function joined(page: SearchPage, rest: SearchPage): SearchPage {
  const { next: _, ...before } = page
  const count = page.items.length
  return {
    ...before,
    ...rest,
    items: [...page.items, ...rest.items],
    received: [...page.received, ...rest.received],
    searched: page.searched,
    nextAfter: (items) => (items <= count ? page.nextAfter(items) : rest.nextAfter(items - count)),
  }
}

function isShort(session: ImapSession, page: SearchPage, limit: number): boolean {
  const isSearchedOn = page.next !== undefined && page.left.length === 0 && page.lookedAt === undefined
  return isSearchedOn && page.items.length < limit && session.shareOfTimeLeft > reservedShare
}

/** `prepareSearch` and its search in one. Throws `invalid_input`, `mailbox_not_found`, `stale_id`. */
export async function searchMessages(session: ImapSession, options: SearchOptions): Promise<SearchPage> {
  return await prepareSearch(options)(session)
}

async function search(
  session: ImapSession,
  options: SearchOptions,
  asked: SearchedMailboxes,
  cursor: SearchCursor | undefined,
): Promise<SearchPage> {
  try {
    return await searchOnce(session, options, asked, cursor, isJudgedByStructure)
  } catch (error) {
    const isAscii = !termsOf(asked.query).some(isOutsideAscii)
    if (isAscii || asked.query === undefined || !isCharsetRefused(error)) throw error
    const query = toAsciiQuery(asked.query)
    const where = { ...asked, ...(query !== undefined && { query }) }
    const isJudged = (term: Term) => isJudgedByStructure(term) || isJudgedByEnvelope(term)
    const page = await searchOnce(session, options, where, cursor, isJudged)
    return isAnswerNarrowed(asked.query) ? { ...page, isNarrowed: true } : page
  }
}

async function searchOnce(
  session: ImapSession,
  { limit, timeZone }: SearchOptions,
  asked: SearchedMailboxes,
  cursor: SearchCursor | undefined,
  isJudgedHere: (term: Term) => boolean,
): Promise<SearchPage> {
  const today = dayIn(new Date(session.now * 1000), timeZone)
  const isGmail = session.has('X-GM-EXT-1')
  const plan = planned(asked.query, isGmail ? isJudgedOnGmail : isJudgedHere)
  const cases = plan.cases.map((one): PreparedCase => {
    const compiled = isGmail ? toGmailSearch(one.query, { today, timeZone }) : toImapSearch(one.query, today)
    const required = plan.terms.filter((term) => isRequired(asked.query, term))
    const narrowed = required.flatMap((term) => [...narrowing(term), ...asciiKeys(term, today)])
    return { ...one, search: { ...compiled, tokens: [...compiled.tokens, ...narrowed] } }
  })
  const backTo = isDated(asked.query) ? undefined : addDays(today, -slowSearchDays)
  const where = withinSent(asked, plan)
  const paths = await mailboxesToSearch(session, where)
  const collected = await collectMatches(session, paths, {
    // Answers are looked for everywhere.
    ...(((await isEverywhere(session, where)) || plan.terms.some(({ kind }) => kind === 'is')) && {
      pathsNow: () => mailboxesToSearch(session, where),
    }),
    cases,
    cursor,
    // Rows to be judged come in batches, of whichever mailbox they are.
    limit,
    rows: plan.terms.length > 0 ? 0 : limit,
    sinceWhenSlow: backTo === undefined ? [] : sinceTokens(backTo),
  })
  const taken = await takeRows(session, collected, plan, limit)
  const isCut =
    cases.some((one) => one.search.slow) &&
    collected.searched.some(({ candidates }) => candidates.mailbox.exists > slowAboveMessages)
  const drafts = findDraftsPath(session.knownMailboxes)
  return {
    items: await Promise.all(taken.rows.map(({ row, mailbox }) => toSummary(row, mailbox, drafts))),
    searched: collected.searched.map(({ path }) => path),
    left: collected.left,
    failed: collected.failed,
    ...toTotal(collected, plan, cursor),
    received: taken.rows.map(({ row }) => receivedAt(row)),
    ...toNext(collected, taken.until(), cursor),
    nextAfter: (items) =>
      items === 0
        ? cursor && printSearchCursor(cursor)
        : toNext(collected, items < taken.rows.length ? taken.until(items) : taken.until(), cursor).next,
    ...(isCut && backTo !== undefined ? { searchedBackTo: backTo } : {}),
    ...(plan.terms.length > 0 ? { lookedAt: taken.lookedAt } : {}),
  }
}

function planned(query: Query | undefined, isJudged: (term: Term) => boolean): SearchPlan {
  const plan = planSearch(query, isJudged)
  if (plan === undefined) throw invalid('query')
  return plan
}

/** Only what was sent can wait for an answer. */
function withinSent(asked: SearchedMailboxes, { terms }: SearchPlan): SearchedMailboxes {
  const awaits = terms.some((term) => term.kind === 'is' && isRequired(asked.query, term))
  return awaits && asked.within.length === 0 ? { ...asked, within: ['sent'] } : asked
}

/** The owner said from when on: then a slow search is theirs to want. */
function isDated(query: Query | undefined): boolean {
  return conditionsOf(query).some(
    (one) => (one.kind === 'date' && one.is === 'after') || (one.kind === 'age' && one.is === 'newer'),
  )
}

function toTotal(
  { searched, left, failed }: Collected,
  { terms }: SearchPlan,
  cursor: SearchCursor | undefined,
): { total?: number } {
  const isPart = [...(cursor?.places.values() ?? [])].includes('done')
  if (isPart || terms.length > 0 || left.length > 0 || failed.length > 0) return {}
  const totals = searched.map(({ candidates }) => candidates.total)
  if (totals.includes(undefined)) return {}
  return { total: totals.reduce<number>((sum, one) => sum + (one ?? 0), 0) }
}

function toNext(
  { searched, left, failed }: Collected,
  { last, matches }: Consumed,
  cursor: SearchCursor | undefined,
): { next?: string } {
  const places = new Map<string, MailboxPlace | 'done'>()
  for (const [hash, place] of cursor?.places ?? []) if (place === 'done') places.set(hash, place)
  let more = left.length > 0
  for (const one of searched) {
    const shown = matches.get(one.hash) ?? []
    const isUsedUp = shown.length === one.entries.length
    more ||= !isUsedUp || one.candidates.more
    const place = toPlace(one, shown.at(-1), isUsedUp, cursor)
    if (place !== undefined) places.set(one.hash, place)
    // Where the time does not reach all, what is used up is not searched again.
    else if (left.length > 0 && isUsedUp) places.set(one.hash, 'done')
  }
  if (!more) return {}
  const lastKey = last ?? cursor?.last
  const next: SearchCursor = {
    ...(lastKey === undefined ? {} : { last: lastKey }),
    places,
    behind: new Map(),
    left: [],
  }
  const behind = new Map<string, RowKey>()
  const unreached = new Set<string>()
  // Those that were not reached stay where they were.
  for (const hash of [...left, ...failed].map(hashOfPath)) {
    const place = cursor?.places.get(hash)
    const key = lastOf(hash, cursor)
    if (place !== undefined) places.set(hash, place)
    else if (key !== undefined) behind.set(hash, key)
    else unreached.add(hash)
  }
  // And so do those that are further than the last row of this page, which came from one that lagged behind.
  for (const { hash } of searched) {
    const [before, after] = [lastOf(hash, cursor), lastOf(hash, next)]
    if (places.has(hash) || before === undefined) continue
    if (after === undefined || isBelow(before, after)) behind.set(hash, before)
  }
  return { next: printSearchCursor({ ...next, behind, left: [...unreached] }) }
}

/** None where all matches were compared: such a mailbox goes on below the last row of the page. */
function toPlace(
  { hash, block, candidates }: SearchedMailbox,
  shown: MailboxPlace['last'],
  isUsedUp: boolean,
  cursor: SearchCursor | undefined,
): MailboxPlace | 'done' | undefined {
  if (block === wholeMailbox && !candidates.more) return undefined
  const { uids, mailbox } = candidates
  const low = uids.at(-1) ?? block.low
  if (isUsedUp) {
    if (!candidates.more || low <= 1) return 'done'
    return { uidValidity: mailbox.uidValidity, top: low - 1, low: 1 }
  }
  const last = shown ?? lastOf(hash, cursor)
  const top = block === wholeMailbox ? (uids[0] ?? block.top) : block.top
  return { uidValidity: mailbox.uidValidity, top, low, ...(last === undefined ? {} : { last }) }
}
