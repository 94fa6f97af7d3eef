/** Real clients over HTTP: the SDK's first version speaks the 2025 era, its second 2026-07-28, both on one path. */
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, expect, test } from 'vitest'
import { serveEndpoints } from './serve-endpoint.ts'
import { createTestEndpoint } from './test-application.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Two endpoints take turns and share the session store alone. */
async function serve() {
  const first = createTestEndpoint()
  const second = createTestEndpoint({ sessions: first.sessions })
  const server = await serveEndpoints([first.endpoint, second.endpoint])
  closing.push(server.close)
  return { ...first, url: server.url }
}

async function connectLegacy(url: URL) {
  const client = new Client({ name: 'first', version: '1' }, { capabilities: { elicitation: {} } })
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { ok: true } }))
  const transport = new StreamableHTTPClientTransport(url)
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client['connect']>[0])
  closing.push(() => client.close())
  return { client, transport }
}

async function connectModern(url: URL) {
  const options = { versionNegotiation: { mode: { pin: '2026-07-28' } } }
  const client = new ModernClient({ name: 'second', version: '1' }, options)
  await client.connect(new ModernTransport(url))
  closing.push(() => client.close())
  return client
}

test('the 2025-era client lists, calls, gets progress, and ends its session', async () => {
  const { url, sessions } = await serve()
  const { client, transport } = await connectLegacy(url)
  expect(transport.sessionId).toMatch(/^[0-9a-f]{64}$/)
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('whoami')
  const seen: number[] = []
  const result = await client.callTool({ name: 'progress', arguments: {} }, undefined, {
    onprogress: ({ progress }) => seen.push(progress),
  })
  expect(seen).toEqual([1, 2, 3])
  expect(result.content).toEqual([{ type: 'text', text: 'done' }])
  await transport.terminateSession()
  expect(sessions.dump()).toContain('"closed":true')
})

test('the 2025-era client is asked by one endpoint and answers at the other', async () => {
  const { url } = await serve()
  const { client } = await connectLegacy(url)
  for (let times = 0; times < 3; times++) {
    const result = await client.callTool({ name: 'ask', arguments: {} })
    expect(result.content).toEqual([{ type: 'text', text: 'grant-1 accept {"ok":true}' }])
  }
})

test('the 2026-07-28 client lists, calls and gets progress without a session', async () => {
  const { url, sessions } = await serve()
  const client = await connectModern(url)
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('whoami')
  const seen: number[] = []
  const result = await client.callTool(
    { name: 'progress', arguments: {} },
    { onprogress: ({ progress }) => seen.push(progress) },
  )
  expect(seen).toEqual([1, 2, 3])
  expect(result.content).toEqual([{ type: 'text', text: 'done' }])
  expect(sessions.dump()).toBe('')
})
