/**
 * Searches one mailbox, or with `all` the one that holds everything, else INBOX, Sent and Archive; newest first. Says
 * which mailboxes were searched and, where a slow search was cut short, back to which day.
 */

import { listItems, summaryItems } from '../imap/fetch-items.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { takeNewest, toUidSet } from '../imap/uid-set.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import { listMailboxes } from '../mailboxes/list.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { MessageSummary, Page } from '../message.ts'
import { compileSearch, type SearchCriteria, type SearchFields, toImapDate } from './criteria.ts'
import { findNewestMatches } from './newest-matches.ts'
import { sortParts } from './structure.ts'
import { isDeleted, toSummary } from './summary.ts'
import { widenPreviews } from './wide-previews.ts'

export interface SearchOptions extends SearchFields {
  /** A path, a special use, or `all`. */
  readonly mailbox: string
  readonly limit: number
  readonly cursor?: string
}

export interface SearchPage extends Page<MessageSummary> {
  /** Paths of the mailboxes that were searched. */
  readonly searched: readonly string[]
  /** YYYY-MM-DD: older messages were not looked at. */
  readonly searchedBackTo?: string
}

/** Above this a search of bodies may take longer than a call: only the last days are searched unless told. */
const slowAboveMessages = 20_000
const slowSearchDays = 90
/** Servers cut or refuse command lines beyond 8 kB (RFC 7162 §4), and one FETCH should stay small. */
const maxUidsPerFetch = 100
/** Candidates looked at for attachments before the caller is given a cursor instead. */
const maxAttachmentBatches = 3

/** Checks every field before anything is sent. Throws `invalid_input`, `not_supported`, `stale_id`. */
export function prepareSearch(options: SearchOptions): (session: ImapSession) => Promise<SearchPage> {
  const criteria = compileSearch(options)
  const cursor = options.cursor === undefined ? undefined : parseCursor(options.cursor)
  return (session) => search(session, options, criteria, cursor)
}

export async function searchMessages(session: ImapSession, options: SearchOptions): Promise<SearchPage> {
  return await prepareSearch(options)(session)
}

async function search(
  session: ImapSession,
  options: SearchOptions,
  criteria: SearchCriteria,
  cursor: Cursor | undefined,
): Promise<SearchPage> {
  if (options.gmailQuery !== undefined && !session.has('X-GM-EXT-1')) {
    throw new MailError('not_supported', { field: 'gmail_query', protocol: 'imap' })
  }
  const paths = cursor?.map(({ path }) => path) ?? (await mailboxesToSearch(session, options.mailbox))
  const results: MailboxResult[] = []
  for (const [at, path] of paths.entries()) {
    const place = cursor?.[at]
    if (place?.before === 0) continue
    results.push(await searchMailbox(session, path, options, criteria, place))
  }
  return await merge(paths, results, options.limit)
}

/** `all`: the mailbox that holds everything, else INBOX, Sent and Archive. */
export async function mailboxesToSearch(session: ImapSession, name: string): Promise<string[]> {
  if (name.toLowerCase() !== 'all') return [(await resolveMailbox(session, name)).path]
  const mailboxes = session.knownMailboxes ?? (await listMailboxes(session, { includeCounts: false }))
  const selectable = mailboxes.filter((one) => one.selectable)
  const everything = selectable.find((one) => one.specialUse === 'all')
  if (everything) return [everything.path]
  return ['inbox', 'sent', 'archive'].flatMap(
    (use) => selectable.find((one) => one.specialUse === use)?.path ?? [],
  )
}

interface MailboxResult {
  readonly mailbox: SelectedMailbox
  /** Newest first. */
  readonly rows: readonly FetchedMessage[]
  /** UIDs below this are still to come; 0: none are. */
  readonly before: number
  readonly searchedBackTo?: string
}

