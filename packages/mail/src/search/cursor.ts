/**
 * Where the next page of a search starts: below the last row that was shown. A mailbox with more matches than are
 * compared at once has a place of its own, and one that the time did not reach is named.
 */
import { createHash } from 'node:crypto'
import { isUid, isUidValidity } from '../imap/uid-set.ts'
import { invalid } from '../input.ts'
import type { RowKey } from '../reading/received.ts'
import type { UidBlock } from './candidates.ts'

export interface MailboxPlace extends UidBlock {
  readonly uidValidity: string
  /** The last row of the block that was shown; absent: none was. */
  readonly last?: RowKey
}

export interface SearchCursor {
  readonly last?: RowKey & { readonly mailbox: string }
  /** By the mailbox's hash; `done` has nothing left, one that is not here goes on below `last`. */
  readonly places: ReadonlyMap<string, MailboxPlace | 'done'>
  /** Hashes of the mailboxes that were not searched yet. */
  readonly left: readonly string[]
}

/** A path may have a thousand characters; a cursor passes through a model. */
export function hashOfPath(path: string): string {
  return createHash('sha256').update(path).digest('base64url').slice(0, hashChars)
}

const hashChars = 6
const maxPlaces = 20
const maxLeft = 200

export function printSearchCursor({ last, places, left }: SearchCursor): string {
  const rows = [...places].slice(0, maxPlaces).map(([mailbox, place]) => {
    if (place === 'done') return [mailbox]
    const row = [mailbox, place.uidValidity, place.top, place.low]
    return place.last === undefined ? row : [...row, place.last.at, place.last.uid]
  })
  const head = last === undefined ? [] : [last.at, last.uid, last.mailbox]
  return JSON.stringify([head, left.slice(0, maxLeft).join(''), ...rows])
}

/** Throws `invalid_input` for what is not one of ours. */
export function readSearchCursor(text: string): SearchCursor {
  const [head, hashes, ...rows] = readList(text)
  if (!Array.isArray(head) || typeof hashes !== 'string' || rows.length > maxPlaces) throw invalid('cursor')
  if (!/^(?:[\w-]{6})*$/.test(hashes) || hashes.length > maxLeft * hashChars) throw invalid('cursor')
  const places = new Map(rows.map(readPlace))
  const left = hashes.match(/.{6}/g) ?? []
  if (head.length === 0) return { places, left }
  const [at, uid, mailbox]: unknown[] = head
  return { last: { ...readKey(at, uid), mailbox: readHash(mailbox) }, places, left }
}

function readList(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text)
    if (Array.isArray(parsed)) return parsed
  } catch {
    // Told below, like every other text that is no cursor.
  }
  throw invalid('cursor')
}

function readPlace(row: unknown): [string, MailboxPlace | 'done'] {
  if (!Array.isArray(row)) throw invalid('cursor')
  const [mailbox, uidValidity, top, low, at, uid]: unknown[] = row
  if (uidValidity === undefined) return [readHash(mailbox), 'done']
  if (typeof uidValidity !== 'string' || !isUidValidity(uidValidity)) throw invalid('cursor')
  if (typeof top !== 'number' || typeof low !== 'number' || !isUid(top) || !isUid(low))
    throw invalid('cursor')
  const place = { uidValidity, top, low }
  return [readHash(mailbox), at === undefined ? place : { ...place, last: readKey(at, uid) }]
}

function readKey(at: unknown, uid: unknown): RowKey {
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || typeof uid !== 'number' || !isUid(uid))
    throw invalid('cursor')
  return { at, uid }
}

function readHash(mailbox: unknown): string {
  if (typeof mailbox !== 'string' || !/^[\w-]{6}$/.test(mailbox)) throw invalid('cursor')
  return mailbox
}

/** What a mailbox still has to show, given where the page before ended. */
export function isStillToCome(row: RowKey, mailbox: string, cursor: SearchCursor | undefined): boolean {
  const last = lastOf(mailbox, cursor)
  return last === undefined || row.at < last.at || (row.at === last.at && row.uid < last.uid)
}

/** The last row that was shown, as a key of this mailbox. */
export function lastOf(mailbox: string, cursor: SearchCursor | undefined): RowKey | undefined {
  const place = cursor?.places.get(mailbox)
  if (place !== undefined && place !== 'done') return place.last
  if (cursor?.last === undefined || cursor.left.includes(mailbox)) return undefined
  const { at, uid, mailbox: lastMailbox } = cursor.last
  if (mailbox === lastMailbox) return { at, uid }
  // Of the rows of that second, those of the mailboxes in front were shown.
  return mailbox < lastMailbox ? { at, uid: 1 } : { at: at + 1, uid: 1 }
}
