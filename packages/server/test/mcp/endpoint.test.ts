/** What the endpoint refuses, isolates and hides, in both eras. */
import { describe, expect, test } from 'vitest'
import { createCaller } from './serve-endpoint.ts'
import {
  answerOf,
  call,
  createTestEndpoint,
  initialize,
  messagesIn,
  modern,
  openSession,
  post,
  secretText,
  textOf,
} from './test-application.ts'

const caller = createCaller()

describe.each(['2025-11-25', '2026-07-28'])('in %s', (era) => {
  const isModern = era === '2026-07-28'

  async function setup(overrides: Parameters<typeof createTestEndpoint>[0] = {}) {
    const test = createTestEndpoint(overrides)
    const sessionOf = new Map<string, string>()
    const ask = async (body: ReturnType<typeof call>, by = caller, signal?: AbortSignal) => {
      if (isModern) return test.endpoint.handle(modern(body, era, signal), by)
      const id = sessionOf.get(by.grantId) ?? (await openSession(test.endpoint, by))
      sessionOf.set(by.grantId, id)
      return test.endpoint.handle(post(body, { 'mcp-session-id': id }, signal), by)
    }
    return { ...test, ask }
  }

  test('R22: two users interleaved under the same JSON-RPC ids never get each other’s answer; no server serves twice', async () => {
    const { ask, application } = await setup()
    const users = ['grant-a', 'grant-b'].map((grantId) => createCaller({ grantId }))
    for (const user of users) await ask(call('whoami'), user)
    let open = () => {}
    application.gate = new Promise((resolve) => {
      open = resolve
    })
    const asked = Array.from({ length: 20 }, (_, at) => users[at % 2] ?? caller)
    const answers = asked.map(async (user) => textOf(await ask(call('wait', 1), user)))
    await new Promise((resolve) => setImmediate(resolve))
    open()
    expect(await Promise.all(answers)).toEqual(asked.map(({ grantId }) => grantId))
    expect(new Set(application.servers).size).toBe(application.servers.length)
    expect(application.servers.length).toBeGreaterThanOrEqual(20)
  })

  test('R63: a call that fails before it has begun fails as a request, and its server ends', async () => {
    const { ask, application } = await setup()
    await expect(ask(call('outage'))).rejects.toThrow('outage')
    expect(application.signals.at(-1)?.aborted).toBe(true)
    expect(await textOf(await ask(call('whoami')))).toBe(caller.grantId)
  })

  test('R63: one that fails later answers by itself', async () => {
    const { ask, application } = await setup()
    await ask(call('whoami'))
    let open = () => {}
    application.gate = new Promise((resolve) => {
      open = resolve
    })
    const answer = ask(call('outage_later'))
    await new Promise((resolve) => setImmediate(resolve))
    open()
    expect(await textOf(await answer)).toBe('its own answer')
  })

  test('R03: a tool outside the scope is 403 insufficient_scope naming every scope, before any server is built', async () => {
    const { ask, application } = await setup()
    const reader = createCaller({ scopes: ['email:read'] })
    await ask(call('whoami'), reader)
    const built = application.servers.length
    const response = await ask(call('write'), reader)
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="email:read email:write"',
    )
    expect(application.servers).toHaveLength(built)
    expect(await textOf(await ask(call('write'), caller))).toBe('written')
  })

  test('what a tool or handler throws never reaches the model, only the report', async () => {
    const { ask, reported } = await setup()
    const tool = await (await ask(call('throw'))).text()
    expect(tool).toContain('"isError":true')
    const prompt = { ...call('throw'), method: 'prompts/get' }
    const handler = await (await ask(prompt)).text()
    expect(handler).toContain('-32603')
    expect(tool + handler).not.toContain('AUTHENTICATIONFAILED')
    const causes = reported.map((error) => JSON.stringify(error instanceof Error ? error.cause : error))
    expect(causes.filter((cause) => cause?.includes(secretText))).toHaveLength(2)
  })

  test('arguments a schema refuses are a tool error that names the field', async () => {
    const { ask } = await setup()
    const { result } = await answerOf(await ask(call('strict', 1, { limit: 'many' })))
    expect(result?.isError).toBe(true)
    expect(result?.content?.[0]?.text).toContain('limit')
  })

  test('progress arrives one by one, each before the next is made', async () => {
    const { ask, application } = await setup()
    const gates: (() => void)[] = []
    Object.defineProperty(application, 'gate', {
      get: () => new Promise<void>((resolve) => gates.push(resolve)),
    })
    const body = call('progress')
    const withToken = { ...body, params: { ...body.params, _meta: { progressToken: 'p' } } }
    const seen: unknown[] = []
    // The 2026 builder adds its own _meta; there the tool reports under its default token.
    for await (const { params, id } of messagesIn(await ask(isModern ? body : withToken))) {
      seen.push(params?.progress ?? id)
      expect(gates.length).toBeLessThanOrEqual(seen.length)
      gates.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
      gates.shift()?.()
    }
    expect(seen).toEqual([1, 2, 3, 1])
  })

  test('a client that goes away aborts the call', async () => {
    const { ask, application } = await setup()
    await ask(call('whoami'))
    application.gate = new Promise(() => {})
    const gone = new AbortController()
    const pending = ask(call('wait'), caller, gone.signal)
    if (!isModern) await pending
    while (application.signals.length < 2) await new Promise((resolve) => setImmediate(resolve))
    const signal = application.signals.at(-1)
    expect(signal?.aborted).toBe(false)
    gone.abort()
    await pending
    expect(signal?.aborted).toBe(true)
  })

  test('a client that goes away in the middle of a stream nobody reads aborts the call', async () => {
    const { ask, application } = await setup()
    await ask(call('whoami'))
    application.gate = new Promise(() => {})
    const gone = new AbortController()
    await ask(call('progress'), caller, gone.signal)
    const signal = application.signals.at(-1)
    expect(signal?.aborted).toBe(false)
    gone.abort()
    expect(signal?.aborted).toBe(true)
  })

  test('the signal of a request ends with its answer', async () => {
    const { ask, application } = await setup()
    await (await ask(call('whoami'))).text()
    expect(application.signals.at(-1)?.aborted).toBe(true)
  })
})

