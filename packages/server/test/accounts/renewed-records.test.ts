/** A record of an older form is renewed on use and opens afterwards: under either key wrapper, in either store. */
import { join } from 'node:path'
import { findDynamoDb, type LocalDynamoDb, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGrantAccounts } from '../../src/accounts/grant-accounts.ts'
import { createEnsureOwnerRoom } from '../../src/accounts/owner-room.ts'
import { createDataKeyKeeper } from '../../src/keys/data-key-keeper.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
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
