/** Rows of the owner's room in the local store. */
import type { Grant } from '@email-connector/oauth'
import type { AccountRow } from '../account-store.ts'
import type { OwnerRoomStore, OwnerRow, SettingsRow } from '../owner-room-store.ts'
import type { RowDatabase } from './rows.ts'

export const ownerId = (ownerIndex: string, grantId: string) => `${ownerIndex}!${grantId}`
export const settingsId = (grantId: string, of: string) => `${grantId}!${of}`

export function createOwnerRoomTable(database: RowDatabase): OwnerRoomStore {
  const owners = database.table<Omit<OwnerRow, 'ownerIndex' | 'grantId'>>('owner')
  const settings = database.table<SettingsRow>('settings')
  const accounts = database.table<AccountRow>('account')
  const grants = database.table<Grant>('grant')

  return {
    createOwner: ({ ownerIndex, grantId, ...row }) =>
      owners.change(ownerId(ownerIndex, grantId), (existing) => ({
        ...(!existing && { row }),
        answer: undefined,
      })),

    async listOwners(ownerIndex) {
      const found = await owners.list(`${ownerIndex}!`)
      return found.map(([id, row]) => ({ ownerIndex, grantId: id.slice(ownerIndex.length + 1), ...row }))
    },

    setOwnerWrap: ({ ownerIndex, grantId, page }) =>
      owners.change(ownerId(ownerIndex, grantId), (row) => ({
        ...(row && row.ended === undefined && { row: { ...row, page } }),
        answer: undefined,
      })),

    clearOwnerWrap: (ownerIndex, grantId) =>
      owners.change(ownerId(ownerIndex, grantId), (row) => ({
        ...(row?.page && { row: { ...row, page: { ...row.page, wrap: '' } } }),
        answer: undefined,
      })),

    deleteOwner: (ownerIndex, grantId) =>
      owners.change(ownerId(ownerIndex, grantId), () => ({ row: 'removed', answer: undefined })),

    setSealedOwner: ({ grantId, accountId, asRead, ...sealed }) =>
      accounts.change<'set' | 'changed'>(`${grantId}!${accountId}`, (row) =>
        row !== undefined && row.sealedOwner === asRead
          ? { row: { ...row, ...sealed }, answer: 'set' }
          : { answer: 'changed' },
      ),

    setSealedSeen: ({ grantId, accountId, asRead, sealedSeen }) =>
      accounts.change<'set' | 'changed'>(`${grantId}!${accountId}`, (row) =>
        row !== undefined && row.sealedSeen === asRead
          ? { row: { ...row, sealedSeen }, answer: 'set' }
          : { answer: 'changed' },
      ),

    putSettings: (row, versionAsRead) =>
      settings.change<'written' | 'changed'>(settingsId(row.grantId, row.of), (existing) =>
        existing?.version === versionAsRead ? { row, answer: 'written' } : { answer: 'changed' },
      ),

    deleteSettings: (grantId, of) =>
      settings.change(settingsId(grantId, of), () => ({ row: 'removed', answer: undefined })),

    setOwnerRoom: (grantId, kid) =>
      grants.change<'set' | 'refused'>(grantId, (grant) =>
        grant?.state === 'live'
          ? { row: { ...grant, ownerRoom: kid }, answer: 'set' }
          : { answer: 'refused' },
      ),
  }
}
