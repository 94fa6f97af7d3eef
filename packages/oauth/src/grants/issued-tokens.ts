/**
 * The access and refresh token that a redemption or a refresh issues: two rows that nothing names until the grant
 * commits to them. When it does not, they are discarded; when the process dies in between, nobody holds the tokens.
 */
import { sealAnswer } from '../repeatable-answer.ts'
import type { Settings } from '../settings.ts'
import type { AccessTokenRow, AuthorizationCodeRow, RefreshTokenRow } from '../store.ts'
import { createOpaqueToken, tokenId, wrapSecret } from '../token-wrap.ts'

export interface IssuedTokens {
  readonly grantId: string
  readonly accessTokenId: string
  readonly refreshTokenId: string
  /** The token response (RFC 6749 §5.1) as JSON. */
  readonly answer: string
}

/** What is being exchanged: its row says what the new tokens are for. */
type ExchangedRow = AuthorizationCodeRow | RefreshTokenRow

/** `accessScope` may be narrower than the row's; the refresh token keeps the row's (RFC 6749 §6). */
export async function createTokens(
  settings: Settings,
  exchanged: { readonly row: ExchangedRow; readonly token: string; readonly secret: Uint8Array },
  accessScope: string,
): Promise<IssuedTokens> {
  const { store, lifetimes, now } = settings
  const { row, token, secret } = exchanged
  const accessToken = createOpaqueToken()
  const refreshToken = createOpaqueToken()
  const issuedAt = now()
  const until = (seconds: number) => Math.min(issuedAt + seconds, row.grantExpiresAt)
  const shared = {
    v: 1,
    grantId: row.grantId,
    generation: row.generation + 1,
    clientId: row.clientId,
    permission: row.permission,
    resource: row.resource,
    issuedAt,
  } as const
  const access: Omit<AccessTokenRow, 'wrap'> = {
    ...shared,
    type: 'access',
    id: tokenId(accessToken),
    scope: accessScope,
    expiresAt: until(lifetimes.accessTokenSeconds),
  }
  const refresh: Omit<RefreshTokenRow, 'wrap'> = {
    ...shared,
    type: 'refresh',
    id: tokenId(refreshToken),
    scope: row.scope,
    accessTokenId: access.id,
    expiresAt: until(lifetimes.refreshIdleSeconds),
    grantExpiresAt: row.grantExpiresAt,
  }
  const answer = JSON.stringify({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: access.expiresAt - issuedAt,
    refresh_token: refreshToken,
    scope: accessScope,
  })
  await store.createToken({ ...access, wrap: wrapSecret(accessToken, access, secret) })
  await store.createToken({
    ...refresh,
    wrap: wrapSecret(refreshToken, refresh, secret),
    ...(row.type === 'refresh' && {
      sealedAnswer: sealAnswer(
        settings.handoffKeys,
        { oldToken: token, grantId: row.grantId, refreshTokenId: refresh.id },
        answer,
      ),
    }),
  })
  return { grantId: row.grantId, accessTokenId: access.id, refreshTokenId: refresh.id, answer }
}

/**
 * Whether the grant names these tokens. A refusal may be our own commit coming back from a retry inside the store's
 * client, so the grant is asked before anything it might name is deleted.
 */
export async function isCommitted(
  { store }: Settings,
  tokens: IssuedTokens,
  outcome: 'committed' | 'refused',
): Promise<boolean> {
  const { grantId, accessTokenId, refreshTokenId } = tokens
  const grant = outcome === 'committed' ? undefined : await store.getGrant(grantId)
  if (outcome === 'committed' || (grant?.state === 'live' && grant.refreshTokenId === refreshTokenId))
    return true
  await store.deleteToken('access', accessTokenId, grantId)
  await store.deleteToken('refresh', refreshTokenId, grantId)
  return false
}
