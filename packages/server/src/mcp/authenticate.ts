/**
 * Who calls `/mcp`: the bearer token of the Authorization header and nothing else (R12), in its one canonical form, live
 * for this resource (R13), and able to open its own row's wrap. Store failures are thrown: they are no verdict on a token.
 */
import type { AuthorizationServer } from '@email-connector/oauth'
import { type Caller, permissions } from '../caller.ts'

export type Authentication =
  | { readonly kind: 'caller'; readonly caller: Caller }
  /** `error` only when a token was sent (RFC 6750 §3.1). */
  | { readonly kind: 'challenge'; readonly error?: 'invalid_token' }

export type Authenticate = (request: Request) => Promise<Authentication>

const invalidToken = { kind: 'challenge', error: 'invalid_token' } as const

export function createAuthenticate(options: {
  oauth: Pick<AuthorizationServer, 'findAccessToken' | 'openSecret'>
  resource: string
}): Authenticate {
  return async (request) => {
    const sent = parseBearer(request.headers.get('Authorization'))
    if (sent.kind !== 'token') return sent.kind === 'none' ? { kind: 'challenge' } : invalidToken
    const found = await options.oauth.findAccessToken(sent.token)
    if (found.kind !== 'live' || found.row.resource !== options.resource) return invalidToken
    const { row } = found
    const permission = permissions.find((known) => known === row.permission)
    const secret = options.oauth.openSecret(sent.token, row)
    if (secret === undefined || permission === undefined) {
      secret?.fill(0)
      return invalidToken
    }
    return {
      kind: 'caller',
      caller: {
        grantId: row.grantId,
        clientId: row.clientId,
        scopes: row.scope.split(' '),
        permission,
        resource: row.resource,
        expiresAt: row.expiresAt,
        secret,
      },
    }
  }
}

/** RFC 6750 §2.1. Several Authorization headers arrive joined by a comma and are malformed like anything else. */
export function parseBearer(
  header: string | null,
): { kind: 'token'; token: string } | { kind: 'none' } | { kind: 'malformed' } {
  if (header === null || !/^bearer(?: |$)/i.test(header)) return { kind: 'none' }
  const token = /^bearer +([0-9a-f]{64})$/i.exec(header)?.[1]
  return token === undefined || token !== token.toLowerCase()
    ? { kind: 'malformed' }
    : { kind: 'token', token }
}
