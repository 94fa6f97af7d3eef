/**
 * Bearer tokens at the resource (RFC 6750): looked up, and refused when expired or retired however late the store
 * deletes. Leaves to the caller: reading the header, and that the row's wrap opens (`openSecret`).
 */
import type { Settings } from './settings.ts'
import type { AccessTokenRow } from './store.ts'
import { isOpaqueToken, tokenId } from './token-wrap.ts'

/** RFC 6750 §3.1. */
export type BearerError = 'invalid_token' | 'insufficient_scope'

/** Where the row of a token comes from: the store, or a caller that has read it already. */
export interface AccessTokenRows {
  findToken(type: 'access', id: string): Promise<AccessTokenRow | undefined>
}

/** One read. Throws what the store throws. */
export async function findAccessToken(
  { store, resource, now }: Pick<Settings, 'resource' | 'now'> & { readonly store: AccessTokenRows },
  token: string,
): Promise<{ kind: 'live'; row: AccessTokenRow } | { kind: 'invalid' }> {
  // Only the canonical form is hashed: no second spelling of a token exists.
  const row = isOpaqueToken(token) ? await store.findToken('access', tokenId(token)) : undefined
  const isLive =
    row !== undefined &&
    row.expiresAt > now() &&
    (row.retiresAt === undefined || row.retiresAt > now()) &&
    row.resource === resource
  return isLive ? { kind: 'live', row } : { kind: 'invalid' }
}

/** The value of `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1). Without an error: no token was sent. */
export function createChallenge({
  resource,
  scopes,
}: Pick<Settings, 'resource' | 'scopes'>): (error?: BearerError, scope?: string) => string {
  const { origin, pathname } = new URL(resource)
  // RFC 9728 §3.1: the well-known part goes between host and path.
  const metadataUrl = `${origin}/.well-known/oauth-protected-resource${pathname}`
  return (error, scope = scopes.join(' ')) =>
    `Bearer resource_metadata="${metadataUrl}", scope="${scope}"${error === undefined ? '' : `, error="${error}"`}`
}
