/** One absolute deadline around a whole call (R58): an idle timeout does not stop a server that dribbles. */
import type { MailDeps } from './dial.ts'

export const defaultDeadlineMs = 25_000

export type TimeLimits = Pick<MailDeps, 'deadlineMs' | 'signal'>

/** The time of one call, for what runs inside it and must end before. */
export interface CallTime {
  readonly signal: AbortSignal
  readonly leftMs: () => number
}

/** For what is read when the connection is over. */
export function callTime({ deadlineMs = defaultDeadlineMs, signal }: TimeLimits = {}): CallTime {
  const endsAt = performance.now() + deadlineMs
  return {
    signal: signal ?? new AbortController().signal,
    leftMs: () => Math.max(0, endsAt - performance.now()),
  }
}

/** Runs `use` with a signal that aborts at the deadline or with the caller's own; the timer ends with the call. */
export async function withDeadline<T>(
  { deadlineMs = defaultDeadlineMs, signal }: TimeLimits,
  use: (signal: AbortSignal, leftMs: () => number) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const { leftMs } = callTime({ deadlineMs })
  const timer = setTimeout(() => deadline.abort(new Error('deadline')), deadlineMs)
  try {
    const either = signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal])
    return await use(either, leftMs)
  } finally {
    clearTimeout(timer)
  }
}
