/**
 * Token revocation (RFC 7009). A refresh token ends its grant, current or replaced; an access token ends alone. What
 * is unknown, and what belongs to another client, is answered like a success: the caller learns nothing and nothing
 * happens. 200 means that the rows are gone; a 503 may be repeated until they are.
 */
import { noStore } from './answer.ts'
import { answerErrors } from './answer-errors.ts'
import { authenticateClient } from './client-authentication.ts'
import { OAuthError } from './errors.ts'
import { parseFormRequest } from './form.ts'
import { revokeGrant } from './grant-revocation.ts'
import type { Settings } from './settings.ts'
import { isOpaqueToken, tokenId } from './token-wrap.ts'

export function createRevocationEndpoint(settings: Settings): (request: Request) => Promise<Response> {
  return (request) =>
    answerErrors(settings, 'revoke', request, async () => {
      const form = await parseFormRequest(request)
      const clientId = authenticateClient(settings.clients, request, form)
      const token = form.get('token')
      if (token === undefined) {
        throw new OAuthError('invalid_request', 'missing_parameter', 'token is missing.')
      }
      // token_type_hint is only a hint (§2.1): both kinds look alike and both are tried.
      if (isOpaqueToken(token)) await revokeToken(settings, clientId, tokenId(token))
      return Response.json({ revoked: true }, { headers: noStore })
    })
}

async function revokeToken(settings: Settings, clientId: string, id: string): Promise<void> {
  const { store } = settings
  const refresh = await store.findToken('refresh', id)
  if (refresh?.clientId === clientId) return revokeGrant(settings, refresh.grantId, 'client', refresh)
  const access = refresh === undefined ? await store.findToken('access', id) : undefined
  if (access?.clientId === clientId) return store.deleteToken('access', id, access.grantId)
}
