/**
 * R11: 10,000 generated requests, wrong in every way a generator finds, over every route of the whole product: no 5xx,
 * no hang, and nothing that was connected before is disturbed.
 */
import { parseForm } from '@email-connector/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oauthRoutes, siteRoutes } from '../../src/composition/routes.ts'
import { mcpRoutes } from '../../src/mcp/mcp-route.ts'
import { authorizeUrl, connect, startProduct, type TestProduct, type Tokens } from './product.ts'

const runs = 10_000
/** Far above what any of these takes, far below what a person would call a hang. */
const hangMs = 10_000

let product: TestProduct
let clientId: string
let tokens: Tokens
/** Of a sign-in that is under way, so that some forms get past the first checks. */
let handle = ''
let cookie = ''

beforeAll(async () => {
  product = await startProduct()
  ;({ clientId, tokens } = await connect(product))
  const page = await product.fetch(authorizeUrl(product, clientId))
  handle = parseForm(await page.text()).hidden.state ?? ''
  cookie = page.headers.getSetCookie()[0]?.split(';')[0] ?? ''
})
afterAll(() => product.close())

/** Every path the product serves: the tables of routes open nothing until a request comes. */
const unopened = {} as never
const routes = Object.keys({ ...siteRoutes(unopened), ...oauthRoutes(unopened), ...mcpRoutes(unopened) })
const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...routes) },
  fc.constantFrom('//', '/mcp/', '/MCP', '/oauth/../mcp', '/%', '/%2e%2e/', '/oauth/token;x', '/__proto__'),
  fc.webPath(),
)

/** Puts in what exists only now. Tokens stand in no field: a generated revocation would be a good one. */
const fill = (text: string) =>
  text
    .replaceAll('{access}', tokens.access_token)
    .replaceAll('{client}', clientId)
    .replaceAll('{handle}', handle)
    .replaceAll('{cookie}', cookie)
    .replace(/[\ud800-\udfff]/gu, '')

const words = fc.oneof(
  fc.constant('{client}'),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ...['code', 'S256', 'plain', 'authorization_code', 'password', 'client_credentials', 'token', ''],
    ...['demo', 'generic', 'gmail', 'read', 'send', 'true', '0', '-1', '993', 'localhost', '127.0.0.1'],
    ...['http://localhost:6274/oauth/callback', 'https://claude.ai/api/mcp/auth_callback', 'javascript:1'],
    ...['https://127.0.0.1/client.json', 'https://[', 'dcr.x.e30.x', '\0', '\u202e'],
    ...['a'.repeat(64), 'x'.repeat(5_000), '<script>', "' OR 1=1", '../../etc/passwd', '{{7*7}}'],
  ),
)
const names = fc.oneof(
  fc.constantFrom(
    ...['response_type', 'client_id', 'redirect_uri', 'state', 'code_challenge', 'code_challenge_method'],
    ...['scope', 'resource', 'grant_type', 'code', 'code_verifier', 'refresh_token', 'client_secret'],
    ...['token', 'token_type_hint', 'request', 'request_uri', 'prompt', 'response_mode', '__proto__'],
    ...['provider', 'address', 'password', 'permission', 'imap_host', 'imap_port', 'smtp_host', 'grant'],
  ),
  fc.string(),
)
const fields = fc
  .array(fc.tuple(names, words), { maxLength: 10 })
  .map((pairs) => pairs.map((pair) => pair.map((text) => encodeURIComponent(fill(text))).join('=')).join('&'))
const rpc = fc
  .record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0', 2),
      id: fc.oneof(fc.integer(), fc.string(), fc.constant(null)),
      method: fc.oneof(
        fc.constantFrom('initialize', 'tools/list', 'tools/call', 'server/discover', 'ping', '__proto__'),
        fc.string(),
      ),
      params: fc.oneof(
        fc.jsonValue(),
        fc.record({
          name: fc.constantFrom('list_accounts', 'get_email', 'send_email', 'constructor'),
          arguments: fc.jsonValue(),
        }),
        fc.record({
          protocolVersion: fc.constantFrom('2025-11-25', '2026-07-28', '1', ''),
          capabilities: fc.jsonValue(),
          clientInfo: fc.jsonValue(),
          _meta: fc.jsonValue(),
        }),
      ),
    },
    { requiredKeys: [] },
  )
  .map((message) => JSON.stringify(message))
