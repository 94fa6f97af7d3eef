/** A function whose call waits for nothing that keeps Node alive. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createBufferedHandler } from '../../src/lambda/buffered-handler.ts'
import { createStreamingHandler } from '../../src/lambda/streaming-handler.ts'

async function wait(): Promise<Response> {
  await sleep(300, undefined, { ref: false })
  return new Response('waited')
}

export const buffered = createBufferedHandler('http://localhost', wait)
export const streamed = createStreamingHandler('http://localhost', wait)
