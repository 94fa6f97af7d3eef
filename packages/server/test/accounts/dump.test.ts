/** R25 for what this folder and the stores keep: a dump of everything, searched for what must not be in it. */
import { join } from 'node:path'
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { createTempFolder, findDynamoDb, startDynamoDb } from '@email-connector/testing'
import { ClassicLevel } from 'classic-level'
import { afterAll, expect, test } from 'vitest'
import { addAccount } from '../../src/accounts/connect-account.ts'
import { createGrantAccounts } from '../../src/accounts/grant-accounts.ts'
import { toStoredAccount } from '../../src/accounts/stored-account.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import { createProviderClient } from '../../src/provider-tokens/provider-client.ts'
import { ProviderRefusedError } from '../../src/provider-tokens/provider-refusal.ts'
import { organisationSignIn } from '../../src/sign-in-provider.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import type { Stores } from '../../src/store/stores.ts'
import { now } from '../store/builders.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { buildMailAccount, connectGrant, keysWith } from './connected-grant.ts'
import { firstRefreshToken, startTokenEndpoint } from './token-endpoint.ts'

const folder = createTempFolder('dump')
afterAll(() => folder.remove())

/** Connects two mailboxes, remembers a folder; answers the words that may stand nowhere. */
async function fill(stores: Stores): Promise<string[]> {
  const keyWrapper = createFileKeyWrapper({ path: join(folder.path, 'key') })
  const { grant, caller, connect } = await connectGrant(stores, keyWrapper)
  const account = buildMailAccount({ address: 'canary-second@example.org', login: 'canary-bob' })
  await addAccount({ ...connect, account, grant, store: stores.accounts })
  const opened = await createGrantAccounts({
    ...keysWith(keyWrapper),
    store: stores.accounts,
    now: () => now,
  })(caller).open()
  await opened.remember({
    v: 1,
    capabilities: ['X-CANARY-CAPABILITY'],
    delimiter: '/',
    mailboxes: [{ path: 'Canary-folder', name: 'Canary-folder', delimiter: '/', selectable: true }],
  })
  const words = ['canary', 'second', 'password', 'inbox']
  return [
    ...words,
    Buffer.from(caller.secret).toString('hex'),
    Buffer.from(caller.secret).toString('base64url'),
  ]
}

/** Two mailboxes with a provider's tokens: one got the next ones, of the other the answer was lost and its lease is left. */
async function fillFromProvider(stores: Stores): Promise<string[]> {
  const endpoint = await startTokenEndpoint()
  try {
    const provider = organisationSignIn({
      ...{ clientId: 'canary-client', clientSecret: 'canary-client-secret', name: 'Canary Works' },
      ...{ issuer: endpoint.issuer, scopes: ['mail', 'offline_access'], mechanism: 'XOAUTH2' },
      imap: { host: 'imap.canary-host.example', port: 993, tls: 'implicit' },
      smtp: { host: 'smtp.canary-host.example', port: 465, tls: 'implicit' },
    })
    const keyWrapper = createFileKeyWrapper({ path: join(folder.path, 'key') })
    const open = async (refreshToken: string) => {
      const tokens = { accessToken: 'canary-access', refreshToken, expiresAt: now + 10 }
      const account = toStoredAccount(provider, 'ann@canary-address.example', tokens, now)
      const { caller } = await connectGrant(stores, keyWrapper, account)
      const client = createProviderClient({ provider, now: () => now })
      const providerClients = async () => [client]
      const options = { ...keysWith(keyWrapper), store: stores.accounts, providerClients, now: () => now }
      return await createGrantAccounts(options)(caller).open()
    }
    await open(firstRefreshToken)
    endpoint.behaviour = 'loses'
    await expect(open('refresh-canary')).rejects.toThrow(ProviderRefusedError)
    return [firstRefreshToken, 'refresh-1', ...endpoint.given, endpoint.issuer]
  } finally {
    await endpoint.stop()
  }
}

/** As text, and once more with every stored string taken for base64. */
function expectNone(dump: string, words: readonly string[]): void {
  const decoded = (dump.match(/[\w+/-]{12,}/g) ?? []).map((text) =>
    Buffer.from(text, 'base64').toString('latin1'),
  )
  const searched = [dump, ...decoded].join('\n').toLowerCase()
  for (const word of words) expect(searched).not.toContain(word.toLowerCase())
}

test('R25: the local store holds no address, login, host, folder, secret or token of a provider in clear', async () => {
  const dir = join(folder.path, 'store')
  const stores = await createLevelStores({ dir, now: () => now })
  const words = [...(await fill(stores)), ...(await fillFromProvider(stores))]
  await stores.close()
  const level = new ClassicLevel(dir)
  const dump = (await level.iterator().all()).map((entry) => entry.join(' ')).join('\n')
  await level.close()
  expect(dump).toContain('sealedMemory')
  expect(dump).toContain('leaseHolder')
  expectNone(dump, words)
})

test.runIf(findDynamoDb() !== undefined)('R25: nor do the tables', async () => {
  const dynamoDb = await startDynamoDb()
  try {
    const tables = await createTables(dynamoDb, 'dump')
    const stores = createDynamoStores({ ...dynamoDb.clientOptions, tables })
    const words = [...(await fill(stores)), ...(await fillFromProvider(stores))]
    const client = new DynamoDBClient(dynamoDb.clientOptions)
    const dumps = await Promise.all(
      Object.values(tables).map(
        async (TableName) => (await client.send(new ScanCommand({ TableName }))).Items,
      ),
    )
    client.destroy()
    const dump = JSON.stringify(dumps)
    expect(dump).toContain('sealedMemory')
    expect(dump).toContain('leaseHolder')
    expectNone(dump, words)
  } finally {
    await dynamoDb.stop()
  }
})
