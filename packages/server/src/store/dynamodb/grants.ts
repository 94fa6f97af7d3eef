/**
 * The grants table: a grant, its accounts and settings under one partition, so that a tool call reads them in one query,
 * and the owner index under another. Every change is one item and one condition.
 */
import type { AuthorizationStore, GrantEnd, LeashStore } from '@email-connector/oauth'
import type { AccountStore } from '../account-store.ts'
import { auditSeconds } from '../audit-store.ts'
import { ofGrant } from '../owner-room-store.ts'
import { accountKey, grantKey, toAccount, toGrant } from './grant-rows.ts'
import { createOwnerRoomTable, ownerKey, settingsKey, toSettings } from './owner-rooms.ts'
import type { ItemKey, Table } from './table.ts'

type GrantOperations = Pick<
  AuthorizationStore,
  | 'createGrant'
  | 'getGrant'
  | 'extendAccounts'
  | 'commitRedemption'
  | 'commitRefresh'
  | 'revokeGrant'
  | 'eraseGrant'
  | 'setGrantLink'
>

export function createGrantTable(table: Table): GrantOperations & Omit<AccountStore, keyof LeashStore> {
  /** A repetition leaves what the first attempt wrote. */
  async function endOwner(key: ItemKey, clientName: string, { at, cause }: GrantEnd): Promise<void> {
    await table.update(key, {
      set: '#endedAt = :at, #cause = :cause, #clientName = :name, #expiresAt = :until',
      condition: 'attribute_exists(#pk) AND attribute_not_exists(#endedAt)',
      values: { ':at': at, ':cause': cause, ':name': clientName, ':until': at + auditSeconds },
    })
  }

  return {
    ...createOwnerRoomTable(table),

    async createGrant(grant) {
      const { outcome } = await table.create(grantKey(grant.grantId), { ...grant })
      return outcome === 'written' ? 'created' : 'exists'
    },

    async getGrant(grantId) {
      const item = await table.get(grantKey(grantId))
      return item && toGrant(item)
    },

    async extendAccounts(grantId, accountIds, expiresAt) {
      await Promise.all(
        accountIds.map((accountId) =>
          table.update(accountKey(grantId, accountId), {
            set: '#expiresAt = :expiresAt',
            condition: 'attribute_exists(#pk)',
            values: { ':expiresAt': expiresAt },
          }),
        ),
      )
    },

    async commitRedemption({ grantId, codeId, accessTokenId, refreshTokenId, now }) {
      const { outcome } = await table.update(grantKey(grantId), {
        set: '#state = :live, #generation = :first, #expiresAt = #absoluteExpiresAt, #accessTokenIds = :access, #refreshTokenId = :refresh, #committedAt = :now',
        condition: '#state = :pending AND #codeId = :code AND #expiresAt > :now',
        values: {
          ':live': 'live',
          ':pending': 'pending',
          ':first': 1,
          ':access': [accessTokenId],
          ':refresh': refreshTokenId,
          ':code': codeId,
          ':now': now,
        },
      })
      return outcome === 'written' ? 'committed' : 'refused'
    },

    async commitRefresh(change) {
      const { outcome } = await table.update(grantKey(change.grantId), {
        set: '#generation = :to, #accessTokenIds = :access, #refreshTokenId = :refresh, #previousRefreshTokenId = :previous, #committedAt = :now',
        condition: '#state = :live AND #generation = :from AND #expiresAt > :now',
        values: {
          ':live': 'live',
          ':from': change.fromGeneration,
          ':to': change.toGeneration,
          ':access': change.accessTokenIds,
          ':refresh': change.refreshTokenId,
          ':previous': change.previousRefreshTokenId,
          ':now': change.now,
        },
      })
      return outcome === 'written' ? 'committed' : 'refused'
    },

    async revokeGrant(grantId) {
      const result = await table.update(grantKey(grantId), {
        set: '#state = :revoked',
        condition: 'attribute_exists(#pk)',
        values: { ':revoked': 'revoked' },
      })
      return result.outcome === 'written' ? toGrant(result.item) : undefined
    },

    async eraseGrant({ grantId, accountIds, ownerIndexes, clientName }, ended) {
      await Promise.all([
        ...accountIds.map((accountId) => table.remove(accountKey(grantId, accountId))),
        ...[...accountIds, ofGrant].map((of) => table.remove(settingsKey(grantId, of))),
        ...ownerIndexes.map((ownerIndex) => {
          const key = ownerKey(ownerIndex, grantId)
          return ended === undefined ? table.remove(key) : endOwner(key, clientName, ended)
        }),
      ])
      // Last: while the grant is there, a retry finds what is left to delete.
      await table.remove(grantKey(grantId))
    },

    async setGrantLink(grantId, linkId) {
      const { outcome } = await table.update(grantKey(grantId), {
        set: '#linkId = :link',
        condition: '#state = :live',
        values: { ':link': linkId, ':live': 'live' },
      })
      return outcome === 'written' ? 'set' : 'refused'
    },

    async createAccount(row) {
      const { outcome } = await table.create(accountKey(row.grantId, row.accountId), { ...row })
      if (outcome === 'refused') throw new Error('An account with that id exists')
    },

    async findGrantWithAccounts(grantId) {
      const items = await table.list(`grant#${grantId}`)
      const grant = items.find((item) => item.sk?.S === 'grant')
      if (grant === undefined) return undefined
      // A later release may keep more in the partition of a grant.
      const startingWith = (prefix: string) => items.filter((item) => item.sk?.S?.startsWith(prefix))
      return {
        grant: toGrant(grant),
        accounts: startingWith('account#').map(toAccount),
        settings: startingWith('settings#').map(toSettings),
      }
    },

    async replaceCredential(row, expectedVersion, lease = 'free') {
      const isFree = 'attribute_not_exists(#leaseHolder)'
      const isHeld = typeof lease === 'object'
      const condition = isHeld ? ` AND (${isFree} OR #leaseHolder = :holder)` : ` AND ${isFree}`
      const { outcome } = await table.update(accountKey(row.grantId, row.accountId), {
        set: '#v = :v, #credentialVersion = :version, #wrappedKey = :key, #commitment = :commitment, #sealed = :sealed',
        remove: '#leaseHolder, #leaseUntil',
        condition: `#credentialVersion = :expected${lease === 'whatever' ? '' : condition}`,
        values: {
          ...(isHeld && { ':holder': lease.holder }),
          ':v': row.v,
          ':version': row.credentialVersion,
          ':key': row.wrappedKey,
          ':commitment': row.commitment,
          ':sealed': row.sealed,
          ':expected': expectedVersion,
        },
      })
      return outcome === 'written' ? 'replaced' : 'changed'
    },

    async takeLease({ grantId, accountId, credentialVersion, holder, until }) {
      const { outcome } = await table.update(accountKey(grantId, accountId), {
        set: '#leaseHolder = :holder, #leaseUntil = :until',
        condition: '#credentialVersion = :version AND attribute_not_exists(#leaseHolder)',
        values: { ':holder': holder, ':until': until, ':version': credentialVersion },
      })
      return outcome === 'written' ? 'taken' : 'refused'
    },

    async releaseLease(grantId, accountId, holder) {
      await table.update(accountKey(grantId, accountId), {
        remove: '#leaseHolder, #leaseUntil',
        condition: '#leaseHolder = :holder',
        values: { ':holder': holder },
      })
    },

    deleteAccount: (grantId, accountId) => table.remove(accountKey(grantId, accountId)),

    async setGrantAccounts({ grantId, hintAsRead, accountIds, ownerIndexes, sealedHint, linkId }) {
      const { outcome } = await table.update(grantKey(grantId), {
        set: '#accountIds = :accounts, #ownerIndexes = :owners, #sealedHint = :hint',
        ...(linkId !== undefined && { remove: '#linkId' }),
        condition: `#state = :live AND #sealedHint = :asRead${linkId === undefined ? '' : ' AND #linkId = :link'}`,
        values: {
          ...(linkId !== undefined && { ':link': linkId }),
          ':accounts': accountIds,
          ':owners': ownerIndexes,
          ':hint': sealedHint,
          ':live': 'live',
          ':asRead': hintAsRead,
        },
      })
      return outcome === 'written' ? 'set' : 'refused'
    },

    async setMemory(grantId, accountId, sealedMemory) {
      await table.update(accountKey(grantId, accountId), {
        set: '#sealedMemory = :memory',
        condition: 'attribute_exists(#pk)',
        values: { ':memory': sealedMemory },
      })
    },

    async takeGateLease({ grantId, wordAsRead, holder, now, until }) {
      const { outcome } = await table.update(grantKey(grantId), {
        set: '#gateHolder = :holder, #gateUntil = :until',
        condition:
          '#state = :live AND #sealedGate = :asRead AND (attribute_not_exists(#gateHolder) OR #gateUntil <= :now)',
        values: { ':holder': holder, ':until': until, ':live': 'live', ':asRead': wordAsRead, ':now': now },
      })
      return outcome === 'written' ? 'taken' : 'refused'
    },

    async endGateLease({ grantId, holder, sealedGate }) {
      const { outcome } = await table.update(grantKey(grantId), {
        ...(sealedGate !== undefined && { set: '#sealedGate = :word' }),
        remove: '#gateHolder, #gateUntil',
        condition: '#state = :live AND #gateHolder = :holder',
        values: {
          ':live': 'live',
          ':holder': holder,
          ...(sealedGate !== undefined && { ':word': sealedGate }),
        },
      })
      return outcome === 'written' ? 'ended' : 'refused'
    },

    async touchGrant(grantId, now) {
      await table.update(grantKey(grantId), {
        set: '#lastUsedAt = :now',
        condition: '#state = :live',
        values: { ':now': now, ':live': 'live' },
      })
    },
  }
}
