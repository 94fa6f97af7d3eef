/**
 * Scopes as a ladder: the offered ones stand in an order in which each includes those before it, so `email:write`
 * alone means both. What is not ours is ignored (RFC 6749 §3.3 allows it): clients ask for `openid` or
 * `offline_access` out of habit, and a refresh token is issued anyway.
 */
import { OAuthError } from './errors.ts'

/** The scope an authorization request asks for. Absent: everything offered. Throws OAuthError `invalid_scope`. */
export function parseScope(requested: string | undefined, offered: readonly string[]): string {
  if (requested === undefined) return offered.join(' ')
  const names = requested.split(' ').filter((name) => name !== '' && name !== 'offline_access')
  // RFC 6749 §3.3: scope-token.
  if (!names.every((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name))) throw invalidScope()
  const highest = Math.max(...names.map((name) => offered.indexOf(name)))
  if (names.length > 0 && highest === -1) throw invalidScope()
  return (names.length === 0 ? offered : offered.slice(0, highest + 1)).join(' ')
}

/** The scope a refresh asks for: never more than is held (RFC 6749 §6). Throws OAuthError `invalid_scope`. */
export function parseNarrowedScope(
  requested: string | undefined,
  held: string,
  offered: readonly string[],
): string {
  if (requested === undefined) return held
  const scope = parseScope(requested, offered)
  const asked = requested.split(' ').some((name) => offered.includes(name))
  if (!asked) return held
  if (!includesScope(held, scope)) throw invalidScope()
  return scope
}

/** What both allow. */
export function intersectScope(one: string, other: string): string {
  return one
    .split(' ')
    .filter((name) => other.split(' ').includes(name))
    .join(' ')
}

export function includesScope(held: string, needed: string): boolean {
  return needed.split(' ').every((name) => held.split(' ').includes(name))
}

function invalidScope(): OAuthError {
  return new OAuthError(
    'invalid_scope',
    'scope_refused',
    'The scope is not one this server offers or granted.',
  )
}
