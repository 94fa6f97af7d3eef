/**
 * A tool call that fails before it reaches the mail server fails as HTTP (R63): an unavailable store or key service is a
 * 503, which clients retry, instead of a tool error, which a model would have to understand. So the response head is held
 * back until `begun()` or the first byte.
 */
import { isObject } from './json-rpc.ts'

export interface CallBeginning {
  /** The call has what it needs: whatever fails from here on is its own answer. */
  begun(): void
  /** The request fails as a whole, with this error. False when it is too late for that. */
  failed(error: unknown): boolean
}

export interface HeldAnswer extends CallBeginning {
  /** The answer once the call has begun. Throws what `failed` was given. */
  hold(response: Response): Promise<Response>
}

/** Undefined for all but one `tools/call`: in a batch one call's failure is not the others'. */
export function createCallBeginning(body: unknown): HeldAnswer | undefined {
  if (!isObject(body) || body.method !== 'tools/call') return undefined
  let state: 'open' | 'begun' | 'failed' = 'open'
  let cause: unknown
  let settle = () => {}
  const settled = new Promise<void>((resolve) => {
    settle = resolve
  })
  return {
    begun() {
      if (state === 'open') state = 'begun'
      settle()
    },
    failed(error) {
      if (state !== 'open') return false
      state = 'failed'
      cause = error
      settle()
      return true
    },
    async hold(response) {
      if (response.body === null) return response
      const reader = response.body.getReader()
      const first = reader.read()
      await Promise.race([settled, first])
      if (state === 'failed') {
        await reader.cancel()
        throw cause
      }
      state = 'begun'
      return new Response(startingWith(first, reader), { status: response.status, headers: response.headers })
    },
  }
}

function startingWith(
  first: Promise<ReadableStreamReadResult<Uint8Array>>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let next: Promise<ReadableStreamReadResult<Uint8Array>> | undefined = first
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await (next ?? reader.read())
      next = undefined
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
