/** The token endpoint (RFC 6749 §3.2): who is asking, then which grant. No per-address limit: clients share hosts. */
import { noStore } from './answer.ts'
import { answerErrors } from './answer-errors.ts'
import { authenticateClient } from './client-authentication.ts'
import { OAuthError } from './errors.ts'
import { type Parameters, parseFormRequest } from './form.ts'
import { redeemAuthorizationCode } from './grants/authorization-code.ts'
import { refreshTokens } from './grants/refresh-token.ts'
import type { Settings } from './settings.ts'

export function createTokenEndpoint(settings: Settings): (request: Request) => Promise<Response> {
  return (request) =>
    answerErrors(settings, 'token', request, async () => {
      const form = await parseFormRequest(request)
      const clientId = authenticateClient(settings.clients, request, form)
      const answer = await exchange(settings, clientId, form)
      return new Response(answer, { headers: { ...noStore, 'Content-Type': 'application/json' } })
    })
}

function exchange(settings: Settings, clientId: string, form: Parameters): Promise<string> {
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return redeemAuthorizationCode(settings, clientId, form)
    case 'refresh_token':
      return refreshTokens(settings, clientId, form)
    case undefined:
      throw new OAuthError('invalid_request', 'missing_parameter', 'grant_type is missing.')
    default:
      throw new OAuthError(
        'unsupported_grant_type',
        'unsupported_parameter',
        'That grant_type is not supported.',
      )
  }
}
