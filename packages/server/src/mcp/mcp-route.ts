/**
 * `/mcp` between the frame and the MCP endpoint: the bearer check first, then the body, then the answer; the caller's
 * secret lives until the last byte of it is out (R29). Names nothing of sign-in, so that its function loads little.
 */
import type { AuthorizationServer } from '@email-connector/oauth'
import { GrantGoneError } from '../accounts/grant-accounts.ts'
import type { Caller } from '../caller.ts'
import { withCappedBody } from '../http/body.ts'
import { whenAnswered } from '../http/closing-body.ts'
import type { Routes } from '../http/frame.ts'
import type { Authenticate } from './authenticate.ts'

/** The MCP SDK's own cap. */
const maxMcpBytes = 4 * 1024 * 1024

export interface McpRouteOptions {
  readonly mcp: { handle(request: Request, caller: Caller): Promise<Response> }
  readonly authenticate: Authenticate
  readonly challenge: AuthorizationServer['challenge']
}

export function mcpRoutes(options: McpRouteOptions): Routes {
  const handler = (request: Request) => serveMcp(options, request)
  return {
    '/mcp': {
      name: 'mcp',
      cors: 'listed',
      audience: 'program',
      checkHost: true,
      checkOrigin: true,
      streams: true,
      handlers: { POST: handler, GET: handler, DELETE: handler },
    },
  }
}

async function serveMcp(options: McpRouteOptions, request: Request): Promise<Response> {
  const authentication = await options.authenticate(request)
  if (authentication.kind === 'challenge') return unauthorized(options, authentication.error)
  const { caller } = authentication
  const forget = () => caller.secret.fill(0)
  try {
    const capped = await withCappedBody(request, maxMcpBytes)
    return whenAnswered(await options.mcp.handle(capped, caller), forget)
  } catch (error) {
    forget()
    // The token outlived its grant by a moment: a race with a revocation, or a row that expired.
    if (error instanceof GrantGoneError) return unauthorized(options, 'invalid_token')
    throw error
  }
}

/** RFC 6750 §3: no error code when no token was sent, so that clients start to authorize instead of giving up. */
function unauthorized({ challenge }: McpRouteOptions, error: 'invalid_token' | undefined): Response {
  const text =
    error === undefined
      ? 'Connect first: this server needs an access token in the Authorization header.'
      : 'The access token is not valid any more. Connect again.'
  return Response.json(
    { error: error ?? 'unauthorized', error_description: text },
    { status: 401, headers: { 'WWW-Authenticate': challenge(error) } },
  )
}
