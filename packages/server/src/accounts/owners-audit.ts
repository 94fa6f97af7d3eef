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

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** Rows that do not open, or whose time is another than their place says. */
  readonly unreadable: number
  /** Where the next page begins; absent: this is the last one. */
  readonly next?: string
}

export interface OwnersAudit {
  /**
   * `row`: of the owner index, found by the same login. `day`: `2026-11-27`, UTC. So many rows at most, after the place that
   * another page said. Undefined: it does not open.
   */
  list(
    row: OwnerRow,
    owner: MailboxOwner,
    asked: { readonly day: string; readonly most: number; readonly after?: string },
  ): Promise<AuditPage | undefined>
  /**
   * This mailbox's rows of an ended connection; others' stay. `more`: it is to be repeated, since `isLate` said so; it may be
   * repeated at any point, also after a crash.
   */
  erase(row: OwnerRow, isLate: () => boolean): Promise<'erased' | 'more'>
}

/** Deleted at the same time: a row is one request. */
const erasedAtOnce = 25

export function createOwnersAudit(options: {
  store: Pick<AccountStore, 'deleteOwner' | 'clearOwnerWrap'>
  audit: AuditStore
  secrets: Pick<RoomSecrets, 'ownerRoots'>
}): OwnersAudit {
  const { store, audit, secrets } = options
  return {
    async list({ grantId, page }, owner, { day, most, after }) {
      if (page === undefined) return undefined
      const keys = unwrap(page, owner, grantId)
      if (keys === undefined) return undefined
      try {
        const prefix = auditPrefix(page.accountId, day)
        const from = after === undefined ? undefined : `${auditPrefix(page.accountId)}${after}`
        const rows = await audit.listAudit(grantId, prefix, most, from)
        const next =
          rows.length < most ? undefined : rows.at(-1)?.name.replace(auditPrefix(page.accountId), '')
        return { ...openAudit(keys.ownerKey, rows), ...(next !== undefined && { next }) }
      } finally {
        zero(keys.ownerKey, keys.policyKey)
      }
    },

    async erase({ ownerIndex, grantId, page }, isLate) {
      await store.clearOwnerWrap(ownerIndex, grantId)
      if (page !== undefined) {
        const startsWith = auditPrefix(page.accountId)
        for (;;) {
          const rows = await audit.listAudit(grantId, startsWith, erasedAtOnce)
          if (rows.length === 0) break
          if (isLate()) return 'more'
          await Promise.all(rows.map(({ name }) => audit.deleteAudit(grantId, name)))
        }
      }
      // Last: while it is there, a repetition finds what is left to delete.
      await store.deleteOwner(ownerIndex, grantId)
      return 'erased'
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
