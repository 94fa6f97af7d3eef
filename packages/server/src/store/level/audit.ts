/** What connections did, in the local store. */
import type { AuditRow, AuditStore } from '../audit-store.ts'
import type { RowDatabase } from './rows.ts'

export function createAuditTable(database: RowDatabase): AuditStore {
  const rows = database.table<Omit<AuditRow, 'grantId' | 'name'>>('audit')
  const idOf = (grantId: string, name: string) => `${grantId}!${name}`
  return {
    createAudit: ({ grantId, name, ...row }) =>
      rows.change(idOf(grantId, name), (existing) => {
        if (existing) throw new Error('An audit row with that name exists')
        return { row, answer: undefined }
      }),

    endAudit: ({ grantId, name, ended }) =>
      rows.change(idOf(grantId, name), (row) => ({
        ...(row && { row: { ...row, ended } }),
        answer: undefined,
      })),

    async listAudit(grantId, startsWith, most, after = '') {
      const found = await rows.list(idOf(grantId, startsWith))
      return found
        .filter(([id]) => id > idOf(grantId, after))
        .slice(0, most)
        .map(([id, row]) => ({ grantId, name: id.slice(grantId.length + 1), ...row }))
    },

    deleteAudit: (grantId, name) =>
      rows.change(idOf(grantId, name), () => ({ row: 'removed', answer: undefined })),
  }
}
