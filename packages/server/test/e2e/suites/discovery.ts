/** What a client finds with nothing but the URL (RFC 8414, RFC 9728, RFC 6750). */
import { describe, expect, test } from 'vitest'
import type { Running } from '../product.ts'

const metadataPaths = [
  '/oauth/meta',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-authorization-server/mcp',
  '/.well-known/openid-configuration',
  '/.well-known/openid-configuration/mcp',
]
const resourcePaths = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']

export function describeDiscovery(name: string, running: () => Running) {
  describe(`${name}: discovery`, () => {
    const get = (path: string, init?: RequestInit) => fetch(`${running().product.url}${path}`, init)

    test('/health answers its version and nothing else', async () => {
      const response = await get('/health')
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({
        status: 'ok',
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      })
    })

    test('R01: the authorization server document is the same at all its paths, with PUBLIC_URL as issuer', async () => {
      const { url } = running().product
      for (const path of metadataPaths) {
        const response = await get(path)
        expect(response.status, path).toBe(200)
        expect(await response.json(), path).toMatchObject({
          issuer: url,
          authorization_endpoint: `${url}/oauth/authorize`,
          token_endpoint: `${url}/oauth/token`,
          registration_endpoint: `${url}/oauth/register`,
          revocation_endpoint: `${url}/oauth/revoke`,
          code_challenge_methods_supported: ['S256'],
          authorization_response_iss_parameter_supported: true,
        })
      }
    })

    test('R02: the protected resource document is the same at both its paths', async () => {
      const { url } = running().product
      for (const path of resourcePaths) {
        expect(await (await get(path)).json(), path).toMatchObject({
          resource: `${url}/mcp`,
          authorization_servers: [url],
          scopes_supported: ['email:read', 'email:write'],
        })
      }
    })

    test('R03: /mcp without a token is 401 with a bare challenge that leads to the document; invalid_token with a bad one', async () => {
      const { url, bareChallengeHeader } = running().product
      const post = (headers: Record<string, string>) =>
        get('/mcp', {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            Accept: 'application/json, text/event-stream',
            ...headers,
          },
          body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        })
      const bare = await post({})
      expect(bare.status).toBe(401)
      const challenge = bare.headers.get(bareChallengeHeader) ?? ''
      expect(challenge).toContain(`resource_metadata="${url}/.well-known/oauth-protected-resource`)
      expect(challenge).not.toContain('error=')
      const bad = await post({ Authorization: `Bearer ${'0'.repeat(64)}` })
      expect(bad.status).toBe(401)
      expect(bad.headers.get(bareChallengeHeader)).toContain('error="invalid_token"')
    })
  })
}
