import { describe, expect, test } from 'vitest'
import type { Approval } from '../src/index.ts'
import {
  authorizeQuery,
  authorizeRequest,
  claudeId,
  claudeUri,
  createDeployment,
  type Deployment,
  issuer,
  pkce,
  start,
} from './deployment.ts'

const approval: Approval = {
  grantId: 'grant-1',
  secret: new Uint8Array(32).fill(7),
  permission: 'send',
  scope: 'email:read email:write',
  ownerIndexes: [],
  accountIds: [],
  sealedHint: '',
  absoluteExpiresAt: start + 1000,
}

async function open({ server }: Deployment, change: Record<string, string> = {}) {
  const outcome = await server.authorize(authorizeRequest(authorizeQuery(pkce().challenge, change)))
  if (outcome.kind !== 'page') throw new Error(`No page but ${outcome.response.status}`)
  return outcome
}

/** Where an error went: the parameters of the redirect, or the status of our own page. */
async function errorOf({ server }: Deployment, query: Record<string, string> | string) {
  const outcome = await server.authorize(authorizeRequest(query))
  if (outcome.kind !== 'response') throw new Error('A page was shown')
  const location = outcome.response.headers.get('location')
  return location === null ? outcome.response.status : new URL(location)
}

const without = (name: string) =>
  Object.fromEntries(Object.entries(authorizeQuery(pkce().challenge)).filter(([key]) => key !== name))

