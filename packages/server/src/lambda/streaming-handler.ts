/**
 * Turns a Request handler into a Lambda handler that streams (`awslambda.streamifyResponse`). Where the runtime does
 * not offer that (`sst dev`) it is buffered. Nobody tells a function that its client went away: a call runs to its end or
 * its deadline, and what it writes goes nowhere.
 */
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createBufferedHandler, type RequestHandler } from './buffered-handler.ts'
import { type GatewayEvent, toMultiValueHeaders, toRequest } from './gateway-event.ts'
import { keepAwake } from './keep-awake.ts'

interface StreamingRuntime {
  streamifyResponse(
    handler: (event: GatewayEvent, stream: Writable, context: unknown) => Promise<void>,
  ): unknown
  HttpResponseStream: {
    from(
      stream: Writable,
      metadata: {
        statusCode: number
        headers: Record<string, string>
        multiValueHeaders: Record<string, string[]>
      },
    ): Writable
  }
}

export function createStreamingHandler(publicUrl: string, handle: RequestHandler): unknown {
  const runtime = (globalThis as { awslambda?: Partial<StreamingRuntime> }).awslambda
  // The AWS SDK makes an empty `awslambda` where there is none, so the global alone says nothing.
  if (!streams(runtime)) return createBufferedHandler(publicUrl, handle)
  const { HttpResponseStream } = runtime
  return runtime.streamifyResponse((event, stream) => keepAwake(() => answer(event, stream)))

  async function answer(event: GatewayEvent, stream: Writable): Promise<void> {
    const gone = new AbortController()
    stream.on('close', () => gone.abort())
    stream.on('error', () => gone.abort()) // The runtime's stream broke; there is nobody to tell.
    const response = await handle(toRequest(event, publicUrl, gone.signal))
    const out = HttpResponseStream.from(stream, {
      statusCode: response.status,
      headers: {},
      multiValueHeaders: toMultiValueHeaders(response.headers),
    })
    await pipe(response.body, out, gone.signal)
  }
}

function streams(runtime: Partial<StreamingRuntime> | undefined): runtime is StreamingRuntime {
  return typeof runtime?.streamifyResponse === 'function'
}

async function pipe(
  body: ReadableStream<Uint8Array> | null,
  out: Writable,
  gone: AbortSignal,
): Promise<void> {
  if (body === null) {
    // Without one write the runtime sends no prelude, and the status and headers with it.
    out.write('')
    out.end()
    return await finished(out)
  }
  const reader = body.getReader()
  gone.addEventListener('abort', () => void reader.cancel().catch(() => undefined), { once: true })
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (!out.write(value)) await new Promise((resolve) => out.once('drain', resolve).once('close', resolve))
  }
  if (gone.aborted) return
  out.end()
  await finished(out)
}
