/**
 * The one suite for every AuthorizationStore. It asks for what the authorization server relies on: one winner of many,
 * nothing written when refused, deletions that may be repeated, and rows that stay readable after their expiry, since
 * the callers check it. `makeStore` gives an empty store; ids are random, so one shared store serves too.
 */
import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AccessTokenRow,
  AuthorizationCodeRow,
  AuthorizationStore,
  Grant,
  LinkRow,
  RefreshTokenRow,
  Transaction,
} from '../src/store.ts'

const now = 1_800_000_000
const id = () => randomBytes(32).toString('hex')
const fifty = <T>(one: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: 50 }, (_, index) => one(index)))

function aGrant(change: Partial<Grant> = {}): Grant {
  return {
    v: 1,
    grantId: id(),
    state: 'pending',
    generation: 0,
    clientId: 'client',
    clientName: 'Näme <b>',
    permission: 'send',
    scope: 'email:read email:write',
    resource: 'https://mail.example/mcp',
    createdAt: now,
    expiresAt: now + 600,
    absoluteExpiresAt: now + 1_000_000,
    codeId: id(),
    accessTokenIds: [],
    ownerIndexes: [id()],
    accountIds: [id()],
    sealedHint: 'c2VhbGVk',
    ...change,
  }
}

const tokenFields = () => ({
  v: 1 as const,
  id: id(),
  grantId: id(),
  generation: 1,
  clientId: 'client',
  scope: 'email:read',
  permission: 'read',
  resource: 'https://mail.example/mcp',
  issuedAt: now,
  expiresAt: now + 60,
  wrap: 'd3JhcA',
})

function aCode(): AuthorizationCodeRow {
  return {
    ...tokenFields(),
    type: 'code',
    redirectUriHash: id(),
    codeChallenge: 'challenge',
    grantExpiresAt: now + 1_000_000,
    accountIds: [id(), id()],
  }
}
const anAccessToken = (): AccessTokenRow => ({ ...tokenFields(), type: 'access' })
const aLink = (): LinkRow => ({ ...tokenFields(), type: 'link' })
function aRefreshToken(): RefreshTokenRow {
  return {
    ...tokenFields(),
    type: 'refresh',
    grantExpiresAt: now + 1_000_000,
    accessTokenId: id(),
    sealedAnswer: 'k1.YW5zd2Vy',
  }
}
function aTransaction(): Transaction {
  return {
    v: 1,
    id: id(),
    cookieHash: id(),
    clientId: 'client',
    clientName: 'Name',
    redirectUri: 'https://claude.ai/api/mcp/auth_callback',
    clientState: 'state +/=ü',
    codeChallenge: 'challenge',
    scope: 'email:read',
    resource: 'https://mail.example/mcp',
    attempts: 0,
    expiresAt: now + 900,
    mac: id(),
  }
}

