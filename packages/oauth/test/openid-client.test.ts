/** R02 R10 R14 R15: openid-client, a certified relying party, as an application would use it: discovery to revocation. */
import * as openid from 'openid-client'
import { describe, expect, test } from 'vitest'
import { approveAt, createDeployment, issuer, resource, routesOf } from './deployment.ts'

const redirectUri = 'http://localhost:53211/callback'

describe('openid-client', () => {
  test.each([
    ['a public client that registers itself', undefined],
    ['a pre-registered client, secret in the form', openid.ClientSecretPost('a secret: with % and +')],
    ['a pre-registered client, secret in the header', openid.ClientSecretBasic('a secret: with % and +')],
  ])('R02 R10 R14 R15: %s signs in with PKCE, refreshes and revokes', async (_, authentication) => {
    const deployment = createDeployment()
    const options = { algorithm: 'oauth2', [openid.customFetch]: routesOf(deployment.server) } as const
    const server = new URL(issuer)
    const client =
      authentication === undefined
        ? await openid.dynamicClientRegistration(
            server,
            { redirect_uris: [redirectUri] },
            openid.None(),
            options,
          )
        : await openid.discovery(server, 'claude-team', undefined, authentication, options)

    const verifier = openid.randomPKCECodeVerifier()
    const state = openid.randomState()
    const url = openid.buildAuthorizationUrl(client, {
      redirect_uri: redirectUri,
      scope: 'email:read email:write',
      resource,
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const answer = await approveAt(deployment, url)
    const tokens = await openid.authorizationCodeGrant(
      client,
      answer,
      { pkceCodeVerifier: verifier, expectedState: state },
      { resource },
    )
    expect(await deployment.isLive(tokens.access_token)).toBe(true)

    const refreshed = await openid.refreshTokenGrant(client, tokens.refresh_token ?? '', { resource })
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    expect(await deployment.isLive(refreshed.access_token)).toBe(true)

    await openid.tokenRevocation(client, refreshed.refresh_token ?? '')
    expect(await deployment.isLive(refreshed.access_token)).toBe(false)
    await expect(openid.refreshTokenGrant(client, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('R10: it refuses an answer of another issuer, so a mix-up stops with it [rfc9207-2.4]', async () => {
    const deployment = createDeployment()
    const client = await openid.discovery(new URL(issuer), 'claude-team', undefined, openid.None(), {
      algorithm: 'oauth2',
      [openid.customFetch]: routesOf(deployment.server),
    })
    const url = openid.buildAuthorizationUrl(client, {
      redirect_uri: redirectUri,
      state: 'state',
      code_challenge: await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
    })
    for (const other of ['https://other.example', undefined]) {
      const answer = await approveAt(deployment, url)
      if (other === undefined) answer.searchParams.delete('iss')
      else answer.searchParams.set('iss', other)
      await expect(
        openid.authorizationCodeGrant(client, answer, { expectedState: 'state' }),
      ).rejects.toMatchObject({
        cause: expect.objectContaining({ message: expect.stringContaining('iss') }),
      })
    }
  })
})
