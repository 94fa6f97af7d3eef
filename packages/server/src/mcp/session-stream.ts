/**
 * GET of the 2025 era: an SSE stream that hands out what is queued for the session and ends after a short hold, since
 * a stream held open is paid by the second. `retry:` tells the client when to come back. There is no resumption:
 * `Last-Event-ID` is ignored, and a message taken from the queue is given once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionMail } from './session-mail.ts'

export interface StreamTiming {
  readonly holdMs: number
  /** Between two looks into the queue. */
  readonly queuePollMs: number
  /** What `retry:` says. */
  readonly retryMs: number
}

export function streamQueue(mail: SessionMail, timing: StreamTiming, signal: AbortSignal): Response {
  const gone = new AbortController()
  signal.addEventListener('abort', () => gone.abort(), { once: true })
  if (signal.aborted) gone.abort()
  const source = events(mail, timing, gone.signal)
  const body = new ReadableStream<string>({
    pull: async (controller) => {
      const { done, value } = await source.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => gone.abort(),
  })
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' },
  })
}

async function* events(mail: SessionMail, timing: StreamTiming, gone: AbortSignal): AsyncGenerator<string> {
  yield `retry: ${timing.retryMs}\n\n`
  const end = performance.now() + timing.holdMs
  while (!gone.aborted) {
    for (const message of await mail.drain()) yield `event: message\ndata: ${JSON.stringify(message)}\n\n`
    const left = end - performance.now()
    if (left <= 0) return
    const waited = sleep(Math.min(timing.queuePollMs, left), true, { signal: gone, ref: false })
    if (!(await waited.catch(() => false))) return
  }
}
