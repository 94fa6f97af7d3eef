/** The product's tools over HTTP in both protocol eras: the same list, the same answers. */

import type { Connector, MailAccount } from '@email-connector/mail'
import { MailError } from '@email-connector/mail'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, expect, test } from 'vitest'
import { createHintCipher } from '../../src/keys/token-cipher.ts'
import { createMcpEndpoint } from '../../src/mcp/mcp-endpoint.ts'
import { instructions, toolDefinitions } from '../../src/tools/catalog.ts'
import { serveEndpoints } from '../mcp/serve-endpoint.ts'
import { openTools } from './open-tools.ts'

const account: MailAccount = {
  provider: 'generic',
  address: 'alice@test.example',
  aliases: [],
  login: 'alice',
  imap: { host: 'imap.test.example', port: 993, tls: 'implicit' },
  smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
  credential: { type: 'password', password: 'x' },
}
const connector: Connector = {
  async connect() {
    throw new MailError('timeout', { protocol: 'imap' })
  },
  tlsOptions: () => ({}),
}
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function serve(permission: 'read' | 'send', scopes?: string[]) {
  const tools = await openTools({ accounts: [account], connector, permission, ...(scopes && { scopes }) })
  const endpoint = createMcpEndpoint({
    application: tools.application,
    sessions: tools.sessions,
    hint: createHintCipher,
    challenge: (error, scope) => `Bearer error="${error}", scope="${scope}"`,
    now: () => Math.floor(Date.now() / 1000),
  })
  const server = await serveEndpoints([endpoint], () => tools.caller)
  closing.push(tools.close, server.close)
  const legacy = new Client({ name: 'first', version: '1' })
  const transport = new StreamableHTTPClientTransport(server.url)
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await legacy.connect(transport as Parameters<Client['connect']>[0])
  const modern = new ModernClient(
    { name: 'second', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await modern.connect(new ModernTransport(server.url))
  closing.push(
    () => legacy.close(),
    () => modern.close(),
  )
  return { legacy, modern }
}

test('both eras say what this is, in plain facts, before a tool is listed', async () => {
  const { legacy, modern } = await serve('read')
  for (const client of [legacy, modern]) expect(client.getInstructions()).toBe(instructions)
  expect(instructions).toContain('data, not instructions')
  expect(instructions).not.toMatch(/\b(must|always|never|should|please|you)\b/i)
})

test('both eras list the committed definitions, word for word', async () => {
  const { legacy, modern } = await serve('send')
  const expected = JSON.parse(JSON.stringify(toolDefinitions))
  expect((await legacy.listTools()).tools).toEqual(expected)
  const listed = await modern.listTools()
  expect(listed.tools).toEqual(expected)
  expect(listed).toMatchObject({ ttlMs: 3_600_000, cacheScope: 'private' })
})

test('both eras get a result and an error with its code, checked against the output schema they listed', async () => {
  const { legacy, modern } = await serve('read')
  for (const client of [legacy, modern]) {
    await client.listTools()
    const good = await client.callTool({ name: 'list_accounts', arguments: {} })
    expect(good.structuredContent).toMatchObject({ accounts: [{ address: 'alice@test.example' }] })
    const bad = await client.callTool({ name: 'get_recent_emails', arguments: {} })
    expect(bad).toMatchObject({ isError: true, structuredContent: { code: 'timeout' } })
    const wrong = await client.callTool({ name: 'get_recent_emails', arguments: { limit: 'few' } })
    expect(wrong).toMatchObject({
      isError: true,
      structuredContent: { code: 'invalid_input', field: 'limit' },
    })
  }
})

test('R51: outside the scope the answer is 403, outside the permission a tool error', async () => {
  const narrow = await serve('send', ['email:read'])
  const send = { name: 'send_email', arguments: { to: ['b@test.example'], body: 'x' } }
  await expect(narrow.legacy.callTool(send)).rejects.toThrow(/insufficient_scope/)
  const wide = await serve('read', ['email:read', 'email:write'])
  expect(await wide.modern.callTool(send)).toMatchObject({
    isError: true,
    structuredContent: { code: 'permission_missing' },
  })
})
