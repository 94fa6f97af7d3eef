/** What every store must do for the owner's room. */
import { describe, expect, test } from 'vitest'
import { type OwnerRow, ofGrant, type SettingsRow } from '../../src/store/owner-room-store.ts'
import type { Stores } from '../../src/store/stores.ts'
import { buildAccount, buildGrant, newId, now, race } from './builders.ts'

function buildSettings(fields: Partial<SettingsRow> = {}): SettingsRow {
  return {
    v: 1,
    grantId: newId(),
    of: 'first',
    version: now,
    sealed: 'sealed',
    expiresAt: now + 9,
    ...fields,
  }
}

export function describeOwnerRoomStore(name: string, open: () => Stores): void {
  describe(`${name}: the owner's room`, () => {
    test('settings are found with their grant and nobody else’s, until the grant is erased', async () => {
      const { authorization, accounts } = open()
      const grant = buildGrant()
      const { grantId } = grant
      await authorization.createGrant(grant)
      await accounts.createAccount(buildAccount({ grantId }))
      const rows = [buildSettings({ grantId }), buildSettings({ grantId, of: ofGrant })]
      for (const row of rows) expect(await accounts.putSettings(row)).toBe('written')
      await accounts.putSettings(buildSettings({ grantId: `${grantId}0` }))
      const found = await accounts.findGrantWithAccounts(grantId)
      expect(found?.settings).toEqual(rows)
      expect(found?.accounts).toHaveLength(1)
      await authorization.eraseGrant(grant)
      await authorization.createGrant(grant)
      expect((await accounts.findGrantWithAccounts(grantId))?.settings).toEqual([])
    })

    test('settings are created once, and a version is replaced by one of 50 that read it', async () => {
      const { authorization, accounts } = open()
      const grant = buildGrant()
      const row = buildSettings({ grantId: grant.grantId })
      await authorization.createGrant(grant)
      const tally = new Map([
        ['written', 1],
        ['changed', 49],
      ])
      const put = (index: number, version: number, asRead?: number) =>
        accounts.putSettings({ ...row, version, sealed: `sealed ${index}` }, asRead)
      expect(await race((index) => put(index, now))).toEqual(tally)
      expect(await race((index) => put(index, now + 1, now))).toEqual(tally)
      expect(await put(0, now + 2, now)).toBe('changed')
      const found = await accounts.findGrantWithAccounts(grant.grantId)
      expect(found?.settings).toMatchObject([{ version: now + 1, expiresAt: row.expiresAt }])
    })

    test('replacing settings that are gone makes no row; deleting them twice is no error', async () => {
      const { authorization, accounts } = open()
      const grant = buildGrant()
      await authorization.createGrant(grant)
      const row = buildSettings({ grantId: grant.grantId })
      await accounts.putSettings(row)
      for (let time = 0; time < 2; time++) await accounts.deleteSettings(row.grantId, row.of)
      expect(await accounts.putSettings({ ...row, version: now + 1 }, now)).toBe('changed')
      expect((await accounts.findGrantWithAccounts(grant.grantId))?.settings).toEqual([])
    })

    test('an owner row takes a wrap and a newer one; one that is gone or has ended takes none', async () => {
      const { authorization, accounts } = open()
      const row: OwnerRow = { ownerIndex: newId(), grantId: newId(), expiresAt: now + 9 }
      const page = { accountId: 'first', kid: '1', wrap: 'wrap' }
      await accounts.setOwnerWrap({ ...row, page })
      expect(await accounts.listOwners(row.ownerIndex)).toEqual([])
      await accounts.createOwner(row)
      expect(await accounts.listOwners(row.ownerIndex)).toEqual([row])
      for (const kid of ['1', '2']) {
        const next = { ...row, page: { ...page, kid } }
        await accounts.setOwnerWrap(next)
        expect(await accounts.listOwners(row.ownerIndex)).toEqual([next])
      }
      // Erased, it is sealed no more by a refresh that was under way.
      const grant = buildGrant({ ownerIndexes: [newId()] })
      const [ended = ''] = grant.ownerIndexes
      await accounts.createOwner({ ...row, ownerIndex: ended, grantId: grant.grantId, page })
      await authorization.eraseGrant(grant, { at: now, cause: 'client' })
      await accounts.clearOwnerWrap(ended, grant.grantId)
      await accounts.setOwnerWrap({ ...row, ownerIndex: ended, grantId: grant.grantId, page })
      expect(await accounts.listOwners(ended)).toMatchObject([{ page: { wrap: '' } }])
      const whole = { ...row, ownerIndex: newId(), page }
      await accounts.createOwner(whole)
      await accounts.createOwner({ ...whole, page: { ...page, kid: '3' } })
      expect(await accounts.listOwners(whole.ownerIndex)).toEqual([whole])
    })

    test('the sealed keys of an account are set by one of 50 that read the same, and by nobody for none', async () => {
      const { authorization, accounts } = open()
      const grant = buildGrant()
      const account = buildAccount({ grantId: grant.grantId })
      await authorization.createGrant(grant)
      await accounts.createAccount(account)
      const place = { grantId: account.grantId, accountId: account.accountId }
      const tally = new Map([
        ['set', 1],
        ['changed', 49],
      ])
      const set = (sealedOwner: string, asRead: string | undefined, sealedSeen?: string) =>
        accounts.setSealedOwner({ ...place, asRead, sealedOwner, ...(sealedSeen && { sealedSeen }) })
      expect(await race(() => set('one', undefined, 'seen 1'))).toEqual(tally)
      expect(await race((index) => set(`two ${index}`, 'one'))).toEqual(tally)
      const see = (asRead: string) => accounts.setSealedSeen({ ...place, asRead, sealedSeen: 'seen 2' })
      expect(await see('another')).toBe('changed')
      expect(await race(() => see('seen 1'))).toEqual(tally)
      const [found] = (await accounts.findGrantWithAccounts(grant.grantId))?.accounts ?? []
      expect(found).toEqual({ ...account, sealedOwner: expect.stringMatching(/^two/), sealedSeen: 'seen 2' })
      const missing = { grantId: grant.grantId, accountId: 'missing' }
      expect(await accounts.setSealedOwner({ ...missing, asRead: undefined, sealedOwner: 'x' })).toBe(
        'changed',
      )
      expect(await accounts.setSealedSeen({ ...missing, asRead: 'x', sealedSeen: 'y' })).toBe('changed')
      expect((await accounts.findGrantWithAccounts(grant.grantId))?.accounts).toHaveLength(1)
    })

    test('a replaced credential leaves the sealed keys, and a changed grant its note', async () => {
      const { authorization, accounts } = open()
      const grant = buildGrant()
      const sealed = { sealedOwner: 'owner', sealedSeen: 'seen' }
      const account = buildAccount({ grantId: grant.grantId, ...sealed })
      await authorization.createGrant(grant)
      await accounts.createAccount(account)
      expect(await accounts.setOwnerRoom(grant.grantId, 'kid')).toBe('set')
      await accounts.replaceCredential({ ...account, credentialVersion: 2 }, 1)
      await authorization.commitRefresh({
        ...{ grantId: grant.grantId, fromGeneration: 1, toGeneration: 2, now },
        ...{ accessTokenIds: ['a'], refreshTokenId: 'r', previousRefreshTokenId: 'p' },
      })
      const found = await accounts.findGrantWithAccounts(grant.grantId)
      expect(found?.accounts[0]).toMatchObject({ credentialVersion: 2, ...sealed })
      expect(found?.grant).toMatchObject({ generation: 2, ownerRoom: 'kid' })
      await authorization.revokeGrant(grant.grantId)
      expect(await accounts.setOwnerRoom(grant.grantId, 'later')).toBe('refused')
      expect(await accounts.setOwnerRoom('missing', 'later')).toBe('refused')
    })

    test('R103: a token of the owner’s pages is made once, and bound to one browser of 50', async () => {
      const { derivedTokens } = open()
      const row = {
        ...({ v: 1, type: 'file', id: newId(), grantId: newId(), accountId: 'first' } as const),
        ...{ issuedAt: now, expiresAt: now + 9, wrap: 'wrap' },
      }
      await derivedTokens.createDerivedToken(row)
      await expect(derivedTokens.createDerivedToken({ ...row, wrap: 'other' })).rejects.toThrow()
      expect(await derivedTokens.findDerivedToken('file', row.id)).toEqual(row)
      expect(await derivedTokens.findDerivedToken('file', newId())).toBeUndefined()
      expect(await derivedTokens.bindDerivedToken('file', newId(), 'browser')).toBe('refused')
      const outcomes = await race((index) =>
        derivedTokens.bindDerivedToken('file', row.id, `browser ${index}`),
      )
      expect(outcomes).toEqual(
        new Map([
          ['bound', 1],
          ['refused', 49],
        ]),
      )
      const { boundTo = '' } = (await derivedTokens.findDerivedToken('file', row.id)) ?? {}
      expect(boundTo).toMatch(/^browser \d+$/)
      expect(await derivedTokens.bindDerivedToken('file', row.id, boundTo)).toBe('bound')
    })
  })
}
