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

  test('R14 R15: it refreshes by itself, also twice at once; once revoked, it is told to sign in again', async () => {
    const signedIn = await signIn(client, product.url, product.fields)
    const [tokens, same] = await Promise.all([refresh(signedIn), refresh(signedIn)])
    expect(same).toEqual(tokens)
    expect(await statusOf(tokens.access_token)).toEqual({ status: 200 })

    const { discovered, clientId } = signedIn
    const revoked = await fetch(discovered.revocationEndpoint, {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, token: tokens.refresh_token }),
    })
    expect(revoked.status).toBe(200)
    expect(await statusOf(tokens.access_token)).toEqual({
      status: 401,
      error: 'invalid_token',
      metadata: `${product.url}/.well-known/oauth-protected-resource/mcp`,
    })
    // The answer at which clients forget their tokens instead of trying for ever.
    await expect(refresh({ ...signedIn, tokens })).rejects.toThrow('400 invalid_grant')
  })
})

async function statusOf(accessToken: string): Promise<{ status: number; error?: string; metadata?: string }> {
  const response = await fetch(`${product.url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${accessToken}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'replayed', version: '1' },
      },
    }),
  })
  await response.arrayBuffer()
  const challenge = response.headers.get('www-authenticate')
  if (challenge === null) return { status: response.status }
  const [, error = ''] = /error="([^"]+)"/.exec(challenge) ?? []
  const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  return { status: response.status, error, metadata }
}

test('a HEAD, with which Gemini CLI asks whether it has to sign in, gets the same challenge as a POST', async () => {
  expect(await discover(product.url, 'HEAD')).toEqual(await discover(product.url))
})
