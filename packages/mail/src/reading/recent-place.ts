/**
 * Where a list of the newest ended. The messages of a block of UIDs are sorted by date received and given page by page;
 * then comes the block below it. What arrived since the list began has its place by its date, like all the others: a
 * message that was moved out and back in is neither lost nor given twice.
 */
import { isUid, sizeOfSet } from '../imap/uid-set.ts'
import { invalid } from '../input.ts'
import { byReceived, type RowKey } from './received.ts'

export interface RecentPlace {
  readonly uidValidity: string
  /** The highest UID when the list began: what is above arrived since. */
  readonly newest: number
  /** Of the block that is given at the moment, both ends inside. */
  readonly top: number
  readonly low: number
  /** Of `low`. Expunges only lower it, so no older message is at or above it. */
  readonly sequence: number
  /** The last row of the block that was given; absent: the block is still to be fetched. */
  readonly last?: RowKey
  /** The oldest row that any page ended with: what arrived since and is newer had its turn. */
  readonly floor: RowKey
  /** The UID set that the next page is likely to show: their rows come with the dates. */
  readonly expected: string
}

/** Whether a message still has its turn. */
export function isToCome(key: RowKey, place: RecentPlace | undefined): boolean {
  if (place === undefined) return true
  if (key.uid > place.newest) return byReceived(key, place.floor) > 0
  if (key.uid > place.top) return false
  return place.last === undefined || (key.uid >= place.low && byReceived(key, place.last) > 0)
}

/** A cursor passes through a model: the rows of a long list of single UIDs are fetched in one more flight. */
const maxExpectedChars = 120
const maxExpectedRows = 50

export function printPlace({
  uidValidity,
  newest,
  top,
  low,
  sequence,
  floor,
  last,
  expected,
}: RecentPlace): string {
  // The last row is mostly the oldest, too.
  const isFloor = last?.at === floor.at && last.uid === floor.uid
  const end = isFloor ? [] : last === undefined ? [0, 0] : [last.at, last.uid]
  const numbers = [uidValidity, newest, top, low, sequence, floor.at, floor.uid, ...end].join('.')
  return expected === '' || expected.length > maxExpectedChars ? numbers : `${numbers}/${expected}`
}

const shape =
  /^(\d{1,10}(?:\.\d{1,12}){6}(?:\.\d{1,12}\.\d{1,12})?)(?:\/(\d{1,10}(?::\d{1,10})?(?:,\d{1,10}(?::\d{1,10})?){0,60}))?$/

/** Throws `invalid_input` for what this package did not make. */
export function readPlace(cursor: string): RecentPlace {
  const [, numbers = '', expected = ''] = shape.exec(cursor) ?? []
  const [uidValidity = '', ...rest] = numbers.split('.')
  const [
    newest = 0,
    top = 0,
    low = 0,
    sequence = 0,
    floorAt = 0,
    floorUid = 0,
    at = floorAt,
    uid = floorUid,
  ] = rest.map(Number)
  const areUids = isUid(newest) && top <= newest && low <= top
  if (!areUids || (expected !== '' && sizeOfSet(expected) > maxExpectedRows)) throw invalid('cursor')
  return {
    uidValidity,
    newest,
    top,
    low,
    sequence,
    floor: { at: floorAt, uid: floorUid },
    ...(uid === 0 ? {} : { last: { at, uid } }),
    expected,
  }
}
