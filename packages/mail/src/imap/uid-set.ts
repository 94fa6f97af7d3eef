/** UID sets (RFC 9051 §9, sequence-set) and the answers of SEARCH as ranges, never expanded: a set may mean millions. */
import { MailError } from '../mail-error.ts'

export type UidRange = readonly [low: number, high: number]

/** Compact and in order: `1:3,7`. */
export function toUidSet(uids: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const uid of [...new Set(uids)].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && last[1] === uid - 1) last[1] = uid
    else ranges.push([uid, uid])
  }
  return ranges.map(([low, high]) => (low === high ? `${low}` : `${low}:${high}`)).join(',')
}

/** Piece by piece: a set of a million may not become a million strings first, and its reader may stop. */
export function* parseUidRanges(set: string): Generator<UidRange> {
  for (let at = 0; at <= set.length; ) {
    const comma = set.indexOf(',', at)
    const end = comma < 0 ? set.length : comma
    const piece = set.slice(at, end)
    const colon = piece.indexOf(':')
    const low = Number(colon < 0 ? piece : piece.slice(0, colon))
    const high = colon < 0 ? low : Number(piece.slice(colon + 1))
    if (isUid(low) && isUid(high)) yield low <= high ? [low, high] : [high, low]
    at = end + 1
  }
}

/** RFC 9051 §2.3.1.1: a non-zero unsigned 32-bit number. */
export function isUid(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 0xffff_ffff
}

/** The same numbers (RFC 9051 §2.3.1.1), kept as text: it is only compared. */
export function isUidValidity(text: string): boolean {
  return /^\d{1,10}$/.test(text)
}

/** The highest `limit` UIDs below `before`, descending. */
export function takeNewest(
  ranges: readonly UidRange[],
  limit: number,
  before = Number.POSITIVE_INFINITY,
): number[] {
  const taken: number[] = []
  for (const [low, high] of [...ranges].sort((a, b) => b[1] - a[1])) {
    for (let uid = Math.min(high, before - 1); uid >= low && taken.length < limit; uid--) taken.push(uid)
  }
  return taken
}

/** The lowest `limit` UIDs from `from` on, ascending. */
export function takeLowest(ranges: readonly UidRange[], limit: number, from: number): number[] {
  const taken: number[] = []
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0]))
    for (let uid = Math.max(low, from); uid <= high && taken.length < limit; uid++) taken.push(uid)
  return taken
}

/**
 * The two sets of a COPYUID (RFC 4315 §3) as pairs of old and new UID, only of what was asked for. Throws
 * `connection_lost` for sets of different lengths and for more UIDs than were asked for: such an answer is none.
 */
export function pairUidSets(from: string, to: string, wanted: ReadonlySet<number>): [number, number][] {
  const sources = expandUidSet(from, wanted.size)
  const targets = expandUidSet(to, wanted.size)
  if (sources.length !== targets.length) throw new MailError('connection_lost', { protocol: 'imap' })
  return sources.flatMap((uid, at): [number, number][] => {
    const target = targets[at]
    return target !== undefined && wanted.has(uid) ? [[uid, target]] : []
  })
}

/** In the server's order; never more than `limit`, however long the set is. */
function expandUidSet(set: string, limit: number): number[] {
  const uids: number[] = []
  for (let at = 0; at <= set.length; ) {
    const comma = set.indexOf(',', at)
    const end = comma < 0 ? set.length : comma
    const piece = set.slice(at, end)
    const colon = piece.indexOf(':')
    const first = Number(colon < 0 ? piece : piece.slice(0, colon))
    const last = colon < 0 ? first : Number(piece.slice(colon + 1))
    const count = Math.abs(last - first) + 1
    if (!isUid(first) || !isUid(last) || uids.length + count > limit) {
      throw new MailError('connection_lost', { protocol: 'imap' })
    }
    const step = first <= last ? 1 : -1
    for (let uid = first; uid !== last + step; uid += step) uids.push(uid)
    at = end + 1
  }
  return uids
}

/** Whether a sequence set as we write them (`1:3,7`, `5:*`) names the number. */
export function createSetTest(set: string): (value: number) => boolean {
  const ranges = set.split(',').map((piece): UidRange => {
    const [first = '', last = first] = piece.split(':')
    const toNumber = (text: string) => (text === '*' ? Number.POSITIVE_INFINITY : Number(text))
    const [one, other] = [toNumber(first), toNumber(last)]
    return one <= other ? [one, other] : [other, one]
  })
  return (value) => ranges.some(([low, high]) => value >= low && value <= high)
}

/** How many numbers a set as we write them can name. */
export function sizeOfSet(set: string): number {
  return set.split(',').reduce((sum, piece) => {
    const [first = '', last = first] = piece.split(':')
    return sum + (last === '*' ? Number.POSITIVE_INFINITY : Math.abs(Number(last) - Number(first)) + 1)
  }, 0)
}
