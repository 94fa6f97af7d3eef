/** Our authorization server, one clock for all its requests. */
import { approveAt, authorizeQuery, createDeployment, issuer, pkce } from '../deployment.ts'
import {
  callback,
  confidentialId,
  parseAnswer,
  type Side,
  secret,
  toVerdict,
  type WireRequest,
} from './side.ts'

export function openOurs(): Side {
  const deployment = createDeployment({
    clients: [{ clientId: confidentialId, secret, name: 'The team' }],
  })
  const { server, clock } = deployment
  return {
    async authorize(request) {
      const outcome = await server.authorize(toRequest('authorize', { method: 'GET', ...request }))
      if (outcome.kind === 'page') return { outcome: 'accepted', detail: 'page' }
      return toVerdict(outcome.response, await outcome.response.text())
    },
    async token(request) {
      const response = await server.token(toRequest('token', request))
      const body = await response.text()
      return { ...toVerdict(response, body), answer: parseAnswer(body) }
    },
    async issueCode(clientId) {
      const { verifier, challenge } = pkce()
      const query = authorizeQuery(challenge, { client_id: clientId, redirect_uri: callback })
      const answer = await approveAt(
        deployment,
        new URL(`${issuer}/oauth/authorize?${new URLSearchParams(query)}`),
      )
      return { code: answer.searchParams.get('code') ?? '', verifier }
    },
    letSecondsPass(seconds) {
      clock.now += seconds
    },
  }
}

function toRequest(
  endpoint: string,
  { method = 'POST', headers = {}, query = '', body }: WireRequest,
): Request {
  return new Request(`${issuer}/oauth/${endpoint}${query === '' ? '' : `?${query}`}`, {
    method,
    headers,
    ...(body !== undefined && method !== 'GET' && { body }),
  })
}
