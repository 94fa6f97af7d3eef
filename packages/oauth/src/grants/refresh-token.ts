/**
 * `grant_type=refresh_token` (RFC 6749 §6), rotated on every use (RFC 9700 §4.14). The grant's generation decides:
 * equal rotates; one less repeats the same answer for 60 s, since answers get lost and clients run twice; anything
 * older, or later, is reuse and ends the grant; higher is a grant that was restored from a backup and goes forward.
 * A `scope` that asks for less narrows the access token only: the refresh token keeps what was granted.
 */
import { OAuthError, type RefusalReason } from '../errors.ts'
import type { Parameters } from '../form.ts'
import { revokeGrant } from '../grant-revocation.ts'
import { openAnswer } from '../repeatable-answer.ts'
import { parseResource } from '../resource.ts'
import { includesScope, parseNarrowedScope } from '../scope.ts'
import type { Settings } from '../settings.ts'
import type { Grant, RefreshTokenRow } from '../store.ts'
import { isOpaqueToken, tokenId, withSecret } from '../token-wrap.ts'
import { createTokens, isCommitted } from './issued-tokens.ts'

/** From the commit; the token's holder could have had the live pair all that time anyway. */
const repeatSeconds = 60
/** The access token that is being replaced may be in flight; a little longer than its successor may be repeated. */
const retirementSeconds = 65
/** Access tokens a grant names at once: one live, the others within their retirement. More means a client in a loop. */
const maxAccessTokens = 8

interface Presented {
  readonly token: string
  readonly row: RefreshTokenRow
  readonly accessScope: string
}

/** The token response as JSON. Throws OAuthError. */
export async function refreshTokens(settings: Settings, clientId: string, form: Parameters): Promise<string> {
  const presented = await findValidToken(settings, clientId, form)
  const answer = (await settle(settings, presented)) ?? (await settle(settings, presented))
  // Lost twice: the generation moved on both times under us.
  if (answer === undefined) throw refused('grant_not_live')
  return answer
}

/** A refresh token, current or not, in the hands of its client. Changes nothing. */
async function findValidToken(
  { store, resource, scopes, now }: Settings,
  clientId: string,
  form: Parameters,
): Promise<Presented> {
  const token = form.get('refresh_token')
  if (token === undefined) {
    throw new OAuthError('invalid_request', 'missing_parameter', 'refresh_token is required.')
  }
  parseResource(form.get('resource'), resource)
  const row = isOpaqueToken(token) ? await store.findToken('refresh', tokenId(token)) : undefined
  if (row === undefined) throw refused('unknown_token')
  if (row.expiresAt <= now()) throw refused('expired')
  if (row.clientId !== clientId) throw refused('foreign_client')
  if (row.resource !== resource) throw refused('resource_refused')
  return { token, row, accessScope: parseNarrowedScope(form.get('scope'), row.scope, scopes) }
}

/** Undefined: another request moved the grant on meanwhile; look again. */
async function settle(settings: Settings, presented: Presented): Promise<string | undefined> {
  const { store, now } = settings
  const { row } = presented
  const grant = await store.getGrant(row.grantId)
  if (grant === undefined || grant.state === 'pending') throw refused('grant_not_live')
  if (grant.state === 'revoked') {
    await revokeGrant(settings, row.grantId, 'resumed', row)
    throw refused('grant_not_live')
  }
  assertAgree(grant, row)
  if (grant.expiresAt <= now()) throw refused('expired')
  const age = grant.generation - row.generation
  // A row without its wrap was replaced, even if a restored grant has forgotten that.
  if (age <= 0 && row.wrap !== undefined) return rotate(settings, presented, grant)
  if (age === 1 && now() - (grant.committedAt ?? 0) <= repeatSeconds)
    return repeat(settings, presented, grant)
  await revokeGrant(settings, row.grantId, 'refresh_token_reused', row)
  throw refused('refresh_token_reused')
}

async function rotate(
  settings: Settings,
  { token, row, accessScope }: Presented,
  grant: Grant,
): Promise<string | undefined> {
  const { store, now, log } = settings
  const { grantId } = row
  const tokens = await withSecret(token, row, async (secret) => {
    if (secret === undefined) throw refused('wrap_refused')
    const outcome = await settings.beforeRefresh(grant, secret)
    if (outcome === 'refused') return undefined
    if (outcome === 'unavailable') {
      const sentence = 'Who decides about this connection does not answer. Try again in a minute.'
      throw new OAuthError('temporarily_unavailable', 'not_vouched_for', sentence)
    }
    return createTokens(settings, { row, token, secret }, accessScope)
  })
  if (tokens === undefined) {
    await revokeGrant(settings, grantId, 'operator', row)
    throw new OAuthError(
      'invalid_grant',
      'not_admitted',
      'The operator of this server ended this connection.',
    )
  }
  await store.retireAccessToken(row.accessTokenId, now() + retirementSeconds)
  const outcome = await store.commitRefresh({
    grantId,
    fromGeneration: grant.generation,
    toGeneration: row.generation + 1,
    accessTokenIds: await keepAccessTokens(settings, grant, [tokens.accessTokenId, row.accessTokenId]),
    refreshTokenId: tokens.refreshTokenId,
    previousRefreshTokenId: row.id,
    now: now(),
  })
  if (!(await isCommitted(settings, tokens, outcome))) return undefined
  await store.buryRefreshToken(row.id)
  log({ kind: 'tokens_issued', grantId, generation: row.generation + 1 })
  return tokens.answer
}

/** The very same answer, used or not; also finishes what a crash after the commit left. */
async function repeat(settings: Settings, { token, row }: Presented, grant: Grant): Promise<string> {
  const { store, handoffKeys, log } = settings
  const { grantId, refreshTokenId = '' } = grant
  const sealed = (await store.findToken('refresh', refreshTokenId))?.sealedAnswer
  const answer = sealed && openAnswer(handoffKeys, { oldToken: token, grantId, refreshTokenId }, sealed)
  if (!answer) throw refused('wrap_refused')
  if (row.wrap !== undefined) await store.buryRefreshToken(row.id)
  log({ kind: 'answer_repeated', grantId })
  return answer
}

/** The ids the grant must go on naming, so that revoking it ends those in retirement too. */
async function keepAccessTokens(
  { store, now }: Settings,
  grant: Grant,
  current: readonly string[],
): Promise<readonly string[]> {
  const stillRetiring = now() - (grant.committedAt ?? 0) <= retirementSeconds ? grant.accessTokenIds : []
  const ids = [...new Set([...current, ...stillRetiring])]
  for (const id of ids.slice(maxAccessTokens)) await store.deleteToken('access', id, grant.grantId)
  return ids.slice(0, maxAccessTokens)
}

/** Grant and token must agree on what they share; a row that was moved or edited does not. */
function assertAgree(grant: Grant, row: RefreshTokenRow): void {
  const agree =
    grant.clientId === row.clientId &&
    grant.permission === row.permission &&
    grant.resource === row.resource &&
    grant.absoluteExpiresAt === row.grantExpiresAt &&
    includesScope(grant.scope, row.scope)
  if (!agree) throw refused('rows_disagree')
}

function refused(reason: RefusalReason): OAuthError {
  return new OAuthError('invalid_grant', reason, 'The refresh token is invalid, expired or already replaced.')
}
