/** Sends whose client goes away, and sends that the outgoing server refuses to log in: in either store. */
import type { MailAccount } from '@email-connector/mail'
import {
  createCertificateAuthority,
  findDynamoDb,
  type LocalDynamoDb,
  type SmtpSink,
  startDynamoDb,
  startSmtpSink,
  testHosts,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import type { Stores } from '../../src/store/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { loopbackConnector, type OpenTools, openTools } from '../tools/open-tools.ts'

let sink: SmtpSink
let ca: string
let onTaken = () => {}
let tools: OpenTools | undefined

beforeAll(async () => {
  const authority = await createCertificateAuthority()
  ca = authority.ca
  sink = await startSmtpSink({
    tls: 'implicit',
    certificate: await authority.issue({ names: testHosts }),
    onMessage: () => onTaken(),
  })
})
afterEach(async () => {
  onTaken = () => {}
  delete sink.faults.AUTH
  await tools?.close()
  tools = undefined
})
afterAll(() => sink?.stop())

/** A provider that files its own copy: no IMAP server is needed. */
async function open(stores: Stores | undefined): Promise<OpenTools> {
  const account: MailAccount = {
    provider: 'gmail',
    address: 'alice@test.example',
    aliases: [],
    login: 'alice',
    imap: { host: 'localhost', port: 1, tls: 'implicit' },
    smtp: { host: 'localhost', port: sink.port, tls: 'implicit' },
    credential: { type: 'password', password: 'x' },
  }
  const connector = loopbackConnector(ca)
  tools = await openTools({ accounts: [account], connector, ...(stores && { stores }) })
  return tools
}

function describeInterruptedSends(name: string, stores: () => Stores | undefined): void {
  describe(name, () => {
    test.each([undefined, 'key'])(
      'R55: a client that hangs up in the middle of a send (key: %s) finds the outcome when it repeats it',
      async (key) => {
        const { call, leave, caller } = await open(stores())
        const secret = Uint8Array.from(caller.secret)
        const letter = {
          to: ['bob@test.example'],
          subject: `Hung up ${key}`,
          body: 'x',
          ...(key && { idempotency_key: key }),
        }
        const before = sink.dataCount()
        onTaken = leave
        const first = await call('send_email', letter)
        expect(caller.secret.every((byte) => byte === 0)).toBe(true)
        // The next request brings the token again, and with it the secret.
        caller.secret.set(secret)
        const again = await call('send_email', letter)
        expect(again.structured).toMatchObject({
          state: 'sent',
          repeated: true,
          message_id: first.structured.message_id,
        })
        expect(sink.dataCount() - before).toBe(1)
      },
    )

    test('a refused login of the outgoing server offers the owner a one-time link to renew the password', async () => {
      const { call, caller } = await open(stores())
      sink.faults.AUTH = { reply: '535 5.7.8 foreign words' }
      const letter = { to: ['bob@test.example'], subject: 'Renewed', body: 'x' }
      const refused = await call('send_email', letter)
      expect(refused.structured).toEqual({ code: 'login_refused' })
      expect(refused.text).toMatch(/store the new one at http:\/\/localhost:8993\/oauth\/link#[0-9a-f]{64} /)
      expect(caller.secret.some((byte) => byte !== 0)).toBe(true)
      delete sink.faults.AUTH
      expect((await call('send_email', letter)).structured).toMatchObject({ state: 'sent', repeated: false })
    })
  })
}

describeInterruptedSends('LevelDB', () => undefined)

describe.runIf(findDynamoDb() !== undefined)(
  'DynamoDB (needs the optional package @dynoxide/linux-x64)',
  () => {
    let dynamoDb: LocalDynamoDb
    let stores: Stores
    beforeAll(async () => {
      dynamoDb = await startDynamoDb()
      stores = createDynamoStores({
        ...dynamoDb.clientOptions,
        tables: await createTables(dynamoDb, 'sends'),
      })
    })
    afterAll(() => dynamoDb?.stop())
    describeInterruptedSends('DynamoDB', () => stores)
  },
)
