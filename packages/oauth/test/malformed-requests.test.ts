/** R11: 2,000 requests that are wrong in every way a generator finds: an RFC error each, never a 5xx. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { authorizeQuery, claudeId, createDeployment, issuer, ok, pkce } from './deployment.ts'

const codes = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'invalid_scope', 'invalid_target'],
  ...['unsupported_grant_type', 'invalid_redirect_uri', 'invalid_client_metadata'],
])

const names = [
  ...[
    'grant_type',
    'client_id',
    'client_secret',
    'code',
    'code_verifier',
    'redirect_uri',
    'resource',
    'scope',
    'state',
  ],
  ...[
    'refresh_token',
    'token',
    'token_type_hint',
    'response_type',
    'code_challenge',
    'code_challenge_method',
    '__proto__',
  ],
]
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'authorization_code',
    'refresh_token',
    claudeId,
    'claude-team',
    'code',
    'S256',
    'a'.repeat(64),
    `${issuer}/mcp`,
  ),
  fc.constantFrom('dcr.d1.e30.x', 'dcr.d1..', 'https://', 'https://x/y', '\0', '‮', 'x'.repeat(3000)),
)
const field = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value)
const encoded = fc
  .array(field, { maxLength: 12 })
  .map((fields) =>
    fields
      .map(
        ([name, text]) => `${encodeURIComponent(wellFormed(name))}=${encodeURIComponent(wellFormed(text))}`,
      )
      .join('&'),
  )
const body = fc.oneof(
  encoded,
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 300 }),
  fc.json(),
  fc
    .record({ client_name: fc.anything(), redirect_uris: fc.anything() })
    .map((value) => JSON.stringify(value) ?? ''),
  fc.constantFrom('%', '%zz=1', '%ff', 'a=%c3%28', '&&&&', '=', 'x'.repeat(20_000)),
)
const request = fc.record({
  endpoint: fc.constantFrom('authorize', 'token', 'revoke', 'register'),
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'HEAD'),
  contentType: fc.constantFrom(
    ...[
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded;charset=UTF-8',
      'application/json',
    ],
    ...['text/plain', 'multipart/form-data', '', 'application/x-www-form-urlencoded; charset=utf-16'],
  ),
  authorization: fc.option(
    fc.oneof(
      fc.base64String().map((text) => `Basic ${text}`),
      fc.constantFrom('Basic', 'Bearer x', 'x'),
    ),
  ),
  body,
  query: fc.oneof(encoded, fc.constantFrom('', '%', '%ff', 'a=1&a=2')),
})

function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, '')
}

test('R11: answers 2,000 malformed requests with an RFC error and never a 5xx', async () => {
  const deployment = createDeployment()
  const { tokens } = await deployment.connect()
  await fc.assert(
    fc.asyncProperty(request, async ({ endpoint, method, contentType, authorization, body, query }) => {
      const hasBody = method !== 'GET' && method !== 'HEAD'
      const asked = new Request(`${issuer}/oauth/${endpoint}?${query}`, {
        method,
        headers: {
          'Content-Type': contentType,
          ...(authorization !== null && { Authorization: authorization }),
        },
        ...(hasBody && { body: body as BodyInit }),
      })
      if (endpoint === 'authorize') {
        const outcome = await deployment.server.authorize(asked)
        if (outcome.kind === 'response') expect(outcome.response.status).toBeLessThan(500)
        return
      }
      const response = await deployment.server[endpoint as 'token' | 'revoke' | 'register'](asked)
      expect(response.status).toBeLessThan(500)
      expect(response.headers.get('cache-control')).toBe('no-store')
      if (response.status >= 400) {
        const problem = JSON.parse(await response.text())
        expect(codes).toContain(problem.error)
        expect(problem.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
      }
    }),
    { numRuns: 2000 },
  )
  expect(await deployment.isLive(tokens.access_token)).toBe(true)
  await ok(deployment.refresh(tokens.refresh_token))
})

test('R11: a good authorization request with one parameter replaced or repeated is never a 5xx', async () => {
  const deployment = createDeployment()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(authorizeQuery(''))),
      value,
      fc.boolean(),
      async (name, text, repeats) => {
        const query = new URLSearchParams(authorizeQuery(pkce().challenge))
        if (repeats) query.append(name, wellFormed(text))
        else query.set(name, wellFormed(text))
        const outcome = await deployment.server.authorize(new Request(`${issuer}/oauth/authorize?${query}`))
        if (outcome.kind === 'page') return
        expect([303, 400, 401]).toContain(outcome.response.status)
        const location = outcome.response.headers.get('location')
        if (location !== null)
          expect(location.startsWith('https://claude.ai/api/mcp/auth_callback?')).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
})