describe('before an era is known', () => {
  const { endpoint } = createTestEndpoint()
  const status = async (request: Request) => (await endpoint.handle(request, caller)).status
  const huge = `{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(4 * 1024 * 1024)}"}`

  test.each([
    ['a body over 4 MiB', () => post(huge), 413],
    ['a declared length over 4 MiB', () => post('{}', { 'content-length': '5000000' }), 413],
    ['another content type', () => post('{}', { 'content-type': 'text/plain' }), 415],
    ['no JSON', () => post('{'), 400],
    [
      'a body that is not UTF-8',
      () => post(Buffer.from(JSON.stringify(initialize('2025-11-25', 'ä')), 'latin1')),
      400,
    ],
    ['no JSON-RPC', () => post('{"hello":"world"}'), 400],
    ['null', () => post('null'), 400],
    ['PUT', () => new Request('http://localhost/mcp', { method: 'PUT' }), 405],
    ['a GET that asks for no stream', () => new Request('http://localhost/mcp'), 406],
    [
      'a GET of 2026-07-28',
      () => new Request('http://localhost/mcp', { headers: { 'mcp-protocol-version': '2026-07-28' } }),
      405,
    ],
    [
      'a DELETE of 2026-07-28',
      () =>
        new Request('http://localhost/mcp', {
          method: 'DELETE',
          headers: { 'mcp-protocol-version': '2026-07-28' },
        }),
      405,
    ],
  ])('refuses %s', async (_title, request, expected) => {
    expect(await status(request())).toBe(expected)
  })
})

test.each([null, '', undefined, {}])('arguments %j are none, in both eras', async (none) => {
  const { endpoint } = createTestEndpoint()
  const message = { ...call('whoami'), params: { name: 'whoami', arguments: none as never } }
  const id = await openSession(endpoint, caller)
  const legacy = await endpoint.handle(post(message, { 'mcp-session-id': id }), caller)
  expect(await textOf(legacy)).toBe('grant-1')
  expect(await textOf(await endpoint.handle(modern(message), caller))).toBe('grant-1')
})

describe('2026-07-28', () => {
  const { endpoint } = createTestEndpoint()

  test('server/discover answers without a session', async () => {
    const response = await endpoint.handle(modern({ ...call(''), method: 'server/discover' }), caller)
    expect(response.status).toBe(200)
    expect(response.headers.has('mcp-session-id')).toBe(false)
    expect((await answerOf(response)).result?.supportedVersions).toEqual(['2026-07-28'])
  })

  test('an unknown version is 400 with -32022 and what is supported, so that clients do not fall back', async () => {
    const response = await endpoint.handle(modern(call('whoami'), '2027-01-01'), caller)
    expect(response.status).toBe(400)
    const { error } = await answerOf(response)
    expect(error?.code).toBe(-32022)
    expect(error?.data?.supported).toEqual(['2026-07-28'])
  })

  test.each(['mcp-method', 'mcp-name', 'mcp-protocol-version'])(
    'a %s header that differs is 400 with -32020',
    async (header) => {
      const request = modern(call('whoami'))
      request.headers.set(header, header === 'mcp-protocol-version' ? '2027-01-01' : 'another')
      const response = await endpoint.handle(request, caller)
      expect(response.status).toBe(400)
      expect((await answerOf(response)).error?.code).toBe(-32020)
    },
  )

  test('needs nothing of the session store', async () => {
    const broken = createTestEndpoint()
    broken.sessions.findSession = () => Promise.reject(new Error('table gone'))
    const request = modern(call('whoami'))
    request.headers.set('mcp-session-id', '0'.repeat(64))
    expect(await textOf(await broken.endpoint.handle(request, caller))).toBe('grant-1')
  })

  test('a listen stream ends after its hold', async () => {
    const body = { ...call(''), method: 'subscriptions/listen' }
    const params = { ...body.params, notifications: { toolsListChanged: true } }
    const response = await endpoint.handle(modern({ ...body, params }), caller)
    expect(await response.text()).toContain('notifications/subscriptions/acknowledged')
  })
})

