/** R29: whatever becomes of a call, the caller's secret is zero when its answer is over. */
import { expect, test } from 'vitest'
import { GrantGoneError } from '../../src/accounts/grant-accounts.ts'
import type { Caller } from '../../src/caller.ts'
import { withSecurityHeaders } from '../../src/http/headers.ts'
import { mcpRoutes } from '../../src/mcp/mcp-route.ts'
import { createCaller } from '../mcp/serve-endpoint.ts'

const big = 5 * 1024 * 1024

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

test('R29: when the body is over the cap', async () => {
  const { caller, answer } = post(async (request) => new Response(await request.text()), 'x'.repeat(big))
  await expect(answer).rejects.toMatchObject({ name: 'BodyTooLargeError' })
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
