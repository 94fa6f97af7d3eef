/**
 * Ending a grant, from any point at which an earlier attempt stopped. The mark comes first and is final for the live
 * system; then goes the leash, without which links open nothing; deleting the wraps is final for every copy. The presented
 * row goes last: while something is left to do, the retry that follows a 503 still finds its way here.
 */
import type { Settings } from './settings.ts'
import type { Grant, RevocationCause, TokenType } from './store.ts'

export interface TokenName {
  readonly type: TokenType
  readonly id: string
}

/** Returns when nothing of the grant is left. A grant that is gone is no error. */
export async function revokeGrant(
  { store, log, now }: Pick<Settings, 'store' | 'log' | 'now'>,
  grantId: string,
  cause: RevocationCause,
  presented?: TokenName,
): Promise<void> {
  const grant = await store.revokeGrant(grantId)
  if (grant !== undefined) {
    await store.deleteLeash(grantId)
    for (const { type, id } of tokensOf(grant)) {
      if (id !== presented?.id) await store.deleteToken(type, id, grantId)
    }
    await store.eraseGrant(grant, cause === 'orphan' ? undefined : { at: now(), cause })
    log({ kind: 'grant_revoked', grantId, cause })
  }
  if (presented !== undefined) await store.deleteToken(presented.type, presented.id, grantId)
}

function tokensOf(grant: Grant): TokenName[] {
  const { codeId, accessTokenIds, refreshTokenId, previousRefreshTokenId, linkId } = grant
  return [
    ...accessTokenIds.map((id) => ({ type: 'access', id }) as const),
    ...[refreshTokenId, previousRefreshTokenId].flatMap((id) =>
      id ? [{ type: 'refresh', id } as const] : [],
    ),
    ...(linkId === undefined ? [] : [{ type: 'link', id: linkId } as const]),
    { type: 'code', id: codeId },
  ]
}
