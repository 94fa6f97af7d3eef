/** Rows of the owner's room: in the owner index, and in a grant's partition, where one query reads them with the grant. */
import type { GrantEnd } from '@email-connector/oauth'
import type { OwnerRoomStore, OwnerRow, SettingsRow } from '../owner-room-store.ts'
import type { Item } from './attributes.ts'
import { readNumber, readText } from './attributes.ts'
import type { Table } from './table.ts'

export const ownerKey = (ownerIndex: string, grantId: string) => ({ pk: `owner#${ownerIndex}`, sk: grantId })
export const settingsKey = (grantId: string, of: string) => ({ pk: `grant#${grantId}`, sk: `settings#${of}` })
const accountKey = (grantId: string, accountId: string) => ({
  pk: `grant#${grantId}`,
  sk: `account#${accountId}`,
})

export function createOwnerRoomTable(table: Table): OwnerRoomStore {
  return {
    async createOwner({ ownerIndex, grantId, expiresAt, page }) {
      await table.create(ownerKey(ownerIndex, grantId), { expiresAt, ...page })
    },

    async listOwners(ownerIndex) {
      return (await table.list(`owner#${ownerIndex}`)).map((item) => toOwner(ownerIndex, item))
    },

    async setOwnerWrap({ ownerIndex, grantId, page }) {
      await table.update(ownerKey(ownerIndex, grantId), {
        set: '#accountId = :account, #kid = :kid, #wrap = :wrap',
        condition: 'attribute_exists(#pk) AND attribute_not_exists(#endedAt)',
        values: { ':account': page.accountId, ':kid': page.kid, ':wrap': page.wrap },
      })
    },

    async clearOwnerWrap(ownerIndex, grantId) {
      await table.update(ownerKey(ownerIndex, grantId), {
        set: '#wrap = :none',
        condition: 'attribute_exists(#wrap)',
        values: { ':none': '' },
      })
    },

    deleteOwner: (ownerIndex, grantId) => table.remove(ownerKey(ownerIndex, grantId)),

    async setSealedOwner({ grantId, accountId, asRead, sealedOwner, sealedSeen }) {
      const isStill = asRead === undefined ? 'attribute_not_exists(#sealedOwner)' : '#sealedOwner = :asRead'
      const { outcome } = await table.update(accountKey(grantId, accountId), {
        set: `#sealedOwner = :owner${sealedSeen === undefined ? '' : ', #sealedSeen = :seen'}`,
        condition: `attribute_exists(#pk) AND ${isStill}`,
        values: {
          ':owner': sealedOwner,
          ...(sealedSeen !== undefined && { ':seen': sealedSeen }),
          ...(asRead !== undefined && { ':asRead': asRead }),
        },
      })
      return outcome === 'written' ? 'set' : 'changed'
    },

    async setSealedSeen({ grantId, accountId, asRead, sealedSeen }) {
      const { outcome } = await table.update(accountKey(grantId, accountId), {
        set: '#sealedSeen = :seen',
        condition: '#sealedSeen = :asRead',
        values: { ':seen': sealedSeen, ':asRead': asRead },
      })
      return outcome === 'written' ? 'set' : 'changed'
    },

    async putSettings(row, versionAsRead) {
      const key = settingsKey(row.grantId, row.of)
      const { outcome } =
        versionAsRead === undefined
          ? await table.create(key, { ...row })
          : await table.update(key, {
              set: '#v = :v, #version = :version, #sealed = :sealed',
              condition: '#version = :asRead',
              values: {
                ':v': row.v,
                ':version': row.version,
                ':sealed': row.sealed,
                ':asRead': versionAsRead,
              },
            })
      return outcome === 'written' ? 'written' : 'changed'
    },

    deleteSettings: (grantId, of) => table.remove(settingsKey(grantId, of)),

    async setOwnerRoom(grantId, kid) {
      const { outcome } = await table.update(
        { pk: `grant#${grantId}`, sk: 'grant' },
        {
          set: '#ownerRoom = :kid',
          condition: '#state = :live',
          values: { ':kid': kid, ':live': 'live' },
        },
      )
      return outcome === 'written' ? 'set' : 'refused'
    },
  }
}

export function toSettings(item: Item): SettingsRow {
  return {
    v: readNumber(item, 'v'),
    grantId: readText(item, 'grantId'),
    of: readText(item, 'of'),
    version: readNumber(item, 'version'),
    sealed: readText(item, 'sealed'),
    expiresAt: readNumber(item, 'expiresAt'),
  }
}

function toOwner(ownerIndex: string, item: Item): OwnerRow {
  return {
    ownerIndex,
    grantId: readText(item, 'sk'),
    expiresAt: readNumber(item, 'expiresAt'),
    ...(item.wrap !== undefined && {
      page: {
        accountId: readText(item, 'accountId'),
        kid: readText(item, 'kid'),
        wrap: readText(item, 'wrap'),
      },
    }),
    ...(item.endedAt !== undefined && {
      ended: {
        at: readNumber(item, 'endedAt'),
        cause: readText(item, 'cause') as GrantEnd['cause'],
        clientName: readText(item, 'clientName'),
      },
    }),
  }
}
