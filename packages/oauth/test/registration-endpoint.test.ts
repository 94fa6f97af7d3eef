import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { changeCharacter } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import {
  authorizeQuery,
  authorizeRequest,
  claudeUri,
  createDeployment,
  form,
  ok,
  pkce,
  problem,
  registration,
} from './deployment.ts'

const metadata = { client_name: 'Claude', redirect_uris: [claudeUri] }

async function register(deployment: ReturnType<typeof createDeployment>, given: unknown) {
  const response = await deployment.server.register(registration(given))
  const text = await response.text()
  expect(response.status, text).toBe(201)
  return JSON.parse(text)
}

describe('Dynamic client registration', () => {
  test('R16: answers what it registered, and keeps nothing [rfc7591-3.2.1]', async () => {
    const deployment = createDeployment()
    const operations: string[] = []
    deployment.store.hooks.before = (operation) => operations.push(operation)
    const answer = await register(deployment, metadata)
    expect(answer).toEqual({
      client_id: expect.stringMatching(/^dcr\./),
      client_name: 'Claude',
      redirect_uris: [claudeUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope: 'email:read email:write',
    })
    expect(operations).toEqual([])
    expect(await register(deployment, metadata)).toEqual(answer)
  })

  test('R16: a registered client signs in, redeems and refreshes, in another process too', async () => {
    const one = createDeployment()
    const { client_id } = await register(one, {
      ...metadata,
      redirect_uris: ['http://localhost/callback', claudeUri],
    })
    const other = createDeployment(one.options, one.store)
    const { tokens } = await other.connect({
      query: { client_id, redirect_uri: 'http://localhost:50999/callback' },
    })
    await ok(other.refresh(tokens.refresh_token, { client_id }))
    expect(await problem(other.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
  })

  test('R16: null and foreign fields are dropped from the answer [rfc7591-2]', async () => {
    const answer = await register(createDeployment(), {
      ...metadata,
      client_name: null,
      client_uri: null,
      logo_uri: null,
      contacts: null,
      jwks: null,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    })
    expect(JSON.stringify(answer)).not.toContain('null')
    expect(Object.keys(answer)).not.toContain('client_name')
    expect(answer.token_endpoint_auth_method).toBe('none')
  })

  test('R16: never fetches a URL from the metadata [rfc7591-5]', async () => {
    let requests = 0
    const canary = createServer((_, response) => {
      requests += 1
      response.end()
    })
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/callback`
    const deployment = createDeployment()
    const { client_id } = await register(deployment, {
      ...{
        redirect_uris: [url],
        client_uri: url,
        logo_uri: url,
        jwks_uri: url,
        tos_uri: url,
        policy_uri: url,
      },
      ...{ sector_identifier_uri: url, software_statement: url },
    })
    await deployment.connect({ query: { client_id, redirect_uri: url } })
    await new Promise((resolve) => canary.close(resolve))
    expect(requests).toBe(0)
  })

  test('R16: redirect URIs that are not accepted are left out; when none is left it is an error [rfc7591-3.2.2] [rfc7591-5]', async () => {
    const deployment = createDeployment()
    const odd = ['https://evil.example/cb', 'cursor://x', 'http://localhost:99999/callback', 7, null]
    const answer = await register(deployment, { redirect_uris: [...odd, claudeUri, claudeUri] })
    expect(answer.redirect_uris).toEqual([claudeUri])
    for (const redirect_uris of [
      odd,
      [],
      undefined,
      null,
      claudeUri,
      Array.from({ length: 21 }, () => claudeUri),
    ]) {
      expect(await problem(deployment.server.register(registration({ redirect_uris })))).toBe(
        '400 invalid_redirect_uri',
      )
    }
  })

  test('R16 R46: a name is one line of at most 80 characters, without controls and bidi marks', async () => {
    const deployment = createDeployment()
    const named = async (client_name: unknown) =>
      (await register(deployment, { ...metadata, client_name })).client_name
    expect(await named('Cl\u0000au\u202Ede\r\n  <b>x</b>\u2028y')).toBe('Cl au de <b>x</b> y')
    expect(Array.from(await named('😀'.repeat(500)))).toHaveLength(80)
    expect(await named({ toString: 'x' })).toBeUndefined()
  })

  test('R16: the client id stays under 1.5 KB, and a registration that would not is refused', async () => {
    const deployment = createDeployment()
    const hosts = ['localhost', '127.0.0.1', '[::1]']
    const paths = ['/callback', '/oauth/callback', '/oauth/callback/debug']
    const nine = hosts.flatMap((host) => paths.map((path) => `http://${host}${path}`))
    const { client_id } = await register(deployment, { client_name: 'x'.repeat(80), redirect_uris: nine })
    expect(client_id.length).toBeLessThan(1500)
    const many = Array.from(
      { length: 20 },
      (_, index) => `http://127.0.0.1:10000/oauth/callback/debug/${index}`,
    )
    expect(
      await problem(
        deployment.server.register(registration({ client_name: '😀'.repeat(80), redirect_uris: many })),
      ),
    ).toBe('400 invalid_client_metadata')
  })

  test.each([
    ['a body that is not JSON', '{', {}, '400 invalid_client_metadata'],
    ['an array', '[]', {}, '400 invalid_client_metadata'],
    ['null', 'null', {}, '400 invalid_client_metadata'],
    ['9 KB', JSON.stringify({ ...metadata, x: 'x'.repeat(9000) }), {}, '413 invalid_request'],
    ['a form', 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }, '400 invalid_client_metadata'],
  ])('R11 R16: %s is refused [rfc7591-3.1] [rfc7591-3.2.2]', async (_, body, headers, expected) => {
    const { server } = createDeployment()
    expect(await problem(server.register(registration(body, headers as Record<string, string>)))).toBe(
      expected,
    )
  })

  test('R05 R14 R16: the same app on another port is the same client, and its address is answered as it sent it', async () => {
    const deployment = createDeployment()
    const at = (port: string) => ({
      client_name: 'mcporter',
      redirect_uris: [`http://127.0.0.1${port}/callback`, claudeUri],
    })
    const first = await register(deployment, at(':40001'))
    const { tokens } = await deployment.connect({
      query: { client_id: first.client_id, redirect_uri: 'http://127.0.0.1:40001/callback' },
    })
    const second = await register(deployment, at(':40002'))
    expect(first.redirect_uris).toEqual(at(':40001').redirect_uris)
    expect(second.redirect_uris).toEqual(at(':40002').redirect_uris)
    expect(second.client_id).toBe(first.client_id)
    expect((await register(deployment, at(''))).client_id).toBe(first.client_id)
    const turned = { ...at(':1'), redirect_uris: at(':1').redirect_uris.reverse() }
    expect((await register(deployment, turned)).client_id).toBe(first.client_id)
    await ok(deployment.refresh(tokens.refresh_token, { client_id: second.client_id }))
    for (const other of [
      { ...at(':40001'), client_name: 'another' },
      { ...at(':40001'), redirect_uris: ['http://127.0.0.1:40001/callback'] },
      { ...at(':40001'), redirect_uris: ['http://localhost:40001/callback', claudeUri] },
      { ...at(':40001'), redirect_uris: ['http://127.0.0.1:40001/callback/', claudeUri] },
    ]) {
      expect((await register(deployment, other)).client_id).not.toBe(first.client_id)
    }
  })

  test('R16: a client id of release 0.1.0, whose redirect URIs have their ports, goes on working', async () => {
    const deployment = createDeployment({ dcrKeys: [{ kid: 'd1', key: new Uint8Array(32).fill(7) }] })
    // Made by 0.1.0 with that key, for one loopback address and Claude's.
    const client_id =
      'dcr.d1.WyJtY3AtcmVtb3RlIixbImh0dHA6Ly9sb2NhbGhvc3Q6MzMzNC9vYXV0aC9jYWxsYmFjayIsImh0dHBzOi8vY2xhdWRlLmFpL2FwaS9tY3AvYXV0aF9jYWxsYmFjayJdXQ.9RN9_Cs5awM2CqLpqaicVXW9XQeiyb8otYeNxE1_sKk'
    const { tokens } = await deployment.connect({
      query: { client_id, redirect_uri: 'http://localhost:3334/oauth/callback' },
    })
    await ok(deployment.refresh(tokens.refresh_token, { client_id }))
    await deployment.connect({ query: { client_id, redirect_uri: 'http://localhost:50123/oauth/callback' } })
    await deployment.connect({ query: { client_id, redirect_uri: claudeUri } })
  })

  test('R16: a refused registration names the address, printable and cut, and the setting that would allow it', async () => {
    const deployment = createDeployment({ redirectUris: { extraName: 'EXTRA' } })
    const sentenceFor = async (redirect_uris: unknown) =>
      (await (await deployment.server.register(registration({ redirect_uris }))).json()).error_description
    expect(await sentenceFor(['warp://mcp/callback'])).toBe(
      'None of the redirect_uris is accepted here, such as warp://mcp/callback. The owner of this server can add it to the setting EXTRA.',
    )
    const odd = await sentenceFor([`https://\u202e"<b>\n.example/${'x'.repeat(3000)}`])
    // RFC 6749 §5.2: what error_description may hold.
    expect(odd).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(odd).toContain('https://[U+202E][U+0022]<b>[U+000A].example/x')
    expect(odd.length).toBeLessThan(500)
    for (const none of [undefined, [], [7, null], 'text'])
      expect(await sentenceFor(none)).toBe('redirect_uris is missing, or no list of texts.')
  })

  test('R16: a client id with any character changed is unknown', async () => {
    const deployment = createDeployment()
    const { client_id } = await register(deployment, metadata)
    for (let at = 0; at < client_id.length; at++) {
      const changed = changeCharacter(client_id, at)
      expect(
        await problem(deployment.server.token(form('token', { client_id: changed, grant_type: 'x' }))),
      ).toBe('401 invalid_client')
    }
    expect(await problem(deployment.server.token(form('token', { client_id, grant_type: 'x' })))).toBe(
      '400 unsupported_grant_type',
    )
  })

  test('R16: an old key still verifies after a rotation, until it is taken away', async () => {
    const old = createDeployment()
    const { client_id } = await register(old, metadata)
    const key = { kid: 'd2', key: new Uint8Array(32).fill(3) }
    const query = authorizeQuery(pkce().challenge, { client_id })
    const rotated = createDeployment({ dcrKeys: [key, ...old.options.dcrKeys] })
    expect((await rotated.server.authorize(authorizeRequest(query))).kind).toBe('page')
    expect((await register(rotated, metadata)).client_id).toMatch(/^dcr\.d2\./)
    const without = createDeployment({ dcrKeys: [key] })
    expect((await without.server.authorize(authorizeRequest(query))).kind).toBe('response')
  })
})
