/** The conformance fixtures behind the product's endpoint, on a random loopback port, with the local store. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import { conformanceApplication } from './conformance-fixtures.ts'
import { serveEndpoints } from './serve-endpoint.ts'

/** Two endpoints that share nothing but the store take turns: every question is answered in the other one. */
export async function serveConformanceFixtures() {
  const dir = await mkdtemp(join(tmpdir(), 'email-connector-mcp-'))
  const now = () => Math.floor(Date.now() / 1000)
  const stores = await createLevelStores({ dir, now })
  const endpoint = () =>
    createMcpEndpoint({
      application: conformanceApplication,
      sessions: stores.sessions,
      hint: createHintCipher,
      challenge: () => 'Bearer',
      now,
      pollMs: 10,
      holdMs: 2000,
    })
  const server = await serveEndpoints([endpoint(), endpoint()])
  return {
    url: server.url,
    async close() {
      await server.close()
      await stores.close()
      await rm(dir, { recursive: true })
    },
  }
}
