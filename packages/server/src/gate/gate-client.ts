/**
 * The login of the identity gate: authorization code with PKCE, state and nonce, as for a provider of mail, and with the
 * signature of the ID token checked besides, since here the token itself decides. It asks for no address and no mail.
 */
import type { Configuration, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import type { GateSettings } from '../gate-settings.ts'
import {
  createConfiguration,
  library,
  type PendingRedirect,
  refusedBy,
} from '../provider-tokens/provider-client.ts'
import { createProviderFetch, type ProviderFetch } from '../provider-tokens/provider-fetch.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import type { Claims } from './gate-rules.ts'

export interface GateAnswer {
  readonly iss: string
  readonly sub: string
  readonly claims: Claims
}

export interface GateClient {
  /** Where the browser goes. Throws ProviderRefusedError. */
  begin(redirectUri: string): Promise<{ readonly url: URL; readonly pending: PendingRedirect }>
  /** `callback`: the redirect URI with the query it came with. Throws ProviderRefusedError. */
  redeem(callback: URL, pending: PendingRedirect): Promise<GateAnswer>
}

export function createGateClient(options: {
  readonly gate: GateSettings
  readonly fetch?: ProviderFetch
}): GateClient {
  const { gate, fetch = createProviderFetch() } = options
  const discovered = createConfiguration(gate, fetch, { verifiesSignatures: true })

  /** Without its secret the client would be another one, a public client. */
  async function configuration(): Promise<Configuration> {
    if (gate.clientSecret === undefined) throw new ProviderRefusedError('misconfigured')
    return await discovered()
  }

  return {
    async begin(redirectUri) {
      const client = await library()
      const config = await configuration()
      const pending = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: ['openid', ...gate.scopes.filter((scope) => scope !== 'offline_access')].join(' '),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      })
      return { url, pending }
    },

    async redeem(callback, pending) {
      const client = await library()
      const config = await configuration()
      try {
        const answer = await client.authorizationCodeGrant(config, callback, {
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          pkceCodeVerifier: pending.verifier,
          idTokenExpected: true,
        })
        return toGateAnswer(answer)
      } catch (error) {
        throw refusedBy(error, 'not_genuine')
      }
    },
  }
}

function toGateAnswer(answer: TokenEndpointResponse & TokenEndpointResponseHelpers): GateAnswer {
  const claims = answer.claims()
  if (claims === undefined) throw new ProviderRefusedError('not_genuine')
  return { iss: claims.iss, sub: claims.sub, claims }
}
