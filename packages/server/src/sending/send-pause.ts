/**
 * How long the ledger remembers an email, after which pause the same words may go out again, and what an answer says of it.
 * What nobody got may be tried soon; what somebody may have got, late.
 */
import type { SendRow } from '../store/once-store.ts'
import type { SendOutcome } from './send-outcome.ts'
import type { Rows } from './send-rows.ts'

/** How long rows live, and how long a key answers its first outcome. */
export const keptSeconds = 24 * 3600

/** After how many seconds the same content may go out again. */
export interface Pause {
  readonly held: number
  readonly sent: number
  readonly rejected: number
  readonly unknown: number
}
const soon = { held: keptSeconds, rejected: 60, unknown: keptSeconds }
/** The same words may be meant again. */
export const unnamedPause: Pause = { ...soon, sent: 3600 }
/** A model whose call timed out makes a new key for its retry; it has given up long before ten minutes are over. */
export const newKeyPause: Pause = { ...soon, sent: 600 }
/** A key that was seen before is a retry, and a draft is sent once. */
export const repeatPause: Pause = { ...soon, sent: keptSeconds }

/** Rows of 0.1.0 do not say when they were settled: theirs is over when they expire. */
export function isOver({ state, settledAt }: SendRow, pause: Pause, now: number): boolean {
  if (settledAt === undefined || state === 'reserved' || state === 'data') return false
  return settledAt + pause[state] <= now
}

export function toAgain(
  state: keyof Pause,
  { settledAt, expiresAt }: Pick<SendRow, 'settledAt' | 'expiresAt'>,
  rows: Rows,
): SendOutcome['again'] {
  if (state === 'held' || (rows.isDraft && state === 'sent')) return undefined
  const from = settledAt === undefined ? expiresAt : settledAt + newKeyPause[state]
  return { from, by: rows.named !== undefined || state === 'sent' ? 'new_key' : 'same_call' }
}
