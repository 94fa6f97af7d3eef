import { expect, test } from 'vitest'
import { startMailboxApp } from './mailbox-app.ts'

test('R43: 200 users of a hosted client call /mcp and /oauth/token from its one address, where sign-in is paused', async () => {
  const app = await startMailboxApp()
  const { test } = app
  const shared = '203.0.113.5'
  const users = Array.from({ length: 200 }, (_, index) => index)
  const tokens: string[] = []
  // They share a typed host, and it has a limit of its own.
  for (let first = 0; first < users.length; first += 20) {
    test.time.seconds += 900
    const batch = users.slice(first, first + 20)
    const connect = (user: number) =>
      app.connect({ address: `user${user}@test.example`, ip: `10.0.0.${user}` })
    tokens.push(...(await Promise.all(batch.map(connect))))
  }
  test.time.seconds += 900

  let paused: Response
  do {
    const fields = app.mailbox('eve@test.example', 'wrong')
    const request = { method: 'POST', body: new URLSearchParams(fields) }
    paused = await test.fetch('/oauth/connections', request, shared)
  } while (paused.status === 422)
  expect(paused.status).toBe(429)

  const called = await Promise.all(
    tokens.map((token) => {
      const headers = { Authorization: `Bearer ${token}` }
      return test.fetch('/mcp', { method: 'POST', headers, body: '{}' }, shared)
    }),
  )
  expect(new Set(called.map(({ status }) => status))).toEqual(new Set([200]))
  // Answered for what they are, not for where they come from.
  const refreshed = await Promise.all(
    users.map(() => {
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: 'nobody',
      })
      return test.fetch('/oauth/token', { method: 'POST', body }, shared)
    }),
  )
  expect(new Set(refreshed.map(({ status }) => status))).toEqual(new Set([401]))
  await app.close()
})
