/** The product's tools over HTTP in both protocol eras: the same list, the same answers. */
import { type Connector, MailError } from '@email-connector/mail'
import { afterEach, expect, test } from 'vitest'
import { instructions, toolDefinitions } from '../../src/tools/catalog.ts'
import { serveTools } from './two-eras.ts'

const connector: Connector = {
  async connect() {
    throw new MailError('timeout', { protocol: 'imap' })
  },
  tlsOptions: () => ({}),
}
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function serve(permission: 'read' | 'send', scopes?: string[]) {
  const served = await serveTools(connector, { permission, ...(scopes && { scopes }) })
  closing.push(served.close)
  return { legacy: await served.connectLegacy(), modern: await served.connectModern() }
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
