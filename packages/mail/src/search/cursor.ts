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
  /** Those that an earlier page searched and the last one did not reach: where each goes on. */
  readonly behind: ReadonlyMap<string, RowKey>
  /** Hashes of the mailboxes that were not searched yet. */
  readonly left: readonly string[]
}

/** A path may have a thousand characters; a cursor passes through a model. */
export function hashOfPath(path: string): string {
  return createHash('sha256').update(path).digest('base64url').slice(0, hashChars)
}

const hashChars = 6
/** Mailboxes of one page. */
export const maxPlaces = 100
const maxLeft = 200

export function printSearchCursor({ last, places, behind, left }: SearchCursor): string {
  const rows = [...places].slice(0, maxPlaces).map(([mailbox, place]) => {
    if (place === 'done') return [mailbox]
    const row = [mailbox, place.uidValidity, place.top, place.low]
    return place.last === undefined ? row : [...row, place.last.at, place.last.uid]
  })
  const head = last === undefined ? [] : [last.at, last.uid, last.mailbox]
  const groups = new Map<string, [at: number, uid: number, hashes: string]>()
  for (const [mailbox, { at, uid }] of behind) {
    const group = groups.get(`${at}.${uid}`)
    groups.set(`${at}.${uid}`, [at, uid, `${group?.[2] ?? ''}${mailbox}`])
  }
  return JSON.stringify([head, left.slice(0, maxLeft).join(''), [...groups.values()], ...rows])
}

/** Throws `invalid_input` for what this package did not make. */
export function readSearchCursor(text: string): SearchCursor {
  const [head, hashes, groups, ...rows] = readList(text)
  if (!Array.isArray(head) || !Array.isArray(groups) || rows.length > maxPlaces) throw invalid('cursor')
  const places = new Map(rows.map(readPlace))
  const left = readHashes(hashes)
  const behind = new Map(groups.flatMap(readGroup))
  if (head.length === 0) return { places, behind, left }
  const [at, uid, mailbox]: unknown[] = head
  return { last: { ...readKey(at, uid), mailbox: readHash(mailbox) }, places, behind, left }
}

function readGroup(group: unknown): [string, RowKey][] {
  if (!Array.isArray(group)) throw invalid('cursor')
  const [at, uid, hashes]: unknown[] = group
  const key = readKey(at, uid)
  return readHashes(hashes).map((hash) => [hash, key])
}

function readHashes(hashes: unknown): readonly string[] {
  if (typeof hashes !== 'string' || hashes.length > maxLeft * hashChars) throw invalid('cursor')
  if (!/^(?:[\w-]{6})*$/.test(hashes)) throw invalid('cursor')
  return hashes.match(/.{6}/g) ?? []
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
  return last === undefined || isBelow(row, last)
}

export function isBelow(row: RowKey, other: RowKey): boolean {
  return row.at < other.at || (row.at === other.at && row.uid < other.uid)
}

/** The last row that was shown, as a key of this mailbox. */
export function lastOf(mailbox: string, cursor: SearchCursor | undefined): RowKey | undefined {
  const place = cursor?.places.get(mailbox)
  if (place !== undefined && place !== 'done') return place.last
  const behind = cursor?.behind.get(mailbox)
  if (behind !== undefined) return behind
  if (cursor?.last === undefined || cursor.left.includes(mailbox)) return undefined
  const { at, uid, mailbox: lastMailbox } = cursor.last
  if (mailbox === lastMailbox) return { at, uid }
  // Of the rows of that second, those of the mailboxes in front were shown.
  return mailbox < lastMailbox ? { at, uid: 1 } : { at: at + 1, uid: 1 }
}
