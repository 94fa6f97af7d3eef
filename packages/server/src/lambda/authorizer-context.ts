/**
 * The row of an access token on its way from the authorizer to the mcp function. The gateway makes every value a
 * string. Nothing in it is believed: it counts once the wrap opens under the presented token, which vouches for
 * every field. It holds the wrap, so it is never logged.
 */
import type { AccessTokenRow } from '@email-connector/oauth'

export function toAuthorizerContext(row: AccessTokenRow): Record<string, string | number> {
  const { id, grantId, generation, clientId, scope, permission, resource, issuedAt, expiresAt, wrap } = row
  return { id, grantId, generation, clientId, scope, permission, resource, issuedAt, expiresAt, wrap }
}

/** Undefined when something is missing. `retiresAt` does not travel: the authorizer has just looked at it. */
export function parseAuthorizerContext(
  context: Readonly<Record<string, unknown>>,
): AccessTokenRow | undefined {
  const text = (name: string) => (typeof context[name] === 'string' ? context[name] : '')
  const number = (name: string) => (/^\d+$/.test(text(name)) ? Number(text(name)) : Number.NaN)
  const row: AccessTokenRow = {
    v: 1,
    type: 'access',
    id: text('id'),
    grantId: text('grantId'),
    generation: number('generation'),
    clientId: text('clientId'),
    scope: text('scope'),
    permission: text('permission'),
    resource: text('resource'),
    issuedAt: number('issuedAt'),
    expiresAt: number('expiresAt'),
    wrap: text('wrap'),
  }
  return Object.values(row).some((value) => value === '' || Number.isNaN(value)) ? undefined : row
}
