/**
 * The step-up answer: a tools/call outside the token's scope is 403 before any server is built, in both eras and
 * inside batches. A missing permission is not this: the tool itself says how the owner can change that.
 */
import type { Caller } from '../caller.ts'
import type { McpApplication } from './application.ts'
import { isObject, messagesOf } from './json-rpc.ts'

/** `WWW-Authenticate` for 403 `insufficient_scope`; the authorization server owns its form. */
export type Challenge = (error: 'insufficient_scope', scope: string) => string

export function refuseMissingScope(
  body: unknown,
  caller: Caller,
  application: McpApplication,
  challenge: Challenge,
): Response | undefined {
  const missing = messagesOf(body)
    .map((message) => scopeOf(message, application))
    .filter((scope) => scope !== undefined)
    .filter((scope) => !caller.scopes.includes(scope))
  if (missing.length === 0) return undefined
  // Every scope needed, the held ones too: a client asks for exactly what it reads here (MCP authorization, step-up).
  const scope = [...new Set([...caller.scopes, ...missing])].join(' ')
  return Response.json(
    { error: 'insufficient_scope', error_description: `This tool needs the scope ${scope}`, scope },
    { status: 403, headers: { 'www-authenticate': challenge('insufficient_scope', scope) } },
  )
}

function scopeOf(message: unknown, application: McpApplication) {
  if (!isObject(message) || message.method !== 'tools/call') return undefined
  const params = message.params
  const tool = isObject(params) ? params.name : undefined
  return typeof tool === 'string' ? application.requiredScope(tool) : undefined
}
