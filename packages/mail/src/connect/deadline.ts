/** One absolute deadline around a whole call (R58): an idle timeout does not stop a server that dribbles. */
import type { MailDeps } from './dial.ts'

const defaultDeadlineMs = 25_000

/** The time of one call, for what runs inside it and must end before. */
export interface CallTime {
  readonly signal: AbortSignal
  readonly leftMs: () => number
}

/** Runs `use` with a signal that aborts at the deadline or with the caller's own; the timer ends with the call. */
export async function withDeadline<T>(
  { deadlineMs = defaultDeadlineMs, signal }: Pick<MailDeps, 'deadlineMs' | 'signal'>,
  use: (signal: AbortSignal, leftMs: () => number) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const endsAt = performance.now() + deadlineMs
  const leftMs = () => Math.max(0, endsAt - performance.now())
  const timer = setTimeout(() => deadline.abort(new Error('deadline')), deadlineMs)
  try {
    const either = signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal])
    return await use(either, leftMs)
  } finally {
    clearTimeout(timer)
  }
}
