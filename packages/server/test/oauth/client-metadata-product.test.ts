/** R17 in the whole product: a stranger’s document is looked for once, on the consent page’s behalf, and nowhere else. */
import dns from 'node:dns/promises'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
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

it('R17: the authorization endpoint looks for a stranger’s document, and refuses a host that is not public', async () => {
  expect((await authorize({})).status).toBe(401)
  expect(asked).toEqual(['app.example'])
})

it('R17: a known client whose document is not to be had gets its page all the same', async () => {
  const page = await authorize({
    client_id: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
  })
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('claude.ai')
  expect(asked).toEqual(['claude.ai'])
})

it('R16 R17: token, revocation and registration look nothing up', async () => {
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