describe('Authorization request', () => {
  test('R18: a good request opens a page that can say who asks and where the code goes', async () => {
    const page = await open(createDeployment())
    expect(page.client).toEqual({
      clientId: claudeId,
      name: 'Claude',
      host: 'claude.ai',
      loopbackOnly: false,
    })
    expect(page.redirectHost).toBe('claude.ai')
    expect(page.requestedScope).toBe('email:read email:write')
  })

  test('R18: a loopback client is marked, an application’s own scheme is shown as one', async () => {
    const claudeCode = await open(createDeployment(), {
      client_id: 'https://claude.ai/oauth/claude-code-client-metadata',
      redirect_uri: 'http://localhost:53211/callback',
    })
    expect(claudeCode.client).toMatchObject({ name: 'Claude Code', loopbackOnly: true })
    expect(claudeCode.redirectHost).toBe('localhost:53211')
    const cursor = await open(createDeployment(), {
      client_id: 'claude-team',
      redirect_uri: 'cursor://anysphere.cursor-mcp/oauth/callback',
    })
    expect(cursor.redirectHost).toBe('cursor://anysphere.cursor-mcp')
    expect(cursor.client).toMatchObject({ loopbackOnly: false })
    expect(cursor.client.host).toBeUndefined()
  })

  test.each([
    ['R06: no challenge [rfc7636-4.4.1] [oauth21-4.1.1]', without('code_challenge'), 'invalid_request'],
    [
      'R06: no method, which would mean plain [rfc7636-4.4.1]',
      without('code_challenge_method'),
      'invalid_request',
    ],
    [
      'R06: plain [rfc7636-4.4.1] [rfc9700-2.1.1]',
      authorizeQuery(pkce().challenge, { code_challenge_method: 'plain' }),
      'invalid_request',
    ],
    ['R06: a challenge of 42 characters [rfc7636-4.2]', authorizeQuery('a'.repeat(42)), 'invalid_request'],
    ['R06: a challenge of 44 characters', authorizeQuery('a'.repeat(44)), 'invalid_request'],
    [
      'R06: a challenge that is not base64url [rfc7636-4.2]',
      authorizeQuery(`${'a'.repeat(42)}+`),
      'invalid_request',
    ],
    ['no response_type', without('response_type'), 'invalid_request'],
    [
      'response_type token [oauth21-4.1.1] [rfc9700-2.1.2]',
      authorizeQuery(pkce().challenge, { response_type: 'token' }),
      'unsupported_response_type',
    ],
    [
      'response_mode fragment',
      authorizeQuery(pkce().challenge, { response_mode: 'fragment' }),
      'invalid_request',
    ],
    ['a request object', authorizeQuery(pkce().challenge, { request: 'e30' }), 'request_not_supported'],
    [
      'a registration',
      authorizeQuery(pkce().challenge, { registration: '{}' }),
      'registration_not_supported',
    ],
    ['no page wanted', authorizeQuery(pkce().challenge, { prompt: 'none' }), 'interaction_required'],
    [
      'no page wanted, in a list',
      authorizeQuery(pkce().challenge, { prompt: 'login none' }),
      'interaction_required',
    ],
    [
      'a request_uri',
      authorizeQuery(pkce().challenge, { request_uri: 'https://x.example' }),
      'request_uri_not_supported',
    ],
    ['only unknown scopes', authorizeQuery(pkce().challenge, { scope: 'openid email' }), 'invalid_scope'],
    ['a malformed scope', authorizeQuery(pkce().challenge, { scope: 'email:read "x"' }), 'invalid_scope'],
    [
      'R09: another resource [rfc8707-2]',
      authorizeQuery(pkce().challenge, { resource: `${issuer}/mcp/` }),
      'invalid_target',
    ],
  ])(
    'R10: %s goes to the client with iss and state once each [oauth21-4.1.2.1] [rfc9207-2] [rfc9700-2.1.2]',
    async (_, query, error) => {
      const url = await errorOf(createDeployment(), query)
      if (typeof url === 'number') throw new Error(`Not redirected but ${url}`)
      expect(`${url.origin}${url.pathname}`).toBe(claudeUri)
      expect(url.searchParams.getAll('error')).toEqual([error])
      expect(url.searchParams.getAll('iss')).toEqual([issuer])
      expect(url.searchParams.getAll('state')).toEqual(['state with spaces & <b>'])
      expect(url.searchParams.has('code')).toBe(false)
    },
  )

  test('R10: a missing or duplicated state is an error to the client that carries none', async () => {
    const doubled = `${new URLSearchParams(authorizeQuery(pkce().challenge))}&state=other`
    for (const query of [without('state'), doubled]) {
      const url = await errorOf(createDeployment(), query)
      if (typeof url === 'number') throw new Error(`Not redirected but ${url}`)
      expect(url.searchParams.get('error')).toBe('invalid_request')
      expect(url.searchParams.has('state')).toBe(false)
      expect(url.searchParams.get('iss')).toBe(issuer)
    }
  })

  test.each(['code_challenge', 'scope', 'resource', 'prompt'])(
    'R11: a second %s goes to the client as an error [oauth21-3.1-twice]',
    async (name) => {
      const query = new URLSearchParams(
        authorizeQuery(pkce().challenge, { [name]: name === 'prompt' ? 'x' : 'email:read' }),
      )
      query.append(name, 'again')
      const url = await errorOf(createDeployment(), query.toString())
      expect(typeof url === 'number' ? url : url.searchParams.get('error')).toBe('invalid_request')
    },
  )

  test.each([
    ['no client_id', without('client_id'), 400],
    ['two client ids', `${new URLSearchParams(authorizeQuery(pkce().challenge))}&client_id=x`, 400],
    ['an unknown client', authorizeQuery(pkce().challenge, { client_id: 'nobody' }), 401],
    [
      'an unknown document',
      authorizeQuery(pkce().challenge, { client_id: 'https://evil.example/client.json' }),
      401,
    ],
    ['a broken escape', `${new URLSearchParams(authorizeQuery(pkce().challenge))}&x=%zz`, 400],
    ['bytes that are not UTF-8', `${new URLSearchParams(authorizeQuery(pkce().challenge))}&x=%ff`, 400],
    ['a query of 9 KB', authorizeQuery(pkce().challenge, { state: 'x'.repeat(9000) }), 400],
  ])('R04 R11: %s stays on our own page [oauth21-2.3.5]', async (_, query, status) => {
    const { server } = createDeployment()
    const outcome = await server.authorize(
      new Request(
        `${issuer}/oauth/authorize?${typeof query === 'string' ? query : new URLSearchParams(query)}`,
      ),
    )
    expect(outcome.kind === 'response' && outcome.response.status).toBe(status)
    expect(outcome.kind === 'response' && outcome.response.headers.get('location')).toBeNull()
  })

  test('R11: POST is answered with 405 and what is allowed', async () => {
    const { server } = createDeployment()
    const outcome = await server.authorize(
      new Request(authorizeRequest(authorizeQuery(pkce().challenge)).url, { method: 'POST' }),
    )
    if (outcome.kind !== 'response') throw new Error('A page was shown')
    expect(outcome.response.status).toBe(405)
    expect(outcome.response.headers.get('allow')).toBe('GET, HEAD')
  })

  test('HEAD is answered as GET is', async () => {
    const { server } = createDeployment()
    const { url } = authorizeRequest(authorizeQuery(pkce().challenge))
    expect((await server.authorize(new Request(url, { method: 'HEAD' }))).kind).toBe('page')
  })

  test.each([
    [undefined, 'email:read email:write'],
    ['email:read', 'email:read'],
    ['email:write', 'email:read email:write'],
    ['offline_access', 'email:read email:write'],
    ['email:read offline_access openid', 'email:read'],
  ])('a request for the scope %s asks for %s', async (scope, asked) => {
    const page = await open(createDeployment(), scope === undefined ? {} : { scope })
    expect(page.requestedScope).toBe(asked)
  })

  test('what clients add out of habit is ignored [oauth21-3.1]', async () => {
    const page = await open(createDeployment(), {
      prompt: 'consent',
      nonce: 'n',
      login_hint: 'a@b.example',
      access_type: 'offline',
    })
    expect(page.kind).toBe('page')
  })

  test('R63: a store that is down is a 503 with Retry-After on our own page', async () => {
    const deployment = createDeployment()
    deployment.store.hooks.before = () => {
      throw Object.assign(new Error(), { name: 'StoreUnavailableError' })
    }
    const outcome = await deployment.server.authorize(authorizeRequest(authorizeQuery(pkce().challenge)))
    if (outcome.kind !== 'response') throw new Error('A page was shown')
    expect(outcome.response.status).toBe(503)
    expect(outcome.response.headers.get('retry-after')).toBe('5')
  })
})

