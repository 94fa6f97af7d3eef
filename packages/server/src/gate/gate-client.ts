/**
 * The login of the identity gate: authorization code with PKCE, state and nonce, as for a provider of mail, and with the
 * signature of the ID token checked besides, since here the token itself decides. It asks for no address and no mail.
 */
import type { Configuration, TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import type { GateSettings } from '../gate-settings.ts'
import { library, type PendingRedirect, startRedirect } from '../provider-tokens/openid-library.ts'
import { createConfiguration, refusedBy } from '../provider-tokens/provider-client.ts'
import { createProviderFetch, type ProviderFetch } from '../provider-tokens/provider-fetch.ts'
import { ProviderRefusedError } from '../provider-tokens/provider-refusal.ts'
import { googleIssuer } from '../sign-in-provider.ts'
import type { Claims } from './gate-rules.ts'

export interface GateAnswer {
  readonly iss: string
  readonly sub: string
  readonly claims: Claims
  readonly refreshToken?: string
}

export interface GateClient {
  /** Where the browser goes. `lasting`: with a refresh token, if the provider gives one. Throws ProviderRefusedError. */
  begin(
    redirectUri: string,
    options: { readonly lasting: boolean },
  ): Promise<{ readonly url: URL; readonly pending: PendingRedirect }>
  /** `callback`: the redirect URI with the query it came with. Throws ProviderRefusedError. */
  redeem(callback: URL, pending: PendingRedirect): Promise<GateAnswer>
  /** What the provider says of the person now. Throws ProviderRefusedError. */
  refresh(refreshToken: string): Promise<GateAnswer>
}

/** An answer of the provider that says nothing: a page of a proxy, or of a fault. */
const unreadable = ['OAUTH_RESPONSE_IS_NOT_JSON', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_PARSE_ERROR']

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
    async begin(redirectUri, { lasting }) {
      const client = await library()
      const config = await configuration()
      const { pending, asked } = await startRedirect(redirectUri)
      const url = client.buildAuthorizationUrl(config, {
        ...asked,
        scope: scopesOf(config, lasting),
        ...(lasting && parametersOf(config)),
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

    async refresh(refreshToken) {
      const client = await library()
      const config = await configuration()
      try {
        const answer = await client.refreshTokenGrant(config, refreshToken, { scope: scopesOf(config, true) })
        return toGateAnswer(answer)
      } catch (error) {
        const isRead = error instanceof client.ClientError && !unreadable.includes(error.code ?? '')
        throw refusedBy(error, isRead ? 'not_genuine' : 'unanswered')
      }
    },
  }

  function scopesOf(config: Configuration, lasting: boolean): string {
    const asked = gate.scopes.filter((scope) => scope !== 'offline_access')
    return ['openid', ...asked, ...(lasting && isOffline(config) ? ['offline_access'] : [])].join(' ')
  }

  function isOffline(config: Configuration): boolean {
    return config.serverMetadata().scopes_supported?.includes('offline_access') === true
  }

  /** OpenID Connect Core §11 wants the person's consent; Entra gives none to whom only an administrator may consent for. */
  function parametersOf(config: Configuration): Record<string, string> {
    if (gate.issuer === googleIssuer) return { access_type: 'offline', prompt: 'consent' }
    const isEntra = new URL(gate.issuer).hostname === 'login.microsoftonline.com'
    return isOffline(config) && !isEntra ? { prompt: 'consent' } : {}
  }
}

function toGateAnswer(answer: TokenEndpointResponse & TokenEndpointResponseHelpers): GateAnswer {
  const claims = answer.claims()
  if (claims === undefined) throw new ProviderRefusedError('not_genuine')
  const { refresh_token: refreshToken } = answer
  return { iss: claims.iss, sub: claims.sub, claims, ...(refreshToken !== undefined && { refreshToken }) }
}
