/**
 * R63: a process is killed between any two writes of what it is doing: nothing answers from then on. After the restart
 * everything is as before or as wanted, nothing in between, and doing the same once more does the rest. On both stores; on
 * DynamoDB a write is one item.
 */

import { StoreUnavailableError } from '@email-connector/oauth'
import {
  type DynamoDbProxy,
  findDovecot,
  findDynamoDb,
  type LocalDynamoDb,
  parseForm,
  startDynamoDb,
  startDynamoDbProxy,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import type { LevelStores } from '../../src/store/level/stores.ts'
import {
  type Browser,
  type DovecotApp,
  openBrowser,
  pairedBrowser,
  signIn,
  startDovecotApp,
} from '../owner/dovecot-app.ts'
import { holdWith, reviewAs } from '../owner/review-as-owner.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { redeem } from './harness.ts'

/** Lets so many writes happen, then nothing any more. */
class Killer {
  #left = Number.POSITIVE_INFINITY
  #isDead = false

  arm(writes: number): void {
    this.#left = writes
  }

  /** Whether it had been killed. */
  restart(): boolean {
    const wasDead = this.#isDead
    this.#left = Number.POSITIVE_INFINITY
    this.#isDead = false
    return wasDead
  }

  /** Before each operation: whether it still happens. */
  allows(isWrite: boolean): boolean {
    if (isWrite && this.#left === 0) this.#isDead = true
    if (isWrite) this.#left -= 1
    return !this.#isDead
  }
}

const reading = /^(?:find|get|list)/

function killable(stores: LevelStores, killer: Killer): LevelStores {
  const wrap = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name, receiver) {
        const operation: unknown = Reflect.get(target, name, receiver)
        if (typeof operation !== 'function' || typeof name !== 'string') return operation
        return async (...given: unknown[]) => {
          if (!killer.allows(!reading.test(name))) throw new StoreUnavailableError('killed')
          return await operation.apply(target, given)
        }
      },
    })
  const { authorization, accounts, audit, derivedTokens, sessions, once, ...rest } = stores
  return {
    ...rest,
    ...{ authorization: wrap(authorization), accounts: wrap(accounts), audit: wrap(audit) },
    ...{ derivedTokens: wrap(derivedTokens), sessions: wrap(sessions), once: wrap(once) },
  }
}

describe.runIf(findDovecot())('LevelDB', () =>
  describeFlows(async (killer) => startDovecotApp({ wrapStores: (stores) => killable(stores, killer) })),
)

describe.runIf(findDovecot() && findDynamoDb() !== undefined)('DynamoDB (needs @dynoxide/linux-x64)', () => {
  let dynamoDb: LocalDynamoDb
  let proxy: DynamoDbProxy
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
    proxy = await startDynamoDbProxy(dynamoDb.endpoint)
  })
  afterAll(async () => {
    await proxy.stop()
    await dynamoDb.stop()
  })
  describeFlows(async (killer) => {
    const tables = await createTables(dynamoDb, 'killed')
    proxy.fault = ({ operation }) =>
      killer.allows(!['GetItem', 'Query'].includes(operation)) ? undefined : 'reset'
    const options = { ...dynamoDb.clientOptions, endpoint: proxy.endpoint, tables }
    const overWire = createDynamoStores({ ...options, attemptTimeoutMs: 2_500, deadlineMs: 2_500 })
    return await startDovecotApp({ wrapStores: (level): LevelStores => ({ ...level, ...overWire }) })
  })
})

