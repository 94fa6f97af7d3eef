import { StoreUnavailableError } from '@email-connector/oauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseBearer } from '../../src/mcp/authenticate.ts'
import { publicUrl, startTestApp, type TestApp } from './harness.ts'

const paths = [
  '/',
  '/health',
  '/mcp',
  '/oauth/authorize',
  '/oauth/connect',
  '/oauth/connections',
  '/oauth/link',
  '/privacy',
  '/oauth/token',
  '/oauth/revoke',
  '/oauth/register',
  '/oauth/meta',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-authorization-server/mcp',
  '/.well-known/openid-configuration',
  '/.well-known/openid-configuration/mcp',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/nothing-here',
  '/mcp/',
  '/oauth',
]
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

let testApp: TestApp
beforeAll(async () => {
  testApp = await startTestApp()
})
afterAll(() => testApp.close())

function expectSecurityHeaders(response: Response) {
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  expect(response.headers.has('x-powered-by')).toBe(false)
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
}

describe('every route and method', () => {
  test.each(paths)(
    'R44: %s carries the security headers whatever the method and the status',
    async (path) => {
      for (const method of methods) {
        const response = await testApp.fetch(path, { method })
        expectSecurityHeaders(response)
        expect(response.status, `${method} ${path}`).toBeLessThan(500)
      }
    },
  )

  test('answers HEAD like GET without a body, and names the methods of a path on 405', async () => {
    const get = await testApp.fetch('/oauth/meta')
    const head = await testApp.fetch('/oauth/meta', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([get.status, ''])
    const put = await testApp.fetch('/mcp', { method: 'PUT' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST, GET, DELETE, HEAD, OPTIONS'])
    expect((await testApp.fetch('/oauth/authorize', { method: 'POST' })).status).toBe(405)
  })

  test.each(paths)(
    'OPTIONS of %s names the methods that are answered and no other, HEAD where GET is',
    async (path) => {
      const allowed =
        (await testApp.fetch(path, { method: 'OPTIONS' })).headers.get('allow')?.split(', ') ?? []
      for (const method of methods) {
        const { status } = await testApp.fetch(path, { method })
        expect(![404, 405].includes(status), `${method} ${status}`).toBe(allowed.includes(method))
      }
      expect(allowed.includes('HEAD')).toBe(allowed.includes('GET'))
      if (!allowed.includes('GET')) return
      const [get, head] = [await testApp.fetch(path), await testApp.fetch(path, { method: 'HEAD' })]
      expect([head.status, head.body, await head.text()]).toEqual([get.status, null, ''])
      const names = (response: Response) => [...response.headers.keys()].sort()
      expect(names(head)).toEqual(names(get))
      expect(head.headers.get('www-authenticate')).toBe(get.headers.get('www-authenticate'))
    },
  )

  test('serves the metadata documents under every alias, the same bytes each', async () => {
    const server = ['/oauth/meta', ...paths.filter((path) => /authorization-server|openid/.test(path))]
    const resource = paths.filter((path) => path.includes('protected-resource'))
    for (const aliases of [server, resource]) {
      const bodies = await Promise.all(aliases.map(async (path) => (await testApp.fetch(path)).text()))
      expect(new Set(bodies).size).toBe(1)
    }
  })

  test('R01: no Host or forwarded header changes a metadata document', async () => {
    const plain = await (await testApp.fetch('/oauth/meta')).text()
    const headers = {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      Forwarded: 'host=evil.example',
    }
    expect(await (await testApp.fetch('/oauth/meta', { headers })).text()).toBe(plain)
    expect(JSON.parse(plain).issuer).toBe(publicUrl)
  })

  test('shows what the authorization server refuses as our own page, its headers kept', async () => {
    for (const [path, status] of [
      ['/oauth/authorize', 400],
      ['/oauth/authorize?client_id=nobody', 401],
    ] as const) {
      const response = await testApp.fetch(path)
      expect([response.status, response.headers.get('Cache-Control')]).toEqual([status, 'no-store'])
      expect(response.headers.get('WWW-Authenticate') !== null).toBe(status === 401)
      expect(response.headers.get('Content-Security-Policy')).toContain("script-src 'nonce-")
      expect(await response.text()).toContain('<h1>This sign-in cannot go on</h1>')
    }
  })

  test('answers /health with status and version only', async () => {
    expect(await (await testApp.fetch('/health')).json()).toEqual({ status: 'ok', version: '0.0.0-test' })
  })
})

describe('CORS', () => {
  const own = { 'https://claude.ai': true, 'https://claude.com': true, [publicUrl]: true }
  const foreign = { 'https://evil.example': false, 'https://claude.ai.evil.example': false, null: false }

  test.each(['/oauth/authorize', '/oauth/connect', '/oauth/connections'])(
    'R21: there is none at %s',
    async (path) => {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const response = await testApp.fetch(path, { method, headers: { Origin: 'https://claude.ai' } })
        expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      }
    },
  )

  test.each(Object.entries({ ...own, ...foreign }))(
    'R21: the list decides about %s at /mcp',
    async (origin, allowed) => {
      for (const method of ['POST', 'OPTIONS']) {
        const response = await testApp.fetch('/mcp', { method, headers: { Origin: origin } })
        expect(response.headers.get('access-control-allow-origin')).toBe(allowed ? origin : null)
        expect(response.headers.get('vary')).toContain('Origin')
        if (!allowed) expect(response.status).toBe(403)
      }
    },
  )

  test('lets a listed page send what MCP needs and read what it needs', async () => {
    const preflight = await testApp.fetch('/mcp', {
      method: 'OPTIONS',
      headers: { Origin: 'https://claude.ai' },
    })
    expect(preflight.status).toBe(204)
    const allowed = preflight.headers.get('access-control-allow-headers')?.split(', ')
    expect(allowed).toEqual(
      expect.arrayContaining([
        'authorization',
        'content-type',
        'mcp-protocol-version',
        'mcp-session-id',
        'mcp-method',
        'mcp-name',
        'last-event-id',
      ]),
    )
    expect(preflight.headers.get('access-control-expose-headers')).toBe('Mcp-Session-Id, WWW-Authenticate')
    expect(preflight.headers.has('access-control-allow-credentials')).toBe(false)
  })

  test('opens documents, token and registration to every origin', async () => {
    for (const path of [
      '/oauth/meta',
      '/.well-known/oauth-protected-resource',
      '/oauth/token',
      '/oauth/register',
    ]) {
      const response = await testApp.fetch(path, { headers: { Origin: 'https://any.example' } })
      expect(response.headers.get('access-control-allow-origin'), path).toBe('*')
    }
  })

  test('R21: a foreign Host is refused at /mcp and on the pages', async () => {
    const asked = [
      ...['/mcp', '/oauth/authorize', '/oauth/connections'].map((path) => ['GET', path] as const),
      ...['/mcp', '/oauth/connect', '/oauth/connections', '/oauth/link'].map(
        (path) => ['POST', path] as const,
      ),
    ]
    for (const [method, path] of asked) {
      const response = await testApp.fetch(path, { method, headers: { Host: 'rebound.example' } })
      expect(response.status, `${method} ${path}`).toBe(403)
      expect(await response.text()).toContain('under this host name')
    }
  })
})

describe('the bearer check', () => {
  const metadata = `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/mcp"`
  const token = 'a'.repeat(64)

  test.each([
    ['no header', undefined, false],
    ['another scheme', 'Basic YTpi', false],
    ['an unknown token', `Bearer ${token}`, true],
    ['upper case', `Bearer ${token.toUpperCase()}`, true],
    ['a short token', 'Bearer abc', true],
    ['two tokens', `Bearer ${token}, Bearer ${token}`, true],
    ['nothing behind the scheme', 'Bearer', true],
  ])('R03: %s is a 401 whose challenge is honest', async (_name, authorization, sent) => {
    const headers = authorization === undefined ? {} : { Authorization: authorization }
    const response = await testApp.fetch('/mcp', { method: 'POST', headers, body: '{}' })
    const challenge = response.headers.get('www-authenticate')
    expect(response.status).toBe(401)
    expect(challenge).toContain(metadata)
    expect(challenge?.includes('error="invalid_token"')).toBe(sent)
  })

  test('R12: only lower-case hexadecimal is a token, so that nothing else is looked up', () => {
    expect(parseBearer(`bearer  ${token}`)).toEqual({ kind: 'token', token })
    expect(parseBearer(`Bearer ${token.toUpperCase()}`)).toEqual({ kind: 'malformed' })
    expect(parseBearer(`Bearer ${token}a`)).toEqual({ kind: 'malformed' })
  })

  test('R12: a token in query, body or cookie is as good as none', async () => {
    const response = await testApp.fetch(`/mcp?access_token=${token}`, {
      method: 'POST',
      headers: { Cookie: `access_token=${token}`, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `access_token=${token}`,
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).not.toContain('error=')
  })
})

describe('limits and faults', () => {
  test.each(['/oauth/token', '/oauth/register', '/oauth/revoke', '/oauth/connect', '/oauth/connections'])(
    'R11: a body over the cap is refused at %s before it is read to its end',
    async (path) => {
      let pulled = 0
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled += 1
          if (pulled > 1000) controller.close()
          else controller.enqueue(new Uint8Array(16_384))
        },
      })
      const response = await testApp.fetch(path, { method: 'POST', body, duplex: 'half' } as RequestInit)
      expect(response.status).toBe(413)
      expect(pulled).toBeLessThan(20)
    },
  )

  test('R63: a store that is down is 503 with Retry-After at /mcp, never 401', async () => {
    const down = await startTestApp({
      wrapStores: (stores) => ({
        ...stores,
        authorization: {
          ...stores.authorization,
          findToken: () => Promise.reject(new StoreUnavailableError('down')),
        },
      }),
    })
    const headers = { Authorization: `Bearer ${'b'.repeat(64)}` }
    const response = await down.fetch('/mcp', { method: 'POST', headers, body: '{}' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expectSecurityHeaders(response)
    await down.close()
  })

  test('R45: an unforeseen error leaves as 500 with a request id, and neither answer nor log repeats its message', async () => {
    const broken = await startTestApp({
      wrapStores: (stores) => ({
        ...stores,
        authorization: {
          ...stores.authorization,
          findToken: () => Promise.reject(new TypeError('canary-subject\n    at canary-frame.ts:1:1')),
        },
      }),
    })
    const headers = { Authorization: `Bearer ${'b'.repeat(64)}` }
    const response = await broken.fetch('/mcp', { method: 'POST', headers, body: '{}' })
    const { error_description: sentence } = (await response.json()) as { error_description: string }
    expect(response.status).toBe(500)
    const log = broken.logLines.join('\n')
    expect(log + sentence).not.toContain('canary')
    const bug = broken.logLines.map((line) => JSON.parse(line)).find((line) => line.event === 'bug')
    expect(bug).toMatchObject({ bug: 'TypeError', at: expect.stringMatching(/^[a-z.-]+\.ts:\d+:\d+$/) })
    expect(sentence).toContain(bug.requestId)
    await broken.close()
  })
})
