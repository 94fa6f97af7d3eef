/** R02 R10: oauth4webapi, which forgives nothing, walks through the whole protocol. */
import * as oauth from 'oauth4webapi'
import { describe, expect, test } from 'vitest'
import { approveAt, createDeployment, issuer, resource, routesOf } from './deployment.ts'

const redirectUri = 'http://localhost:53211/callback'

describe('A strict client', () => {
  test.each(['public', 'confidential'])(
    'R02 R10: a %s one discovers, signs in, refreshes and revokes [rfc8414-3.3] [rfc9728-3.3] [rfc9207-2.4]',
    async (kind) => {
      const deployment = createDeployment()
      const options = { [oauth.customFetch]: routesOf(deployment.server) }
      const found = await oauth.resourceDiscoveryRequest(new URL(resource), options)
      const protectedResource = await oauth.processResourceDiscoveryResponse(new URL(resource), found)
      const issuerUrl = new URL(protectedResource.authorization_servers?.[0] ?? '')
      const as = await oauth.processDiscoveryResponse(
        issuerUrl,
        await oauth.discoveryRequest(issuerUrl, { ...options, algorithm: 'oauth2' }),
      )
      expect(as.issuer).toBe(issuer)

      const registered = async () =>
        oauth.processDynamicClientRegistrationResponse(
          await oauth.dynamicClientRegistrationRequest(
            as,
            { client_name: 'Strict', redirect_uris: [redirectUri] },
            options,
          ),
        )
      const client: oauth.Client = kind === 'public' ? await registered() : { client_id: 'claude-team' }
      const authentication =
        kind === 'public' ? oauth.None() : oauth.ClientSecretBasic('a secret: with % and +')

      const verifier = oauth.generateRandomCodeVerifier()
      const state = oauth.generateRandomState()
      const url = new URL(as.authorization_endpoint ?? '')
      url.search = new URLSearchParams({
        client_id: client.client_id,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: (protectedResource.scopes_supported ?? []).join(' '),
        state,
        resource,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).toString()
      const answer = oauth.validateAuthResponse(as, client, await approveAt(deployment, url), state)
      const exchange = { ...options, additionalParameters: { resource } }
      const tokens = await oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(
          as,
          client,
          authentication,
          answer,
          redirectUri,
          verifier,
          exchange,
        ),
      )
      expect(tokens.scope).toBe('email:read email:write')
      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(
          as,
          client,
          authentication,
          tokens.refresh_token ?? '',
          exchange,
        ),
      )
      expect(await deployment.isLive(refreshed.access_token)).toBe(true)
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token ?? '', options),
      )
      expect(await deployment.isLive(refreshed.access_token)).toBe(false)
    },
  )

  test('R10: it finds iss and state in an error redirect too', async () => {
    const { server } = createDeployment()
    const as: oauth.AuthorizationServer = await server.metadata().json()
    const client = { client_id: 'claude-team' }
    const query = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      state: 'abc',
      response_type: 'code',
    })
    const outcome = await server.authorize(new Request(`${issuer}/oauth/authorize?${query}`))
    if (outcome.kind !== 'response') throw new Error('A page was shown')
    const location = new URL(outcome.response.headers.get('location') ?? '')
    expect(() => oauth.validateAuthResponse(as, client, location, 'abc')).toThrow(
      oauth.AuthorizationResponseError,
    )
  })
})
