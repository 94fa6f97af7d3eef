/**
 * `/mcp`: both protocol eras on one path. Each request gets a fresh server and transport; nothing is shared but the
 * stores (R22: a reused transport once leaked answers between clients, CVE-2026-25536).
 * Left to the caller: the bearer check, Origin and Host, CORS, security headers, limits, and zeroing the caller's
 * secret, which must wait for the end of the body (`whenAnswered`). An error of a store is thrown on, for the 503.
 */
import { isLegacyRequest, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'
import type { Caller } from '../caller.ts'
import type { HintCipher } from '../keys/token-cipher.ts'
import type { SessionStore } from '../store/session-store.ts'
import type { McpApplication } from './application.ts'
import { jsonRpcError, methodNotAllowed, transportError, withoutEmptyArguments } from './json-rpc.ts'
import { serveModern } from './modern-era.ts'
import { readJsonBody } from './request-body.ts'
import { type Challenge, refuseMissingScope } from './scope-check.ts'
import { createSessionEra } from './session-era.ts'
import { createTiming, type TimingOptions } from './timing.ts'

export interface McpEndpointOptions extends TimingOptions {
  readonly application: McpApplication
  readonly sessions: SessionStore
  /** The caller's cipher for what a session stores. */
  readonly hint: (secret: Uint8Array) => HintCipher
  readonly challenge: Challenge
  /** Epoch seconds. */
  readonly now: () => number
  /** Whether the caller's grant still lives, for a stream that is held longer than its own check is good for. */
  readonly isGranted?: (caller: Caller) => Promise<boolean>
  /** What went wrong and was hidden from the client; the cause may hold foreign text. */
  readonly report?: (cause: unknown) => void
}

export interface McpEndpoint {
  handle(request: Request, caller: Caller): Promise<Response>
}

export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { application, sessions, hint, challenge, now, report = () => {} } = options
  const timing = createTiming(options)
  const isGranted = options.isGranted ?? (async () => true)
  const era = createSessionEra({ application, sessions, hint, now, timing, isGranted, report })

  async function post(request: Request, caller: Caller): Promise<Response> {
    const read = await readJsonBody(request)
    if (read.kind === 'refused') return read.response
    const body = withoutEmptyArguments(read.body)
    const refused = refuseMissingScope(body, caller, application, challenge)
    if (refused !== undefined) return refused
    if (await isLegacyRequest(request, body)) return era.post(request, body, caller)
    return serveModern({ request, body, caller, application, holdMs: timing.holdMs, report })
  }

  return {
    async handle(request, caller) {
      if (request.method === 'POST') return post(request, caller)
      const version = request.headers.get('mcp-protocol-version')
      // 2026-07-28 knows POST only; a client that names it must not be led into a session.
      if (version !== null && version >= '2026-07-28') return methodNotAllowed('POST')
      if (version !== null && !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) {
        return jsonRpcError(400, transportError, 'MCP-Protocol-Version names no version served here')
      }
      if (request.method === 'GET') return era.get(request, caller)
      if (request.method === 'DELETE') return era.delete(request, caller)
      return methodNotAllowed('GET, POST, DELETE')
    },
  }
}
