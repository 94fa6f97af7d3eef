/**
 * GET of the 2025 era: an SSE stream that hands out what is queued for the session and ends after a short hold, since
 * a stream held open is paid by the second, or with the grant. `retry:` tells the client when to come back. There is no
 * resumption: `Last-Event-ID` is ignored, and a message taken from the queue is given once.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import type { SessionMail } from './session-exchange.ts'

export interface StreamTiming {
  readonly holdMs: number
  /** Between two looks into the queue. */
  readonly queuePollMs: number
  /** What `retry:` says. */
  readonly retryMs: number
}

export interface QueueStream {
  readonly mail: SessionMail
  readonly timing: StreamTiming
  readonly signal: AbortSignal
  /** Taken from the queue before the stream began. */
  readonly taken: readonly JSONRPCMessage[]
  /** Asked before each later look: a stream does not outlive its grant by more than one of them. */
  isGranted(): Promise<boolean>
}

export function streamQueue({ signal, ...stream }: QueueStream): Response {
  const gone = new AbortController()
  signal.addEventListener('abort', () => gone.abort(), { once: true })
  if (signal.aborted) gone.abort()
  const source = events(stream, gone.signal)
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

async function* events(
  { mail, timing, taken, isGranted }: Omit<QueueStream, 'signal'>,
  gone: AbortSignal,
): AsyncGenerator<string> {
  yield `retry: ${timing.retryMs}\n\n`
  const end = performance.now() + timing.holdMs
  for (let messages = taken; !gone.aborted; messages = await mail.drain()) {
    for (const message of messages) yield `event: message\ndata: ${JSON.stringify(message)}\n\n`
    const left = end - performance.now()
    if (left <= 0) return
    const waited = sleep(Math.min(timing.queuePollMs, left), true, { signal: gone, ref: false })
    if (!(await waited.catch(() => false)) || !(await isGranted())) return
  }
}
