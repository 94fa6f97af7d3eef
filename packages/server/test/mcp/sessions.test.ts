/** When a session of the 2025 era lives, sleeps, wakes and dies; on a fake clock. */
import { describe, expect, test } from 'vitest'
import { createCaller } from './serve-endpoint.ts'
import {
  answerOf,
  call,
  createTestEndpoint,
  del,
  get,
  initialize,
  openSession,
  post,
  textOf,
} from './test-application.ts'

const minute = 60
const hour = 60 * minute
const caller = createCaller()

async function setup() {
  const test = createTestEndpoint()
  const id = await openSession(test.endpoint, caller)
  const as = (by = caller) => test.endpoint.handle(post(call('whoami'), { 'mcp-session-id': id }), by)
  return { ...test, id, as }
}

describe('a session of the 2025 era', () => {
  test('gives no stream to a client that can be sent nothing: 405 with what is left, before it is held', async () => {
    const { endpoint } = createTestEndpoint({ holdMs: 600_000 })
    const silent = initialize('2025-11-25')
    const id = await openSession(endpoint, caller, {
      ...silent,
      params: { ...silent.params, capabilities: {} } as never,
    })
    const refused = await endpoint.handle(get(id), caller)
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST, DELETE'])
    expect((await refused.json()).error).toEqual({ code: -32000, message: 'Method not allowed' })
    // Unknown, foreign and closed sessions stay 404.
    expect((await endpoint.handle(get('0'.repeat(64)), caller)).status).toBe(404)
    expect((await endpoint.handle(get(id), createCaller({ grantId: 'grant-2' }))).status).toBe(404)
  })

  test('hands out what is queued even to a client that cannot be asked', async () => {
    const { endpoint } = createTestEndpoint()
    const silent = initialize('2025-11-25')
    const id = await openSession(endpoint, caller, {
      ...silent,
      params: { ...silent.params, capabilities: {} } as never,
    })
    await (await endpoint.handle(post(call('announce'), { 'mcp-session-id': id }), caller)).text()
    const stream = await endpoint.handle(get(id), caller)
    expect(stream.status).toBe(200)
    expect(await stream.text()).toContain('tools/list_changed')
    expect((await endpoint.handle(get(id), caller)).status).toBe(405)
  })

  test('R20: its stream ends with the grant, long before its hold is over', async () => {
    let granted = true
    const asked: string[] = []
    const { endpoint } = createTestEndpoint({
      holdMs: 3_600_000,
      pollMs: 1,
      isGranted: async ({ grantId }) => {
        asked.push(grantId)
        return granted
      },
    })
    const id = await openSession(endpoint, caller)
    const stream = await endpoint.handle(get(id), caller)
    const ended = stream.text()
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    granted = false
    expect(await ended).toBe('retry: 30000\n\n')
    expect(new Set(asked)).toEqual(new Set([caller.grantId]))
  })

  test('begins with initialize: 32 random bytes in Mcp-Session-Id, another each time', async () => {
    const { endpoint, id } = await setup()
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    expect(await openSession(endpoint, caller)).not.toBe(id)
  })

  test('replays the stored initialize: a fresh server knows the client that a former one met', async () => {
    const { endpoint } = await setup()
    const id = await openSession(endpoint, caller, initialize('2025-06-18', 'Claude'))
    const response = await endpoint.handle(post(call('client'), { 'mcp-session-id': id }), caller)
    expect(response.headers.get('mcp-session-id')).toBe(id)
    expect(await textOf(response)).toBe('Claude')
  })

  test("belongs to its grant: another grant's token gets 404 for POST, GET and DELETE, and harms nothing", async () => {
    const { endpoint, as, id } = await setup()
    const stranger = createCaller({ grantId: 'grant-2' })
    expect((await as(stranger)).status).toBe(404)
    expect((await endpoint.handle(get(id), stranger)).status).toBe(404)
    expect((await endpoint.handle(del(id), stranger)).status).toBe(404)
    expect(await textOf(await as())).toBe('grant-1')
  })

  test.each(['0'.repeat(64), 'x', '', `${'0'.repeat(63)}G`])('is not found under the id "%s"', async (id) => {
    const { endpoint, sessions } = createTestEndpoint()
    const response = await endpoint.handle(post(call('whoami'), { 'mcp-session-id': id }), caller)
    expect(response.status).toBe(404)
    expect(sessions.reads).toBe(id.length === 64 && id[0] === '0' && !id.endsWith('G') ? 1 : 0)
    expect((await answerOf(response)).error?.code).toBe(-32001)
  })

  test('is asked for with 400 where the header is missing', async () => {
    const { endpoint } = await setup()
    expect((await endpoint.handle(post(call('whoami')), caller)).status).toBe(400)
  })

  test('ends with DELETE: 404 from then on, also for a second DELETE and after it would have slept', async () => {
    const { endpoint, as, id, clock } = await setup()
    expect((await endpoint.handle(del(id), caller)).status).toBe(200)
    expect((await as()).status).toBe(404)
    expect((await endpoint.handle(del(id), caller)).status).toBe(404)
    clock.now += 31 * minute
    expect((await as()).status).toBe(404)
  })

  test('is touched at most once a minute', async () => {
    const { as, sessions, clock } = await setup()
    for (const seconds of [1, 58, 1, 1, 30, 29]) {
      clock.now += seconds
      await (await as()).text()
    }
    expect(sessions.touches).toBe(2)
  })

  test('slides: used every 29 minutes it keeps its queue, and a GET reads it', async () => {
    const { endpoint, as, sessions, clock, id } = await setup()
    await (await endpoint.handle(post(call('announce'), { 'mcp-session-id': id }), caller)).text()
    for (let times = 0; times < 3; times++) {
      clock.now += 29 * minute
      await (await as()).text()
    }
    expect(sessions.touches).toBe(3)
    expect(await (await endpoint.handle(get(id), caller)).text()).toContain('tools/list_changed')
  })

  test('sleeps after 30 idle minutes: GET finds nothing and wakes nothing; a POST wakes it without its queue', async () => {
    const { endpoint, as, id, clock } = await setup()
    await (await endpoint.handle(post(call('announce'), { 'mcp-session-id': id }), caller)).text()
    clock.now += 30 * minute
    expect((await endpoint.handle(get(id), caller)).status).toBe(404)
    expect(await textOf(await as())).toBe('grant-1')
    // Nothing is queued, and an endpoint that holds no stream has nothing else to give.
    expect((await endpoint.handle(get(id), caller)).status).toBe(405)
  })

  test('R31: is dead 24 hours after its last use, though the row is still there', async () => {
    const { as, clock, sessions, id } = await setup()
    clock.now += 24 * hour - 1
    expect((await as()).status).toBe(200)
    clock.now += 24 * hour
    expect((await as()).status).toBe(404)
    expect(await sessions.findSession(id)).toBeDefined()
  })

  test('is served when another request touched it first, and not when another closed it', async () => {
    const { as, sessions, clock, id } = await setup()
    const touch = sessions.touchSession
    clock.now += 31 * minute
    sessions.touchSession = async (change) => {
      await touch(change)
      return 'refused'
    }
    expect(await textOf(await as())).toBe('grant-1')
    clock.now += 31 * minute
    sessions.touchSession = async () => {
      await sessions.closeSession(id, clock.now + hour)
      return 'refused'
    }
    expect((await as()).status).toBe(404)
  })

  test('is not begun by an initialize that is malformed, refused or too large', async () => {
    const { endpoint, sessions } = createTestEndpoint()
    const huge = initialize('2025-11-25', 'x'.repeat(20_000))
    const malformed = { ...initialize(), params: { protocolVersion: '2025-11-25' } }
    const statuses = [
      post(huge),
      post(malformed),
      post([initialize(), call('whoami')]),
      post(initialize(), { accept: '*/*' }),
    ]
    const answers = await Promise.all(statuses.map((request) => endpoint.handle(request, caller)))
    expect(answers.map(({ status }) => status)).toEqual([413, 400, 400, 406])
    expect(sessions.dump()).toBe('')
  })

  test('a GET says when to come back and ends after its hold', async () => {
    const { endpoint, sessions } = createTestEndpoint({ holdMs: 40, retryMs: 1234 })
    const id = await openSession(endpoint, caller)
    const response = await endpoint.handle(get(id), caller)
    await (await endpoint.handle(post(call('announce'), { 'mcp-session-id': id }), caller)).text()
    const body = await response.text()
    expect(body.startsWith('retry: 1234\n\n')).toBe(true)
    expect(body).toContain('notifications/tools/list_changed')
    expect(await sessions.drain(id)).toEqual([])
  })

  test('R25: holds nothing a client or server said in clear, but initialize', async () => {
    const { endpoint, sessions, id } = await setup()
    await (await endpoint.handle(post(call('announce'), { 'mcp-session-id': id }), caller)).text()
    expect(sessions.dump()).not.toContain('list_changed')
  })
})
