import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDeployment, issuer } from './deployment.ts'

describe('Discovery', () => {
  test('R01: the authorization server document is this constant [rfc8414-2] [rfc9207-3] [cimd-5] [mcp25-pkce]', async () => {
    const response = createDeployment().server.metadata()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      issuer: 'https://mail.example',
      authorization_endpoint: 'https://mail.example/oauth/authorize',
      token_endpoint: 'https://mail.example/oauth/token',
      revocation_endpoint: 'https://mail.example/oauth/revoke',
      registration_endpoint: 'https://mail.example/oauth/register',
      scopes_supported: ['email:read', 'email:write'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_post', 'client_secret_basic'],
      revocation_endpoint_auth_methods_supported: ['none', 'client_secret_post', 'client_secret_basic'],
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
    })
  })

  test('R02: the protected resource document names the resource, without offline_access [rfc9728-2] [mcp25-prm]', async () => {
    const response = createDeployment().server.protectedResourceMetadata()
    expect(await response.json()).toEqual({
      resource: 'https://mail.example/mcp',
      authorization_servers: ['https://mail.example'],
      scopes_supported: ['email:read', 'email:write'],
      bearer_methods_supported: ['header'],
    })
  })

  test('R01: an issuer with a trailing slash or a path stops the start [rfc8414-2]', () => {
    for (const wrong of [`${issuer}/`, `${issuer}/x`, 'mail.example']) {
      expect(() => createDeployment({ issuer: wrong })).toThrow()
    }
  })

  test('R03: the challenge is bare without a token, and says what is wrong with one [rfc9728-5.1]', () => {
    const { challenge } = createDeployment().server
    const bare =
      'Bearer resource_metadata="https://mail.example/.well-known/oauth-protected-resource/mcp", scope="email:read email:write"'
    expect(challenge()).toBe(bare)
    expect(challenge('invalid_token')).toBe(`${bare}, error="invalid_token"`)
    expect(challenge('insufficient_scope', 'email:read email:write')).toBe(
      `${bare}, error="insufficient_scope"`,
    )
  })
})

describe('Bearer tokens', () => {
  test('finds a token in its canonical form only, and opens the grant’s secret with it [rfc6750-3.1]', async () => {
    const { connect, server } = createDeployment()
    const { tokens, secret, grantId } = await connect()
    const found = await server.findAccessToken(tokens.access_token)
    if (found.kind !== 'live') throw new Error('The token is not live')
    expect(found.row.grantId).toBe(grantId)
    expect(Buffer.from(server.openSecret(tokens.access_token, found.row) ?? [])).toEqual(Buffer.from(secret))
    expect(server.openSecret(tokens.refresh_token, found.row)).toBeUndefined()
    for (const other of [
      tokens.access_token.toUpperCase(),
      ` ${tokens.access_token}`,
      `${tokens.access_token}00`,
      tokens.refresh_token,
      '',
    ]) {
      expect(await server.findAccessToken(other), other).toEqual({ kind: 'invalid' })
    }
  })

  test('R13: a token for another resource is invalid [rfc8707-2.2-audience] [rfc9700-2.3] [mcp25-audience]', async () => {
    const one = createDeployment()
    const { tokens } = await one.connect()
    const other = createDeployment({ ...one.options, resource: `${issuer}/other` }, one.store)
    expect(await other.server.findAccessToken(tokens.access_token)).toEqual({ kind: 'invalid' })
    expect(await one.isLive(tokens.access_token)).toBe(true)
  })

  test('R31: an expired token is invalid though its row is still there', async () => {
    const { connect, clock, isLive, store } = createDeployment()
    const { tokens } = await connect()
    clock.now += tokens.expires_in - 1
    expect(await isLive(tokens.access_token)).toBe(true)
    clock.now += 1
    expect(await isLive(tokens.access_token)).toBe(false)
    expect([...store.tokens.values()].some((row) => row.type === 'access')).toBe(true)
  })

  test('no generated string is taken for a token', async () => {
    const { server } = createDeployment()
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        async (token) => (await server.findAccessToken(token)).kind === 'invalid',
      ),
    )
  })
})
