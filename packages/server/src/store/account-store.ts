/**
 * What the product keeps beside a grant, and the operations on it. Same rules as the authorization server's store:
 * one item, one condition; races as outcomes; consistent reads; callers check `expiresAt`.
 */
import type { EpochSeconds, Grant, LeashStore } from '@email-connector/oauth'
import type { GateStore } from './gate-store.ts'
import type { OwnerRoomStore, SettingsRow } from './owner-room-store.ts'

/** One connected mailbox of a grant. Nothing in it can be read without a live token and the key service. */
export interface AccountRow {
  /** The form of the sealed part; older ones are read and sealed again on use. */
  readonly v: number
  readonly grantId: string
  readonly accountId: string
  /** Raised by one with every change of the credential. */
  readonly credentialVersion: number
  /** K_kms wrapped by the key service, base64url. */
  readonly wrappedKey: string
  /** HKDF(S, K_kms, "…/commit"), base64url: compared before anything is opened. */
  readonly commitment: string
  /** Sealed login, password, hosts, address, aliases. base64url. */
  readonly sealed: string
  /** What is remembered of the server (capabilities, folders), sealed under K_hint. May be stale or absent. */
  readonly sealedMemory?: string
  /** Who asks the provider for the next token of this credential, or asked and got no answer. */
  readonly leaseHolder?: string
  /** Until then that attempt is believed to be running. */
  readonly leaseUntil?: EpochSeconds
  /** The keys of the mailbox's emails in the ledger of sends, sealed under S_a. Absent until the owner's room is made. */
  readonly sealedOwner?: string
  /** The highest versions of settings that a call has seen, sealed under S_a. */
  readonly sealedSeen?: string
  readonly expiresAt: EpochSeconds
}

/** Whether a lease on the credential keeps a write from it: any lease does, none does, or any but the holder's own. */
export type LeaseCondition = 'free' | 'whatever' | { readonly holder: string }

export interface GrantRows {
  readonly grant: Grant
  readonly accounts: readonly AccountRow[]
  readonly settings: readonly SettingsRow[]
}

export interface AccountStore extends OwnerRoomStore, LeashStore, GateStore {
  /** Throws when it exists. */
  createAccount(row: AccountRow): Promise<void>
  /** Grant, all its account rows and its settings in one consistent query. */
  findGrantWithAccounts(grantId: string): Promise<GrantRows | undefined>
  /**
   * Replaces key, commitment and sealed part, and ends the lease; `changed` when another writer raised the version first,
   * or the lease is another's (`free` when not said).
   */
  replaceCredential(
    row: AccountRow,
    expectedVersion: number,
    lease?: LeaseCondition,
  ): Promise<'replaced' | 'changed'>
  /** One caller of many gets it, once for each version of the credential: a lease that was not given back stays. */
  takeLease(lease: {
    grantId: string
    accountId: string
    credentialVersion: number
    holder: string
    until: EpochSeconds
  }): Promise<'taken' | 'refused'>
  /** Gives a lease back whose holder asked nobody, or was told to come later. */
  releaseLease(grantId: string, accountId: string, holder: string): Promise<void>
  /** Deletes an account row that no grant came to name. A missing row is no error. */
  deleteAccount(grantId: string, accountId: string): Promise<void>
  /**
   * Replaces the list of the grant's accounts (one added, one's address changed): live grants only, and only while the sealed
   * hint is still the one the caller read. `ownerIndexes[i]` belongs to `accountIds[i]`. With `linkId`, only while
   * the grant names that link, which it then no longer does: a link works once.
   */
  setGrantAccounts(change: {
    grantId: string
    hintAsRead: string
    accountIds: readonly string[]
    ownerIndexes: readonly string[]
    sealedHint: string
    linkId?: string
  }): Promise<'set' | 'refused'>
  /** Replaces what is remembered of the server. A missing row is no error. */
  setMemory(grantId: string, accountId: string, sealedMemory: string): Promise<void>
  /** Sets the grant's `lastUsedAt`; called at most once an hour. Live grants only. */
  touchGrant(grantId: string, now: EpochSeconds): Promise<void>
}
