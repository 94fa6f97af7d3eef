import { describe, expect, test } from 'vitest'
import { claudeId, createDeployment, form, ok, problem } from './deployment.ts'

const revoke = (token: string, change: Record<string, string> = {}) =>
  form('revoke', { client_id: claudeId, token, ...change })

describe('Revocation', () => {
  test('R15: a refresh token ends the grant at once, with all that hangs on it [rfc7009-2] [rfc7009-2.1-grant]', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    const next = await ok(deployment.refresh(tokens.refresh_token))
    const response = await deployment.server.revoke(
      revoke(next.refresh_token, { token_type_hint: 'access_token' }),
    )
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ revoked: true })
    expect(await deployment.isLive(tokens.access_token)).toBe(false)
    expect(await deployment.isLive(next.access_token)).toBe(false)
    expect(await problem(deployment.refresh(next.refresh_token))).toBe('400 invalid_grant')
    expect(deployment.store.grants.size + deployment.store.accounts.size).toBe(0)
    expect([...deployment.store.tokens.values()].filter((row) => row.wrap !== undefined)).toEqual([])
  })

  test('R15: a replaced refresh token ends its grant too', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    const next = await ok(deployment.refresh(tokens.refresh_token))
    await deployment.server.revoke(revoke(tokens.refresh_token))
    expect(await deployment.isLive(next.access_token)).toBe(false)
    expect(deployment.store.tokens.size).toBe(0)
  })

  test('R15: an access token ends alone', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    expect((await deployment.server.revoke(revoke(tokens.access_token))).status).toBe(200)
    expect(await deployment.isLive(tokens.access_token)).toBe(false)
    const next = await ok(deployment.refresh(tokens.refresh_token))
    expect(await deployment.isLive(next.access_token)).toBe(true)
  })

  test.each(['access_token', 'refresh_token', 'smoke'])(
    'R15: a token is found whatever its hint says: %s [rfc7009-2.1-hint]',
    async (token_type_hint) => {
      const deployment = createDeployment()
      const { tokens } = await deployment.connect()
      await deployment.server.revoke(revoke(tokens.access_token, { token_type_hint }))
      expect(await deployment.isLive(tokens.access_token)).toBe(false)
      await deployment.server.revoke(revoke(tokens.refresh_token, { token_type_hint }))
      expect(await problem(deployment.refresh(tokens.refresh_token))).toBe('400 invalid_grant')
    },
  )

  test('R15: a foreign client revokes nothing and learns nothing; an unknown token is still 200 [rfc7009-2.1] [rfc7009-2.2]', async () => {
    const deployment = createDeployment()
    const { tokens, code } = await deployment.connect()
    const foreign = { client_id: 'https://vscode.dev/oauth/client-metadata.json' }
    for (const request of [
      revoke(tokens.refresh_token, foreign),
      revoke(tokens.access_token, foreign),
      revoke('f'.repeat(64)),
      revoke('nonsense'),
      revoke(code),
    ]) {
      const response = await deployment.server.revoke(request)
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ revoked: true })
    }
    expect(await deployment.isLive(tokens.access_token)).toBe(true)
    await ok(deployment.refresh(tokens.refresh_token))
  })

  test('R15: an unknown client or a wrong secret is 401, a missing token 400, and nothing is revoked [rfc7009-2.1]', async () => {
    const deployment = createDeployment()
    const { tokens } = await deployment.connect()
    const { server } = deployment
    expect(await problem(server.revoke(revoke(tokens.refresh_token, { client_id: 'nobody' })))).toBe(
      '401 invalid_client',
    )
    expect(await problem(server.revoke(revoke(tokens.refresh_token, { client_secret: 'x' })))).toBe(
      '401 invalid_client',
    )
    expect(await problem(server.revoke(revoke('')))).toBe('400 invalid_request')
    expect(await deployment.isLive(tokens.access_token)).toBe(true)
  })

  test('R20: the owner ends a grant by its id, twice without an error', async () => {
    const deployment = createDeployment()
    const { tokens, grantId } = await deployment.connect()
    await deployment.server.revokeGrant(grantId)
    await deployment.server.revokeGrant(grantId)
    expect(await deployment.isLive(tokens.access_token)).toBe(false)
    expect(deployment.store.tokens.size + deployment.store.grants.size).toBe(0)
  })

  test('R15: refreshing and revoking at the same time never leaves a live token', async () => {
    for (let round = 0; round < 20; round++) {
      const deployment = createDeployment()
      const { tokens } = await deployment.connect()
      const [refreshed, revoked] = await Promise.all([
        deployment.refresh(tokens.refresh_token),
        Array.from({ length: round })
          .reduce<Promise<unknown>>(
            (before) => before.then(() => new Promise(setImmediate)),
            Promise.resolve(),
          )
          .then(() => deployment.server.revoke(revoke(tokens.refresh_token))),
      ])
      expect(revoked.status).toBe(200)
      expect(await deployment.isLive(tokens.access_token)).toBe(false)
      if (refreshed.status === 200) {
        expect(await deployment.isLive((await ok(refreshed)).access_token)).toBe(false)
      }
      expect([...deployment.store.tokens.values()].filter((row) => row.wrap !== undefined)).toEqual([])
    }
  })
})