async function searchMailbox(
  session: ImapSession,
  path: string,
  options: SearchOptions,
  criteria: SearchCriteria,
  place: CursorPlace | undefined,
): Promise<MailboxResult> {
  const mailbox = await session.select(path, 'read')
  if (place && place.uidValidity !== mailbox.uidValidity)
    throw new MailError('stale_id', { protocol: 'imap' })
  if (mailbox.exists === 0) return { mailbox, rows: [], before: 0 }

  const backTo =
    criteria.slow && options.since === undefined && mailbox.exists > slowAboveMessages
      ? new Date((session.now - slowSearchDays * 86_400) * 1000).toISOString().slice(0, 10)
      : undefined
  const tokens = backTo
    ? [
        ...criteria.tokens,
        { type: 'ATOM', value: 'SINCE' },
        { type: 'ATOM', value: toImapDate(backTo, 'since') },
      ]
    : criteria.tokens
  let before = place?.before ?? Number.POSITIVE_INFINITY
  const filtered = options.hasAttachment !== undefined
  // one more than can be shown tells whether another page follows
  const count = (filtered ? maxAttachmentBatches * maxUidsPerFetch : options.limit) + 1
  const { found, complete } = await findNewestMatches(
    session,
    mailbox,
    { tokens, utf8: criteria.utf8 },
    { count, before },
  )

  const rows: FetchedMessage[] = []
  for (let batch = 0; batch < (filtered ? maxAttachmentBatches : 1) && rows.length < options.limit; batch++) {
    const uids = takeNewest(
      found,
      filtered ? maxUidsPerFetch : Math.min(options.limit, maxUidsPerFetch),
      before,
    )
    if (uids.length === 0) break
    const items = filtered ? summaryItems(session) : listItems(session)
    const fetched = (await session.fetch(mailbox, 'uid', toUidSet(uids), items)).sort((a, b) => b.uid - a.uid)
    const fitting = fetched.filter(
      (row) =>
        !isDeleted(row) &&
        (options.hasAttachment === undefined || holdsAttachment(row) === options.hasAttachment),
    )
    const taken = fitting.slice(0, options.limit - rows.length)
    rows.push(...(await widenPreviews(session, mailbox, taken)))
    before = (taken.length < fitting.length ? taken.at(-1)?.uid : uids.at(-1)) ?? before
  }
  const more = !complete || takeNewest(found, 1, before).length > 0
  return { mailbox, rows, before: more ? before : 0, ...(backTo ? { searchedBackTo: backTo } : {}) }
}

function holdsAttachment({ bodyStructure }: FetchedMessage): boolean {
  return sortParts(bodyStructure).attachments.some((one) => !one.inline)
}

/** The newest of all mailboxes; what did not fit comes with the next page. */
async function merge(
  paths: readonly string[],
  results: readonly MailboxResult[],
  limit: number,
): Promise<SearchPage> {
  const candidates = results.flatMap(({ mailbox, rows }) => rows.map((row) => ({ mailbox, row })))
  // One mailbox keeps UID order. Across several, each keeps its own order too, so a cursor per mailbox is enough.
  const items: MessageSummary[] = []
  const heads = results.map(({ mailbox, rows }) => ({ mailbox, rows: [...rows] }))
  while (items.length < limit && items.length < candidates.length) {
    const newest = heads
      .filter(({ rows }) => rows.length > 0)
      .sort((a, b) => receivedAt(b.rows[0]) - receivedAt(a.rows[0]))[0]
    const row = newest?.rows.shift()
    if (!newest || !row) break
    items.push(await toSummary(row, newest.mailbox))
  }
  const places = paths.map((path): CursorPlace => {
    const at = results.findIndex((one) => one.mailbox.path === path)
    const result = results[at]
    if (result === undefined) return { path, uidValidity: '0', before: 0 }
    const left = heads[at]?.rows ?? []
    const lastShown = result.rows[result.rows.length - left.length - 1]?.uid
    const before = left.length > 0 ? (lastShown ?? (left[0]?.uid ?? 0) + 1) : result.before
    return { path, uidValidity: result.mailbox.uidValidity, before }
  })
  const backTo = results.flatMap((one) => one.searchedBackTo ?? [])[0]
  return {
    items,
    searched: paths,
    ...(places.some(({ before }) => before > 0) ? { next: toCursor(places) } : {}),
    ...(backTo ? { searchedBackTo: backTo } : {}),
  }
}

function receivedAt(row: FetchedMessage | undefined): number {
  return row?.internalDate instanceof Date ? row.internalDate.getTime() : 0
}

interface CursorPlace {
  readonly path: string
  readonly uidValidity: string
  readonly before: number
}
type Cursor = readonly CursorPlace[]

function toCursor(places: readonly CursorPlace[]): string {
  const rows = places.map(({ path, uidValidity, before }) => [path, uidValidity, before])
  return Buffer.from(JSON.stringify(rows)).toString('base64url')
}

function parseCursor(cursor: string): Cursor {
  let rows: unknown
  try {
    rows = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw invalid('cursor')
  }
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > 10) throw invalid('cursor')
  return rows.map((row: unknown) => {
    if (!Array.isArray(row)) throw invalid('cursor')
    const [path, uidValidity, before]: unknown[] = row
    if (typeof path !== 'string' || typeof uidValidity !== 'string' || typeof before !== 'number')
      throw invalid('cursor')
    if (!/^\d{1,10}$/.test(uidValidity) || !Number.isSafeInteger(before) || before < 0)
      throw invalid('cursor')
    return { path, uidValidity, before }
  })
}
