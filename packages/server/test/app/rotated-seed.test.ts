/**
 * R30: the seed of the deployment is rotated at every step of every flow: before all of its requests and every write, and in
 * a long run before each request alone, too. The flow ends as it does without, on both stores. The older seeds stay
 * readable, as docs/deploy.md says; what their removal ends, ends with a sentence.
 */
import {
  completeSignIn,
  findDovecot,
  findDynamoDb,
  type LocalDynamoDb,
  parseForm,
  startDynamoDb,
} from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import type { LevelStores } from '../../src/store/level/stores.ts'
import { dropOlderSeeds, rotateSeed } from '../keys/rotated-secrets.ts'
import { type DovecotApp, openBrowser, pairedBrowser, signIn, startDovecotApp } from '../owner/dovecot-app.ts'
import { holdWith, letter, reviewAs } from '../owner/review-as-owner.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import { fetchOf } from './harness.ts'

/** Before the request with this number; before all of them; before all of them and every write. */
type At = number | 'requests' | 'always'

/** When the seed is rotated; told of every request and write. */
class Rotation {
  #rotate = () => {}
  #at: At | undefined
  #passed = 0

  connect(rotate: () => void): void {
    this.#rotate = rotate
  }

  /** Undefined: never. */
  arm(at?: At): void {
    this.#at = at
    this.#passed = 0
  }

  /** How many requests there were since then. */
  get passed(): number {
    return this.#passed
  }

  readonly beforeRequest = () => {
    if (typeof this.#at === 'string' || this.#passed === this.#at) this.#rotate()
    this.#passed += 1
  }

  readonly beforeWrite = () => {
    if (this.#at === 'always') this.#rotate()
  }
}

const reading = /^(?:find|get|list)/

function watched(stores: LevelStores, { beforeWrite }: Rotation): LevelStores {
  const wrap = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name, receiver) {
        const operation: unknown = Reflect.get(target, name, receiver)
        if (typeof operation !== 'function' || typeof name !== 'string') return operation
        if (!reading.test(name)) beforeWrite()
        return operation.bind(target)
      },
    })
  const { authorization, accounts, audit, derivedTokens, sessions, once, ...rest } = stores
  return {
    ...rest,
    ...{ authorization: wrap(authorization), accounts: wrap(accounts), audit: wrap(audit) },
    ...{ derivedTokens: wrap(derivedTokens), sessions: wrap(sessions), once: wrap(once) },
  }
}

interface Deployment {
  /** Also before each request alone, where a flow is cheap. */
  readonly eachAlone: boolean
  start(rotation: Rotation): Promise<DovecotApp>
}

describe.runIf(findDovecot())('LevelDB', () =>
  describeFlows({
    eachAlone: inLongRun(true, false),
    start: (rotation) =>
      startDovecotApp({
        beforeRequest: rotation.beforeRequest,
        wrapStores: (stores) => watched(stores, rotation),
      }),
  }),
)

describe.runIf(findDovecot() && findDynamoDb() !== undefined)('DynamoDB (needs @dynoxide/linux-x64)', () => {
  let dynamoDb: LocalDynamoDb
  beforeAll(async () => {
    dynamoDb = await startDynamoDb()
  })
  afterAll(() => dynamoDb.stop())
  describeFlows({
    // What a seed has made is the same in both stores.
    eachAlone: false,
    async start(rotation) {
      const tables = await createTables(dynamoDb, 'rotated')
      const stores = createDynamoStores({ ...dynamoDb.clientOptions, tables })
      return await startDovecotApp({
        beforeRequest: rotation.beforeRequest,
        wrapStores: (level) => watched({ ...level, ...stores }, rotation),
      })
    },
  })
})

interface Tokens {
  readonly access: string
  readonly refresh: string
  readonly clientId: string
}

