/**
 * What is kept of the owner's room beside grants and accounts, and the operations on it. Same rules as the account store:
 * one item, one condition; races as outcomes; consistent reads; callers check `expiresAt`.
 */
import type { EpochSeconds, GrantEnd } from '@email-connector/oauth'

/** The keys of the owner's page, wrapped, and the seed they were wrapped with. */
export interface OwnerWrap {
  readonly kid: string
  /** base64url. */
  readonly wrap: string
}

/** By what a mailbox's owner finds a grant, and opens what is that mailbox's in it. */
export interface OwnerRow {
  readonly ownerIndex: string
  readonly grantId: string
  readonly expiresAt: EpochSeconds
  /** Which mailbox of the grant, and the wrap of its keys; 0.1.0 wrote neither. */
  readonly page?: OwnerWrap & { readonly accountId: string }
  /** Of a grant that ended: when, why, and whose it was. */
  readonly ended?: GrantEnd & { readonly clientName: string }
}

/** In the place of an account id: the settings of the whole grant. */
export const ofGrant = 'grant'

/** Settings of one mailbox, or of the grant. */
export interface SettingsRow {
  /** Another than 1 is of a later release. */
  readonly v: number
  readonly grantId: string
  /** An account id, or `ofGrant`. */
  readonly of: string
  /** Raised with every change: above the last, and no lower than the time of the change. */
  readonly version: number
  /** base64url. */
  readonly sealed: string
  readonly expiresAt: EpochSeconds
}

export interface OwnerRoomStore {
  /** What exists stays as it is. */
  createOwner(row: OwnerRow): Promise<void>
  listOwners(ownerIndex: string): Promise<readonly OwnerRow[]>
  /** Sets the wrap of an owner row, whatever it had. A missing row, or one that has ended, is no error and stays as it is. */
  setOwnerWrap(row: OwnerRow & { readonly page: NonNullable<OwnerRow['page']> }): Promise<void>
  /** Empties the wrap, so that it opens nothing any more. A missing row is no error. */
  clearOwnerWrap(ownerIndex: string, grantId: string): Promise<void>
  /** A missing row is no error. */
  deleteOwner(ownerIndex: string, grantId: string): Promise<void>
  /** Sets an account's sealed keys while they still are what was read. */
  setSealedOwner(change: {
    readonly grantId: string
    readonly accountId: string
    readonly asRead: string | undefined
    readonly sealedOwner: string
    /** Where the account had none before. */
    readonly sealedSeen?: string
  }): Promise<'set' | 'changed'>
  /** Sets the versions seen while they still are what was read. */
  setSealedSeen(change: {
    readonly grantId: string
    readonly accountId: string
    readonly asRead: string
    readonly sealedSeen: string
  }): Promise<'set' | 'changed'>
  /** Replaces the version that was read; without one, creates the row unless there is one. */
  putSettings(row: SettingsRow, versionAsRead?: number): Promise<'written' | 'changed'>
  /** A missing row is no error. */
  deleteSettings(grantId: string, of: string): Promise<void>
  /** Notes that the room is made, and with which seed; live grants only. */
  setOwnerRoom(grantId: string, kid: string): Promise<'set' | 'refused'>
}
