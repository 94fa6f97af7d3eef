/** UID sets (RFC 9051 §9, sequence-set) and the answers of SEARCH as ranges, never expanded: a set may mean millions. */
import { MailError } from './mail-error.ts'

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

/** Piece by piece: a set of a million may not become a million strings first. */
export function parseUidRanges(set: string): UidRange[] {
  const ranges: UidRange[] = []
  for (let at = 0; at <= set.length; ) {
    const comma = set.indexOf(',', at)
    const end = comma < 0 ? set.length : comma
    const piece = set.slice(at, end)
    const colon = piece.indexOf(':')
    const low = Number(colon < 0 ? piece : piece.slice(0, colon))
    const high = colon < 0 ? low : Number(piece.slice(colon + 1))
    if (isUid(low) && isUid(high)) ranges.push(low <= high ? [low, high] : [high, low])
    at = end + 1
  }
  return ranges
}

/** RFC 9051 §2.3.1.1: a non-zero unsigned 32-bit number. */
export function isUid(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 0xffff_ffff
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

/** One decimal UID out of a set the server gave as COPYUID (RFC 4315), in its order. */
export function expandUidSet(set: string, limit: number): number[] {
  const uids: number[] = []
  for (const part of set.split(',')) {
    const [first = Number.NaN, last = first] = part.split(':').map(Number)
    if (!isUid(first) || !isUid(last) || Math.abs(last - first) >= limit) {
      throw new MailError('connection_lost', { protocol: 'imap' })
    }
    const step = first <= last ? 1 : -1
    for (let uid = first; uid !== last + step; uid += step) uids.push(uid)
  }
  return uids
}