function describeFlows({ eachAlone, start }: Deployment): void {
  const rotation = new Rotation()
  let app: DovecotApp
  let number = 0
  beforeAll(async () => {
    app = await start(rotation)
    rotation.connect(() => app.test.changeSecrets((secrets) => rotateSeed(secrets)))
  })
  afterAll(() => app?.close())

  /** Once without, once for each request of a cheap flow, and once for all requests and writes, those before the flow, too. */
  async function rotateEverywhere<T>(flow: {
    before(): Promise<T>
    run(subject: T): Promise<void>
    readonly isCheap?: boolean
    /** The ledger of sends asks under sixteen seeds. */
    readonly always?: 'always' | 'requests'
  }): Promise<void> {
    const { always = 'always' } = flow
    const runWith = async (at?: At) => {
      rotation.arm(typeof at === 'string' ? at : undefined)
      const subject = await flow.before()
      if (typeof at === 'number') rotation.arm(at)
      const passed = rotation.passed
      await flow.run(subject).catch((cause: unknown) => {
        throw new Error(`Rotated before request ${at}`, { cause })
      })
      const requests = rotation.passed - passed
      rotation.arm()
      await endAll()
      app.test.changeSecrets(dropOlderSeeds)
      return requests
    }
    const requests = await runWith()
    expect(requests).toBeGreaterThan(1)
    for (let at = 0; eachAlone && flow.isCheap && at < requests; at += 1) await runWith(at)
    await runWith(always)
  }

  async function requestTokens(clientId: string, fields: Record<string, string>) {
    const answer = await app.test.fetch('/oauth/token', {
      method: 'POST',
      body: new URLSearchParams({ client_id: clientId, ...fields }),
    })
    const { access_token, refresh_token, error } = (await answer.json()) as Record<string, string>
    return { status: answer.status, error, access: access_token ?? '', refresh: refresh_token ?? '' }
  }

  async function redeemCode(authorizeUrl: string, code: string): Promise<Tokens> {
    const parameters = new URL(authorizeUrl).searchParams
    const clientId = parameters.get('client_id') ?? ''
    const got = await requestTokens(clientId, {
      ...{ grant_type: 'authorization_code', code, code_verifier: app.test.verifier },
      redirect_uri: parameters.get('redirect_uri') ?? '',
    })
    expect(got).toMatchObject({ status: 200 })
    return { ...got, clientId }
  }

  const refreshOf = ({ clientId, refresh }: Tokens) =>
    requestTokens(clientId, { grant_type: 'refresh_token', refresh_token: refresh })

  async function refreshed(tokens: Tokens): Promise<Tokens> {
    const got = await refreshOf(tokens)
    expect(got).toMatchObject({ status: 200 })
    return { ...got, clientId: tokens.clientId }
  }

  async function connect(permission: string, fields: Record<string, string> = {}): Promise<Tokens> {
    const authorizeUrl = await app.test.authorizeUrl({ name: 'Claude' })
    const outcome = await completeSignIn({
      authorizeUrl,
      fields: { ...app.fields(app.dovecot.alice), permission, ask: 'ask', ...fields },
      fetch: fetchOf(app.test),
    })
    if (!outcome.redirected || outcome.code === null) throw new Error('The sign-in did not succeed')
    return await redeemCode(authorizeUrl, outcome.code)
  }

  async function openPage(user = app.dovecot.alice, browser = openBrowser(app.test)) {
    const { proof, page } = await signIn(app, browser, user)
    const live = [...page.matchAll(/name="revoke" value="([0-9a-f]{32})"/g)].map(([, id = '']) => id)
    const post = async (fields: Record<string, string>) =>
      await (await browser.post('/oauth/connections', { proof, ...fields })).text()
    return { browser, post, live }
  }

  async function endAll(): Promise<void> {
    for (const user of [app.dovecot.alice, app.dovecot.bob])
      await (await openPage(user)).post({ revoke: 'all' })
    app.test.time.seconds += 3_600
  }

  const accounts = async ({ access }: Tokens): Promise<readonly { address: string }[]> =>
    (await app.call(access, 'list_accounts', {})).structuredContent.accounts
  const today = () => new Date(app.test.time.seconds * 1000).toISOString().slice(0, 10)

  test('R14, R30: a sign-in, and its refreshes; the old refresh token gets the same answer', async () => {
    await rotateEverywhere({
      isCheap: true,
      before: async () => undefined,
      async run() {
        const first = await connect('write')
        const second = await refreshed(first)
        expect(await refreshOf(first)).toMatchObject({ access: second.access, refresh: second.refresh })
        expect(await accounts(await refreshed(second))).toHaveLength(1)
        expect((await openPage()).live).toHaveLength(1)
      },
    })
  })

  test('R30: two mailboxes in one sign-in, each with its page', async () => {
    const { alice, bob } = app.dovecot
    await rotateEverywhere({
      isCheap: true,
      before: async () => await app.test.authorizeUrl({ name: 'Claude' }),
      async run(authorizeUrl) {
        const page = await app.test.fetch(authorizeUrl)
        const cookie = (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
        const send = async (html: string, fields: Record<string, string>) =>
          await app.test.fetch('/oauth/connect', {
            method: 'POST',
            headers: { Cookie: cookie },
            body: new URLSearchParams({ ...parseForm(html).hidden, ...fields }),
          })
        const choice = { permission: 'write', action: 'another' }
        const next = await send(await page.text(), { ...app.fields(alice), ...choice })
        const more = await send(await next.text(), { ...app.fields(bob), action: 'another' })
        const done = await send(await more.text(), { action: 'finish' })
        const code = URL.parse(done.headers.get('location') ?? '')?.searchParams.get('code') ?? ''
        const tokens = await refreshed(await redeemCode(authorizeUrl, code))
        expect(await accounts(tokens)).toHaveLength(2)
        for (const user of [alice, bob]) {
          const { live, post } = await openPage(user)
          expect(await post({ mailbox: live[0] ?? '' })).toContain('name="version"')
        }
      },
    })
  })

  test('R30: settings, a paired browser, what it did, and the end', async () => {
    await rotateEverywhere({
      async before() {
        const tokens = await connect('write')
        await app.call(tokens.access, 'get_recent_emails', {})
        return tokens
      },
      async run(tokens) {
        const { post, live } = await openPage()
        const [grant = ''] = live
        const version = versionIn(await post({ mailbox: grant }))
        const name = `Alice ${++number}`
        expect(await post({ save: 'mailbox', grant, version, name })).toContain('Saved.')
        expect(await post({ mailbox: grant })).toContain(name)
        expect(await post({ pair: grant })).toContain('This browser is paired.')
        expect(await post({ activity: grant })).toContain('get_recent_emails')
        expect(await post({ csv: grant, day: today() })).toContain('get_recent_emails')
        expect(await post({ revoke: grant })).toContain('One connection was revoked')
        await expectEnded(tokens)
        // What an ended connection did, until its owner erases it.
        expect(await post({ activity: grant })).toContain('get_recent_emails')
        await post({ erase: grant })
        expect(await post({ activity: grant })).not.toContain('get_recent_emails')
      },
    })
  })

  test('R30, R103: a held email, its page and the approval; a link to a file and the file; then neither', async () => {
    const { alice } = app.dovecot
    const bytes = 1_200_000
    const film = Buffer.alloc(bytes, 7).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
    const head = 'From: bob@test.example\r\nSubject: A film\r\nContent-Type: video/mp4; name="a.mp4"'
    await app.dovecot.appendRaw(alice, 'INBOX', `${head}\r\nContent-Transfer-Encoding: base64\r\n\r\n${film}`)
    await rotateEverywhere({
      async before() {
        const tokens = await connect('send')
        const listed = await app.call(tokens.access, 'get_recent_emails', { limit: 1 })
        const id = String(listed.structuredContent.emails[0].id)
        return { tokens, id, browser: await pairedBrowser(app, alice), subject: `Held ${++number}` }
      },
      async run({ tokens, id, browser, subject }) {
        const { link } = await holdWith(app, tokens.access, subject)
        const later = await holdWith(app, tokens.access, `${subject}, later`)
        const wanted = { id, attachment_id: '1' }
        const told = await app.call(tokens.access, 'get_attachment', wanted)
        const file = String(told.structuredContent.download_url)
        const { access } = await refreshed(tokens)
        const review = reviewAs(browser)
        expect((await review.decide(link, 'send')).text).toContain('<h1>Sent</h1>')
        expect(sentWith(subject)).toBe(1)
        expect((await browser.post('/files', { link: file })).status).toBe(200)
        const download = await browser.post('/files', { link: file, action: 'download' })
        expect((await download.arrayBuffer()).byteLength).toBe(bytes)
        // The same email once more is the one that was held and sent.
        const again = await app.call(access, 'send_email', letter(subject))
        expect(again.structuredContent).toMatchObject({ state: 'sent', repeated: true })
        const { live, post } = await openPage()
        await post({ revoke: live[0] ?? '' })
        expect((await review.show(later.link)).status).toBe(403)
        expect((await browser.post('/files', { link: file })).status).toBe(403)
      },
    })
  })

  test('R30, R52, R85, R93: a question and its yes; sent once, by whichever connection, within the limit', async () => {
    const asking = { elicitation: {} }
    const say = async ({ access }: Tokens, args: object) => {
      const asked = await app.call(access, 'send_email', args, asking)
      if (asked.requestState === undefined) return asked.structuredContent
      const answers = {
        requestState: asked.requestState,
        inputResponses: { confirm: { action: 'accept', content: {} } },
      }
      return (await app.call(access, 'send_email', args, asking, answers)).structuredContent
    }
    await rotateEverywhere({
      always: 'requests',
      async before() {
        const first = await connect('send')
        const { post, live } = await openPage()
        const [grant = ''] = live
        const version = versionIn(await post({ sending: grant }))
        const limited = { save: 'sending', grant, version, ask: 'ask', recipients: 'anyone', sends: '1' }
        expect(await post(limited)).toContain('Saved.')
        return { first, subject: `Asked ${++number}` }
      },
      async run({ first, subject }) {
        expect(await say(first, letter(subject))).toMatchObject({ state: 'sent', repeated: false })
        const again = await refreshed(first)
        expect(await say(again, letter(subject))).toMatchObject({ state: 'sent', repeated: true })
        expect(await say(again, letter(`${subject}, another`))).toMatchObject({ code: 'owner_limit' })
        const second = await connect('send')
        expect(await say(second, letter(subject))).toMatchObject({ state: 'sent', repeated: true })
        expect(sentWith(subject)).toBe(1)
      },
    })
  })

  test('R30, R92: a review card and its yes', async () => {
    const card = { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } }
    const showing = { extensions: card }
    await rotateEverywhere({
      isCheap: true,
      before: async () => await connect('send'),
      async run({ access }) {
        const carded = await app.call(access, 'send_email', letter(`Card ${++number}`), showing)
        const { state } = carded._meta['email-connector/review']
        const sent = await app.call(access, 'approve_send', { state, answer: 'send' }, showing)
        expect(sent.structuredContent).toMatchObject({ state: 'sent' })
      },
    })
  })

  test('R20, R30: a link that adds a mailbox, and one that renews a password', async () => {
    const step = { step: 'connect', action: 'connect' }
    const { alice, bob } = app.dovecot
    await rotateEverywhere({
      isCheap: true,
      before: async () => await connect('read'),
      async run(tokens) {
        for (const { user, done } of [
          { user: bob, done: 'The mailbox is connected' },
          { user: alice, done: 'The new password is stored' },
        ]) {
          const browser = openBrowser(app.test)
          const { structuredContent } = await app.call(tokens.access, 'list_accounts', {})
          const [, link = ''] = String(structuredContent.link).split('#')
          expect((await browser.post('/oauth/link', { link, ...app.fields(alice) })).status).toBe(200)
          const answer = await browser.post('/oauth/link', { link, ...step, ...app.fields(user) })
          expect(await answer.text()).toContain(done)
        }
        const addresses = (await accounts(await refreshed(tokens))).map(({ address }) => address)
        expect(addresses).toEqual([alice.address, bob.address])
        expect((await openPage(bob)).live).toHaveLength(1)
      },
    })
  })

  test('R15, R30: a revocation by the client ends it all', async () => {
    await rotateEverywhere({
      isCheap: true,
      before: async () => await connect('read'),
      async run(first) {
        const tokens = await refreshed(first)
        const body = new URLSearchParams({ client_id: tokens.clientId, token: tokens.refresh })
        expect((await app.test.fetch('/oauth/revoke', { method: 'POST', body })).status).toBe(200)
        await expectEnded(tokens)
        expect((await openPage()).live).toEqual([])
      },
    })
  })

  test('R30: without the older seeds: clients register again, and what was begun or made before says what to do', async () => {
    const { alice, bob } = app.dovecot
    const tokens = await connect('read')
    const authorizeUrl = await app.test.authorizeUrl({ name: 'Claude' })
    const page = await app.test.fetch(authorizeUrl)
    const cookie = (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
    const send = async (html: string, fields: Record<string, string>) =>
      await app.test.fetch('/oauth/connect', {
        method: 'POST',
        headers: { Cookie: cookie },
        body: new URLSearchParams({ ...parseForm(html).hidden, ...fields }),
      })
    const first = { ...app.fields(alice), permission: 'write', action: 'another' }
    const soFar = await (await send(await page.text(), first)).text()
    const { structuredContent } = await app.call(tokens.access, 'list_accounts', {})
    const [, link = ''] = String(structuredContent.link).split('#')
    const browser = openBrowser(app.test)
    await browser.post('/oauth/link', { link, ...app.fields(alice) })
    app.test.changeSecrets((secrets) => dropOlderSeeds(rotateSeed(secrets)))

    expect(await refreshOf(tokens)).toMatchObject({ status: 401, error: 'invalid_client' })
    const told = async (answer: Response) => [
      answer.status,
      /<h1>([^<]*)<\/h1>/.exec(await answer.text())?.[1],
    ]
    expect(await told(await app.test.fetch(authorizeUrl))).toEqual([401, 'This sign-in cannot go on'])
    expect(await told(await send(soFar, { action: 'finish' }))).toEqual([403, 'This sign-in has ended'])
    for (const user of [bob, alice]) {
      const answer = await browser.post('/oauth/link', {
        ...{ link, step: 'connect', action: 'connect' },
        ...app.fields(user),
      })
      expect(await told(answer)).toEqual([403, 'This connection cannot be changed any more'])
    }
    expect((await openPage()).live).toEqual([])
    expect(await accounts(tokens)).toHaveLength(1)
  })

  const versionIn = (page: string) => /name="version" value="(\d+)"/.exec(page)?.[1] ?? ''
  const sentWith = (subject: string) =>
    app.smtp.messages.filter(({ raw }) => raw.includes(`Subject: ${subject}\r\n`)).length

  async function expectEnded(tokens: Tokens): Promise<void> {
    const headers = { Authorization: `Bearer ${tokens.access}` }
    expect((await app.test.fetch('/mcp', { method: 'POST', headers, body: '{}' })).status).toBe(401)
    expect(await refreshOf(tokens)).toMatchObject({ status: 400, error: 'invalid_grant' })
  }
}
