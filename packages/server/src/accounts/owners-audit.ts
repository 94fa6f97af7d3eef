/**
 * What a connection did, as the owner's page shows it after a live login: by mailbox and day, also for a while after the
 * connection has ended. And how it is erased: the wrap first, so that from then on nobody opens what is left to delete.
 */
import type { MailboxOwner } from '../keys/owner-index.ts'
import { unwrapPageKeys } from '../keys/owner-keys.ts'
import { SealBrokenError, zero } from '../keys/seal.ts'
import type { AccountStore } from '../store/account-store.ts'
import type { AuditStore } from '../store/audit-store.ts'
import type { OwnerRow } from '../store/owner-room-store.ts'
import { type AuditEntry, auditPrefix, openAudit } from './audit.ts'
import type { RoomSecrets } from './owner-room.ts'

/** A page shows no more of a day; a grant is held to 120 calls a minute. */
const mostListed = 2_000

export interface OwnersAudit {
  /** `row`: of the owner index, found by the same login. `day`: `2026-11-27`, UTC. Undefined: it does not open. */
  list(
    row: OwnerRow,
    owner: MailboxOwner,
    day: string,
  ): Promise<{ readonly entries: readonly AuditEntry[]; readonly unreadable: number } | undefined>
  /** This mailbox's rows of an ended connection; others' stay. May be repeated until it returns. */
  erase(row: OwnerRow): Promise<void>
}

export function createOwnersAudit(options: {
  store: Pick<AccountStore, 'deleteOwner' | 'clearOwnerWrap'>
  audit: AuditStore
  secrets: Pick<RoomSecrets, 'ownerRoots'>
}): OwnersAudit {
  const { store, audit, secrets } = options
  return {
    async list({ grantId, page }, owner, day) {
      if (page === undefined) return undefined
      const keys = unwrap(page, owner, grantId)
      if (keys === undefined) return undefined
      try {
        const rows = await audit.listAudit(grantId, auditPrefix(page.accountId, day), mostListed)
        return openAudit(keys.ownerKey, rows)
      } finally {
        zero(keys.ownerKey, keys.policyKey)
      }
    },

    async erase({ ownerIndex, grantId, page }) {
      await store.clearOwnerWrap(ownerIndex, grantId)
      if (page !== undefined) {
        const startsWith = auditPrefix(page.accountId)
        for (;;) {
          const rows = await audit.listAudit(grantId, startsWith, mostListed)
          if (rows.length === 0) break
          for (const { name } of rows) await audit.deleteAudit(grantId, name)
        }
      }
      // Last: while it is there, a repetition finds what is left to delete.
      await store.deleteOwner(ownerIndex, grantId)
    },
  }

  function unwrap(page: NonNullable<OwnerRow['page']>, owner: MailboxOwner, grantId: string) {
    try {
      return unwrapPageKeys(secrets.ownerRoots, owner, { grantId, accountId: page.accountId }, page)
    } catch (error) {
      if (error instanceof SealBrokenError) return undefined
      throw error
    }
  }
}