describe('the 2025 revisions', () => {
  test('R03: a batch that holds a call outside the scope is 403 as a whole', async () => {
    const { endpoint } = createTestEndpoint()
    const reader = createCaller({ scopes: ['email:read'] })
    const id = await openSession(endpoint, reader, initialize('2025-03-26'))
    const batch = post([call('whoami', 1), call('write', 2)], { 'mcp-session-id': id })
    expect((await endpoint.handle(batch, reader)).status).toBe(403)
  })

  test('2025-03-26 has batches, later revisions refuse them', async () => {
    const { endpoint } = createTestEndpoint()
    const batch = [
      call('whoami', 1),
      call('client', 2),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
    ]
    const old = await openSession(endpoint, caller, initialize('2025-03-26'))
    const response = await endpoint.handle(post(batch, { 'mcp-session-id': old }), caller)
    const ids = []
    for await (const { id } of messagesIn(response)) ids.push(id)
    expect(ids.sort()).toEqual([1, 2])
    const many = Array.from({ length: 101 }, () => ({ jsonrpc: '2.0', id: '0'.repeat(32), result: {} }))
    const long = await endpoint.handle(post([...many, call('whoami')], { 'mcp-session-id': old }), caller)
    expect((await answerOf(long)).error?.message).toContain('at most 100 messages')
    const later = await openSession(endpoint, caller, initialize('2025-06-18'))
    expect((await endpoint.handle(post(batch, { 'mcp-session-id': later }), caller)).status).toBe(400)
  })

  test('an unsupported MCP-Protocol-Version is 400; the supported ones pass', async () => {
    const { endpoint } = createTestEndpoint()
    const id = await openSession(endpoint, caller)
    const status = async (version: string) => {
      const headers = { 'mcp-session-id': id, 'mcp-protocol-version': version }
      return (await endpoint.handle(post(call('whoami'), headers), caller)).status
    }
    expect(await status('2024-01-01')).toBe(400)
    for (const version of ['2025-03-26', '2025-06-18', '2025-11-25']) expect(await status(version)).toBe(200)
  })

  test.each(['GET', 'DELETE'])('an unsupported MCP-Protocol-Version is 400 for %s too', async (method) => {
    const { endpoint } = createTestEndpoint()
    const id = await openSession(endpoint, caller)
    const headers = {
      accept: 'text/event-stream',
      'mcp-session-id': id,
      'mcp-protocol-version': '2024-01-01',
    }
    const request = new Request('http://localhost/mcp', { method, headers })
    expect((await endpoint.handle(request, caller)).status).toBe(400)
  })

  test('initialize negotiates: a known revision is kept, an unknown one answered with the newest', async () => {
    const { endpoint } = createTestEndpoint()
    const negotiated = async (version: string) =>
      (await answerOf(await endpoint.handle(post(initialize(version)), caller))).result?.protocolVersion
    expect(await negotiated('2025-06-18')).toBe('2025-06-18')
    expect(await negotiated('1999-01-01')).toBe('2025-11-25')
  })

  test('a notification is accepted with 202 and builds no server', async () => {
    const { endpoint, application } = createTestEndpoint()
    const id = await openSession(endpoint, caller)
    const notification = { jsonrpc: '2.0', method: 'notifications/initialized' }
    const response = await endpoint.handle(post(notification, { 'mcp-session-id': id }), caller)
    expect(response.status).toBe(202)
    expect(application.servers).toHaveLength(1)
  })

  test('R63: a store that fails is thrown on for the 503, and leaves no half-open answer', async () => {
    const { endpoint, sessions, application } = createTestEndpoint()
    sessions.createSession = () => Promise.reject(new Error('table gone'))
    await expect(endpoint.handle(post(initialize()), caller)).rejects.toThrow('table gone')
    expect(application.signals.at(-1)?.aborted).toBe(true)
  })
})
