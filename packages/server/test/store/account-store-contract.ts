/** What every AccountStore must do, with the grants beside it. */
import { describe, expect, test } from 'vitest'
import type { Stores } from '../../src/store/stores.ts'
import { buildAccount, buildGrant, newId, now, race } from './builders.ts'

export function describeAccountStore(name: string, open: () => Stores): void {
  describe(`${name}: accounts`, () => {
    test('a grant is found with its accounts and nobody else’s', async () => {
      const { authorization, accounts } = open()
      const grant = buildGrant({ accountIds: ['first', 'second'], lastUsedAt: now, linkId: 'link' })
      const first = buildAccount({ grantId: grant.grantId })
      const second = buildAccount({ grantId: grant.grantId, accountId: 'second', sealedMemory: 'memory' })
      await authorization.createGrant(grant)
      await accounts.createAccount(first)
      await accounts.createAccount(second)
      await accounts.createAccount(buildAccount({ grantId: `${grant.grantId}0` }))
      expect(await accounts.findGrantWithAccounts(grant.grantId)).toEqual({
        grant,
        accounts: [first, second],
        settings: [],
      })
      expect(await accounts.findGrantWithAccounts(newId())).toBeUndefined()
    })

    test('accounts without their grant are not found: nothing names them', async () => {
      const { accounts } = open()
      const row = buildAccount()
      await accounts.createAccount(row)
      expect(await accounts.findGrantWithAccounts(row.grantId)).toBeUndefined()
    })

    test('an account is created once, 50 at the same time', async () => {
      const { accounts } = open()
      const row = buildAccount()
      const outcomes = await race((index) =>
        accounts.createAccount({ ...row, sealed: `sealed ${index}` }).then(
          () => 'created',
          () => 'refused',
        ),
      )
      expect(outcomes).toEqual(
        new Map([
          ['created', 1],
          ['refused', 49],
        ]),
      )
    })

    test('a credential is replaced by one of 50 that read the same version', async () => {
      const { authorization, accounts } = open()
      const grant = buildGrant()
      const row = buildAccount({ grantId: grant.grantId, sealedMemory: 'memory' })
      await authorization.createGrant(grant)
      await accounts.createAccount(row)
      const outcomes = await race((index) =>
        accounts.replaceCredential({ ...row, credentialVersion: 2, sealed: `sealed ${index}` }, 1),
      )
      expect(outcomes).toEqual(
        new Map([
          ['replaced', 1],
          ['changed', 49],
        ]),
      )
      const found = await accounts.findGrantWithAccounts(grant.grantId)
      expect(found?.accounts[0]).toMatchObject({
        credentialVersion: 2,
        sealedMemory: 'memory',
        expiresAt: row.expiresAt,
      })
    })

    test('R90: one of 50 gets the lease of a version, and nobody gets one that was not given back', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant()
      const row = buildAccount({ grantId: grant.grantId, credentialVersion: 1 })
      await authorization.createGrant(grant)
      await accounts.createAccount(row)
      const { grantId, accountId } = row
      const lease = { grantId, accountId, credentialVersion: 1, until: now + 20 }
      const outcomes = await race((index) => accounts.takeLease({ ...lease, holder: `holder ${index}` }))
      expect(outcomes).toEqual(
        new Map([
          ['taken', 1],
          ['refused', 49],
        ]),
      )
      const [held] = (await accounts.findGrantWithAccounts(grantId))?.accounts ?? []
      expect(held).toMatchObject({ leaseUntil: now + 20, credentialVersion: 1 })
      const holder = held?.leaseHolder ?? ''
      const next = { ...row, credentialVersion: 2, sealed: 'next' }
      expect(await accounts.replaceCredential(next, 1)).toBe('changed')
      expect(await accounts.replaceCredential(next, 1, { holder: 'another' })).toBe('changed')
      expect(await accounts.takeLease({ ...lease, credentialVersion: 2, holder })).toBe('refused')
      await accounts.releaseLease(grantId, accountId, 'another')
      expect(await accounts.replaceCredential(next, 1, { holder })).toBe('replaced')
      expect((await accounts.findGrantWithAccounts(grantId))?.accounts).toEqual([next])

      const again = { ...lease, credentialVersion: 2 }
      expect(await accounts.takeLease({ ...again, holder: 'lost' })).toBe('taken')
      const repaired = { ...row, credentialVersion: 3, sealed: 'repaired' }
      expect(await accounts.replaceCredential(repaired, 2, 'whatever')).toBe('replaced')
      expect(await accounts.takeLease({ ...again, credentialVersion: 3, holder: 'asked nobody' })).toBe(
        'taken',
      )
      await accounts.releaseLease(grantId, accountId, 'asked nobody')
      expect((await accounts.findGrantWithAccounts(grantId))?.accounts).toEqual([repaired])
      expect(await accounts.takeLease({ ...lease, accountId: 'missing', holder })).toBe('refused')
    })

    test('one of 50 gets the lease of a gate, of the word that was read; one whose time is over is taken over', async () => {
      const { accounts, authorization } = open()
      const { grantId } = buildGrant()
      const grant = buildGrant({ grantId, sealedGate: 'word' })
      await authorization.createGrant(grant)
      const lease = { grantId, wordAsRead: 'word', now, until: now + 30 }
      expect(await accounts.takeGateLease({ ...lease, wordAsRead: 'older', holder: 'late' })).toBe('refused')
      const outcomes = await race((index) => accounts.takeGateLease({ ...lease, holder: `holder ${index}` }))
      expect(outcomes).toEqual(
        new Map([
          ['taken', 1],
          ['refused', 49],
        ]),
      )
      const over = { ...lease, now: now + 30, until: now + 60 }
      expect(await accounts.takeGateLease({ ...lease, now: now + 29, holder: 'next' })).toBe('refused')
      expect(await accounts.takeGateLease({ ...over, holder: 'next' })).toBe('taken')
      for (const holder of ['holder 0', 'nobody'])
        expect(await accounts.endGateLease({ grantId, holder, sealedGate: 'lost' })).toBe('refused')
      expect(await accounts.endGateLease({ grantId, holder: 'next' })).toBe('ended')
      expect(await authorization.getGrant(grantId)).toEqual(grant)
      expect(await accounts.takeGateLease({ ...lease, holder: 'last' })).toBe('taken')
      expect(await accounts.endGateLease({ grantId, holder: 'last', sealedGate: 'newer' })).toBe('ended')
      expect(await authorization.getGrant(grantId)).toEqual({ ...grant, sealedGate: 'newer' })

      await authorization.revokeGrant(grantId)
      expect(await accounts.takeGateLease({ ...lease, wordAsRead: 'newer', holder: 'x' })).toBe('refused')
      const unmarked = buildGrant()
      await authorization.createGrant(unmarked)
      expect(await accounts.takeGateLease({ ...lease, grantId: unmarked.grantId, holder: 'x' })).toBe(
        'refused',
      )
      expect(await accounts.takeGateLease({ ...lease, grantId: 'missing', holder: 'x' })).toBe('refused')
    })

    test('replacing the credential of an account that is gone changes nothing', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant()
      await authorization.createGrant(grant)
      expect(await accounts.replaceCredential(buildAccount({ grantId: grant.grantId }), 1)).toBe('changed')
      expect((await accounts.findGrantWithAccounts(grant.grantId))?.accounts).toEqual([])
    })

    test('memory and credential are separate: parallel writers lose nothing of each other', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant()
      const row = buildAccount({ grantId: grant.grantId })
      await authorization.createGrant(grant)
      await accounts.createAccount(row)
      await Promise.all([
        accounts.setMemory(row.grantId, row.accountId, 'memory'),
        accounts.replaceCredential({ ...row, credentialVersion: 2, sealed: 'new' }, 1),
        authorization.extendAccounts(row.grantId, [row.accountId, 'missing'], now + 5),
      ])
      expect((await accounts.findGrantWithAccounts(grant.grantId))?.accounts).toEqual([
        { ...row, sealedMemory: 'memory', credentialVersion: 2, sealed: 'new', expiresAt: now + 5 },
      ])
    })

    test('memory for a missing account makes no row', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant()
      await authorization.createGrant(grant)
      await accounts.setMemory(grant.grantId, 'missing', 'memory')
      expect((await accounts.findGrantWithAccounts(grant.grantId))?.accounts).toEqual([])
    })

    test('only a live grant is touched', async () => {
      const { accounts, authorization } = open()
      const live = buildGrant()
      const revoked = buildGrant({ state: 'revoked' })
      await authorization.createGrant(live)
      await authorization.createGrant(revoked)
      for (const { grantId } of [live, revoked]) await accounts.touchGrant(grantId, now + 7)
      await accounts.touchGrant('missing', now)
      expect(await authorization.getGrant(live.grantId)).toEqual({ ...live, lastUsedAt: now + 7 })
      expect(await authorization.getGrant(revoked.grantId)).toEqual(revoked)
      expect(await authorization.getGrant('missing')).toBeUndefined()
    })

    test('the accounts of a grant are replaced by one of 50 that read the same hint', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant()
      await authorization.createGrant(grant)
      const outcomes = await race((index) =>
        accounts.setGrantAccounts({
          grantId: grant.grantId,
          hintAsRead: 'hint',
          accountIds: ['first', `added ${index}`],
          ownerIndexes: ['owner', `owner ${index}`],
          sealedHint: `hint ${index}`,
        }),
      )
      expect(outcomes).toEqual(
        new Map([
          ['set', 1],
          ['refused', 49],
        ]),
      )
    })

    test('a link is used up by one of 50 changes that name it; a replaced one changes nothing', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant({ linkId: 'link' })
      await authorization.createGrant(grant)
      const change = (index: number, linkId: string) => ({
        ...{ grantId: grant.grantId, hintAsRead: 'hint', sealedHint: 'hint', linkId },
        ...{ accountIds: [`added ${index}`], ownerIndexes: [`owner ${index}`] },
      })
      expect(await accounts.setGrantAccounts(change(0, 'replaced'))).toBe('refused')
      expect(await authorization.getGrant(grant.grantId)).toEqual(grant)
      expect(await race((index) => accounts.setGrantAccounts(change(index, 'link')))).toEqual(
        new Map([
          ['set', 1],
          ['refused', 49],
        ]),
      )
      expect(await authorization.getGrant(grant.grantId)).not.toHaveProperty('linkId')
    })

    test('a change that names no link leaves the link', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant({ linkId: 'link' })
      await authorization.createGrant(grant)
      await accounts.setGrantAccounts({
        ...{ grantId: grant.grantId, hintAsRead: 'hint', sealedHint: 'hint 2' },
        ...{ accountIds: ['first'], ownerIndexes: ['owner'] },
      })
      expect(await authorization.getGrant(grant.grantId)).toEqual({ ...grant, sealedHint: 'hint 2' })
    })

    test('the accounts of a revoked grant stay as they were', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant({ state: 'revoked' })
      await authorization.createGrant(grant)
      const change = {
        grantId: grant.grantId,
        hintAsRead: 'hint',
        accountIds: [],
        ownerIndexes: [],
        sealedHint: '',
      }
      expect(await accounts.setGrantAccounts(change)).toBe('refused')
      expect(await authorization.getGrant(grant.grantId)).toEqual(grant)
    })

    test('an owner’s grants are found by the index value, each once, until erased', async () => {
      const { accounts, authorization } = open()
      const owner = newId()
      const kept = newId()
      const erased = buildGrant({ ownerIndexes: [owner] })
      await authorization.createGrant(erased)
      await accounts.createAccount(buildAccount({ grantId: erased.grantId }))
      for (const grantId of [kept, kept, erased.grantId])
        await accounts.createOwner({ ownerIndex: owner, grantId, expiresAt: now + 9 })
      await accounts.createOwner({ ownerIndex: `${owner}0`, grantId: newId(), expiresAt: now + 9 })
      const listed = async () => (await accounts.listOwners(owner)).map(({ grantId }) => grantId)
      expect((await listed()).sort()).toEqual([kept, erased.grantId].sort())
      await authorization.eraseGrant(erased)
      expect(await listed()).toEqual([kept])
      expect(await accounts.findGrantWithAccounts(erased.grantId)).toBeUndefined()
      await authorization.eraseGrant(erased)
    })

    test('a deleted account is gone and may be deleted again', async () => {
      const { accounts, authorization } = open()
      const grant = buildGrant()
      await authorization.createGrant(grant)
      await accounts.createAccount(buildAccount({ grantId: grant.grantId }))
      await accounts.deleteAccount(grant.grantId, 'first')
      await accounts.deleteAccount(grant.grantId, 'first')
      expect((await accounts.findGrantWithAccounts(grant.grantId))?.accounts).toEqual([])
    })
  })
}
