/** Codes, access tokens, refresh tokens and links in the local store. */
import type {
  AuthorizationStore,
  Leash,
  LeashStore,
  TokenRow,
  TokenRowOf,
  TokenType,
} from '@email-connector/oauth'
import type { RowDatabase } from './rows.ts'

type TokenOperations = Pick<
  AuthorizationStore,
  | 'createToken'
  | 'findToken'
  | 'redeemCode'
  | 'retireAccessToken'
  | 'buryRefreshToken'
  | 'bindLink'
  | 'deleteToken'
  | keyof LeashStore
>

export function createTokenTable(database: RowDatabase): TokenOperations {
  const tables: { [T in TokenType]: ReturnType<typeof database.table<TokenRowOf<T>>> } = {
    code: database.table('code'),
    access: database.table('access'),
    refresh: database.table('refresh'),
    link: database.table('link'),
  }
  const leashes = database.table<Leash>('leash')

  return {
    createToken: (row) =>
      // The row's own type names its table.
      database.table<TokenRow>(row.type).change(row.id, (existing) => {
        if (existing) throw new Error('A token row with that id exists')
        return { row, answer: undefined }
      }),

    findToken: (type, id) => tables[type].find(id),

    redeemCode: (id, now, tombstoneExpiresAt) =>
      tables.code.change(id, (row) => {
        if (row === undefined) return { answer: 'gone' }
        if (row.redeemedAt !== undefined) return { answer: 'already' }
        return { row: { ...row, redeemedAt: now, expiresAt: tombstoneExpiresAt }, answer: 'redeemed' }
      }),

    retireAccessToken: (id, retiresAt) =>
      tables.access.change(id, (row) =>
        row === undefined || (row.retiresAt !== undefined && row.retiresAt <= retiresAt)
          ? { answer: undefined }
          : { row: { ...row, retiresAt }, answer: undefined },
      ),

    buryRefreshToken: (id) =>
      tables.refresh.change(id, (row) => {
        if (row === undefined) return { answer: undefined }
        const { wrap: _wrap, sealedAnswer: _answer, ...tombstone } = row
        return { row: tombstone, answer: undefined }
      }),

    bindLink: (id, cookieHash) =>
      tables.link.change(id, (row) =>
        row === undefined || (row.boundTo !== undefined && row.boundTo !== cookieHash)
          ? { answer: 'refused' }
          : { row: { ...row, boundTo: cookieHash }, answer: 'bound' },
      ),

    createLeash: (row) =>
      leashes.change(row.grantId, (existing) => ({ ...(!existing && { row }), answer: undefined })),

    findLeash: (grantId) => leashes.find(grantId),

    deleteLeash: (grantId) => leashes.change(grantId, () => ({ row: 'removed', answer: undefined })),

    deleteToken: (type, id, grantId) =>
      database
        .table<TokenRow>(type)
        .change(id, (row) =>
          row?.grantId === grantId ? { row: 'removed', answer: undefined } : { answer: undefined },
        ),
  }
}
