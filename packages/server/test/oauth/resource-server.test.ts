/** The whole product as a protected resource and its authorization server, by plain requests: no client forgives here. */
import { completeSignIn } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizeUrl, connect, startProduct, type TestProduct, type Tokens } from './product.ts'

let product: TestProduct
let clientId: string
let tokens: Tokens

beforeAll(async () => {
  product = await startProduct()
  ;({ clientId, tokens } = await connect(product))
})
afterAll(() => product.close())

interface McpRequest {
  readonly token?: string
  readonly method?: string
  readonly params?: object
  readonly headers?: Record<string, string>
  readonly path?: string
}

const initialize = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
}

function ask({ token, headers, path = '/mcp', method = 'ping', params = {} }: McpRequest): Promise<Response> {
  return product.fetch(path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
}

const modern = (name: string, args: object = {}): McpRequest => ({
  method: 'tools/call',
  params: {
    name,
    arguments: args,
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
  headers: { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': name },
})

/** In the order in which clients of each kind look, until one answers (docs of the two MCP revisions and SDKs). */
const lookups: Record<string, readonly string[]> = {
  'MCP 2025-06-18 and later, by the challenge': [
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-authorization-server',
  ],
  'MCP without a challenge, path first': [
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-authorization-server',
  ],
  'MCP 2025-03-26, which knows no resource document': ['/.well-known/oauth-authorization-server'],
  'a client that takes the resource for the issuer': [
    '/.well-known/oauth-authorization-server/mcp',
    '/.well-known/openid-configuration/mcp',
  ],
  'an OpenID Connect client': ['/.well-known/openid-configuration'],
}

test('R11: a body over the cap is refused before it is read to its end, in the form that MCP clients read', async () => {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1
      if (pulled > 1000) controller.close()
      else controller.enqueue(new Uint8Array(65_536))
    },
  })
  const response = await product.fetch('/mcp', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${tokens.access_token}` },
    body,
    duplex: 'half',
  } as RequestInit)
  expect(response.status).toBe(413)
  expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } })
  expect(pulled).toBeLessThan(100)
})

describe('Discovery', () => {
  test.each(Object.entries(lookups))(
    'R01 R02: %s finds its document at the first look [rfc8414-3.1] [rfc9728-3.1] [rfc8414-3.2] [mcp25-as-metadata]',
    async (_, paths) => {
      for (const path of paths) {
        const response = await product.fetch(path)
        expect(response.status, path).toBe(200)
        expect(response.headers.get('content-type'), path).toBe('application/json')
        const body: Record<string, unknown> = JSON.parse(await response.text())
        expect(body.issuer ?? body.resource, path).toBe(
          path.includes('protected-resource') ? `${product.url}/mcp` : product.url,
        )
        for (const value of Object.values(body)) expect(value, path).not.toEqual([])
      }
    },
  )

  test('R03: the challenge leads to the resource document, and that to the issuer [rfc9728-5.1] [rfc9728-3.3] [mcp25-prm]', async () => {
    const challenge = (await ask({})).headers.get('www-authenticate') ?? ''
    const [, pointer = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
    const document = (await (await product.fetch(pointer)).json()) as Record<string, unknown>
    expect(document).toMatchObject({ resource: `${product.url}/mcp`, authorization_servers: [product.url] })
    expect(document.scopes_supported).not.toContain('offline_access')
  })
})

describe('The protected resource', () => {
  test('R03: no token is a bare 401, a bad one is invalid_token [rfc6750-3] [rfc6750-3.1] [mcp25-401]', async () => {
    const bare = await ask({})
    expect(bare.status).toBe(401)
    expect(bare.headers.get('www-authenticate')).toMatch(/^Bearer /)
    expect(bare.headers.get('www-authenticate')).not.toContain('error')
    for (const token of ['x', '0'.repeat(64), tokens.refresh_token, tokens.access_token.toUpperCase()]) {
      const refused = await ask({ token })
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
  })

  test('R12: a token in the query, the body or a cookie is no token [rfc6750-2.1] [oauth21-5.1] [mcp25-token-header]', async () => {
    const token = tokens.access_token
    const answers = await Promise.all([
      ask({ path: `/mcp?access_token=${token}` }),
      ask({ params: { access_token: token } }),
      ask({ headers: { Cookie: `access_token=${token}; Authorization=Bearer ${token}` } }),
      ask({ headers: { 'X-Authorization': `Bearer ${token}` } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
  })

  test('R03: a call outside the scope is 403 and says which scopes are needed, in both eras [rfc6750-3.1-scope] [mcp25-403]', async () => {
    const narrow = await refresh({ scope: 'email:read' })
    const opened = await ask({ token: narrow.access_token, ...initialize })
    const session = opened.headers.get('mcp-session-id') ?? ''
    await opened.body?.cancel()
    const call = { name: 'move_email', arguments: { ids: ['x'], destination: 'Archive' } }
    const answers = [
      await ask({
        token: narrow.access_token,
        method: 'tools/call',
        params: call,
        headers: { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': '2025-11-25' },
      }),
      await ask({ token: narrow.access_token, ...modern(call.name, call.arguments) }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(403)
      const challenge = answer.headers.get('www-authenticate')
      expect(challenge).toContain('error="insufficient_scope"')
      expect(challenge).toContain('scope="email:read email:write"')
    }
  })

  test('a session opens nothing without the token: every request is authorized on its own [mcp25-every-request] [mcp25-session]', async () => {
    const opened = await ask({ token: tokens.access_token, ...initialize })
    expect(opened.status).toBe(200)
    await opened.body?.cancel()
    const headers = {
      'Mcp-Session-Id': opened.headers.get('mcp-session-id') ?? '',
      'MCP-Protocol-Version': '2025-11-25',
    }
    expect((await ask({ headers, method: 'tools/list' })).status).toBe(401)
    const other = await connect(product)
    expect((await ask({ headers, token: other.tokens.access_token, method: 'tools/list' })).status).toBe(404)
  })

  test('the 2026-07-28 revision has no session: each request stands on its token alone [mcp26-stateless]', async () => {
    const call = modern('list_providers')
    const answer = await ask({ token: tokens.access_token, ...call })
    expect([answer.status, answer.headers.get('mcp-session-id')]).toEqual([200, null])
    await answer.body?.cancel()
    expect((await ask(call)).status).toBe(401)
  })

  test('R15: a revoked token is refused at the very next request [rfc7009-2]', async () => {
    const { clientId: client_id, tokens: pair } = await connect(product)
    const revoked = await product.fetch('/oauth/revoke', {
      method: 'POST',
      body: new URLSearchParams({ client_id, token: pair.refresh_token }),
    })
    expect(revoked.status).toBe(200)
    expect((await ask({ token: pair.access_token })).status).toBe(401)
  })
})

describe('The pages around consent', () => {
  const authorize = (headers: Record<string, string> = {}) =>
    product.fetch(authorizeUrl(product, clientId), { headers })

  test('R21: no page of another origin may read the authorization endpoint [rfc9700-2.6]', async () => {
    for (const origin of ['https://claude.ai', product.url, 'https://evil.example']) {
      const response = await authorize({ Origin: origin })
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })

  test('R44: the page is never framed, cached or named as a referrer [rfc9700-4.16] [rfc9700-4.2.4]', async () => {
    const { headers } = await authorize()
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('cache-control')).toContain('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  })

  test('R10 R19: the form goes back by 303, with the issuer as the metadata has it [rfc9700-4.12] [rfc9207-2.4]', async () => {
    const outcome = await completeSignIn({
      authorizeUrl: authorizeUrl(product, clientId),
      fields: product.fields,
      fetch: (input, init) => product.fetch(String(input), init),
    })
    expect(outcome).toMatchObject({ redirected: true, status: 303, issuer: product.url })
  })
})

async function refresh(change: Record<string, string>): Promise<Tokens> {
  const { clientId: client_id, tokens: pair } = await connect(product)
  const response = await product.fetch('/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id,
      refresh_token: pair.refresh_token,
      ...change,
    }),
  })
  return (await response.json()) as Tokens
}
