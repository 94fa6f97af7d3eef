/** One absolute deadline around a whole call (R58): an idle timeout does not stop a server that dribbles. */
import type { MailDeps } from './dial.ts'

export const defaultDeadlineMs = 25_000

/** Runs `use` with a signal that aborts at the deadline or with the caller's own; the timer ends with the call. */
export async function withDeadline<T>(
  { deadlineMs = defaultDeadlineMs, signal }: Pick<MailDeps, 'deadlineMs' | 'signal'>,
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new Error('deadline')), deadlineMs)
  try {
    return await use(signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal]))
  } finally {
    clearTimeout(timer)
  }
}
