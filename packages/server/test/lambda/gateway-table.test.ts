/**
 * The gateway truth table, row by row, against the deployed bundles: what a client sees when the gateway answers by
 * itself, when the authorizer does, and when a function does. Throttles are the gateway's own and not simulated: of
 * those only the row is looked at.
 */
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { tokenId } from '@email-connector/oauth'
import { createFunctionPool, startGatewaySimulator } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { gatewayResponses, gatewayRoutes } from '../../../../stacks/api/gateway-table.ts'
import { deployed, type FunctionName } from '../e2e/gateway-product.ts'
import {
  missing,
  postToolsList,
  type RunningGateway,
  signInAgain,
  useGateway,
  whenPossible,
} from './gateway.ts'

const securityHeaders = {
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

describe.skipIf(missing !== undefined)(whenPossible('what a client sees at the gateway'), () => {
  const running = useGateway()

  test('R03, R70: without a token the gateway answers 401 with a bare challenge, and no function runs', async () => {
    const { product } = running()
    const ran = startedFunctions(running())
    for (const method of ['POST', 'GET', 'HEAD', 'DELETE']) {
      const response = await fetch(`${product.url}/mcp`, { method })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe(challengeOf(product.url))
      expect(Object.fromEntries(response.headers)).toMatchObject(securityHeaders)
    }
    expect(startedFunctions(running())).toEqual(ran)
  })

  test.each([
    ['unknown', () => '0'.repeat(64)],
    ['not a token at all', () => 'x'],
    ['in upper case', ({ tokens }: RunningGateway) => tokens.access_token.toUpperCase()],
    ['one half of a token', ({ tokens }: RunningGateway) => tokens.access_token.slice(32)],
    ['a refresh token', ({ tokens }: RunningGateway) => tokens.refresh_token],
  ])('R03, R70: a token that is %s gets 401 invalid_token in the real header', async (_, token) => {
    const { product } = running()
    const response = await postToolsList(product.url, token(running()))
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(challengeOf(product.url, 'invalid_token'))
    expect(await response.json()).toMatchObject({ error: 'invalid_token' })
    expect(Object.fromEntries(response.headers)).toMatchObject(securityHeaders)
  })

  test('R12: a token in the query or in a cookie is no token', async () => {
    const { product, tokens } = running()
    const inQuery = await fetch(`${product.url}/mcp?access_token=${tokens.access_token}`, { method: 'POST' })
    expect(inQuery.status).toBe(401)
    const inCookie = await postToolsList(product.url, undefined, {
      Cookie: `access_token=${tokens.access_token}`,
    })
    expect(inCookie.status).toBe(401)
  })

  test('R15: a revoked token gets 401 with the next call', async () => {
    const { product, clientId } = running()
    const { access_token } = await signInAgain(running())
    expect((await postToolsList(product.url, access_token)).status).toBe(200)
    const revoked = await fetch(`${product.url}/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: access_token, client_id: clientId }),
    })
    expect(revoked.status).toBe(200)
    const response = await postToolsList(product.url, access_token)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(challengeOf(product.url, 'invalid_token'))
  })

  test('R31: a token past its time gets 401 though its row is still there', async () => {
    const { product } = running()
    const { access_token } = await signInAgain(running())
    await setAttribute(running(), access_token, 'expiresAt', { N: '1000' })
    const response = await postToolsList(product.url, access_token)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(challengeOf(product.url, 'invalid_token'))
  })

  test.each([
    ['scope', { S: 'email:read email:write' }],
    ['permission', { S: 'send' }],
    ['clientId', { S: 'another' }],
    ['grantId', { S: 'f'.repeat(32) }],
    ['expiresAt', { N: '4000000000' }],
  ] as const)(
    'R24: a row whose %s was changed passes the authorizer, and the function refuses it: its wrap no longer opens',
    async (name, value) => {
      const { product } = running()
      const { access_token } = await signInAgain(running(), 'read')
      expect((await postToolsList(product.url, access_token)).status).toBe(200)
      await setAttribute(running(), access_token, name, value)
      const response = await postToolsList(product.url, access_token)
      expect(response.status).toBe(401)
      // The function's own header arrives renamed; the well-known paths still lead the client on.
      expect(response.headers.get('www-authenticate')).toBeNull()
      expect(response.headers.get('x-amzn-remapped-www-authenticate')).toContain('error="invalid_token"')
    },
  )

  test('R63, R70: an authorizer that fails or is slow is 503 with Retry-After, never 401', async () => {
    const { product, tokens } = running()
    for (const fault of ['error', 'throttled', 'silence'] as const) {
      product.dynamoDb.authorizer.fault = () => fault
      const response = await postToolsList(product.url, tokens.access_token)
      product.dynamoDb.authorizer.fault = undefined
      expect(response.status, fault).toBe(503)
      expect(Number(response.headers.get('retry-after')), fault).toBeGreaterThan(0)
      expect(response.headers.get('www-authenticate')).toBeNull()
      expect(Object.fromEntries(response.headers)).toMatchObject(securityHeaders)
    }
    expect((await postToolsList(product.url, tokens.access_token)).status).toBe(200)
  })

  test('R63, R70: a function that cannot start, or does not end, is 503 with Retry-After', async () => {
    const { product, tokens } = running()
    const start = (name: FunctionName, environment: Record<string, string>, timeoutMs: number) =>
      createFunctionPool({ ...deployed(product.bundles, name), environment, timeoutMs })
    product.dynamoDb.oauth.fault = () => 'silence'
    const broken = await startGatewaySimulator({
      routes: gatewayRoutes,
      responses: gatewayResponses({ publicUrl: product.url }),
      functions: {
        mcp: start('mcp', {}, 8_000),
        oauth: start('oauth', product.environments.oauth, 1_500),
        owner: start('owner', product.environments.owner, 1_500),
        health: start('health', {}, 1_000),
        authorizer: start('authorizer', product.environments.authorizer, 8_000),
      },
    })
    try {
      const responses = [
        await postToolsList(broken.url, tokens.access_token),
        await fetch(`${broken.url}/oauth/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'refresh_token',
            refresh_token: tokens.refresh_token,
            client_id: running().clientId,
          }),
        }),
      ]
      for (const response of responses) {
        expect(response.status).toBe(503)
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
        expect(Object.fromEntries(response.headers)).toMatchObject(securityHeaders)
      }
    } finally {
      product.dynamoDb.oauth.fault = undefined
      await broken.close()
    }
  })

  test('what is nowhere is 404, said by the gateway or by the function', async () => {
    const { product } = running()
    for (const path of ['/nope', '/mcp/x', '/oauth', '/oauth/nope', '/.well-known/nope']) {
      const response = await fetch(product.url + path)
      expect(response.status, path).toBe(404)
      expect(Object.fromEntries(response.headers), path).toMatchObject(securityHeaders)
      expect(await response.json()).toMatchObject({ error: 'not_found' })
    }
  })

  test('a body that is too large is 413: above 10 MB by the gateway, above our own caps by the functions', async () => {
    const { product, tokens } = running()
    const post = (path: string, bytes: number) =>
      fetch(product.url + path, {
        method: 'POST',
        headers: { Authorization: `Bearer ${tokens.access_token}`, 'Content-Type': 'application/json' },
        body: 'x'.repeat(bytes),
      })
    for (const [path, bytes] of [
      ['/oauth/token', 11 * 1024 * 1024],
      ['/oauth/token', 70 * 1024],
      ['/mcp', 5 * 1024 * 1024],
    ] as const) {
      const response = await post(path, bytes)
      expect(response.status, `${path} ${bytes}`).toBe(413)
      expect(Object.fromEntries(response.headers)).toMatchObject(securityHeaders)
      const refusal =
        path === '/mcp' ? { jsonrpc: '2.0', error: { code: -32000 } } : { error: 'invalid_request' }
      expect(await response.json(), `${path} ${bytes}`).toMatchObject(refusal)
    }
  })

  test('OPTIONS needs no token: 204 with the CORS list, for listed origins only', async () => {
    const { product } = running()
    const ask = (path: string, Origin: string) =>
      fetch(product.url + path, {
        method: 'OPTIONS',
        headers: {
          Origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization',
        },
      })
    const listed = await ask('/mcp', 'https://claude.ai')
    expect(listed.status).toBe(204)
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://claude.ai')
    expect(listed.headers.get('access-control-allow-headers')).toContain('mcp-session-id')
    expect(listed.headers.get('vary')).toContain('Origin')
    const token = await ask('/oauth/token', 'https://claude.ai')
    expect(token.status).toBe(204)
    expect(token.headers.get('access-control-allow-origin')).toBe('*')
    const foreign = await ask('/mcp', 'https://evil.example')
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    const page = await ask('/oauth/authorize', 'https://claude.ai')
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('R44: every route carries the security headers, whichever part answers', async () => {
    const { product } = running()
    for (const path of [
      '/',
      '/health',
      '/oauth/authorize',
      '/oauth/meta',
      '/.well-known/openid-configuration',
    ])
      for (const method of ['GET', 'HEAD', 'PUT']) {
        const response = await fetch(product.url + path, { method })
        expect(Object.fromEntries(response.headers), `${method} ${path}`).toMatchObject(securityHeaders)
        expect(response.headers.get('x-powered-by')).toBeNull()
      }
  })

  test('R21: the URL of a request is PUBLIC_URL, whatever its Host says; a foreign Host or Origin is 403', async () => {
    const { product, tokens } = running()
    const foreign = await postToolsList(product.url, tokens.access_token, { Origin: 'https://evil.example' })
    expect(foreign.status).toBe(403)
    const document = await fetch(`${product.url}/.well-known/oauth-authorization-server`, {
      headers: { 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' },
    })
    expect(await document.json()).toMatchObject({ issuer: product.url })
  })

  test('what the gateway throttles is 429 with Retry-After, and a malformed request 400', () => {
    const rows = gatewayResponses({ publicUrl: 'https://mail.example.org' })
    const row = (type: string) => rows.find((one) => one.type === type)
    for (const type of ['THROTTLED', 'QUOTA_EXCEEDED']) {
      expect(row(type)).toMatchObject({
        status: 429,
        headers: { 'Retry-After': expect.stringMatching(/^\d+$/) },
      })
    }
    for (const type of ['BAD_REQUEST_BODY', 'BAD_REQUEST_PARAMETERS'])
      expect(row(type)).toMatchObject({ status: 400 })
  })
})

function challengeOf(url: string, error?: string): string {
  return `Bearer resource_metadata="${url}/.well-known/oauth-protected-resource/mcp", scope="email:read email:write"${error === undefined ? '' : `, error="${error}"`}`
}

function startedFunctions({ product }: RunningGateway): number[] {
  return [product.dynamoDb.authorizer.calls.length, product.functions.mcp.started()]
}

/** What someone with write access to the table could do. */
async function setAttribute(
  { product }: RunningGateway,
  token: string,
  name: string,
  value: { S: string } | { N: string },
): Promise<void> {
  const client = new DynamoDBClient(product.tableAccess)
  await client.send(
    new UpdateItemCommand({
      TableName: product.tables.tokens,
      Key: { pk: { S: `access#${tokenId(token)}` } },
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    }),
  )
  client.destroy()
}
