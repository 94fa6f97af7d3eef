import { describe, expect, test } from 'vitest'
import { createDeployment, issuer, ok, problem } from './deployment.ts'

const day = 86_400

describe('Refresh', () => {
  test('R14: rotates the pair; the old access token retires after 65 s, the old refresh row loses its wrap [rfc9700-2.2.2]', async () => {
    const deployment = createDeployment()
    const { tokens, secret, grantId } = await deployment.connect()
    deployment.clock.now += 100
    const next = await ok(deployment.refresh(tokens.refresh_token))
    expect(next.access_token).not.toBe(tokens.access_token)
    expect(next.refresh_token).not.toBe(tokens.refresh_token)
    expect(next.expires_in).toBe(30 * day)
    const found = await deployment.server.findAccessToken(next.access_token)
    if (found.kind !== 'live') throw new Error('The token is not live')
    expect(found.row).toMatchObject({ grantId, generation: 2 })
    expect(Buffer.from(deployment.server.openSecret(next.access_token, found.row) ?? [])).toEqual(
      Buffer.from(secret),
    )
    deployment.clock.now += 64
    expect(await deployment.isLive(tokens.access_token)).toBe(true)
    deployment.clock.now += 1
    expect(await deployment.isLive(tokens.access_token)).toBe(false)
    const wrapped = [...deployment.store.tokens.values()].filter((row) => row.type === 'refresh' && row.wrap)
    expect(wrapped).toHaveLength(1)
  })

  test('costs two reads and five writes', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    const operations: string[] = []
    deployment.store.hooks.before = (operation) => operations.push(operation)
    await ok(deployment.refresh(tokens.refresh_token))
    expect(operations).toEqual([
      ...['findToken', 'getGrant', 'createToken', 'createToken', 'retireAccessToken'],
      ...['commitRefresh', 'buryRefreshToken'],
    ])
  })

  test('R14: 50 parallel refreshes with one token get the very same answer', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => deployment.refresh(tokens.refresh_token)),
    )
    const answers = await Promise.all(responses.map((response) => response.text()))
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]))
    expect(new Set(answers).size).toBe(1)
    const next = JSON.parse(answers[0] ?? '')
    expect(await deployment.isLive(next.access_token)).toBe(true)
    await ok(deployment.refresh(next.refresh_token))
    // Code, three generations of pairs; what the losers wrote is gone.
    expect(deployment.store.tokens.size).toBe(7)
  })

  test('R14: the old token gets the same answer for 60 s, though the new pair was used', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    const next = await ok(deployment.refresh(tokens.refresh_token))
    expect(await deployment.isLive(next.access_token)).toBe(true)
    deployment.clock.now += 60
    expect(await ok(deployment.refresh(tokens.refresh_token))).toEqual(next)
    await ok(deployment.refresh(next.refresh_token))
  })

  test.each([
    ['later than 60 s', 1, 61],
    ['two generations old', 2, 0],
    ['three generations old', 3, 5],
  ])('R14: reuse %s revokes the grant [rfc9700-2.2.2]', async (_, rotations, seconds) => {
    const deployment = createDeployment()
    const { tokens, grantId } = await deployment.connect()
    let current = tokens
    for (let count = 0; count < rotations; count++)
      current = await ok(deployment.refresh(current.refresh_token))
    deployment.clock.now += seconds
    expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    expect(await deployment.isLive(current.access_token)).toBe(false)
    expect(await problem(deployment.refresh(current.refresh_token))).toBe('400 invalid_grant')
    expect(deployment.store.grants.has(grantId)).toBe(false)
    expect([...deployment.store.tokens.values()].filter((row) => row.wrap !== undefined)).toEqual([])
    expect(deployment.events).toContainEqual({
      kind: 'grant_revoked',
      grantId,
      cause: 'refresh_token_reused',
    })
  })

  test('R14: without the client’s own authentication the old token gets nothing and revokes nothing [oauth21-4.3]', async () => {
    const deployment = createDeployment()
    const mine = await deployment.connect()
    const next = await ok(deployment.refresh(mine.tokens.refresh_token))
    deployment.clock.now += 3600
    const foreign = { client_id: 'https://vscode.dev/oauth/client-metadata.json' }
    expect(await problem(deployment.refresh(mine.tokens.refresh_token, foreign))).toBe('400 invalid_grant')
    expect(await problem(deployment.refresh(next.refresh_token, foreign))).toBe('400 invalid_grant')
    expect(await deployment.isLive(next.access_token)).toBe(true)
  })

  test('R09: another resource is invalid_target and consumes nothing [rfc8707-2.2]', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    expect(await problem(deployment.refresh(tokens.refresh_token, { resource: issuer }))).toBe(
      '400 invalid_target',
    )
    expect(await problem(deployment.refresh('x'))).toBe('400 invalid_grant')
    expect(await problem(deployment.refresh(''))).toBe('400 invalid_request')
    await ok(deployment.refresh(tokens.refresh_token))
  })

  test('R14: scope narrows the access token for that time only, and never widens [oauth21-4.3] [rfc9700-2.3]', async () => {
    const deployment = createDeployment()
    const wide = (await deployment.connect()).tokens
    const narrowed = await ok(deployment.refresh(wide.refresh_token, { scope: 'email:read' }))
    expect(narrowed.scope).toBe('email:read')
    const found = await deployment.server.findAccessToken(narrowed.access_token)
    expect(found.kind === 'live' && found.row.scope).toBe('email:read')
    expect((await ok(deployment.refresh(narrowed.refresh_token))).scope).toBe('email:read email:write')

    const narrow = (await deployment.connect({ permission: 'read', scope: 'email:read' })).tokens
    for (const scope of ['email:write', 'email:read email:write', 'openid', 'email:read "']) {
      expect(await problem(deployment.refresh(narrow.refresh_token, { scope }))).toBe('400 invalid_scope')
    }
    const habit = await ok(deployment.refresh(narrow.refresh_token, { scope: 'email:read offline_access' }))
    expect(habit.scope).toBe('email:read')
    expect((await ok(deployment.refresh(habit.refresh_token, { scope: 'offline_access' }))).scope).toBe(
      'email:read',
    )
  })

  test('R14 R31: ends after 90 idle days, and 365 days after consent whatever happens [rfc9700-4.14.2]', async () => {
    const idle = createDeployment()
    const { tokens } = await idle.connect()
    idle.clock.now += 90 * day
    expect(await problem(idle.refresh(tokens.refresh_token))).toBe('400 invalid_grant')

    const busy = createDeployment()
    let current = (await busy.connect()).tokens
    for (let days = 80; days < 365; days += 80) {
      busy.clock.now += 80 * day
      current = await ok(busy.refresh(current.refresh_token))
    }
    busy.clock.now += 40 * day
    current = await ok(busy.refresh(current.refresh_token))
    expect(current.expires_in).toBe(5 * day)
    busy.clock.now += 5 * day
    expect(await busy.isLive(current.access_token)).toBe(false)
    expect(await problem(busy.refresh(current.refresh_token))).toBe('400 invalid_grant')
  })

  test('a grant restored from a backup commits forward, and the old token still ends it', async () => {
    const deployment = createDeployment()
    const { tokens, grantId } = await deployment.connect()
    const backup = deployment.store.grants.get(grantId)
    if (backup === undefined) throw new Error('There is no grant')
    const second = await ok(deployment.refresh(tokens.refresh_token))
    const third = await ok(deployment.refresh(second.refresh_token))
    deployment.store.grants.set(grantId, backup)
    const fourth = await ok(deployment.refresh(third.refresh_token))
    expect(await deployment.isLive(fourth.access_token)).toBe(true)
    expect(deployment.store.grants.get(grantId)?.generation).toBe(4)
    deployment.store.grants.set(grantId, backup)
    expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    expect(await deployment.isLive(fourth.access_token)).toBe(true)
    expect(deployment.store.grants.has(grantId)).toBe(false)
  })

  test('R28: a grant restored from a backup after its revocation gives the old tokens nothing', async () => {
    const deployment = createDeployment()
    const { tokens, grantId } = await deployment.connect()
    const backup = deployment.store.grants.get(grantId)
    await deployment.server.revokeGrant(grantId)
    if (backup !== undefined) deployment.store.grants.set(grantId, backup)
    expect(await deployment.isLive(tokens.access_token)).toBe(false)
    expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
  })

  test('R15: a client that refreshes in a loop leaves no access token that a revocation does not know', async () => {
    const deployment = createDeployment()
    const { tokens, grantId } = await deployment.connect()
    const access = [tokens.access_token]
    let current = tokens
    for (let count = 0; count < 20; count++) {
      current = await ok(deployment.refresh(current.refresh_token))
      access.push(current.access_token)
    }
    expect(deployment.store.grants.get(grantId)?.accessTokenIds.length).toBe(8)
    await deployment.server.revokeGrant(grantId)
    for (const token of access) expect(await deployment.isLive(token)).toBe(false)
  })

  test('R24: a refresh row or grant with any shared attribute changed is refused', async () => {
    for (const change of [
      { scope: 'email:read' },
      { permission: 'read' },
      { grantExpiresAt: 9_999_999_999 },
      { accessTokenId: 'another' },
      { expiresAt: 9_999_999_999 },
      { issuedAt: 1 },
    ]) {
      const deployment = createDeployment()
      const { tokens } = await deployment.connect()
      const [key, row] = [...deployment.store.tokens].find(([, { type }]) => type === 'refresh') ?? []
      if (key === undefined || row === undefined) throw new Error('There is no refresh token')
      deployment.store.tokens.set(key, { ...row, ...change } as typeof row)
      expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    }
    for (const change of [
      { permission: 'send' },
      { absoluteExpiresAt: 9_999_999_999 },
      // Narrower than the token's.
      { scope: 'email:read' },
      { resource: 'https://other.example/mcp' },
      { clientId: 'claude-team' },
    ] as const) {
      const deployment = createDeployment()
      const { tokens, grantId } = await deployment.connect({ permission: 'read' })
      const grant = deployment.store.grants.get(grantId)
      if (grant === undefined) throw new Error('There is no grant')
      deployment.store.grants.set(grantId, { ...grant, ...change })
      expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    }
  })

  test('R24: a refresh token whose scope is wider than its grant’s is refused', async () => {
    const deployment = createDeployment()
    const { tokens, grantId } = await deployment.connect()
    const grant = deployment.store.grants.get(grantId)
    if (grant === undefined) throw new Error('There is no grant')
    deployment.store.grants.set(grantId, { ...grant, scope: 'email:read' })
    expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    expect(deployment.events.at(-1)).toMatchObject({ reason: 'rows_disagree' })
  })

  test('R31: a refresh token does not outlive its grant, whatever its own row says', async () => {
    const deployment = createDeployment()
    const { tokens, grantId } = await deployment.connect()
    const grant = deployment.store.grants.get(grantId)
    if (grant === undefined) throw new Error('There is no grant')
    deployment.store.grants.set(grantId, { ...grant, expiresAt: deployment.clock.now })
    expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    expect(deployment.events.at(-1)).toMatchObject({ reason: 'expired' })
  })

  test('a rotated handoff key still opens the answers it sealed', async () => {
    const one = createDeployment()
    const { tokens } = await one.connect()
    const next = await ok(one.refresh(tokens.refresh_token))
    const handoffKeys = [{ kid: 'h2', key: new Uint8Array(32).fill(9) }, ...one.options.handoffKeys]
    const rotated = createDeployment({ ...one.options, handoffKeys }, one.store)
    expect(await ok(rotated.refresh(tokens.refresh_token))).toEqual(next)
    const without = createDeployment({ ...one.options, handoffKeys: handoffKeys.slice(0, 1) }, one.store)
    expect(await problem(without.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    await ok(without.refresh(next.refresh_token))
  })

  test('R25: the store holds no token, no answer and no secret in clear', async () => {
    const deployment = createDeployment()
    const { tokens, code, verifier, secret } = await deployment.connect()
    const next = await ok(deployment.refresh(tokens.refresh_token))
    const dump = JSON.stringify([
      ...deployment.store.tokens,
      ...deployment.store.grants,
      ...deployment.store.transactions,
    ])
    const forms = [
      tokens.access_token,
      tokens.refresh_token,
      next.access_token,
      next.refresh_token,
      code,
      verifier,
    ]
    for (const token of [
      ...forms,
      ...['hex', 'base64', 'base64url'].map((to) => Buffer.from(secret).toString(to as 'hex')),
    ]) {
      expect(dump).not.toContain(token)
    }
  })
})
