/** No name resolves: what would look for a client's document out there finds nothing, wherever the tests run. */
import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, beforeAll } from 'vitest'

export function useNoNames(): void {
  const { lookup } = dns
  beforeAll(() => {
    Object.assign(dns, { lookup: async () => Promise.reject(new Error('No name resolves here')) })
    syncBuiltinESMExports()
  })
  afterAll(() => {
    Object.assign(dns, { lookup })
    syncBuiltinESMExports()
  })
}
