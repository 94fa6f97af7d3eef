/**
 * Revision 2026-07-28: one POST, one answer, no session. The SDK's handler checks envelope, Mcp-Method, Mcp-Name and
 * version and maps their errors; it is built for each request because it keeps state (R22). Origin and Host are the
 * app's checks.
 */
import { createMcpHandler } from '@modelcontextprotocol/server'
import type { Caller } from '../caller.ts'
import { whenAnswered } from '../http/closing-body.ts'
import type { McpApplication } from './application.ts'
import { createCallBeginning } from './call-beginning.ts'
import { guardErrors } from './error-guard.ts'

export interface ModernExchange {
  readonly request: Request
  /** The parsed body. */
  readonly body: unknown
  readonly caller: Caller
  readonly application: McpApplication
  /** How long a `subscriptions/listen` stream is held before it ends gracefully. */
  readonly holdMs: number
  readonly report: (cause: unknown) => void
}

export async function serveModern(exchange: ModernExchange): Promise<Response> {
  const { request, body, caller, application, holdMs, report } = exchange
  const ending = new AbortController()
  const beginning = createCallBeginning(body)
  const handler = createMcpHandler(
    () => guardErrors(application.buildServer(caller, { signal: ending.signal, beginning }), report),
    { legacy: 'reject' },
  )
  request.signal.addEventListener('abort', () => ending.abort(), { once: true })
  try {
    const response = await handler.fetch(request, { parsedBody: body })
    const begun = (await beginning?.hold(response)) ?? response
    const hold = isListen(body) ? setTimeout(() => void handler.close(), holdMs) : undefined
    return whenAnswered(begun, () => {
      clearTimeout(hold)
      ending.abort()
    })
  } catch (error) {
    ending.abort()
    throw error
  }
}

function isListen(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && 'method' in body && body.method === 'subscriptions/listen'
  )
}
