/** R42 under load, on both stores: what is counted before the mail server is asked cannot be outrun. */
import { findDynamoDb, type LocalDynamoDb, parseForm, startDynamoDb } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import type { LevelStores } from '../../src/store/level/stores.ts'
import { type MailboxApp, startMailboxApp } from '../app/mailbox-app.ts'
import { createTables } from '../store/dynamodb-tables.ts'

const attempts = 100

describe('LevelDB', () => describeLimits(() => startMailboxApp()))

describe.runIf(findDynamoDb() !== undefined)('DynamoDB (needs @dynoxide/linux-x64)', () => {
  let dynamoDb: LocalDynamoDb
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
  })
  afterAll(() => dynamoDb.stop())
  describeLimits(async () => {
    const { clientOptions } = dynamoDb
    const tables = await createTables(dynamoDb, 'limits')
    const overWire = createDynamoStores({
      ...clientOptions,
      tables,
      attemptTimeoutMs: 10_000,
      deadlineMs: 20_000,
    })
    return startMailboxApp({ wrapStores: (level): LevelStores => ({ ...level, ...overWire }) })
  })
})

function describeLimits(start: () => Promise<MailboxApp>): void {
  let app: MailboxApp
  beforeAll(async () => {
    app = await start()
  })
  afterAll(() => app.close())

  async function openForm() {
    const page = await app.test.fetch(await app.test.authorizeUrl())
    const { hidden } = parseForm(await page.text())
    return { hidden, cookie: (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '' }
  }

  const send = (form: Awaited<ReturnType<typeof openForm>>, address: string, ip: string) =>
    app.test.fetch(
      '/oauth/connect',
      {
        method: 'POST',
        headers: { Cookie: form.cookie },
        body: new URLSearchParams({ ...form.hidden, ...app.mailbox(address, 'wrong'), permission: 'read' }),
      },
      ip,
    )

  /** How often the mail server was asked, and how often the form came again. */
  async function count(post: (index: number) => Promise<Response>) {
    const before = app.imap.connections.length
    const answers = await Promise.all(Array.from({ length: attempts }, (_, index) => post(index)))
    const withStatus = (status: number) => answers.filter((answer) => answer.status === status).length
    return {
      asked: app.imap.connections.length - before,
      shownAgain: withStatus(422),
      paused: withStatus(429),
    }
  }
  const limited = { asked: 5, shownAgain: 5, paused: attempts - 5 }

  test('R42: of 100 parallel wrong passwords in one sign-in five reach the mail server, whatever the mailbox', async () => {
    const form = await openForm()
    expect(await count((index) => send(form, `one${index}@test.example`, `10.1.0.${index}`))).toEqual(limited)
  })

  test('R42: of 100 for one mailbox, each in a sign-in and from a network of its own, five', async () => {
    const forms = await Promise.all(Array.from({ length: attempts }, openForm))
    const outcome = await count(async (index) =>
      send(forms[index] ?? (await openForm()), 'Ann@test.example', `10.2.0.${index}`),
    )
    expect(outcome).toEqual(limited)
  })

  test('R42: of 100 mailboxes from one network, five', async () => {
    const forms = await Promise.all(Array.from({ length: attempts }, openForm))
    const outcome = await count(async (index) =>
      send(forms[index] ?? (await openForm()), `many${index}@test.example`, '10.3.0.1'),
    )
    expect(outcome).toEqual(limited)
  })
}
