/** Every pause of the endpoint in one place. A look into the store is a write, so each says what bounds it. */
import type { StreamTiming } from './session-stream.ts'
import type { QuestionTiming } from './session-transport.ts'

export interface TimingOptions {
  /** How long a GET stream, or a 2026 `subscriptions/listen`, is held. 0 where answers go out in one piece. */
  readonly holdMs?: number
  /** The first wait for a client's answer; other pauses are multiples of it. */
  readonly pollMs?: number
  readonly questionDeadlineMs?: number
  readonly retryMs?: number
}

export function createTiming(options: TimingOptions): QuestionTiming & StreamTiming {
  const { pollMs = 300, holdMs = 20_000, questionDeadlineMs = 240_000, retryMs = 30_000 } = options
  return {
    pollMs,
    // 500 ms: the email goes out right after a yes. A function that waits costs more than its looks.
    maxPollMs: (pollMs * 5) / 3,
    deadlineMs: questionDeadlineMs,
    holdMs,
    // Nothing waits in the queue for long, and seconds do not matter to it.
    queuePollMs: pollMs * 16,
    retryMs,
  }
}