describe('Approval', () => {
  test('R10 R19: goes back by 303 with code, state and iss once each, and ends the cookie [rfc9207-2] [rfc9700-4.12]', async () => {
    const deployment = createDeployment()
    const page = await open(deployment)
    const response = await deployment.server.approve(page.transaction, approval)
    expect(response.status).toBe(303)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('set-cookie')).toMatch(/=; .*Max-Age=0/)
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    expect([...searchParams.keys()].sort()).toEqual(['code', 'iss', 'state'])
    expect(searchParams.get('state')).toBe('state with spaces & <b>')
    expect(searchParams.get('iss')).toBe(issuer)
    expect(searchParams.get('code')).toMatch(/^[A-Za-z0-9_-]{48}$/)
  })

  test('denying goes back with access_denied, state and iss, and uses the sign-in up', async () => {
    const deployment = createDeployment()
    const page = await open(deployment)
    const response = await deployment.server.deny(page.transaction)
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    expect(searchParams.get('error')).toBe('access_denied')
    expect(searchParams.get('iss')).toBe(issuer)
    expect(searchParams.get('state')).toBe('state with spaces & <b>')
    expect((await deployment.server.approve(page.transaction, approval)).status).toBe(403)
  })

  test('R14: a scope is never wider than the client asked for', async () => {
    const deployment = createDeployment()
    const page = await open(deployment, { scope: 'email:read' })
    await deployment.server.approve(page.transaction, approval)
    expect(deployment.store.grants.get('grant-1')?.scope).toBe('email:read')
  })

  test('R41: of 50 forms of one sign-in one gets a code, and the others leave nothing behind', async () => {
    const deployment = createDeployment()
    const page = await open(deployment)
    const responses = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        deployment.server.approve(page.transaction, { ...approval, grantId: `grant-${index}` }),
      ),
    )
    expect(responses.filter((response) => response.status === 303)).toHaveLength(1)
    expect(responses.filter((response) => response.status === 403)).toHaveLength(49)
    expect(deployment.store.grants.size).toBe(1)
    expect(deployment.store.tokens.size).toBe(1)
  })

  test('R31: a sign-in that expired while the mailbox was checked is refused', async () => {
    const deployment = createDeployment()
    const page = await open(deployment)
    deployment.clock.now += 900
    expect((await deployment.server.approve(page.transaction, approval)).status).toBe(403)
    expect(deployment.store.grants.size).toBe(0)
  })

  test('R63: after a failure at any write the same form can be sent again', async () => {
    for (const operation of ['createGrant', 'createToken', 'consumeTransaction']) {
      const deployment = createDeployment()
      const page = await open(deployment)
      deployment.store.hooks.before = (name) => {
        if (name === operation) throw Object.assign(new Error(), { name: 'StoreUnavailableError' })
      }
      const failed = await deployment.server.approve(page.transaction, approval)
      expect(failed.status).toBe(503)
      expect(failed.headers.get('retry-after')).toBe('5')
      delete deployment.store.hooks.before
      const again = await deployment.server.approve(page.transaction, { ...approval, grantId: 'grant-2' })
      expect(again.status, operation).toBe(303)
    }
  })

  test('R42: the sixth attempt of one sign-in is one too many, and 50 parallel ones count as 50', async () => {
    const deployment = createDeployment()
    const page = await open(deployment)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => deployment.server.countAttempt(page.transaction)),
    )
    expect(outcomes.filter((outcome) => outcome === 'counted')).toHaveLength(5)
    expect(outcomes.filter((outcome) => outcome === 'exhausted')).toHaveLength(45)
    await deployment.server.deny(page.transaction)
    expect(await deployment.server.countAttempt(page.transaction)).toBe('gone')
  })
})

