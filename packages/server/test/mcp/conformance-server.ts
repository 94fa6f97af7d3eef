/** The conformance fixtures behind the product's endpoint, on a random loopback port. */
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { conformanceApplication } from './conformance-fixtures.ts'
import { createMemorySessionStore, createTestCipher } from './memory-session-store.ts'
import { serveEndpoints } from './serve-endpoint.ts'

/** Two endpoints that share nothing but the store take turns: every question is answered in the other one. */
export function serveConformanceFixtures() {
  const sessions = createMemorySessionStore()
  const endpoint = () =>
    createMcpEndpoint({
      application: conformanceApplication,
      sessions,
      hint: createTestCipher,
      challenge: () => 'Bearer',
      now: () => Math.floor(Date.now() / 1000),
      pollMs: 10,
      holdMs: 2000,
    })
  return serveEndpoints([endpoint(), endpoint()])
}