const body: fc.Arbitrary<string | Uint8Array<ArrayBuffer>> = fc.oneof(
  fields,
  fields.map((more) => `state={handle}&${more}`),
  rpc,
  fc.json(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
  fc
    .record({ client_name: fc.anything(), redirect_uris: fc.anything(), jwks_uri: fc.webUrl() })
    .map((metadata) => JSON.stringify(metadata) ?? ''),
  fc.constantFrom('%', '%zz=1', 'a=%c3%28', '&&&&', '[]', '[[]]', '{"a":', 'null', '['.repeat(5_000)),
)

const optional = (...values: string[]) => fc.option(fc.constantFrom(...values), { nil: undefined })
const headers = fc.record({
  'content-type': optional(
    'application/x-www-form-urlencoded',
    'application/json',
    'application/json; charset=utf-16',
    'multipart/form-data',
    'text/plain',
    ';;;',
  ),
  authorization: optional(
    'Bearer {access}',
    'bearer {access}',
    'Bearer',
    'Bearer x',
    'Basic ==',
    'Basic YTpi',
  ),
  accept: optional('application/json, text/event-stream', 'text/html', '*/*', 'x', ''),
  origin: optional('https://claude.ai', 'https://evil.example', 'null', 'x'),
  host: optional('evil.example', 'localhost', ''),
  cookie: optional(
    '{cookie}',
    '{cookie}',
    'a=b',
    'sign-in-0123456789abcdef=x; sign-in-0123456789abcdef=y',
    '=',
    ';;',
  ),
  'sec-fetch-site': optional('same-origin', 'cross-site', 'x'),
  'mcp-session-id': optional('x', 'a'.repeat(5_000), '../../x', '00000000-0000-4000-8000-000000000000'),
  'mcp-protocol-version': optional('2025-11-25', '2025-03-26', '2026-07-28', '9', 'x'),
  'mcp-method': optional('tools/list', 'x'),
  'mcp-name': optional('list_accounts', '=?base64?x?='),
  'last-event-id': optional('1', '-1', 'x'),
})

const request = fc.record({
  path,
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'GET', 'DELETE', 'HEAD', 'OPTIONS', 'PUT', 'X'),
  headers,
  body,
  query: fc.oneof(fc.constant(''), fields, fc.constantFrom('%', '%ff', 'a=1&a=2', '?'.repeat(9_000))),
})

test(`R11: ${runs} malformed requests over every route never meet a 5xx or a hang`, async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ path, method, headers, body, query }) => {
      const given = Object.entries(headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, fill(value)] as [string, string]],
      )
      const hasBody = method !== 'GET' && method !== 'HEAD'
      const url = new URL(product.url)
      url.pathname = path
      url.search = query
      const response = await withinTime(
        product.fetch(url, {
          method,
          headers: given,
          ...(hasBody && { body: typeof body === 'string' ? fill(body) : body }),
        }),
      )
      expect(response.status).toBeLessThan(500)
      // A stream is held open on purpose.
      const streams = response.headers.get('content-type') === 'text/event-stream'
      if (streams) await response.body?.cancel()
      else await withinTime(response.arrayBuffer())
    }),
    { numRuns: runs },
  )
})

test('R11: after all that the same token works and is refreshed', async () => {
  const asked = await product.fetch('/mcp', {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${tokens.access_token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    }),
  })
  expect(asked.status).toBe(200)
  await asked.body?.cancel()
  const refreshed = await product.fetch('/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: tokens.refresh_token,
    }),
  })
  expect(refreshed.status).toBe(200)
})

async function withinTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The request hangs')), hangMs)
  })
  try {
    return await Promise.race([promise, hang])
  } finally {
    clearTimeout(timer)
  }
}
