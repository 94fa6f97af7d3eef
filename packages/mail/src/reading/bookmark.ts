/**
 * How far a reader has seen a mailbox: everything up to a UID, which is the order of arrival in it (RFC 9051 §2.3.1.1).
 * Where the server numbers the mailbox again, only the date is left of that; such a bookmark goes on by date until all
 * that arrived since is told.
 */
import { isUid, isUidValidity } from '../imap/uid-set.ts'
import { invalid } from '../input.ts'

export interface Bookmark {
  readonly uidValidity: string
  /** The last one seen; 0 where the mailbox was empty. */
  readonly uid: number
  /** When the newest one seen was received, epoch seconds. */
  readonly at: number
  /** What is newer than `at` is to be told by date; of that second, what is above `uid`. */
  readonly byDate?: true
}

export function printBookmark({ uidValidity, uid, at, byDate }: Bookmark): string {
  return `${[uidValidity, uid, at].join('.')}${byDate ? '.d' : ''}`
}

/** Throws `invalid_input` for what this package did not make. */
export function readBookmark(text: string): Bookmark {
  const [, uidValidity = '', uid = '', at = '', byDate] =
    /^(\d{1,10})\.(\d{1,10})\.(\d{1,12})(\.d)?$/.exec(text.trim()) ?? []
  if (!isUidValidity(uidValidity) || (uid !== '0' && !isUid(Number(uid)))) throw invalid('after')
  const seen = { uidValidity, uid: Number(uid), at: Number(at) }
  return byDate === undefined ? seen : { ...seen, byDate: true }
}
