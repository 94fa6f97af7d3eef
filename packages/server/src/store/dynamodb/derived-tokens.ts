/** Tokens of the owner's own pages, in the tokens table: their wraps are not backed up either. */
import type { DerivedTokenStore, DerivedTokenType } from '../derived-token-store.ts'
import { optionalText, readNumber, readText } from './attributes.ts'
import type { Table } from './table.ts'

const keyOf = (type: DerivedTokenType, id: string) => ({ pk: `${type}#${id}` })

export function createDerivedTokenTable(table: Table): DerivedTokenStore {
  return {
    async createDerivedToken(row) {
      const { outcome } = await table.create(keyOf(row.type, row.id), { ...row })
      if (outcome === 'refused') throw new Error('A token row with that id exists')
    },

    async findDerivedToken(type, id) {
      const item = await table.get(keyOf(type, id))
      return (
        item && {
          ...{ v: 1, type, id: readText(item, 'id'), grantId: readText(item, 'grantId') },
          ...{ accountId: readText(item, 'accountId'), wrap: readText(item, 'wrap') },
          ...{ issuedAt: readNumber(item, 'issuedAt'), expiresAt: readNumber(item, 'expiresAt') },
          ...optionalText(item, 'boundTo'),
        }
      )
    },

    async bindDerivedToken(type, id, cookieHash) {
      const { outcome } = await table.update(keyOf(type, id), {
        set: '#boundTo = :cookie',
        condition: 'attribute_exists(#pk) AND (attribute_not_exists(#boundTo) OR #boundTo = :cookie)',
        values: { ':cookie': cookieHash },
      })
      return outcome === 'written' ? 'bound' : 'refused'
    },
  }
}
