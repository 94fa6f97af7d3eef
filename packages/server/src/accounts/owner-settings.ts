/**
 * The owner's settings as a call gets them, with S and no seed, from the rows of the one query that is made anyway. They
 * fail closed: once a grant's room is made, a row that is missing, older than one that was seen, foreign or changed
 * refuses every change and every sending, and reading too where a folder was hidden.
 */
import type { Grant } from '@email-connector/oauth'
import type { MailboxSecret } from '../keys/account-secret.ts'
import { deriveOwnerKey, derivePolicyKey } from '../keys/owner-keys.ts'
import { SealBrokenError, zero } from '../keys/seal.ts'
import type { AccountRow } from '../store/account-store.ts'
import { ofGrant, type SettingsRow } from '../store/owner-room-store.ts'
import { openSeen, openSettings, type Seen, sealSeen } from './sealed-settings.ts'
import {
  type AccountSettings,
  accountSettings,
  defaultAccountSettings,
  defaultGrantSettings,
  type GrantSettings,
  grantSettings,
} from './settings.ts'

export type OwnerSettings =
  | { readonly state: 'open'; readonly account: AccountSettings; readonly grant: GrantSettings }
  /** `hides`: folders may have been hidden, so that reading is refused too. */
  | { readonly state: 'refused'; readonly hides: boolean }

export interface ReadSettings {
  readonly settings: OwnerSettings
  /** Rows were there and opened: the record may say that they belong to it. */
  readonly isStored: boolean
  /** What the account's row should say it has seen, where that is more than it says. */
  readonly sealedSeen?: string
}

/** What the owner decided cannot be read. `hides` is about reading. */
export class SettingsRefusedError extends Error {
  override readonly name = 'SettingsRefusedError'
}

/** Throws SettingsRefusedError: nothing is done past a setting that cannot be read. */
export function assertReadable(settings: OwnerSettings): Extract<OwnerSettings, { state: 'open' }> {
  if (settings.state === 'open') return settings
  throw new SettingsRefusedError('The settings of the owner do not open')
}

/**
 * Of the mailbox alone, for what a link leads to. Undefined where they cannot be read, or are older than those a call has
 * seen: then the link leads nowhere.
 */
export function readAccountSettings(
  secret: MailboxSecret,
  rows: { readonly account: AccountRow; readonly settings: readonly SettingsRow[] },
): AccountSettings | undefined {
  const { account } = rows
  const seen = readSeen(secret, account)
  if (seen === undefined) return undefined
  try {
    const own = rowOf(rows.settings, account.accountId, seen.account)
    return openWith(deriveOwnerKey(secret, account.accountId), own, accountSettings)
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

/** Of the grant, for a link that has brought its key; else as above. */
export function readGrantSettings(
  secret: MailboxSecret,
  policyKey: Uint8Array,
  rows: { readonly account: AccountRow; readonly settings: readonly SettingsRow[] },
): GrantSettings | undefined {
  const seen = readSeen(secret, rows.account)
  if (seen === undefined) return undefined
  try {
    return openWith(Uint8Array.from(policyKey), rowOf(rows.settings, ofGrant, seen.grant), grantSettings)
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

const defaults: OwnerSettings = {
  state: 'open',
  account: defaultAccountSettings,
  grant: defaultGrantSettings,
}

export function readOwnerSettings(
  secret: Uint8Array,
  rows: {
    readonly grant: Pick<Grant, 'grantId' | 'ownerRoom'>
    readonly account: AccountRow
    readonly settings: readonly SettingsRow[]
  },
): ReadSettings {
  const { grant, account } = rows
  // The record's form is authenticated when it opens, which is before anything is done with this.
  const isRequired = account.v >= 2 || grant.ownerRoom !== undefined
  if (!isRequired) return { settings: defaults, isStored: false }
  const seen = readSeen(secret, account)
  try {
    if (seen === undefined) throw new SealBrokenError('There is no note of the versions seen')
    const own = rowOf(rows.settings, account.accountId, seen.account)
    const shared = rowOf(rows.settings, ofGrant, seen.grant)
    const settings = {
      state: 'open',
      account: openWith(deriveOwnerKey(secret, account.accountId), own, accountSettings),
      grant: openWith(derivePolicyKey(secret), shared, grantSettings),
    } as const
    const now: Seen = {
      account: own.version,
      grant: shared.version,
      hides: settings.account.hidden.length > 0,
    }
    const isNews = now.account !== seen.account || now.grant !== seen.grant
    return { settings, isStored: true, ...(isNews && { sealedSeen: sealSeen(secret, account, now) }) }
  } catch (error) {
    if (!(error instanceof SealBrokenError)) throw error
    return { settings: { state: 'refused', hides: seen?.hides ?? true }, isStored: false }
  }
}

function readSeen(secret: MailboxSecret, account: AccountRow): Seen | undefined {
  try {
    return account.sealedSeen === undefined ? undefined : openSeen(secret, account, account.sealedSeen)
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

function rowOf(rows: readonly SettingsRow[], of: string, seenVersion: number): SettingsRow {
  const row = rows.find((one) => one.of === of)
  if (row === undefined) throw new SealBrokenError('Settings are missing')
  if (row.version < seenVersion) throw new SealBrokenError('Settings are older than those seen')
  return row
}

/** Zeroes `key`. */
function openWith<Schema extends typeof accountSettings | typeof grantSettings>(
  key: Uint8Array,
  row: SettingsRow,
  schema: Schema,
) {
  try {
    return openSettings(key, row, schema)
  } finally {
    zero(key)
  }
}
