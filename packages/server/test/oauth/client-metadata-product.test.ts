/** R17 in the whole product: a stranger’s document is looked for once, on the consent page’s behalf, and nowhere else. */
import dns from 'node:dns/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { textOf } from '../clients/replay.ts'
import { startProduct, type TestProduct } from './product.ts'

const { prototype } = dns.Resolver
const { resolve4, resolve6 } = prototype
let product: TestProduct
/** Names the product asked the resolver for; every one of them stands for this machine. */
let asked: string[] = []

beforeAll(async () => {
  product = await startProduct()
  const answer = async (name: string) => {
    asked.push(name)
    return ['127.0.0.1']
  }
  Object.assign(prototype, { resolve4: answer, resolve6: async () => [] })
})
afterAll(async () => {
  Object.assign(prototype, { resolve4, resolve6 })
  await product.close()
})
beforeEach(() => {
  asked = []
})

const clientId = 'https://app.example/client.json'
const authorize = (change: Record<string, string>) =>
  product.fetch(
    `/oauth/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: 'http://localhost:4000/callback',
      state: 'state',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...change,
    })}`,
  )

test('R17: the authorization endpoint looks for a stranger’s document, and refuses a host that is not public', async () => {
  const page = await authorize({})
  expect(page.status).toBe(401)
  expect(asked).toEqual(['app.example'])
  const text = textOf(await page.text())
  expect(text).toContain(
    `describes itself in a document, and this server could not read it just now. ${clientId} Try again in a minute.`,
  )
  expect(text).not.toContain('not known')
})

test('a client without a document that is unknown is told to start over', async () => {
  const page = await authorize({ client_id: 'dcr.x.y.z' })
  expect(page.status).toBe(401)
  expect(textOf(await page.text())).toContain('Remove this server from the app and add it again.')
  expect(asked).toEqual([])
})

test.each([
  [
    'http://127.0.0.1:4000/"><script>alert(1)</script>',
    'http://127.0.0.1:4000/[U+0022]&gt;&lt;script&gt;alert(1)&lt;/script&gt;',
  ],
  ['https://app.example/\u202egnp.exe\r\n\0', 'https://app.example/[U+202E]gnp.exe[U+000D][U+000A][U+0000]'],
  ['javascript:alert(document.domain)', 'javascript:alert(document.domain)'],
  ['https://аpp.example/cb', 'https://[U+0430]pp.example/cb'],
  ['warp://mcp/callback', 'warp://mcp/callback'],
])(
  'R04 R46: the page that refuses %j names the address, made safe, and the setting',
  async (redirect_uri, shown) => {
    const { client_id } = (await (
      await product.fetch('/oauth/register', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['http://localhost:4000/callback'] }),
      })
    ).json()) as { client_id: string }
    const page = await authorize({ client_id, redirect_uri })
    const html = await page.text()
    expect([page.status, page.headers.get('location')]).toEqual([400, null])
    expect(html).toContain(`<code>${shown}</code>`)
    expect(html).not.toMatch(/(?:href|src|action)="[^"]*(?:127\.0\.0\.1:4000|app\.example|javascript|warp:)/)
    expect(textOf(html)).toContain('add the address to the setting EXTRA_REDIRECT_URIS')
  },
)

test('R04: a long address is cut on the page, and one that the app did not register is told apart', async () => {
  const body = JSON.stringify({ redirect_uris: ['http://localhost:4000/callback'] })
  const headers = { 'Content-Type': 'application/json' }
  const registered = await product.fetch('/oauth/register', { method: 'POST', headers, body })
  const { client_id } = (await registered.json()) as { client_id: string }
  const long = await authorize({ client_id, redirect_uri: `https://app.example/${'x'.repeat(5000)}` })
  const text = textOf(await long.text())
  expect(text).toContain('x... (5020 characters)')
  expect(text.length).toBeLessThan(1000)
  const other = await authorize({ client_id, redirect_uri: 'http://localhost:4000/mine' })
  expect(textOf(await other.text())).toContain(
    'a return address that it has not registered. http://localhost:4000/mine Remove this server from the app',
  )
})

test('a refused registration names the address and the setting', async () => {
  const answer = await product.fetch('/oauth/register', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['warp://mcp/callback'] }),
  })
  expect([answer.status, await answer.json()]).toEqual([
    400,
    {
      error: 'invalid_redirect_uri',
      error_description:
        'None of the redirect_uris is accepted here, such as warp://mcp/callback. The owner of this server can add it to the setting EXTRA_REDIRECT_URIS.',
    },
  ])
})

test('R17: a known client whose document is not to be had gets its page all the same', async () => {
  const page = await authorize({
    client_id: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
  })
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('claude.ai')
  expect(asked).toEqual(['claude.ai'])
})

test('R16 R17: token, revocation and registration look nothing up', async () => {
  const post = (path: string, fields: Record<string, string>) =>
    product.fetch(path, { method: 'POST', body: new URLSearchParams({ client_id: clientId, ...fields }) })
  await post('/oauth/token', { grant_type: 'refresh_token', refresh_token: '0'.repeat(64) })
  await post('/oauth/revoke', { token: '0'.repeat(64) })
  await product.fetch('/oauth/register', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['http://localhost:4000/callback'],
      client_uri: 'https://app.example/',
      logo_uri: 'https://app.example/logo.png',
      jwks_uri: 'https://app.example/jwks.json',
      sector_identifier_uri: 'https://app.example/sector.json',
    }),
  })
  expect(asked).toEqual([])
})
