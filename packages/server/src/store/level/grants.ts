/** Grants, their accounts and the owner index in the local store. */
import type { AuthorizationStore, Grant, LeashStore } from '@email-connector/oauth'
import type { AccountRow, AccountStore } from '../account-store.ts'
import { auditSeconds } from '../audit-store.ts'
import { type OwnerRow, ofGrant, type SettingsRow } from '../owner-room-store.ts'
import { createOwnerRoomTable, ownerId, settingsId } from './owner-rooms.ts'
import type { RowDatabase } from './rows.ts'

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

/** With the lease of the one who asks the organisation's login again. */
interface GrantRow extends Grant {
  readonly gateHolder?: string
  readonly gateUntil?: number
}

export function createGrantTable(
  database: RowDatabase,
): GrantOperations & Omit<AccountStore, keyof LeashStore> {
  const grants = database.table<GrantRow>('grant')
  const accounts = database.table<AccountRow>('account')
  const owners = database.table<Omit<OwnerRow, 'ownerIndex' | 'grantId'>>('owner')
  const settings = database.table<SettingsRow>('settings')
  const accountId = (grantId: string, id: string) => `${grantId}!${id}`

  /** Writes what `next` makes of the grant, or refuses when it makes nothing. */
  const changeGrant = (
    grantId: string,
    next: (grant: GrantRow) => GrantRow | undefined,
  ): Promise<GrantRow | undefined> =>
    grants.change(grantId, (grant) => {
      const changed = grant && next(grant)
      return changed === undefined ? { answer: undefined } : { row: changed, answer: changed }
    })

  return {
    ...createOwnerRoomTable(database),

    createGrant: (row) =>
      grants.change<'created' | 'exists'>(row.grantId, (grant) =>
        grant ? { answer: 'exists' } : { row, answer: 'created' },
      ),

    getGrant: (grantId) => grants.find(grantId),

    async extendAccounts(grantId, accountIds, expiresAt) {
      for (const id of accountIds) {
        await accounts.change(accountId(grantId, id), (row) => ({
          ...(row && { row: { ...row, expiresAt } }),
          answer: undefined,
        }))
      }
    },

    async commitRedemption({ grantId, codeId, accessTokenId, refreshTokenId, now }) {
      const committed = await changeGrant(grantId, (grant) =>
        grant.state === 'pending' && grant.codeId === codeId && grant.expiresAt > now
          ? {
              ...grant,
              state: 'live',
              generation: 1,
              expiresAt: grant.absoluteExpiresAt,
              accessTokenIds: [accessTokenId],
              refreshTokenId,
              committedAt: now,
            }
          : undefined,
      )
      return committed ? 'committed' : 'refused'
    },

    async commitRefresh({ grantId, fromGeneration, toGeneration, now, ...tokenIds }) {
      const committed = await changeGrant(grantId, (grant) =>
        grant.state === 'live' && grant.generation === fromGeneration && grant.expiresAt > now
          ? { ...grant, ...tokenIds, generation: toGeneration, committedAt: now }
          : undefined,
      )
      return committed ? 'committed' : 'refused'
    },

    revokeGrant: (grantId) => changeGrant(grantId, (grant) => ({ ...grant, state: 'revoked' })),

    async eraseGrant({ grantId, accountIds, ownerIndexes, clientName }, ended) {
      for (const id of accountIds) await accounts.change(accountId(grantId, id), remove)
      for (const of of [...accountIds, ofGrant]) await settings.change(settingsId(grantId, of), remove)
      for (const index of ownerIndexes) {
        await owners.change(ownerId(index, grantId), (row) => {
          if (ended === undefined) return remove()
          // A repetition leaves what the first attempt wrote.
          if (row === undefined || row.ended !== undefined) return { answer: undefined }
          const until = ended.at + auditSeconds
          return { row: { ...row, ended: { ...ended, clientName }, expiresAt: until }, answer: undefined }
        })
      }
      // Last: while the grant is there, a retry finds what is left to delete.
      await grants.change(grantId, remove)
    },

    async setGrantLink(grantId, linkId) {
      const set = await changeGrant(grantId, (grant) =>
        grant.state === 'live' ? { ...grant, linkId } : undefined,
      )
      return set ? 'set' : 'refused'
    },

    createAccount: (row) =>
      accounts.change(accountId(row.grantId, row.accountId), (existing) => {
        if (existing) throw new Error('An account with that id exists')
        return { row, answer: undefined }
      }),

    async findGrantWithAccounts(grantId) {
      const grant = await grants.find(grantId)
      if (grant === undefined) return undefined
      return {
        grant,
        accounts: (await accounts.list(`${grantId}!`)).map(([, row]) => row),
        settings: (await settings.list(`${grantId}!`)).map(([, row]) => row),
      }
    },

    replaceCredential: (
      { v, grantId, accountId: id, credentialVersion, wrappedKey, commitment, sealed },
      expected,
      lease = 'free',
    ) =>
      accounts.change(accountId(grantId, id), (row) => {
        if (row?.credentialVersion !== expected) return { answer: 'changed' }
        const { leaseHolder, leaseUntil: _until, ...kept } = row
        const isOwn = typeof lease === 'object' && lease.holder === leaseHolder
        if (leaseHolder !== undefined && !isOwn && lease !== 'whatever') return { answer: 'changed' }
        return { row: { ...kept, v, credentialVersion, wrappedKey, commitment, sealed }, answer: 'replaced' }
      }),

    takeLease: ({ grantId, accountId: id, credentialVersion, holder, until }) =>
      accounts.change<'taken' | 'refused'>(accountId(grantId, id), (row) =>
        row?.credentialVersion === credentialVersion && row.leaseHolder === undefined
          ? { row: { ...row, leaseHolder: holder, leaseUntil: until }, answer: 'taken' }
          : { answer: 'refused' },
      ),

    releaseLease: (grantId, id, holder) =>
      accounts.change<void>(accountId(grantId, id), (row) => {
        if (row?.leaseHolder !== holder) return { answer: undefined }
        const { leaseHolder: _holder, leaseUntil: _until, ...kept } = row
        return { row: kept, answer: undefined }
      }),

    deleteAccount: (grantId, id) => accounts.change(accountId(grantId, id), remove),

    async setGrantAccounts({ grantId, hintAsRead, accountIds, ownerIndexes, sealedHint, linkId }) {
      const set = await changeGrant(grantId, ({ linkId: named, ...grant }) => {
        if (grant.state !== 'live' || grant.sealedHint !== hintAsRead) return undefined
        if (linkId !== undefined && linkId !== named) return undefined
        const kept = linkId === undefined && named !== undefined ? { linkId: named } : {}
        return { ...grant, ...kept, accountIds, ownerIndexes, sealedHint }
      })
      return set ? 'set' : 'refused'
    },

    setMemory: (grantId, id, sealedMemory) =>
      accounts.change(accountId(grantId, id), (row) => ({
        ...(row && { row: { ...row, sealedMemory } }),
        answer: undefined,
      })),

    async takeGateLease({ grantId, wordAsRead, holder, now, until }) {
      const taken = await changeGrant(grantId, (grant) => {
        const isFree = grant.gateHolder === undefined || (grant.gateUntil ?? 0) <= now
        return grant.state === 'live' && grant.sealedGate === wordAsRead && isFree
          ? { ...grant, gateHolder: holder, gateUntil: until }
          : undefined
      })
      return taken ? 'taken' : 'refused'
    },

    async endGateLease({ grantId, holder, sealedGate }) {
      const ended = await changeGrant(grantId, ({ gateHolder, gateUntil: _until, ...grant }) =>
        grant.state === 'live' && gateHolder === holder
          ? { ...grant, ...(sealedGate !== undefined && { sealedGate }) }
          : undefined,
      )
      return ended ? 'ended' : 'refused'
    },

    async touchGrant(grantId, now) {
      await changeGrant(grantId, (grant) =>
        grant.state === 'live' ? { ...grant, lastUsedAt: now } : undefined,
      )
    },
  }
}

const remove = (): { row: 'removed'; answer: undefined } => ({ row: 'removed', answer: undefined })
