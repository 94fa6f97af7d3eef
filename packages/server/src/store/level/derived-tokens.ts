/** Tokens of the owner's own pages in the local store. */
import type { DerivedTokenRow, DerivedTokenStore, DerivedTokenType } from '../derived-token-store.ts'
import type { RowDatabase } from './rows.ts'

export function createDerivedTokenTable(database: RowDatabase): DerivedTokenStore {
  const table = (type: DerivedTokenType) => database.table<DerivedTokenRow>(type)
  return {
    createDerivedToken: (row) =>
      table(row.type).change(row.id, (existing) => {
        if (existing) throw new Error('A token row with that id exists')
        return { row, answer: undefined }
      }),

    findDerivedToken: (type, id) => table(type).find(id),

    bindDerivedToken: (type, id, cookieHash) =>
      table(type).change<'bound' | 'refused'>(id, (row) =>
        row === undefined || (row.boundTo ?? cookieHash) !== cookieHash
          ? { answer: 'refused' }
          : { row: { ...row, boundTo: cookieHash }, answer: 'bound' },
      ),
  }
}