function describeFlows(start: (killer: Killer) => Promise<DovecotApp>): void {
  const killer = new Killer()
  let app: DovecotApp
  beforeAll(async () => {
    app = await start(killer)
  })
  afterEach(async () => {
    killer.restart()
    await endAll()
  })
  afterAll(() => app?.close())

  /** Once for each number of writes that happen; answers how many there are. */
  async function killAtEveryWrite<T>(flow: {
    before(): Promise<T>
    run(subject: T): Promise<unknown>
    check(subject: T, name: string): Promise<void>
  }): Promise<number> {
    for (let writes = 0; ; writes += 1) {
      const subject = await flow.before()
      killer.arm(writes)
      await flow.run(subject).catch(() => undefined)
      const wasKilled = killer.restart()
      await flow.check(subject, `killed after ${writes} writes`)
      if (!wasKilled) return writes
    }
  }

  const ids = (page: string, of: string) =>
    [...page.matchAll(new RegExp(`name="${of}" value="([0-9a-f]{32})"`, 'g'))].map(([, id = '']) => id)

  /** The page of connections of a new browser: every connection that it lists opens. */
  async function openPage(browser = openBrowser(app.test)) {
    const { proof, page } = await signIn(app, browser, app.dovecot.alice)
    const live = ids(page, 'revoke')
    const post = async (fields: Record<string, string>) => {
      const answer = await browser.post('/oauth/connections', { proof, ...fields })
      return { status: answer.status, html: await answer.text() }
    }
    return { browser, post, page, live }
  }

  const works = async (token: string) =>
    await app.call(token, 'list_accounts', {}).then(
      ({ structuredContent }) => structuredContent.accounts.length === 1,
      (error: Error) => {
        expect(error.message).toContain('401')
        return false
      },
    )

  async function endAll(): Promise<void> {
    const { post } = await openPage()
    await post({ revoke: 'all' })
  }

  test('R63: a sign-in: whole, or not there; the same form, or a new one, connects', async () => {
    const writes = await killAtEveryWrite({
      async before() {
        const authorizeUrl = await app.test.authorizeUrl()
        const form = await app.test.fetch(authorizeUrl)
        const { hidden } = parseForm(await form.text())
        const cookie = (form.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
        const connect = async () => {
          const body = new URLSearchParams({
            ...app.fields(app.dovecot.alice),
            ...hidden,
            permission: 'read',
          })
          const init = { method: 'POST', headers: { Cookie: cookie }, body }
          const answer = await app.test.fetch('/oauth/connect', init)
          const location = answer.headers.get('location') ?? ''
          return { status: answer.status, code: URL.parse(location)?.searchParams.get('code') ?? '' }
        }
        return { authorizeUrl, connect, token: '' }
      },
      async run(subject) {
        const { code } = await subject.connect()
        subject.token = (await redeem(app.test, subject.authorizeUrl, code)) || ''
      },
      async check({ connect, authorizeUrl, token }, name) {
        const { live, post } = await openPage()
        expect(live.length, name).toBe(token === '' ? live.length : 1)
        for (const grant of live) expect((await post({ mailbox: grant })).status, name).toBe(200)
        if (token !== '') expect(await works(token), name).toBe(true)
        else {
          const again = await connect()
          // Where the code had been made, its form is used up.
          const fresh =
            again.status === 303
              ? await redeem(app.test, authorizeUrl, again.code)
              : await app.connect(app.dovecot.alice)
          expect(await works(fresh), name).toBe(true)
        }
        await endAll()
        app.test.time.seconds += 3_600
      },
    })
    expect(writes).toBeGreaterThan(8)
  })

  test('R63: a change of settings: the old ones or the new; the same form saves them', async () => {
    const token = await app.connect(app.dovecot.alice, { permission: 'write' })
    const formOf = async () => {
      const { post, live } = await openPage()
      const [grant = ''] = live
      const { html } = await post({ mailbox: grant })
      const [, version = ''] = /name="version" value="(\d+)"/.exec(html) ?? []
      const [field = ''] = /<input[^>]* name="name"[^>]*>/.exec(html) ?? []
      const [, name = ''] = / value="([^"]*)"/.exec(field) ?? []
      return { name, save: (wanted: string) => post({ save: 'mailbox', grant, version, name: wanted }) }
    }
    let number = 0
    const writes = await killAtEveryWrite({
      before: async () => ({ wanted: `Alice ${++number}`, form: await formOf() }),
      run: ({ form, wanted }) => form.save(wanted),
      async check({ form, wanted }, name) {
        expect(await works(token), name).toBe(true)
        const now = await formOf()
        expect([form.name, wanted], name).toContain(now.name)
        expect((await now.save(wanted)).html, name).toContain('Saved.')
        expect((await formOf()).name, name).toBe(wanted)
      },
    })
    expect(writes).toBeGreaterThan(0)
  })

  test('R63: pairing: a browser is paired or not, and can be', async () => {
    const token = await app.connect(app.dovecot.alice, { permission: 'send' })
    let number = 0
    const writes = await killAtEveryWrite({
      async before() {
        const { link } = await holdWith(app, token, `Paired ${++number}`)
        const { browser, post, live } = await openPage()
        return { browser, link, pair: () => post({ pair: live[0] ?? '' }) }
      },
      run: ({ pair }) => pair(),
      async check({ browser, link, pair }, name) {
        // What the browser never got, it has not; what it has, works.
        const shown = await reviewAs(browser as Browser).show(link)
        expect([200, 403], name).toContain(shown.status)
        if (shown.status === 403) expect((await pair()).html, name).toContain('This browser is paired.')
        expect((await reviewAs(browser as Browser).show(link)).status, name).toBe(200)
      },
    })
    expect(writes).toBeGreaterThan(0)
  })

  test('R63, R94: a change with its audit: what was done is in the list, and the same call does it', async () => {
    const token = await app.connect(app.dovecot.alice, { permission: 'write' })
    const reader = app.dovecot.reader(app.dovecot.alice)
    let number = 0
    const writes = await killAtEveryWrite({
      async before() {
        const subject = `Audited ${++number}`
        await reader.append('INBOX', [
          Buffer.from(`From: bob@test.example\r\nSubject: ${subject}\r\n\r\nx\r\n`),
        ])
        const found = await app.call(token, 'search_emails', { query: `subject:"${subject}"` })
        const flag = () =>
          app.call(token, 'set_flags', { ids: [found.structuredContent.emails[0].id], add: ['flagged'] })
        const isFlagged = async () =>
          (await reader.messages('INBOX')).some(
            (one) => one.subject === subject && one.flags.includes('\\Flagged'),
          )
        const noted = async () => {
          const { post, live } = await openPage()
          return (await post({ activity: live[0] ?? '' })).html.split('set_flags').length
        }
        return { flag, isFlagged, noted, before: await noted() }
      },
      run: ({ flag }) => flag(),
      async check({ flag, isFlagged, noted, before }, name) {
        if (await isFlagged()) expect(await noted(), name).toBeGreaterThan(before)
        expect((await flag()).isError ?? false, name).toBe(false)
        expect(await isFlagged(), name).toBe(true)
      },
    })
    expect(writes).toBeGreaterThan(2)
  })

  test('R63, R103: a revocation: before it all works, after it nothing, and what has ended stays so', async () => {
    let number = 0
    const writes = await killAtEveryWrite({
      async before() {
        const token = await app.connect(app.dovecot.alice, { permission: 'send' })
        const paired = await pairedBrowser(app, app.dovecot.alice)
        const { link } = await holdWith(app, token, `Revoked ${++number}`)
        const page = await openPage()
        return { token, page, shown: async () => (await reviewAs(paired).show(link)).status }
      },
      run: ({ page }) => page.post({ revoke: page.live[0] ?? '' }),
      async check({ token, shown }, name) {
        const isAlive = await works(token)
        // A link is never the last to end.
        if (!isAlive) expect(await shown(), name).toBe(403)
        const { post, live } = await openPage()
        if (isAlive) expect(live, name).toHaveLength(1)
        for (const grant of live) await post({ revoke: grant })
        expect([await works(token), await shown()], name).toEqual([false, 403])
        expect((await openPage()).live, name).toEqual([])
        await endAll()
      },
    })
    expect(writes).toBeGreaterThan(4)
  })
}
