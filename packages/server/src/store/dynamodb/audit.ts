/** What connections did, in a partition of its own for each grant: a tool call reads its grant without it. */
import type { AuditRow, AuditStore } from '../audit-store.ts'
import type { Item } from './attributes.ts'
import { optionalText, readNumber, readText } from './attributes.ts'
import type { Table } from './table.ts'

const auditKey = (grantId: string, name: string) => ({ pk: `audit#${grantId}`, sk: name })

export function createAuditTable(table: Table): AuditStore {
  return {
    async createAudit({ grantId, name, ...row }) {
      const { outcome } = await table.create(auditKey(grantId, name), row)
      if (outcome === 'refused') throw new Error('An audit row with that name exists')
    },

    async endAudit({ grantId, name, ended }) {
      await table.update(auditKey(grantId, name), {
        set: '#ended = :ended',
        condition: 'attribute_exists(#pk)',
        values: { ':ended': ended },
      })
    },

    async listAudit(grantId, startsWith, most, after) {
      const items = await table.list(`audit#${grantId}`, { startsWith, most, ...(after && { after }) })
      return items.map((item) => toAudit(grantId, item))
    },

    deleteAudit: (grantId, name) => table.remove(auditKey(grantId, name)),
  }
}

function toAudit(grantId: string, item: Item): AuditRow {
  return {
    grantId,
    name: readText(item, 'sk'),
    ...optionalText(item, 'begun'),
    ...optionalText(item, 'ended'),
    expiresAt: readNumber(item, 'expiresAt'),
  }
}
