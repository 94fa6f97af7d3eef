/** The rows of a grant and of its accounts in the grants table: where they lie, and what is read from one. */
import type { Grant } from '@email-connector/oauth'
import type { AccountRow } from '../account-store.ts'
import { type Item, optionalNumber, optionalText, readNumber, readText, readTexts } from './attributes.ts'

export const grantKey = (grantId: string) => ({ pk: `grant#${grantId}`, sk: 'grant' })
export const accountKey = (grantId: string, accountId: string) => ({
  pk: `grant#${grantId}`,
  sk: `account#${accountId}`,
})

export function toGrant(item: Item): Grant {
  return {
    v: 1,
    grantId: readText(item, 'grantId'),
    state: readText(item, 'state') as Grant['state'],
    generation: readNumber(item, 'generation'),
    clientId: readText(item, 'clientId'),
    clientName: readText(item, 'clientName'),
    permission: readText(item, 'permission'),
    scope: readText(item, 'scope'),
    resource: readText(item, 'resource'),
    createdAt: readNumber(item, 'createdAt'),
    expiresAt: readNumber(item, 'expiresAt'),
    absoluteExpiresAt: readNumber(item, 'absoluteExpiresAt'),
    codeId: readText(item, 'codeId'),
    accessTokenIds: readTexts(item, 'accessTokenIds'),
    ...optionalText(item, 'refreshTokenId'),
    ...optionalText(item, 'previousRefreshTokenId'),
    ...optionalText(item, 'linkId'),
    ...optionalNumber(item, 'committedAt'),
    ...optionalNumber(item, 'lastUsedAt'),
    ownerIndexes: readTexts(item, 'ownerIndexes'),
    accountIds: readTexts(item, 'accountIds'),
    sealedHint: readText(item, 'sealedHint'),
    ...optionalText(item, 'ownerRoom'),
    ...optionalText(item, 'sealedGate'),
  }
}

export function toAccount(item: Item): AccountRow {
  return {
    v: readNumber(item, 'v'),
    grantId: readText(item, 'grantId'),
    accountId: readText(item, 'accountId'),
    credentialVersion: readNumber(item, 'credentialVersion'),
    wrappedKey: readText(item, 'wrappedKey'),
    commitment: readText(item, 'commitment'),
    sealed: readText(item, 'sealed'),
    ...optionalText(item, 'sealedMemory'),
    ...optionalText(item, 'sealedOwner'),
    ...optionalText(item, 'sealedSeen'),
    ...optionalText(item, 'leaseHolder'),
    ...optionalNumber(item, 'leaseUntil'),
    expiresAt: readNumber(item, 'expiresAt'),
  }
}
