/** What every store must do for the audit, and for the owner index rows by which it is read. */
import { describe, expect, test } from 'vitest'
import type { AuditRow } from '../../src/store/audit-store.ts'
import { auditSeconds } from '../../src/store/audit-store.ts'
import type { Stores } from '../../src/store/stores.ts'
import { buildGrant, newId, now } from './builders.ts'

export function describeAuditStore(name: string, open: () => Stores): void {
  describe(`${name}: the audit`, () => {
    const row = (fields: Partial<AuditRow> = {}): AuditRow => ({
      ...{ grantId: 'grant', name: 'a#2026-11-27T04#x', begun: 'begun', expiresAt: now + 9 },
      ...fields,
    })

    test('rows are listed by mailbox and by day, in order, so many at most, and nobody else’s', async () => {
      const { audit } = open()
      const grantId = newId()
      const names = ['a#2026-11-26T23#z', 'a#2026-11-27T00#y', 'a#2026-11-27T04#x', 'b#2026-11-27T04#w']
      for (const one of [...names].reverse()) await audit.createAudit(row({ grantId, name: one }))
      await audit.createAudit(row({ grantId: `${grantId}0` }))
      const listed = async (startsWith: string, most = 9) =>
        (await audit.listAudit(grantId, startsWith, most)).map((one) => one.name)
      expect(await listed('a#')).toEqual(names.slice(0, 3))
      expect(await listed('a#2026-11-27')).toEqual(names.slice(1, 3))
      expect(await listed('a#', 2)).toEqual(names.slice(0, 2))
      const after = async (name?: string) =>
        (await audit.listAudit(grantId, 'a#', 2, name)).map((one) => one.name)
      expect(await after(names[1])).toEqual(names.slice(2, 3))
      expect(await after(names[2])).toEqual([])
      // A place where no row is, any more.
      expect(await after('a#2026-11-27T01#m')).toEqual(names.slice(2, 3))
      expect(await listed('c#')).toEqual([])
    })

    test('an end is added to its row; without one it makes none, and a name is taken once', async () => {
      const { audit } = open()
      const begun = row({ grantId: newId() })
      await audit.endAudit({ ...begun, ended: 'ended' })
      expect(await audit.listAudit(begun.grantId, '', 9)).toEqual([])
      await audit.createAudit(begun)
      await expect(audit.createAudit(begun)).rejects.toThrow('exists')
      await audit.endAudit({ ...begun, ended: 'ended' })
      expect(await audit.listAudit(begun.grantId, 'a', 9)).toEqual([{ ...begun, ended: 'ended' }])
      for (let time = 0; time < 2; time++) await audit.deleteAudit(begun.grantId, begun.name)
      expect(await audit.listAudit(begun.grantId, 'a', 9)).toEqual([])
    })

    test('an erased grant leaves owner rows that say when and why, the first time it was said', async () => {
      const { authorization, accounts } = open()
      const [kept, made] = [newId(), newId()]
      const grant = buildGrant({ ownerIndexes: [kept, made], clientName: 'Client' })
      await authorization.createGrant(grant)
      const page = { accountId: 'first', kid: '1', wrap: 'wrap' }
      const owner = { ownerIndex: kept, grantId: grant.grantId, expiresAt: now + 9, page }
      await accounts.createOwner(owner)
      for (const at of [now, now + 5]) await authorization.eraseGrant(grant, { at, cause: 'client' })
      expect(await authorization.getGrant(grant.grantId)).toBeUndefined()
      const ended = { at: now, cause: 'client', clientName: 'Client' }
      expect(await accounts.listOwners(kept)).toEqual([{ ...owner, expiresAt: now + auditSeconds, ended }])
      expect(await accounts.listOwners(made)).toEqual([])
      await accounts.clearOwnerWrap(kept, grant.grantId)
      expect((await accounts.listOwners(kept))[0]?.page).toMatchObject({ accountId: 'first', wrap: '' })
      for (let time = 0; time < 2; time++) await accounts.deleteOwner(kept, grant.grantId)
      await accounts.clearOwnerWrap(kept, grant.grantId)
      expect(await accounts.listOwners(kept)).toEqual([])
    })
  })
}
