/**
 * The tokens table: one row per code, access token, refresh token and link, found by the hash of what the client
 * holds, and one per leash. The only place where wraps of the grant's secret lie; deleting a row is what makes revocation final.
 */
import type { AuthorizationStore, LeashStore, TokenRow, TokenRowOf, TokenType } from '@email-connector/oauth'
import type { Item } from './attributes.ts'
import { optionalNumber, optionalText, readNumber, readText, readTexts } from './attributes.ts'
import type { Table } from './table.ts'

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

const leashKey = (grantId: string) => ({ pk: `leash#${grantId}` })
const tokenKey = (type: TokenType, id: string) => ({ pk: `${type}#${id}` })

export function createTokenTable(table: Table): TokenOperations {
  return {
    async createToken(row) {
      const { outcome } = await table.create(tokenKey(row.type, row.id), { ...row })
      if (outcome === 'refused') throw new Error('A token row with that id exists')
    },

    async findToken(type, id) {
      const item = await table.get(tokenKey(type, id))
      return item && rowReaders[type](item)
    },

    async redeemCode(id, now, tombstoneExpiresAt) {
      const result = await table.update(tokenKey('code', id), {
        set: '#redeemedAt = :now, #expiresAt = :until',
        condition: 'attribute_exists(#pk) AND attribute_not_exists(#redeemedAt)',
        values: { ':now': now, ':until': tombstoneExpiresAt },
      })
      if (result.outcome === 'written') return 'redeemed'
      return result.item === undefined ? 'gone' : 'already'
    },

    async retireAccessToken(id, retiresAt) {
      await table.update(tokenKey('access', id), {
        set: '#retiresAt = :at',
        condition: 'attribute_exists(#pk) AND (attribute_not_exists(#retiresAt) OR #retiresAt > :at)',
        values: { ':at': retiresAt },
      })
    },

    async buryRefreshToken(id) {
      await table.update(tokenKey('refresh', id), {
        remove: '#wrap, #sealedAnswer',
        condition: 'attribute_exists(#pk)',
      })
    },

    async bindLink(id, cookieHash) {
      const { outcome } = await table.update(tokenKey('link', id), {
        set: '#boundTo = :cookie',
        condition: 'attribute_exists(#pk) AND (attribute_not_exists(#boundTo) OR #boundTo = :cookie)',
        values: { ':cookie': cookieHash },
      })
      return outcome === 'written' ? 'bound' : 'refused'
    },

    async createLeash({ grantId, leash, expiresAt }) {
      await table.create(leashKey(grantId), { leash, expiresAt })
    },

    async findLeash(grantId) {
      const item = await table.get(leashKey(grantId))
      return item && { grantId, leash: readText(item, 'leash'), expiresAt: readNumber(item, 'expiresAt') }
    },

    deleteLeash: (grantId) => table.remove(leashKey(grantId)),

    deleteToken: (type, id, grantId) =>
      table.remove(tokenKey(type, id), { condition: '#grantId = :grant', values: { ':grant': grantId } }),
  }
}

const rowReaders: { [T in TokenType]: (item: Item) => TokenRowOf<T> } = {
  code: (item) => ({
    ...sharedFields(item),
    type: 'code',
    wrap: readText(item, 'wrap'),
    redirectUriHash: readText(item, 'redirectUriHash'),
    codeChallenge: readText(item, 'codeChallenge'),
    grantExpiresAt: readNumber(item, 'grantExpiresAt'),
    accountIds: readTexts(item, 'accountIds'),
    ...optionalNumber(item, 'redeemedAt'),
  }),
  access: (item) => ({
    ...sharedFields(item),
    type: 'access',
    wrap: readText(item, 'wrap'),
    ...optionalNumber(item, 'retiresAt'),
  }),
  refresh: (item) => ({
    ...sharedFields(item),
    type: 'refresh',
    ...optionalText(item, 'wrap'),
    grantExpiresAt: readNumber(item, 'grantExpiresAt'),
    accessTokenId: readText(item, 'accessTokenId'),
    ...optionalText(item, 'sealedAnswer'),
  }),
  link: (item) => ({
    ...sharedFields(item),
    type: 'link',
    wrap: readText(item, 'wrap'),
    ...optionalText(item, 'boundTo'),
  }),
}

function sharedFields(item: Item): Omit<TokenRow, 'type' | 'wrap'> {
  return {
    v: 1,
    id: readText(item, 'id'),
    grantId: readText(item, 'grantId'),
    generation: readNumber(item, 'generation'),
    clientId: readText(item, 'clientId'),
    scope: readText(item, 'scope'),
    permission: readText(item, 'permission'),
    resource: readText(item, 'resource'),
    issuedAt: readNumber(item, 'issuedAt'),
    expiresAt: readNumber(item, 'expiresAt'),
  }
}
