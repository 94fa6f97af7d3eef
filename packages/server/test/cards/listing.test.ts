/** R100: what a client that shows cards is told in both eras; others are told of no card, no resource, no approve_send. */
import type { Connector } from '@email-connector/mail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cardToolDefinitions, toolDefinitions } from '../../src/tools/catalog.ts'
import { openTools } from '../tools/open-tools.ts'
import { type ServedTools, serveTools, unreachedAccount } from '../tools/two-eras.ts'

const unused: Connector = {
  connect: () => Promise.reject(new Error('Nothing connects here')),
  tlsOptions: () => ({}),
}

const extension = 'io.modelcontextprotocol/ui'
const mimeType = 'text/html;profile=mcp-app'
type Extensions = Record<string, { mimeTypes?: string[] }>
const cards: Extensions = { [extension]: { mimeTypes: ['text/html', mimeType] } }
const sending = ['send_draft', 'send_email', 'reply_to_email', 'forward_email']

describe.each(['2025', '2026'] as const)('the %s era', (era) => {
  let served: ServedTools
  beforeAll(async () => {
    served = await serveTools(unused)
  })
  afterAll(() => served?.close())

  const connect = (extensions?: Extensions) => {
    const capabilities = extensions === undefined ? {} : { extensions }
    return era === '2025' ? served.connectLegacy(capabilities) : served.connectModern(capabilities)
  }

  test("R100: the sending tools name the card, and approve_send is the card's alone", async () => {
    const client = await connect(cards)
    const { tools: listed } = await client.listTools()
    const uris = new Set<unknown>()
    for (const { name, _meta } of listed) {
      const ui = _meta?.ui as { resourceUri?: string } | undefined
      if (sending.includes(name)) uris.add(ui?.resourceUri)
      else expect(ui, name).toEqual(name === 'approve_send' ? { visibility: ['app'] } : undefined)
    }
    const [uri, ...others] = [...uris].map(String)
    expect(others).toEqual([])
    expect(uri).toMatch(/^ui:\/\/email-connector\/review-[0-9a-f]{16}\.html$/)
    expect(listed.find(({ name }) => name === 'approve_send')).toEqual(
      JSON.parse(JSON.stringify(cardToolDefinitions[0])),
    )

    expect(client.getServerCapabilities()?.resources).toEqual({ listChanged: false })
    const { resources } = await client.listResources()
    const csp = { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] }
    const meta = { ui: { csp, prefersBorder: true } }
    expect(resources).toMatchObject([{ uri, mimeType, _meta: meta }])
    const { contents } = await client.readResource({ uri: `${uri}` })
    expect(contents).toMatchObject([{ uri, mimeType, _meta: meta }])
    const [content] = contents
    const text = content !== undefined && 'text' in content ? content.text : ''
    expect(Buffer.byteLength(text)).toBeLessThan(30_000)
    expect(text).toContain("default-src 'none'")
    expect(text).not.toMatch(
      /https?:|src=|href=|@import|url\(|fetch|XMLHttpRequest|WebSocket|innerHTML|eval\(/,
    )
    // A list that a client kept names the card of yesterday.
    const older = `ui://email-connector/review-${'0'.repeat(16)}.html`
    expect((await client.readResource({ uri: older })).contents).toMatchObject([{ uri: older, text }])
    for (const wrong of ['ui://email-connector/other.html', 'file:///etc/passwd'])
      await expect(client.readResource({ uri: wrong })).rejects.toThrow()
    await client.close()
  })

  test.each([
    ['nothing', undefined],
    ['another extension', { 'example.org/other': {} }],
    ['no kind of card', { [extension]: {} }],
    ['another kind of card', { [extension]: { mimeTypes: ['text/html'] } }],
  ] as const)('R100: who declares %s sees none of it', async (_what, extensions) => {
    const client = await connect(extensions as Extensions | undefined)
    expect((await client.listTools()).tools).toEqual(JSON.parse(JSON.stringify(toolDefinitions)))
    expect(client.getServerCapabilities()?.resources).toBeUndefined()
    expect(JSON.stringify(toolDefinitions)).not.toMatch(/_meta|approve_send|ui:\/\//)
    await client.close()
  })
})

test('R54: an answer of approve_send is what its definition says, and needs the permission to send', async () => {
  const tools = await openTools({ accounts: [unreachedAccount], connector: unused, permission: 'write' })
  const refused = await tools.call('approve_send', { state: 'x', answer: 'send' })
  expect(refused.structured).toEqual({ code: 'permission_missing' })
  await tools.close()
})
