/** When a message was received, and the order that follows: newest first, those of one second by UID. */
import type { FetchedMessage } from '../imap/session.ts'

/** Where a message is in the order by date received. */
export interface RowKey {
  /** Epoch seconds. */
  readonly at: number
  readonly uid: number
}

/** INTERNALDATE in epoch seconds; 0 where the server says none. */
export function receivedAt({ internalDate }: Pick<FetchedMessage, 'internalDate'>): number {
  const time = internalDate instanceof Date ? internalDate.getTime() : Number.NaN
  return Number.isNaN(time) ? 0 : Math.max(0, Math.floor(time / 1000))
}

export function toRowKey(row: FetchedMessage): RowKey {
  return { at: receivedAt(row), uid: row.uid }
}

/** For a sort, newest first. */
export function byReceived(a: RowKey, b: RowKey): number {
  return b.at - a.at || b.uid - a.uid
}
