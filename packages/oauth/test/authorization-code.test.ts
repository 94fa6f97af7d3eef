import { describe, expect, test } from 'vitest'
import { basic, createDeployment, form, issuer, ok, pkce, problem } from './deployment.ts'

const drop = (fields: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name))

describe('Authorization code', () => {
  test('is exchanged for an opaque pair that works, with the granted scope [oauth21-3.2.3]', async () => {
    const deployment = createDeployment()
    const { redemption, grantId, secret } = await deployment.signIn({
      permission: 'read',
      scope: 'email:read',
    })
    const response = await deployment.server.token(form('token', redemption))
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toBe('application/json')
    const tokens = await ok(response)
    expect(tokens).toEqual({
      access_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      token_type: 'Bearer',
      expires_in: 30 * 86_400,
      refresh_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      scope: 'email:read',
    })
    const found = await deployment.server.findAccessToken(tokens.access_token)
    if (found.kind !== 'live') throw new Error('The token is not live')
    expect(found.row).toMatchObject({ grantId, permission: 'read', scope: 'email:read', generation: 1 })
    expect(Buffer.from(deployment.server.openSecret(tokens.access_token, found.row) ?? [])).toEqual(
      Buffer.from(secret),
    )
    expect(deployment.store.grants.get(grantId)).toMatchObject({ state: 'live', generation: 1 })
    expect(deployment.store.accounts.get(`account-of-${grantId}`)).toBe(deployment.clock.now + 365 * 86_400)
  })

  test('costs one read and five writes', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn()
    const operations: string[] = []
    deployment.store.hooks.before = (operation) => operations.push(operation)
    await ok(deployment.server.token(form('token', redemption)))
    expect(operations).toEqual([
      ...['findToken', 'redeemCode', 'createToken', 'createToken', 'extendAccounts', 'commitRedemption'],
    ])
  })

  test('R07: of 50 parallel redemptions one wins, the others are refused and undo nothing [oauth21-4.1.2-once]', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn()
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => deployment.server.token(form('token', redemption))),
    )
    const won = responses.filter((response) => response.status === 200)
    expect(won).toHaveLength(1)
    for (const lost of responses.filter((response) => response.status !== 200)) {
      expect(await problem(lost)).toBe('400 invalid_grant')
    }
    const tokens = await ok(won[0] ?? Response.error())
    expect(await deployment.isLive(tokens.access_token)).toBe(true)
    await ok(deployment.refresh(tokens.refresh_token))
    // One live pair and its successor, the code's tombstone, and nothing of the losers.
    expect(deployment.store.tokens.size).toBe(5)
  })

  test('R07 R31: lives 60 seconds, whatever the store still holds [oauth21-4.1.2]', async () => {
    for (const [age, expected] of [
      [59, 200],
      [60, 400],
    ] as const) {
      const deployment = createDeployment()
      const { redemption } = await deployment.signIn()
      deployment.clock.now += age
      expect((await deployment.server.token(form('token', redemption))).status).toBe(expected)
    }
  })

  test('R08: a valid replay within 10 s is refused and revokes nothing', async () => {
    const deployment = createDeployment()
    const { redemption, tokens } = await deployment.connect()
    deployment.clock.now += 10
    expect(await problem(deployment.server.token(form('token', redemption)))).toBe('400 invalid_grant')
    expect(await deployment.isLive(tokens.access_token)).toBe(true)
  })

  test('R08: a valid replay later than 10 s revokes what the code issued [oauth21-4.1.2-once]', async () => {
    for (const later of [11, 3600, 86_000]) {
      const deployment = createDeployment()
      const { redemption, tokens, grantId } = await deployment.connect()
      const refreshed = await ok(deployment.refresh(tokens.refresh_token))
      deployment.clock.now += later
      expect(await problem(deployment.server.token(form('token', redemption)))).toBe('400 invalid_grant')
      expect(await deployment.isLive(tokens.access_token)).toBe(false)
      expect(await deployment.isLive(refreshed.access_token)).toBe(false)
      expect(await problem(deployment.refresh(refreshed.refresh_token))).toBe('400 invalid_grant')
      expect(deployment.store.grants.has(grantId)).toBe(false)
      expect([...deployment.store.tokens.values()].filter((row) => row.wrap !== undefined)).toEqual([])
    }
  })

  test('R08: an invalid replay, or one after the tombstone’s end, does nothing', async () => {
    const deployment = createDeployment()
    const { redemption, tokens } = await deployment.connect()
    deployment.clock.now += 3600
    for (const change of [
      { code_verifier: pkce().verifier },
      { client_id: 'https://vscode.dev/oauth/client-metadata.json' },
      { redirect_uri: 'https://claude.com/api/mcp/auth_callback' },
      { resource: `${issuer}/other` },
    ]) {
      expect((await deployment.server.token(form('token', { ...redemption, ...change }))).status).toBe(400)
    }
    deployment.clock.now += 86_400
    expect(await problem(deployment.server.token(form('token', redemption)))).toBe('400 invalid_grant')
    expect(await deployment.isLive(tokens.access_token)).toBe(true)
  })

  test.each([
    ['R06: another verifier [rfc7636-4.6]', { code_verifier: pkce().verifier }, '400 invalid_grant'],
    [
      'R06: a verifier of 42 characters [rfc7636-4.1]',
      { code_verifier: 'a'.repeat(42) },
      '400 invalid_request',
    ],
    [
      'R06: a verifier of 129 characters [rfc7636-4.1]',
      { code_verifier: 'a'.repeat(129) },
      '400 invalid_request',
    ],
    [
      'R06: a verifier outside the character set [rfc7636-4.1]',
      { code_verifier: `${'a'.repeat(42)}!` },
      '400 invalid_request',
    ],
    ['R06: an empty verifier [oauth21-3.1] [rfc9700-2.1.1]', { code_verifier: '' }, '400 invalid_request'],
    [
      'R09: another client [oauth21-4.1.2]',
      { client_id: 'https://vscode.dev/oauth/client-metadata.json' },
      '400 invalid_grant',
    ],
    ['R09: an unknown client', { client_id: 'nobody' }, '401 invalid_client'],
    [
      'R09: another redirect URI [oauth21-4.1.2]',
      { redirect_uri: 'https://claude.com/api/mcp/auth_callback' },
      '400 invalid_grant',
    ],
    ['R09: an empty redirect URI', { redirect_uri: '' }, '400 invalid_request'],
    ['R09: another resource [rfc8707-2.2]', { resource: 'https://evil.example/mcp' }, '400 invalid_target'],
    ['another code', { code: 'A'.repeat(48) }, '400 invalid_grant'],
    ['a code that is no code', { code: 'x' }, '400 invalid_grant'],
    ['another grant type [rfc9700-2.4]', { grant_type: 'password' }, '400 unsupported_grant_type'],
    ['an empty grant type', { grant_type: '' }, '400 invalid_request'],
  ])('%s is refused and consumes nothing: the right request then succeeds', async (_, change, expected) => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn()
    expect(await problem(deployment.server.token(form('token', { ...redemption, ...change })))).toBe(expected)
    await ok(deployment.server.token(form('token', redemption)))
  })

  test('R09: without a resource parameter the code’s own counts', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn()
    await ok(deployment.server.token(form('token', drop(redemption, 'resource'))))
  })

  test('R09: a code of one resource is worth nothing at another over the same store', async () => {
    const one = createDeployment()
    const { redemption } = await one.signIn()
    const resource = `${issuer}/other`
    const other = createDeployment({ ...one.options, resource }, one.store)
    expect(await problem(other.server.token(form('token', { ...redemption, resource })))).toBe(
      '400 invalid_grant',
    )
    expect(await problem(other.server.token(form('token', drop(redemption, 'resource'))))).toBe(
      '400 invalid_grant',
    )
    expect(one.events).toEqual([
      expect.objectContaining({ reason: 'resource_refused' }),
      expect.objectContaining({ reason: 'resource_refused' }),
    ])
    await ok(one.server.token(form('token', redemption)))
  })

  test('R12: parameters in the URL are not read [oauth21-3.2]', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn()
    const request = new Request(`${issuer}/oauth/token?${new URLSearchParams(redemption)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=authorization_code',
    })
    expect(await problem(deployment.server.token(request))).toBe('401 invalid_client')
  })

  test('R24: a code row with any attribute changed no longer redeems', async () => {
    for (const change of [
      { scope: 'email:read email:write email:all' },
      { permission: 'admin' },
      { grantId: 'another' },
      { grantExpiresAt: 9_999_999_999 },
      { accountIds: [] },
      { generation: 5 },
    ]) {
      const deployment = createDeployment()
      const { redemption } = await deployment.signIn()
      const [key, row] = [...deployment.store.tokens].find(([, { type }]) => type === 'code') ?? []
      if (key === undefined || row === undefined) throw new Error('There is no code')
      deployment.store.tokens.set(key, { ...row, ...change } as typeof row)
      expect(await problem(deployment.server.token(form('token', redemption)))).toBe('400 invalid_grant')
    }
  })
})

describe('Client authentication', () => {
  const secret = 'a secret: with % and +'
  const asTeam = { query: { client_id: 'claude-team' } }

  test('a pre-registered client authenticates by client_secret_post or client_secret_basic', async () => {
    const deployment = createDeployment()
    const post = await deployment.signIn(asTeam)
    await ok(deployment.server.token(form('token', { ...post.redemption, client_secret: secret })))
    const header = await deployment.signIn(asTeam)
    const fields = drop(header.redemption, 'client_id')
    await ok(deployment.server.token(form('token', fields, basic('claude-team', secret))))
  })

  test('a client that sends its Basic credentials without form-encoding them authenticates too', async () => {
    const raw = 'a+b%zz:c=='
    const deployment = createDeployment({ clients: [{ clientId: 'team', secret: raw, name: 'Team' }] })
    const { redemption } = await deployment.signIn({ query: { client_id: 'team' } })
    const header = { Authorization: `Basic ${Buffer.from(`team:${raw}`).toString('base64')}` }
    await ok(deployment.server.token(form('token', redemption, header)))
  })

  test('R09: no secret, a wrong one, a secret from a public client: 401 and nothing is consumed [oauth21-3.2.1] [oauth21-3.2.4]', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn(asTeam)
    const isPublic = await deployment.signIn()
    for (const request of [
      form('token', redemption),
      form('token', { ...redemption, client_secret: `${secret}x` }),
      form('token', redemption, basic('claude-team', 'wrong')),
      form('token', drop(redemption, 'client_id'), basic('nobody', secret)),
      form('token', redemption, { Authorization: 'Basic !' }),
      form('token', redemption, { Authorization: `Bearer ${'a'.repeat(64)}` }),
      form('token', drop(redemption, 'client_id')),
      form('token', { ...isPublic.redemption, client_secret: 'x' }),
    ]) {
      const tried = request.headers.has('authorization')
      const response = await deployment.server.token(request)
      expect(response.headers.has('www-authenticate')).toBe(tried)
      expect(await problem(response)).toBe('401 invalid_client')
    }
    await ok(deployment.server.token(form('token', { ...redemption, client_secret: secret })))
  })

  test('two ways at once, or two ids, are refused [oauth21-2.4]', async () => {
    const deployment = createDeployment()
    const { redemption } = await deployment.signIn(asTeam)
    for (const fields of [
      { ...redemption, client_secret: secret },
      { ...redemption, client_id: 'another' },
    ]) {
      expect(
        await problem(deployment.server.token(form('token', fields, basic('claude-team', secret)))),
      ).toBe('400 invalid_request')
    }
  })
})
