/**
 * R14 with clients nobody here wrote: 31 days later the access token has expired, and both MCP SDKs go on without their
 * user, by the refresh token alone. Only the date is turned; everything else is real.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectClient, eras, type Memory } from '../e2e/clients.ts'
import { startProduct, type TestProduct } from './product.ts'

const dayMs = 86_400_000

let product: TestProduct

beforeAll(async () => {
  product = await startProduct()
})
afterAll(() => product.close())
afterEach(() => {
  vi.useRealTimers()
})

describe.each(eras)('%s', (era) => {
  test('R14: a client with an expired access token refreshes it, and its user is not asked [mcp26-refresh]', async () => {
    const remembered: Memory = {}
    const first = await connectClient(product.fields, { url: product.url, era, remembered })
    expect(await first.listTools()).toContain('send_email')
    await first.close()
    const signedIn = remembered.tokens

    // Only the date: sockets and timers go on as they are.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * dayMs })
    // Without the fields of the form no sign-in could succeed.
    const later = await connectClient({}, { url: product.url, era, remembered })
    expect(await later.listTools()).toContain('send_email')
    expect((await later.call('list_accounts')).isError).toBe(false)
    await later.close()
    expect(remembered.tokens?.access_token).not.toBe(signedIn?.access_token)
    expect(remembered.tokens?.refresh_token).not.toBe(signedIn?.refresh_token)
  })
})
