/**
 * Things that may happen once, or so many times in a window: limits, sends. Keys are HMACs made by the caller, so
 * no address stands here in clear.
 */
import type { EpochSeconds } from '@email-connector/oauth'

/** `held`: it waits in Drafts for its owner, and nothing was sent. */
export type SendState = 'reserved' | 'data' | 'held' | 'sent' | 'rejected' | 'unknown'

export interface SendRow {
  readonly state: SendState
  /** Which attempt holds it; only that attempt may move it on. */
  readonly attempt: string
  /** Until then the attempt is believed to be running. */
  readonly deadline: EpochSeconds
  /** In the row of an idempotency key: the key of the content's row that it was used for. */
  readonly content?: string
  readonly settledAt?: EpochSeconds
  /** The settled outcome, sealed under K_hint. */
  readonly sealedOutcome?: string
  readonly expiresAt: EpochSeconds
}

/** What puts a change back that is too long for its token. */
export interface UndoRow {
  /** Sealed under K_hint. */
  readonly sealedSteps: string
  readonly expiresAt: EpochSeconds
}

/** So many events in a window, by so many different members. */
export interface Budget {
  readonly key: string
  readonly windowSeconds: number
  readonly events: number
  /** Events count only so long after the first of them, within the window; absent: for all of it. */
  readonly eventsSeconds?: number
  /** How many different members may share the window; absent: any number. */
  readonly members?: number
  /** Up to this many events, one that is no member yet may still take one; absent: no more than the others. */
  readonly eventsWithNewcomers?: number
}

export type BudgetOutcome =
  | { readonly outcome: 'taken'; readonly earlier: readonly string[] }
  | { readonly outcome: 'refused' }

export interface OnceStore {
  /** Counts one event in the fixed window that contains `now`, or none; answers the count with it. */
  count(key: string, windowSeconds: number, now: EpochSeconds, by?: 1 | 0): Promise<number>
  /**
   * Takes one of a budget's events for a member, in one conditional write: of 100 at the same time as many get one as
   * there are. `taken` has the members that were there before; what is refused leaves no trace.
   */
  takeFrom(budget: Budget, member: string, now: EpochSeconds): Promise<BudgetOutcome>
  /**
   * Gives one event back. `takenAt`: the `now` it was taken with, so that its own window gets it. `forgotten`: a member
   * that goes with it; the others stay.
   */
  giveBack(budget: Budget, takenAt: EpochSeconds, forgotten?: string): Promise<void>
  /** The row of a send; undefined when there is none or it has expired. */
  findSend(key: string, now: EpochSeconds): Promise<SendRow | undefined>
  /**
   * Takes a send for this attempt: when there is no row, when it has expired, or when it still is the row `instead`,
   * which the caller has seen and may replace; a `data` row is never replaced. Otherwise answers the row as it is.
   */
  reserveSend(
    key: string,
    row: { attempt: string; deadline: EpochSeconds; expiresAt: EpochSeconds; content?: string },
    now: EpochSeconds,
    instead?: SendRow,
  ): Promise<{ outcome: 'reserved' } | { outcome: 'held'; row: SendRow }>
  /** `reserved → data`, by the attempt that holds it. Refused: another attempt took over; send nothing. */
  enterData(key: string, attempt: string, deadline: EpochSeconds): Promise<'entered' | 'refused'>
  /** Settles it, by the attempt that holds it, from `reserved`, `data` or `held`. */
  settleSend(
    key: string,
    attempt: string,
    settled: {
      state: 'held' | 'sent' | 'rejected' | 'unknown'
      sealedOutcome: string
      settledAt: EpochSeconds
      expiresAt: EpochSeconds
    },
  ): Promise<'settled' | 'refused'>
  /**
   * Gives up a reservation that never reached DATA, or an email that could not be put into Drafts: its deadline is over
   * at once and it holds no content, so that a retry may take it. The row stays: a key that was seen before is no new key.
   */
  releaseSend(key: string, attempt: string): Promise<void>
  /** Keeps what a browser that leaves for a provider will need; `sealed` opens with what only that browser has. */
  createPending(id: string, pending: { sealed: string; expiresAt: EpochSeconds }): Promise<void>
  /** Hands it out once. One caller of many gets it. */
  takePending(id: string, now: EpochSeconds): Promise<string | undefined>
  /** Keeps what a page knows between its forms; `sealed` opens with what only that page and its browser have. */
  createPageState(id: string, state: { sealed: string; expiresAt: EpochSeconds }): Promise<void>
  findPageState(id: string, now: EpochSeconds): Promise<string | undefined>
  /** Marks something used, once. One caller of many gets true. */
  useOnce(key: string, expiresAt: EpochSeconds): Promise<boolean>
  /** `id` is random, so there is no such row yet; a second one of the same id throws. */
  keepUndo(id: string, row: UndoRow): Promise<void>
  /** Undefined when there is none or it has expired. */
  findUndo(id: string, now: EpochSeconds): Promise<UndoRow | undefined>
}

/** The fixed window that contains `now`: what its row is called and when it ends. */
export function limitWindow(
  key: string,
  windowSeconds: number,
  now: EpochSeconds,
): { id: string; endsAt: EpochSeconds } {
  const startsAt = now - (now % windowSeconds)
  return { id: `${key}#${windowSeconds}#${startsAt}`, endsAt: startsAt + windowSeconds }
}

/** How long events count after the first of them. */
export function eventsSecondsOf({ eventsSeconds, windowSeconds }: Budget): number {
  return eventsSeconds ?? windowSeconds
}
