/**
 * The newest messages of a mailbox: EXAMINE and one FETCH at its end, whatever its size; unread ones by SEARCH in
 * windows. A cursor names the UID where a page ended, so mail that arrives meanwhile neither repeats nor hides any.
 */
import { listItems } from '../imap/fetch-items.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { takeNewest, toUidSet } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { MessageSummary, Page } from '../message.ts'
import { maxRowBytes, openParts } from './open-parts.ts'
import { isDeleted, toSummary } from './summary.ts'
import { widenPreviews } from './wide-previews.ts'

export interface ListRecentOptions {
  readonly mailbox: string
  readonly limit: number
  readonly unreadOnly: boolean
  readonly cursor?: string
}

/** Throws `stale_id` for a cursor of another UIDVALIDITY, `invalid_input` for one that is not ours. */
export async function listRecent(
  session: ImapSession,
  options: ListRecentOptions,
): Promise<Page<MessageSummary>> {
  const cursor = options.cursor === undefined ? undefined : parseCursor(options.cursor)
  const { path } = await resolveMailbox(session, options.mailbox)
  const mailbox = await session.select(path, 'read')
  if (cursor && cursor.uidValidity !== mailbox.uidValidity)
    throw new MailError('stale_id', { protocol: 'imap' })
  if (mailbox.exists === 0) return { items: [] }
  return options.unreadOnly
    ? await listUnread(session, mailbox, options.limit, cursor)
    : await listNewest(session, mailbox, options.limit, cursor)
}

async function listNewest(
  session: ImapSession,
  mailbox: SelectedMailbox,
  limit: number,
  cursor: Cursor | undefined,
): Promise<Page<MessageSummary>> {
  // Expunges only lower a message's sequence number, so nothing older than the cursor stands at or above it.
  const last = Math.min(mailbox.exists, cursor ? cursor.sequence - 1 : mailbox.exists)
  if (last < 1) return { items: [] }
  const first = Math.max(1, last - limit + 1)
  const rows = await session.fetch(mailbox, 'sequence', `${first}:${last}`, listItems(session))
  const older = rows
    .filter((row) => cursor === undefined || row.uid < cursor.uid)
    .sort((a, b) => b.uid - a.uid)
  const uid = older.at(-1)?.uid ?? cursor?.uid
  return {
    items: await toItems(session, older, mailbox),
    ...(first > 1 && uid !== undefined ? { next: toCursor({ ...mailbox, uid, sequence: first }) } : {}),
  }
}

/** A window keeps the answer of SEARCH small on servers without ESEARCH; the next ones grow. */
const unreadWindows = [20_000, 200_000, Number.POSITIVE_INFINITY]

async function listUnread(
  session: ImapSession,
  mailbox: SelectedMailbox,
  limit: number,
  cursor: Cursor | undefined,
): Promise<Page<MessageSummary>> {
  const last = Math.min(mailbox.exists, cursor?.sequence ?? mailbox.exists)
  let found: number[] = []
  let first = last
  for (const window of unreadWindows) {
    first = Math.max(1, last - window + 1)
    const sequence = { type: 'SEQUENCE', value: `${first}:${last}` }
    const unseen = await searchUids(session, [sequence, { type: 'ATOM', value: 'UNSEEN' }])
    // one more than asked for tells whether another page follows
    found = takeNewest(unseen, limit + 1, cursor?.uid)
    if (found.length > limit || first === 1) break
  }
  const page = found.slice(0, limit)
  if (page.length === 0) return { items: [] }
  const rows = await session.fetch(mailbox, 'uid', toUidSet(page), listItems(session))
  const uid = page.at(-1) ?? 0
  return {
    items: await toItems(
      session,
      rows.sort((a, b) => b.uid - a.uid),
      mailbox,
    ),
    ...(found.length > limit ? { next: toCursor({ ...mailbox, uid, sequence: last }) } : {}),
  }
}

async function toItems(
  session: ImapSession,
  rows: readonly FetchedMessage[],
  mailbox: SelectedMailbox,
): Promise<MessageSummary[]> {
  const shown = rows.filter((row) => !isDeleted(row))
  const opened = await openParts(session, mailbox, shown, maxRowBytes)
  const whole = await widenPreviews(session, mailbox, opened)
  return await Promise.all(whole.map((row) => toSummary(row, mailbox)))
}

interface Cursor {
  readonly uidValidity: string
  /** Everything below this UID is still to come. */
  readonly uid: number
  readonly sequence: number
}

function toCursor({ uidValidity, uid, sequence }: Cursor): string {
  return `${uidValidity}.${uid}.${sequence}`
}

function parseCursor(cursor: string): Cursor {
  const [, uidValidity, uid, sequence] = /^(\d{1,10})\.(\d{1,10})\.(\d{1,10})$/.exec(cursor) ?? []
  if (uidValidity === undefined) throw new MailError('invalid_input', { field: 'cursor' })
  return { uidValidity, uid: Number(uid), sequence: Number(sequence) }
}