describe('R41: a form counts only from the browser that got the page', () => {
  const cookieOf = (setCookie: string) => setCookie.split(';')[0] ?? ''

  async function post(
    headers: Record<string, string>,
    change: { handle?: string; cookie?: string; wait?: number } = {},
  ) {
    const deployment = createDeployment()
    const page = await open(deployment)
    deployment.clock.now += change.wait ?? 0
    const cookie = change.cookie ?? cookieOf(page.cookie)
    const request = new Request(`${issuer}/oauth/connect`, {
      method: 'POST',
      headers: { ...headers, ...(cookie && { cookie }) },
    })
    const outcome = await deployment.server.openTransaction(request, change.handle ?? page.handle)
    return outcome.kind === 'open' ? 'open' : outcome.reason
  }

  test.each([
    ['our origin', { origin: issuer }, 'open'],
    ['our origin, same-origin', { origin: issuer, 'sec-fetch-site': 'same-origin' }, 'open'],
    ['null, same-origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }, 'open'],
    ['neither header', {}, 'open'],
    ['no origin, same-origin', { 'sec-fetch-site': 'same-origin' }, 'open'],
    ['null alone', { origin: 'null' }, 'foreign_origin'],
    ['null, cross-site', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 'foreign_origin'],
    ['null, same-site', { origin: 'null', 'sec-fetch-site': 'same-site' }, 'foreign_origin'],
    ['our origin, same-site', { origin: issuer, 'sec-fetch-site': 'same-site' }, 'foreign_origin'],
    ['no origin, same-site', { 'sec-fetch-site': 'same-site' }, 'foreign_origin'],
    ['our origin, cross-site', { origin: issuer, 'sec-fetch-site': 'cross-site' }, 'foreign_origin'],
    ['no origin, none', { 'sec-fetch-site': 'none' }, 'foreign_origin'],
    ['another origin', { origin: 'https://evil.example' }, 'foreign_origin'],
    [
      'another origin, same-origin',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      'foreign_origin',
    ],
    ['our host over http', { origin: 'http://mail.example' }, 'foreign_origin'],
    ['our host on another port', { origin: 'https://mail.example:8443' }, 'foreign_origin'],
    ['a rebound host', { origin: 'http://evil.example:8993', host: 'evil.example:8993' }, 'foreign_origin'],
  ])('%s', async (_, headers: Record<string, string>, expected) => {
    expect(await post(headers)).toBe(expected)
  })

  test('no cookie, a foreign one, and one sent twice are refused', async () => {
    const other = await open(createDeployment())
    expect(await post({}, { cookie: '' })).toBe('wrong_cookie')
    expect(await post({}, { cookie: cookieOf(other.cookie) })).toBe('wrong_cookie')
    const deployment = createDeployment()
    const page = await open(deployment)
    const name = cookieOf(page.cookie).split('=')[0]
    for (const cookie of [`${name}=`, `${name}=wrong`, `${cookieOf(page.cookie)}; ${name}=evil`]) {
      const request = new Request(`${issuer}/oauth/connect`, { method: 'POST', headers: { cookie } })
      expect(await deployment.server.openTransaction(request, page.handle)).toEqual({
        kind: 'refused',
        reason: 'wrong_cookie',
      })
    }
  })

  test('R24: a row that was changed in the store between page and form is refused, whatever was changed', async () => {
    const changes = {
      redirectUri: 'https://evil.example/callback',
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      clientId: 'another',
      clientName: 'Another',
      clientState: 'another',
      scope: 'email:read email:write email:admin',
      resource: 'https://evil.example/mcp',
      expiresAt: 9_999_999_999,
    }
    for (const [name, value] of Object.entries(changes)) {
      const deployment = createDeployment()
      const page = await open(deployment)
      const row = deployment.store.transactions.get(page.transaction.id)
      if (row === undefined) throw new Error('The page has no row')
      deployment.store.transactions.set(row.id, { ...row, [name]: value })
      const headers = { cookie: cookieOf(page.cookie) }
      const request = new Request(`${issuer}/oauth/connect`, { method: 'POST', headers })
      const outcome = await deployment.server.openTransaction(request, page.handle)
      expect(outcome, name).toEqual({ kind: 'refused', reason: 'changed_row' })
    }
  })

  test('no handle, a malformed one, a foreign one and a used one are refused', async () => {
    for (const handle of ['', 'x', 'a'.repeat(43), `${'a'.repeat(42)}\n`]) {
      expect(await post({}, { handle })).toBe('unknown_handle')
    }
    const deployment = createDeployment()
    const page = await open(deployment)
    await deployment.server.approve(page.transaction, approval)
    const request = new Request(`${issuer}/oauth/connect`, {
      method: 'POST',
      headers: { cookie: cookieOf(page.cookie) },
    })
    expect(await deployment.server.openTransaction(request, page.handle)).toMatchObject({
      reason: 'unknown_handle',
    })
  })

  test('R31: an expired one is refused though its row is still there', async () => {
    expect(await post({}, { wait: 899 })).toBe('open')
    expect(await post({}, { wait: 900 })).toBe('expired')
  })

  test('the cookie is pinned to the host on https and has a plain name on http', async () => {
    const secure = await open(createDeployment())
    expect(secure.cookie).toMatch(
      /^__Host-sign-in-[0-9a-f]{16}=[\w-]{43}; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax; Secure$/,
    )
    const local = createDeployment({ issuer: 'http://localhost:8993', resource: 'http://localhost:8993/mcp' })
    const plain = await open(local, { resource: 'http://localhost:8993/mcp' })
    expect(plain.cookie).toMatch(
      /^sign-in-[0-9a-f]{16}=[\w-]{43}; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/,
    )
  })

  test('R25: the store holds neither handle nor cookie', async () => {
    const deployment = createDeployment()
    const page = await open(deployment)
    const stored = JSON.stringify([...deployment.store.transactions.values()])
    expect(stored).not.toContain(page.handle)
    expect(stored).not.toContain(cookieOf(page.cookie).split('=')[1])
  })
})
