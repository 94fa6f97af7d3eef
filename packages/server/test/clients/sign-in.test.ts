/** Every client of the table from the bare URL to a token, a refresh and the end of its connection. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProduct, type TestProduct } from '../oauth/product.ts'
import { useNoNames } from './offline.ts'
import { authorizationRequest, discover, identify, openSession, refresh, signIn, textOf } from './replay.ts'
import { otherSignIns, replayedClients } from './replayed-clients.ts'

let product: TestProduct
useNoNames()
beforeAll(async () => {
  product = await startProduct()
})
afterAll(() => product.close())

describe.each([...replayedClients, ...otherSignIns])('$name', (client) => {
  test('R05 R16 R17: it is known by its name on the owner’s page, gets its code where it waits, and works', async () => {
    const discovered = await discover(product.url)
    const clientId = await identify(client, discovered)
    const page = await fetch(authorizationRequest(client, discovered, clientId).url)
    const text = textOf(await page.text())
    expect(page.status, text).toBe(200)
    expect(text).toContain(client.shownAs)

    const { tokens } = await signIn(client, product.url, product.fields)
    const session = await openSession(product.url, tokens.access_token)
    expect(session.tools).toContain('send_email')
    await session.close()
  })

  test('R14: it refreshes by itself, also twice at once, and the new token works', async () => {
    const signedIn = await signIn(client, product.url, product.fields)
    const [one, other] = await Promise.all([refresh(signedIn), refresh(signedIn)])
    expect(one).toEqual(other)
    expect(one.access_token).not.toBe(signedIn.tokens.access_token)
    const session = await openSession(product.url, one.access_token)
    await session.close()
  })

  test('R15: once revoked it is challenged and its refresh token is worth nothing, so that it signs in again', async () => {
    const signedIn = await signIn(client, product.url, product.fields)
    const { discovered, clientId, tokens } = signedIn
    const revoked = await fetch(discovered.revocationEndpoint, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, token: tokens.refresh_token }),
    })
    expect(revoked.status).toBe(200)
    const refused = await fetch(`${product.url}/mcp`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${tokens.access_token}`, 'Content-Type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toMatch(
      /resource_metadata="[^"]+".*error="invalid_token"|error="invalid_token".*resource_metadata="/,
    )
    await expect(refresh(signedIn)).rejects.toThrow('400 invalid_grant')
    await signIn(client, product.url, product.fields)
  })
})

test('a HEAD, with which Gemini CLI asks whether it has to sign in, gets the same challenge as a POST', async () => {
  expect(await discover(product.url, 'HEAD')).toEqual(await discover(product.url))
})
