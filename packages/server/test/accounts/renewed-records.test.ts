/** A record of an older form is renewed on use and opens afterwards: under either key wrapper, in either store. */
import { join } from 'node:path'
import { StoreUnavailableError } from '@email-connector/oauth'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGrantAccounts } from '../../src/accounts/grant-accounts.ts'
import { createEnsureOwnerRoom } from '../../src/accounts/owner-room.ts'
import { createDataKeyKeeper } from '../../src/keys/data-key-keeper.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import type { AccountStore } from '../../src/store/account-store.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import type { Stores } from '../../src/store/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { buildMailAccount, connectGrantOf010, keysWith } from './connected-grant.ts'
import { clock, folder, keyWrapper as kmsWrapper, stores as levelStores } from './deployment.ts'

const wrappers: [string, () => KeyWrapper][] = [
  ['the key file', () => createFileKeyWrapper({ path: join(folder.path, 'renewing', 'key') })],
  ['KMS', () => kmsWrapper],
  ['KMS whose keys are kept', () => createDataKeyKeeper({ keyWrapper: kmsWrapper })],
]

function describeRenewal(store: string, open: () => Stores): void {
  test.each(wrappers)(`R30: in ${store}, under %s, a renewed record opens ever after`, async (_, wrapper) => {
    const keyWrapper = wrapper()
    const stores = open()
    const { grant, caller, connect } = await connectGrantOf010(stores, keyWrapper)
    const openMailbox = async () => {
      const accounts = createGrantAccounts({
        ...keysWith(keyWrapper),
        store: stores.accounts,
        now: () => clock.now,
      })
      return (await accounts(caller).open()).account
    }
    const account = buildMailAccount({ login: buildMailAccount().address })
    expect(await openMailbox()).toEqual(account)
    await createEnsureOwnerRoom({ ...connect, store: stores.accounts })(grant, connect.secret)
    for (let time = 0; time < 3; time++) expect(await openMailbox()).toEqual(account)
    const found = await stores.accounts.findGrantWithAccounts(caller.grantId)
    expect(found?.accounts[0]).toMatchObject({ v: 2, credentialVersion: 2 })
  })

  test(`R30, R63: in ${store}, a renewal that is killed between any two writes is done by the next call`, async () => {
    const stores = open()
    const reading = /^(?:find|get|list)/
    const account = buildMailAccount({ login: buildMailAccount().address })
    let wasKilled = true
    for (let writes = 0; wasKilled; writes += 1) {
      const { grant, caller, connect } = await connectGrantOf010(stores, kmsWrapper)
      let left = writes
      wasKilled = false
      const killed = new Proxy(stores.accounts, {
        get(target, name) {
          const operation: unknown = Reflect.get(target, name)
          if (typeof operation !== 'function' || reading.test(String(name))) return operation
          return async (...given: unknown[]) => {
            wasKilled ||= left-- === 0
            if (wasKilled) throw new StoreUnavailableError('killed')
            return await operation.apply(target, given)
          }
        },
      })
      const renew = async (of: AccountStore) => {
        await createEnsureOwnerRoom({ ...connect, store: of })(grant, connect.secret)
        const accounts = createGrantAccounts({ ...keysWith(kmsWrapper), store: of, now: () => clock.now })
        return (await accounts(caller).open()).account
      }
      await renew(killed).catch(() => undefined)
      for (let time = 0; time < 2; time++) expect(await renew(stores.accounts), `${writes}`).toEqual(account)
      const found = await stores.accounts.findGrantWithAccounts(caller.grantId)
      expect(found?.accounts[0], `${writes}`).toMatchObject({ v: 2, credentialVersion: 2 })
      if (!wasKilled) expect(writes).toBeGreaterThan(6)
    }
  })
}

describeRenewal('LevelDB', () => levelStores)

describe.runIf(findDynamoDb() !== undefined)('DynamoDB (needs @dynoxide/linux-x64)', () => {
  let dynamoDb: LocalDynamoDb
  let stores: Stores
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
    stores = createDynamoStores({
      ...dynamoDb.clientOptions,
      tables: await createTables(dynamoDb, 'renewal'),
    })
  })
  afterAll(() => dynamoDb?.stop())

  describeRenewal('DynamoDB', () => stores)
})
