/**
 * Rows of settings, sealed and opened: a mailbox's under its ownerKey, the grant's under policyKey. Grant, place and version
 * are associated data, so a row of another grant or mailbox, or one whose version was changed, does not open. That a
 * whole old row was put back is seen by `Seen`, which calls keep under S_a, where the owner's page cannot write.
 */
import type * as z from 'zod'
import { deriveAccountSecret, type MailboxSecret } from '../keys/account-secret.ts'
import type { AccountName } from '../keys/owner-keys.ts'
import { canonical, deriveKey, fromText, open, SealBrokenError, seal, toText, zero } from '../keys/seal.ts'
import type { SettingsRow } from '../store/owner-room-store.ts'
import { type accountSettings, type grantSettings, maxSettingsBytes } from './settings.ts'

type SettingsSchema = typeof accountSettings | typeof grantSettings
type SettingsOf<Schema extends SettingsSchema> = z.output<Schema>

/** Throws a ZodError for settings out of bounds, and SettingsTooLargeError. */
export function sealSettings<Schema extends SettingsSchema>(
  key: Uint8Array,
  place: Omit<SettingsRow, 'v' | 'sealed'>,
  schema: Schema,
  settings: SettingsOf<Schema>,
): SettingsRow {
  const plain = Buffer.from(JSON.stringify(schema.parse(settings)))
  if (plain.length > maxSettingsBytes) throw new SettingsTooLargeError()
  return withSettingsKey(key, (settingsKey) => ({
    v: 1,
    ...place,
    sealed: toText(seal(settingsKey, plain, ofSettings(place))),
  }))
}

/** Throws SealBrokenError for anything that is not settings of this place. */
export function openSettings<Schema extends SettingsSchema>(
  key: Uint8Array,
  row: SettingsRow,
  schema: Schema,
): SettingsOf<Schema> {
  if (row.v !== 1) throw new SealBrokenError('Settings are of another release')
  // Four characters for three bytes, and the seal's own few: more is no row that was written here.
  if (row.sealed.length > (maxSettingsBytes * 4) / 3 + 64) throw new SealBrokenError('Settings are too large')
  const plain = withSettingsKey(key, (settingsKey) =>
    open(settingsKey, fromText(row.sealed), ofSettings(row)),
  )
  const parsed = schema.safeParse(readJson(plain))
  if (!parsed.success) throw new SealBrokenError('Settings are of another form')
  return parsed.data as SettingsOf<Schema>
}

export class SettingsTooLargeError extends Error {
  override readonly name = 'SettingsTooLargeError'
  constructor() {
    super(`Settings are limited to ${maxSettingsBytes} bytes`)
  }
}

/** The highest versions that a call has seen, and whether a folder was hidden then. */
export interface Seen {
  readonly account: number
  readonly grant: number
  readonly hides: boolean
}

export function sealSeen(secret: MailboxSecret, name: AccountName, seen: Seen): string {
  return withSeenKey(secret, name, (key) =>
    toText(seal(key, Buffer.from(JSON.stringify(seen)), ofSeen(name))),
  )
}

/** Throws SealBrokenError. */
export function openSeen(secret: MailboxSecret, name: AccountName, sealed: string): Seen {
  const plain = withSeenKey(secret, name, (key) => open(key, fromText(sealed), ofSeen(name)))
  // Authenticated, so it is what `sealSeen` wrote.
  return readJson(plain) as Seen
}

/** Zeroes `plain`. */
function readJson(plain: Uint8Array): unknown {
  const value: unknown = JSON.parse(Buffer.from(plain).toString('utf8'))
  zero(plain)
  return value
}

function withSettingsKey<T>(ownKey: Uint8Array, use: (key: Uint8Array) => T): T {
  const key = deriveKey(ownKey, new Uint8Array(0), 'settings')
  try {
    return use(key)
  } finally {
    zero(key)
  }
}

function withSeenKey<T>(secret: MailboxSecret, { accountId }: AccountName, use: (key: Uint8Array) => T): T {
  const own = deriveAccountSecret(secret, accountId)
  const key = deriveKey(own, new Uint8Array(0), 'settings-seen')
  try {
    return use(key)
  } finally {
    zero(own, key)
  }
}

function ofSettings({ grantId, of, version }: Omit<SettingsRow, 'v' | 'sealed'>): Uint8Array {
  return canonical(['settings', 1, grantId, of, version])
}

function ofSeen({ grantId, accountId }: AccountName): Uint8Array {
  return canonical(['settings-seen', 1, grantId, accountId])
}
