/**
 * `grant_type=authorization_code` (RFC 6749 §4.1.3). Everything that can be wrong is looked at before anything is
 * consumed; then the code is marked, the rows are written, and one update of the grant decides. A code whose
 * redemption stopped half-way may be presented again while it lives: the grant is still pending and still decides.
 * Leaves client authentication to the token endpoint.
 */
import { isEqualText, sha256 } from '../digest.ts'
import { OAuthError, type RefusalReason } from '../errors.ts'
import type { Parameters } from '../form.ts'
import { revokeGrant } from '../grant-revocation.ts'
import { isCodeVerifier, matchesChallenge } from '../pkce.ts'
import { parseResource } from '../resource.ts'
import type { Settings } from '../settings.ts'
import type { AuthorizationCodeRow, EpochSeconds } from '../store.ts'
import { isAuthorizationCode, tokenId, withSecret } from '../token-wrap.ts'
import { createTokens, isCommitted } from './issued-tokens.ts'

/** How long a spent code is remembered, so that its replay is seen. */
const tombstoneSeconds = 24 * 60 * 60
/** A second request this soon is a retry or a race, not a thief: it is refused and nothing else. */
const replayGraceSeconds = 10

/** The token response as JSON. Throws OAuthError. */
export async function redeemAuthorizationCode(
  settings: Settings,
  clientId: string,
  form: Parameters,
): Promise<string> {
  const { store, now } = settings
  const { code, row } = await findValidCode(settings, clientId, form)
  if (row.redeemedAt !== undefined) return resumeOrRefuse(settings, code, row, row.redeemedAt)
  const outcome = await store.redeemCode(row.id, now(), now() + tombstoneSeconds)
  if (outcome === 'gone') throw refused('unknown_token')
  return outcome === 'redeemed' ? redeem(settings, code, row) : resumeOrRefuse(settings, code, row, now())
}

/** A code with everything it is bound to (RFC 6749 §10.5, RFC 7636 §4.6, RFC 8707 §2.2). Consumes nothing. */
async function findValidCode(
  { store, resource, now }: Settings,
  clientId: string,
  form: Parameters,
): Promise<{ code: string; row: AuthorizationCodeRow }> {
  const [code, redirectUri, verifier] = [
    form.get('code'),
    form.get('redirect_uri'),
    form.get('code_verifier'),
  ]
  if (code === undefined || redirectUri === undefined || verifier === undefined) {
    throw new OAuthError(
      'invalid_request',
      'missing_parameter',
      'code, redirect_uri and code_verifier are required.',
    )
  }
  if (!isCodeVerifier(verifier)) {
    throw new OAuthError('invalid_request', 'pkce_refused', 'The code_verifier is malformed.')
  }
  parseResource(form.get('resource'), resource)
  const row = isAuthorizationCode(code) ? await store.findToken('code', tokenId(code)) : undefined
  if (row === undefined) throw refused('unknown_token')
  // A code's own expiry, or its tombstone's: the store deletes late.
  if (row.expiresAt <= now()) throw refused('expired')
  if (row.clientId !== clientId) throw refused('foreign_client')
  if (row.resource !== resource) throw refused('resource_refused')
  if (!isEqualText(row.redirectUriHash, sha256(redirectUri))) throw refused('redirect_uri_mismatch')
  if (!matchesChallenge(verifier, row.codeChallenge)) throw refused('verifier_mismatch')
  return { code, row }
}

/** A code that was marked before: the rest of a redemption that stopped, a race, or a replay. */
async function resumeOrRefuse(
  settings: Settings,
  code: string,
  row: AuthorizationCodeRow,
  redeemedAt: EpochSeconds,
): Promise<string> {
  const grant = await settings.store.getGrant(row.grantId)
  if (grant?.state === 'pending' && !isSpent(settings, row)) return redeem(settings, code, row)
  if (settings.now() - redeemedAt <= replayGraceSeconds) throw refused('code_already_used')
  // RFC 6749 §4.1.2: what the code has issued ends with its replay. With the grant gone, only this row is left.
  await revokeGrant(settings, row.grantId, 'code_replayed', row)
  throw refused('code_replayed')
}

async function redeem(settings: Settings, code: string, row: AuthorizationCodeRow): Promise<string> {
  const { store, now, log } = settings
  const { grantId, id: codeId, accountIds } = row
  const tokens = await withSecret(code, asWritten(settings, row), async (secret) => {
    if (secret === undefined) throw refused('wrap_refused')
    return createTokens(settings, { row, token: code, secret }, row.scope)
  })
  await store.extendAccounts(grantId, accountIds, row.grantExpiresAt)
  const { accessTokenId, refreshTokenId } = tokens
  const outcome = await store.commitRedemption({ grantId, codeId, accessTokenId, refreshTokenId, now: now() })
  if (!(await isCommitted(settings, tokens, outcome))) throw refused('code_already_used')
  log({ kind: 'tokens_issued', grantId, generation: 1 })
  return tokens.answer
}

/** Past its own 60 s, whatever its tombstone's expiry is. */
function isSpent({ lifetimes, now }: Settings, row: AuthorizationCodeRow): boolean {
  return row.issuedAt + lifetimes.codeSeconds <= now()
}

/** With the expiry it was sealed under: marking it put the tombstone's in its place. */
function asWritten({ lifetimes }: Settings, row: AuthorizationCodeRow): AuthorizationCodeRow {
  return { ...row, expiresAt: row.issuedAt + lifetimes.codeSeconds }
}

function refused(reason: RefusalReason): OAuthError {
  return new OAuthError(
    'invalid_grant',
    reason,
    'The authorization code is invalid, expired or already used.',
  )
}