export function describeAuthorizationStore(
  name: string,
  makeStore: () => AuthorizationStore | Promise<AuthorizationStore>,
): void {
  describe(`Authorization store: ${name}`, () => {
    let store: AuthorizationStore
    beforeAll(async () => {
      store = await makeStore()
    })

    async function aLiveGrant(change: Partial<Grant> = {}): Promise<Grant> {
      const grant = aGrant(change)
      await store.createGrant(grant)
      await store.commitRedemption({
        grantId: grant.grantId,
        codeId: grant.codeId,
        accessTokenId: 'access-1',
        refreshTokenId: 'refresh-1',
        now,
      })
      return grant
    }
    const refreshOf = (grantId: string, fromGeneration: number, mark = '2') => ({
      grantId,
      fromGeneration,
      toGeneration: fromGeneration + 1,
      accessTokenIds: [`access-${mark}`, 'access-1'],
      refreshTokenId: `refresh-${mark}`,
      previousRefreshTokenId: 'refresh-1',
      now: now + 10,
    })

    describe('grants', () => {
      test('gives a grant back as it was stored, and nothing for an unknown id', async () => {
        const grant = aGrant()
        await store.createGrant(grant)
        expect(await store.getGrant(grant.grantId)).toEqual(grant)
        expect(await store.getGrant(id())).toBeUndefined()
      })

      test('creates a grant for one of 50 and keeps that one', async () => {
        const grant = aGrant()
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            store.createGrant({ ...grant, clientId: `client ${index}` }),
          ),
        )
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
        const winner = `client ${outcomes.indexOf('created')}`
        expect((await store.getGrant(grant.grantId))?.clientId).toBe(winner)
      })

      test('R31: gives back a grant that is long expired: its callers check', async () => {
        const grant = aGrant({ expiresAt: 1000 })
        await store.createGrant(grant)
        expect(await store.getGrant(grant.grantId)).toEqual(grant)
      })

      test('makes a pending grant live with its tokens and its long expiry', async () => {
        const grant = await aLiveGrant()
        expect(await store.getGrant(grant.grantId)).toEqual({
          ...grant,
          state: 'live',
          generation: 1,
          expiresAt: grant.absoluteExpiresAt,
          accessTokenIds: ['access-1'],
          refreshTokenId: 'refresh-1',
          committedAt: now,
        })
      })

      test('R07: commits one of 50 redemptions', async () => {
        const grant = aGrant()
        await store.createGrant(grant)
        const outcomes = await fifty((index) =>
          store.commitRedemption({
            grantId: grant.grantId,
            codeId: grant.codeId,
            accessTokenId: `access-${index}`,
            refreshTokenId: `refresh-${index}`,
            now,
          }),
        )
        const winner = outcomes.indexOf('committed')
        expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1)
        expect(await store.getGrant(grant.grantId)).toMatchObject({
          accessTokenIds: [`access-${winner}`],
          refreshTokenId: `refresh-${winner}`,
        })
      })

      test('refuses a redemption by another code, of a revoked grant and of none', async () => {
        const grant = aGrant()
        const change = { grantId: grant.grantId, accessTokenId: 'a', refreshTokenId: 'r', now }
        expect(await store.commitRedemption({ ...change, codeId: grant.codeId })).toBe('refused')
        expect(await store.getGrant(grant.grantId)).toBeUndefined()
        await store.createGrant(grant)
        expect(await store.commitRedemption({ ...change, codeId: id() })).toBe('refused')
        expect(await store.getGrant(grant.grantId)).toEqual(grant)
        await store.revokeGrant(grant.grantId)
        expect(await store.commitRedemption({ ...change, codeId: grant.codeId })).toBe('refused')
      })

      test('R31: refuses a pending grant past its expiry, though its row is still there', async () => {
        const grant = aGrant()
        await store.createGrant(grant)
        const change = {
          grantId: grant.grantId,
          codeId: grant.codeId,
          accessTokenId: 'a',
          refreshTokenId: 'r',
        }
        expect(await store.commitRedemption({ ...change, now: grant.expiresAt })).toBe('refused')
        expect(await store.getGrant(grant.grantId)).toEqual(grant)
        expect(await store.commitRedemption({ ...change, now: grant.expiresAt - 1 })).toBe('committed')
      })

      test('commits a refresh from the generation it names', async () => {
        const grant = await aLiveGrant()
        expect(await store.commitRefresh(refreshOf(grant.grantId, 1))).toBe('committed')
        expect(await store.getGrant(grant.grantId)).toMatchObject({
          state: 'live',
          generation: 2,
          accessTokenIds: ['access-2', 'access-1'],
          refreshTokenId: 'refresh-2',
          previousRefreshTokenId: 'refresh-1',
          committedAt: now + 10,
          expiresAt: grant.absoluteExpiresAt,
        })
      })

      test('R14: commits one of 50 refreshes', async () => {
        const grant = await aLiveGrant()
        const outcomes = await fifty((index) =>
          store.commitRefresh(refreshOf(grant.grantId, 1, String(index))),
        )
        const winner = outcomes.indexOf('committed')
        expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1)
        expect((await store.getGrant(grant.grantId))?.refreshTokenId).toBe(`refresh-${winner}`)
      })

      test('refuses a refresh from another generation, of a pending or revoked grant and of none', async () => {
        const pending = aGrant()
        await store.createGrant(pending)
        expect(await store.commitRefresh(refreshOf(pending.grantId, 0))).toBe('refused')
        const grant = await aLiveGrant()
        expect(await store.commitRefresh(refreshOf(grant.grantId, 2))).toBe('refused')
        expect(await store.commitRefresh(refreshOf(grant.grantId, 0))).toBe('refused')
        expect((await store.getGrant(grant.grantId))?.generation).toBe(1)
        await store.revokeGrant(grant.grantId)
        expect(await store.commitRefresh(refreshOf(grant.grantId, 1))).toBe('refused')
        expect(await store.commitRefresh(refreshOf(id(), 1))).toBe('refused')
      })

      test('can move a restored grant forward by several generations', async () => {
        const grant = await aLiveGrant()
        const change = { ...refreshOf(grant.grantId, 1), toGeneration: 9 }
        expect(await store.commitRefresh(change)).toBe('committed')
        expect((await store.getGrant(grant.grantId))?.generation).toBe(9)
      })

      test('R15: revoking marks a grant in any state, answers its token ids, and may be repeated', async () => {
        const grant = await aLiveGrant()
        for (const _ of [1, 2]) {
          expect(await store.revokeGrant(grant.grantId)).toMatchObject({
            state: 'revoked',
            accessTokenIds: ['access-1'],
            refreshTokenId: 'refresh-1',
            codeId: grant.codeId,
          })
        }
        expect((await store.getGrant(grant.grantId))?.state).toBe('revoked')
        const pending = aGrant()
        await store.createGrant(pending)
        expect(await store.revokeGrant(pending.grantId)).toEqual({ ...pending, state: 'revoked' })
      })

      test('revoking an unknown grant creates nothing', async () => {
        const grantId = id()
        expect(await store.revokeGrant(grantId)).toBeUndefined()
        expect(await store.getGrant(grantId)).toBeUndefined()
      })

      test('R15: of a refresh and a revocation at the same time, the revocation knows what was committed', async () => {
        const grant = await aLiveGrant()
        const [outcome, revoked] = await Promise.all([
          store.commitRefresh(refreshOf(grant.grantId, 1)),
          store.revokeGrant(grant.grantId),
        ])
        expect(revoked?.refreshTokenId).toBe(outcome === 'committed' ? 'refresh-2' : 'refresh-1')
        expect((await store.getGrant(grant.grantId))?.state).toBe('revoked')
      })

      test('erases a grant, and again without an error', async () => {
        const grant = await aLiveGrant()
        const revoked = await store.revokeGrant(grant.grantId)
        if (revoked === undefined) throw new Error('The grant is gone')
        await store.eraseGrant(revoked)
        await store.eraseGrant(revoked)
        expect(await store.getGrant(grant.grantId)).toBeUndefined()
      })

      test('extending account rows that are gone is no error', async () => {
        await store.extendAccounts(id(), [id()], now)
      })

      test('names one link on a live grant, and none on another', async () => {
        const grant = await aLiveGrant()
        expect(await store.setGrantLink(grant.grantId, 'link-1')).toBe('set')
        expect(await store.setGrantLink(grant.grantId, 'link-2')).toBe('set')
        expect((await store.revokeGrant(grant.grantId))?.linkId).toBe('link-2')
        expect(await store.setGrantLink(grant.grantId, 'link-3')).toBe('refused')
        expect(await store.setGrantLink(id(), 'link-4')).toBe('refused')
      })
    })

    describe('leashes', () => {
      test('are made once for a grant, found, and deleted for good', async () => {
        const row = { grantId: id(), leash: 'first', expiresAt: now }
        await store.createLeash(row)
        await store.createLeash({ ...row, leash: 'second' })
        expect(await store.findLeash(row.grantId)).toEqual(row)
        expect(await store.findLeash(id())).toBeUndefined()
        for (let time = 0; time < 2; time++) await store.deleteLeash(row.grantId)
        expect(await store.findLeash(row.grantId)).toBeUndefined()
      })
    })

    describe('tokens', () => {
      test('gives every type of row back as it was stored, under its own type only', async () => {
        for (const row of [aCode(), anAccessToken(), aRefreshToken(), aLink()]) {
          await store.createToken(row)
          expect(await store.findToken(row.type, row.id)).toEqual(row)
          expect(await store.findToken(row.type === 'link' ? 'code' : 'link', row.id)).toBeUndefined()
          expect(await store.findToken(row.type, id())).toBeUndefined()
        }
      })

      test('refuses to create a token twice and keeps the first', async () => {
        const row = anAccessToken()
        await store.createToken(row)
        await expect(store.createToken({ ...row, grantId: 'other' })).rejects.toThrow()
        expect(await store.findToken('access', row.id)).toEqual(row)
      })

      test('R31: gives back rows that are long expired: their callers check', async () => {
        const row = { ...anAccessToken(), expiresAt: 1000 }
        await store.createToken(row)
        expect(await store.findToken('access', row.id)).toEqual(row)
      })

      test('R07: redeems a code for one of 50 and keeps all but its expiry', async () => {
        const row = aCode()
        await store.createToken(row)
        const outcomes = await fifty(() => store.redeemCode(row.id, now, now + 86_400))
        expect(outcomes.filter((outcome) => outcome === 'redeemed')).toHaveLength(1)
        expect(outcomes.filter((outcome) => outcome === 'already')).toHaveLength(49)
        expect(await store.findToken('code', row.id)).toEqual({
          ...row,
          redeemedAt: now,
          expiresAt: now + 86_400,
        })
      })

      test('knows a code that is gone, and a later redemption does not move its time', async () => {
        expect(await store.redeemCode(id(), now, now + 1)).toBe('gone')
        const row = aCode()
        await store.createToken(row)
        await store.redeemCode(row.id, now, now + 86_400)
        expect(await store.redeemCode(row.id, now + 50, now + 90_000)).toBe('already')
        expect((await store.findToken('code', row.id))?.redeemedAt).toBe(now)
      })

      test('retires an access token at the earliest time it was told', async () => {
        const row = anAccessToken()
        await store.createToken(row)
        await store.retireAccessToken(row.id, now + 65)
        await store.retireAccessToken(row.id, now + 100)
        expect(await store.findToken('access', row.id)).toEqual({ ...row, retiresAt: now + 65 })
      })

      test('retiring or burying what is gone is no error and creates nothing', async () => {
        const gone = id()
        await store.retireAccessToken(gone, now)
        await store.buryRefreshToken(gone)
        expect(await store.findToken('access', gone)).toBeUndefined()
        expect(await store.findToken('refresh', gone)).toBeUndefined()
      })

      test('buries a refresh token: wrap and sealed answer go, the rest stays, and again without an error', async () => {
        const row = aRefreshToken()
        await store.createToken(row)
        await store.buryRefreshToken(row.id)
        await store.buryRefreshToken(row.id)
        const buried = await store.findToken('refresh', row.id)
        expect(buried?.wrap).toBeUndefined()
        // Someone with an older token and the handoff key must not be able to walk on to the live ones.
        expect(buried?.sealedAnswer).toBeUndefined()
        expect(buried).toMatchObject({ generation: row.generation, expiresAt: row.expiresAt })
      })

      test('binds a link to one of 50 browsers, and to that one again', async () => {
        const row = aLink()
        await store.createToken(row)
        const outcomes = await fifty((index) => store.bindLink(row.id, `browser-${index}`))
        expect(outcomes.filter((outcome) => outcome === 'bound')).toHaveLength(1)
        const winner = `browser-${outcomes.indexOf('bound')}`
        expect(await store.bindLink(row.id, winner)).toBe('bound')
        expect(await store.findToken('link', row.id)).toEqual({ ...row, boundTo: winner })
      })

      test('does not bind a link that is gone', async () => {
        const gone = id()
        expect(await store.bindLink(gone, 'browser')).toBe('refused')
        expect(await store.findToken('link', gone)).toBeUndefined()
      })

      test('deletes a token of the grant that is named, not of another, and again without an error', async () => {
        const row = aRefreshToken()
        await store.createToken(row)
        await store.deleteToken('refresh', row.id, id())
        await store.deleteToken('access', row.id, row.grantId)
        expect(await store.findToken('refresh', row.id)).toEqual(row)
        await store.deleteToken('refresh', row.id, row.grantId)
        await store.deleteToken('refresh', row.id, row.grantId)
        expect(await store.findToken('refresh', row.id)).toBeUndefined()
      })
    })

    describe('transactions', () => {
      test('gives a transaction back as it was stored, and nothing for an unknown id', async () => {
        const row = aTransaction()
        await store.createTransaction(row)
        expect(await store.findTransaction(row.id)).toEqual(row)
        expect(await store.findTransaction(id())).toBeUndefined()
      })

      test('R42: counts 50 parallel attempts one by one', async () => {
        const row = aTransaction()
        await store.createTransaction(row)
        const counts = await fifty(() => store.countTransactionAttempt(row.id))
        expect(counts.toSorted((a = 0, b = 0) => a - b)).toEqual(
          Array.from({ length: 50 }, (_, index) => index + 1),
        )
        expect((await store.findTransaction(row.id))?.attempts).toBe(50)
      })

      test('counts nothing on a transaction that is gone', async () => {
        const gone = id()
        expect(await store.countTransactionAttempt(gone)).toBeUndefined()
        expect(await store.findTransaction(gone)).toBeUndefined()
      })

      test('R41: lets one of 50 consume a transaction', async () => {
        const row = aTransaction()
        await store.createTransaction(row)
        const outcomes = await fifty(() => store.consumeTransaction(row.id))
        expect(outcomes.filter(Boolean)).toHaveLength(1)
        expect(await store.findTransaction(row.id)).toBeUndefined()
        expect(await store.countTransactionAttempt(row.id)).toBeUndefined()
      })
    })
  })
}
