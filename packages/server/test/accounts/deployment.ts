/**
 * A deployment in small for one test file: the local store, a KMS on loopback, a clock; opened and closed by hooks.
 * `tampered` is its database after somebody with write access was there.
 */
import { join } from 'node:path'
import { createTempFolder, type LocalKms, startKms } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { createGrantAccounts, type GrantAccounts } from '../../src/accounts/grant-accounts.ts'
import { createEnsureOwnerRoom } from '../../src/accounts/owner-room.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import { createKmsKeyWrapper } from '../../src/keys/kms-key-wrapper.ts'
import type { ProviderClients } from '../../src/provider-tokens/provider-client.ts'
import type { AccountRow, AccountStore } from '../../src/store/account-store.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import type { SettingsRow } from '../../src/store/owner-room-store.ts'
import { now } from '../store/builders.ts'
import { buildMailAccount, type ConnectedGrant, keysWith } from './connected-grant.ts'

export const folder = createTempFolder('accounts')
export const clock = { now }
export let stores: LevelStores
export let kms: LocalKms
export let keyWrapper: KeyWrapper

beforeAll(async () => {
  stores = await createLevelStores({ dir: join(folder.path, 'store'), now: () => now })
  kms = await startKms()
  keyWrapper = createKmsKeyWrapper({ ...kms.clientOptions, keyId: kms.keyArn })
})

afterEach(() => {
  clock.now = now
  kms.keyState = 'Enabled'
  kms.forgetCalls()
})

afterAll(async () => {
  await stores.close()
  await kms.stop()
  await folder.remove()
})

export const accountsOf = (
  { caller }: ConnectedGrant,
  options: {
    store?: AccountStore
    keyWrapper?: KeyWrapper
    recordVersion?: number
    secret?: Uint8Array
    providerClients?: ProviderClients
  } = {},
): GrantAccounts =>
  createGrantAccounts({
    ...keysWith(options.keyWrapper ?? keyWrapper),
    store: options.store ?? stores.accounts,
    now: () => clock.now,
    ...(options.providerClients && { providerClients: options.providerClients }),
    ...(options.recordVersion !== undefined && { recordVersion: options.recordVersion }),
  })({ ...caller, secret: options.secret ?? caller.secret })

/** As the next refresh does. */
export const ensureOwnerRoom = ({ grant, connect }: ConnectedGrant, store: AccountStore = stores.accounts) =>
  createEnsureOwnerRoom({ ...connect, store })(grant, connect.secret)

/** The same database, in which somebody changed a grant or its rows. */
export function tampered(change: {
  grant?: Record<string, unknown>
  account?: Record<string, unknown>
  rows?: (rows: readonly AccountRow[]) => readonly AccountRow[]
  settings?: (rows: readonly SettingsRow[]) => readonly SettingsRow[]
}): AccountStore {
  return {
    ...stores.accounts,
    async findGrantWithAccounts(grantId) {
      const found = await stores.accounts.findGrantWithAccounts(grantId)
      if (found === undefined) return undefined
      const accounts = found.accounts.map((row) => ({ ...row, ...change.account }))
      return {
        grant: { ...found.grant, ...change.grant },
        accounts: change.rows?.(accounts) ?? accounts,
        settings: change.settings?.(found.settings) ?? found.settings,
      }
    },
  }
}

export const second = buildMailAccount({ address: 'Bob@second.example', login: 'bob' })

/** What of a row is sealed, to be put into another. */
export function sealedPart({ wrappedKey, commitment, sealed }: AccountRow) {
  return { wrappedKey, commitment, sealed }
}
