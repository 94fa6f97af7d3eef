/** R29: whatever becomes of a call, the caller's secret is zero when its answer is over. */
import { expect, test } from 'vitest'
import { GrantGoneError } from '../../src/accounts/grant-accounts.ts'
import type { Caller } from '../../src/caller.ts'
import { withSecurityHeaders } from '../../src/http/headers.ts'
import { mcpRoutes } from '../../src/mcp/mcp-route.ts'
import { createCaller } from '../mcp/serve-endpoint.ts'
import { call, createTestEndpoint, openSession, post as toRequest } from '../mcp/test-application.ts'

function post(answer: (request: Request, caller: Caller) => Promise<Response>, body: BodyInit = '{}') {
  const caller = createCaller()
  expect(caller.secret.some((byte) => byte !== 0)).toBe(true)
  const routes = mcpRoutes({
    mcp: { handle: answer },
    authenticate: async () => ({ kind: 'caller', caller }),
    challenge: (error) => `Bearer error="${error}"`,
  })
  const handler = routes['/mcp']?.handlers.POST
  if (handler === undefined) throw new Error('There is a POST of /mcp')
  const request = new Request('http://localhost/mcp', { method: 'POST', body, duplex: 'half' } as RequestInit)
  return { caller, answer: Promise.resolve(handler(request, { ip: '127.0.0.1' } as never)) }
}
const isZero = ({ secret }: Caller) => secret.every((byte) => byte === 0)

test('R29: when the endpoint throws', async () => {
  const { caller, answer } = post(() => Promise.reject(new TypeError('a bug')))
  await expect(answer).rejects.toThrow('a bug')
  expect(isZero(caller)).toBe(true)
})

test('R29: when the grant is gone, which is a 401', async () => {
  const { caller, answer } = post(() => Promise.reject(new GrantGoneError('gone')))
  const response = await answer
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer error="invalid_token"',
  ])
  expect(isZero(caller)).toBe(true)
})

test('R29: when the body breaks off', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError('broken off')) })
  const { caller, answer } = post(async (request) => new Response(await request.text()), broken)
  await expect(answer).rejects.toThrow('broken off')
  expect(isZero(caller)).toBe(true)
})

test('R29: not before the last byte of an answer, and then at once', async () => {
  let secretWhileAnswering = true
  const { caller, answer } = post(async (_, { secret }) => {
    const body = new ReadableStream({
      pull(controller) {
        secretWhileAnswering = secret.every((byte) => byte === 0)
        controller.enqueue(new TextEncoder().encode('last'))
        controller.close()
      },
    })
    return new Response(body)
  })
  await (await answer).text()
  expect(secretWhileAnswering).toBe(false)
  expect(isZero(caller)).toBe(true)
})

test('HEAD with a good token is answered without the endpoint: no stream is opened, nothing is taken from one', async () => {
  const caller = createCaller()
  const routes = mcpRoutes({
    mcp: { handle: () => Promise.reject(new Error('The endpoint was asked')) },
    authenticate: async () => ({ kind: 'caller', caller }),
    challenge: () => 'Bearer',
  })
  const request = new Request('http://localhost/mcp', { method: 'HEAD' })
  const response = await routes['/mcp']?.handlers.GET?.(request, { ip: '127.0.0.1' })
  expect([response?.status, response?.body]).toEqual([200, null])
  expect(isZero(caller)).toBe(true)
})

test('R44: no response brings a weaker value for a header that is always the same', () => {
  const weaker = {
    'Strict-Transport-Security': 'max-age=0',
    'X-Frame-Options': 'ALLOWALL',
    'X-Content-Type-Options': 'none',
    'Referrer-Policy': 'unsafe-url',
    'X-Powered-By': 'anything',
  }
  const { headers } = withSecurityHeaders(new Response(null, { headers: weaker }))
  expect(Object.fromEntries(headers)).toMatchObject({
    'strict-transport-security': 'max-age=63072000; includeSubDomains',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  expect(headers.has('x-powered-by')).toBe(false)
})

// On Lambda nobody says that a client left: the runtime goes on reading the answer.
test('R29: a client that left while it was asked is waited for until the deadline of the question, and no longer', async () => {
  const { endpoint } = createTestEndpoint({ questionDeadlineMs: 60 })
  const caller = createCaller()
  const id = await openSession(endpoint, caller)
  const routes = mcpRoutes({
    mcp: endpoint,
    authenticate: async () => ({ kind: 'caller', caller }),
    challenge: () => 'Bearer',
  })
  const request = toRequest(call('ask', 7), { 'mcp-session-id': id })
  const response = await routes['/mcp']?.handlers.POST?.(request, { ip: '127.0.0.1' })
  const reader = response?.body?.getReader()
  await reader?.read()
  expect(isZero(caller)).toBe(false)
  while ((await reader?.read())?.done === false);
  expect(isZero(caller)).toBe(true)
})

test('R63: questions that nobody answers are bounded: a session has eight at once, the ninth call is not kept waiting', async () => {
  const { endpoint } = createTestEndpoint()
  const caller = createCaller()
  const id = await openSession(endpoint, caller)
  const ask = (number: number) =>
    endpoint.handle(toRequest(call('ask', number), { 'mcp-session-id': id }), caller)
  const open = await Promise.all(Array.from({ length: 8 }, (_, index) => ask(index + 10)))
  for (const response of open) await response.body?.getReader().read()
  expect(await (await ask(20)).text()).not.toContain('elicitation/create')
})
