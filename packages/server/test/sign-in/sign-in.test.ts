import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { createConnector, createHostPolicy, providers } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import {
  type CertificateAuthority,
  type CookieJar,
  completeSignIn,
  createCertificateAuthority,
  parseForm,
  type ScriptedImap,
  type SmtpSink,
  startScriptedImap,
  startSmtpSink,
} from '@email-connector/testing'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { KeyUnavailableError } from '../../src/keys/key-wrapper.ts'
import { unreachableFloorMs } from '../../src/sign-in/account-login.ts'
import { parseMailbox } from '../../src/sign-in/form.ts'
import { fetchOf, redeem, startTestApp, type TestApp, type TestAppOptions } from '../app/harness.ts'

const address = 'ann@test.example'
const password = 'canary-password 7'

let authority: CertificateAuthority
let imap: ScriptedImap
let smtp: SmtpSink
let testApp: TestApp

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: ['localhost'] })
  imap = await startScriptedImap({ tls: 'implicit', certificate, login: address, password })
  smtp = await startSmtpSink({ tls: 'implicit', certificate, login: address, password })
})
afterAll(async () => {
  await imap.stop()
  await smtp.stop()
  await authority.remove()
})

/** Every host is the scripted server's machine; any port, as in the local runner. */
function loopbackConnector() {
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  return createConnector({ policy, ca: [authority.ca] })
}

const start = (options: TestAppOptions = {}) =>
  startTestApp({ connector: loopbackConnector(), privateHosts: true, ...options })

beforeEach(async () => {
  testApp = await start()
})
afterEach(() => testApp.close())

const mailbox = () => ({
  provider: 'generic',
  address,
  password,
  imap_host: 'localhost',
  imap_port: String(imap.port),
  imap_tls: 'true',
  smtp_host: 'localhost',
  smtp_port: String(smtp.port),
  smtp_secure: 'true',
})

async function signIn(fields: Record<string, string>, on = testApp, jar?: CookieJar, ip?: string) {
  return completeSignIn({
    authorizeUrl: await on.authorizeUrl(),
    fields,
    fetch: fetchOf(on, ip),
    ...(jar === undefined ? {} : { jar }),
  })
}

async function shown(fields: Record<string, string>, on = testApp): Promise<string> {
  const outcome = await signIn(fields, on)
  if (outcome.redirected) throw new Error('redirected')
  return outcome.html
}

async function openForm(on = testApp) {
  const page = await on.fetch(await on.authorizeUrl())
  const { hidden } = parseForm(await page.text())
  return { hidden, cookie: (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '' }
}

/** What the page says, markup taken out. */
const textOf = (html: string) =>
  html
    .replace(/<style[\s\S]*?<\/style>|<script[\s\S]*?<\/script>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')

describe('a mailbox is connected', () => {
  test.each([
    ['read', 'email:read', 0],
    ['write', 'email:read email:write', 0],
    ['send', 'email:read email:write', 1],
  ])(
    'with permission %s, by a live login, and the token then opens /mcp',
    async (permission, scope, smtpLogins) => {
      const callers: unknown[] = []
      const app = await start({
        mcp: async (_request, caller) => {
          callers.push({
            permission: caller.permission,
            scopes: caller.scopes.join(' '),
            secret: caller.secret.length,
          })
          return new Response('{}')
        },
      })
      const before = smtp.connectionCount()
      const authorizeUrl = await app.authorizeUrl()
      const outcome = await completeSignIn({
        authorizeUrl,
        fields: { ...mailbox(), permission },
        fetch: fetchOf(app),
      })
      expect(outcome).toMatchObject({ redirected: true, status: 303, state: 'client-state', error: null })
      const token = await redeem(app, authorizeUrl, outcome.redirected ? (outcome.code ?? '') : '')
      const called = await app.fetch('/mcp', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}` },
        body: '{}',
      })
      expect(called.status).toBe(200)
      expect(callers).toEqual([{ permission, scopes: scope, secret: 32 }])
      expect(smtp.connectionCount() - before).toBe(smtpLogins)
      await app.close()
    },
  )

  test('R29: the secret of a caller is zeroed when the streamed answer has ended, was dropped or failed', async () => {
    const secrets: Uint8Array[] = []
    let stream: ReadableStreamDefaultController<Uint8Array> | undefined
    const app = await start({
      mcp: async (_request, caller) => {
        secrets.push(caller.secret)
        return new Response(
          new ReadableStream({
            start(controller) {
              stream = controller
            },
          }),
        )
      },
    })
    const authorizeUrl = await app.authorizeUrl()
    const outcome = await completeSignIn({
      authorizeUrl,
      fields: { ...mailbox(), permission: 'read' },
      fetch: fetchOf(app),
    })
    const token = await redeem(app, authorizeUrl, outcome.redirected ? (outcome.code ?? '') : '')
    const call = () =>
      app.fetch('/mcp', { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: '{}' })
    const isZeroed = () => secrets.at(-1)?.every((byte) => byte === 0)

    const ended = await call()
    expect(isZeroed()).toBe(false)
    stream?.close()
    await ended.text()
    expect(isZeroed()).toBe(true)

    const dropped = await call()
    expect(isZeroed()).toBe(false)
    await dropped.body?.cancel()
    expect(isZeroed()).toBe(true)

    const failed = await call()
    stream?.error(new Error('gone'))
    await failed.text().catch(() => undefined)
    expect(isZeroed()).toBe(true)
    await app.close()
  })

  test('sends the browser back with access_denied when the owner denies, and contacts nobody', async () => {
    const before = imap.connections.length
    const outcome = await signIn({ action: 'deny' })
    expect(outcome).toMatchObject({ redirected: true, error: 'access_denied', state: 'client-state' })
    expect(imap.connections.length).toBe(before)
  })

  test('offers the demo mailbox only where it runs', async () => {
    expect(await (await testApp.fetch(await testApp.authorizeUrl())).text()).not.toContain('value="demo"')
    const servers = { host: 'localhost', tls: 'implicit' } as const
    const demo = {
      address,
      password,
      imap: { ...servers, port: imap.port },
      smtp: { ...servers, port: smtp.port },
    }
    const app = await start({ demo, settings: { allowedAccounts: ['example.com'] } })
    const page = await (await app.fetch(await app.authorizeUrl())).text()
    expect(page).toContain('value="demo" checked')
    expect(textOf(page)).toContain(password)
    const outcome = await signIn({ provider: 'demo', address, password, permission: 'read' }, app)
    expect(outcome.redirected).toBe(true)
    await app.close()
  })
})

describe('the form comes again', () => {
  test('with every fault at once, what was typed, and never the password', async () => {
    const html = await shown({
      provider: 'generic',
      address: 'ann',
      password,
      imap_host: 'http://x/',
      imap_port: '25',
    })
    const text = textOf(html)
    for (const sentence of [
      'Enter a complete email address',
      'Enter only the name of the server for incoming mail',
      'Choose how the connection for incoming mail',
      'Enter the server for outgoing mail',
      'Enter 465 or 587',
      'Choose what the app may do',
    ]) {
      expect(text).toContain(sentence)
    }
    expect(html).toContain('value="ann"')
    expect(html).not.toContain(password)
    expect(html).toMatch(/role="alert" tabindex="-1" autofocus/)
  })

  test('says that a permission must be chosen, and preselects none', async () => {
    const html = await shown(mailbox())
    expect(textOf(html)).toContain('Choose what the app may do with your mail.')
    expect(html).not.toMatch(/name="permission"[^>]*checked/)
  })

  test('does not grant more than the client asked for', async () => {
    const outcome = await completeSignIn({
      authorizeUrl: await testApp.authorizeUrl({ scope: 'email:read' }),
      fields: { ...mailbox(), permission: 'send' },
      fetch: fetchOf(testApp),
    })
    expect(outcome.redirected === false && textOf(outcome.html)).toContain('asked only to read mail')
  })

  test.each([
    ['outlook', 'Passwords no longer work with Outlook.com'],
    ['protonmail', 'only through its Bridge'],
  ])('explains %s without contacting anyone', async (provider, sentence) => {
    const hosted = await start({ privateHosts: false })
    const before = imap.connections.length
    expect(textOf(await shown({ ...mailbox(), provider, permission: 'read' }, hosted))).toContain(sentence)
    expect(imap.connections.length).toBe(before)
    await hosted.close()
  })

  test('says in our words that the password is wrong', async () => {
    const text = textOf(await shown({ ...mailbox(), password: 'wrong', permission: 'read' }))
    expect(text).toContain('The mail server refused this address and password.')
    expect(text).not.toContain('Invalid credentials')
  })

  test('names the outgoing server when only that one refuses', async () => {
    const certificate = await authority.issue({ names: ['localhost'] })
    const refusing = await startSmtpSink({ tls: 'implicit', certificate, login: address, password: 'other' })
    const fields = { ...mailbox(), smtp_port: String(refusing.port), permission: 'send' }
    expect(textOf(await shown(fields))).toContain('Reading works, but the server for outgoing mail refused')
    await refusing.stop()
  })

  test('says that nothing was sent where STARTTLS is missing or the certificate is wrong', async () => {
    const plain = await startScriptedImap({ tls: 'none' })
    const stripped = { ...mailbox(), imap_port: String(plain.port), imap_tls: 'false', permission: 'read' }
    expect(textOf(await shown(stripped))).toContain('does not offer STARTTLS')
    expect(plain.clear()).not.toContain('canary')
    await plain.stop()

    const certificate = await authority.issue({ names: ['other.example'] })
    const misnamed = await startScriptedImap({ tls: 'implicit', certificate })
    const wrong = { ...mailbox(), imap_port: String(misnamed.port), permission: 'read' }
    expect(textOf(await shown(wrong))).toContain('No secure connection to localhost')
    await misnamed.stop()
  })
})

describe('R37: control characters', () => {
  test('in any field are refused before any connection, wherever they stand', async () => {
    const { hidden, cookie } = await openForm()
    const before = imap.connections.length
    const names = [
      'provider',
      'address',
      'password',
      'imap_host',
      'imap_port',
      'imap_tls',
      'smtp_host',
      'smtp_port',
      'smtp_secure',
    ]
    const controls = [...Array.from({ length: 32 }, (_, code) => code), 0x7f, 0x85, 0x9f, 0x2028, 0x2029]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.constantFrom(...controls),
        fc.nat(),
        async (name, control, position) => {
          const fields: Record<string, string> = { ...mailbox(), permission: 'send' }
          const typed = fields[name] ?? ''
          // A character before or behind an address or a host is trimmed where it is white space.
          const at = 1 + (position % (typed.length - 1 || 1))
          fields[name] = `${typed.slice(0, at)}${String.fromCodePoint(control)}${typed.slice(at) || 'x'}`
          const body = new URLSearchParams({ ...fields, state: hidden.state ?? '' })
          const headers = { Cookie: cookie }
          expect((await testApp.fetch('/oauth/connect', { method: 'POST', headers, body })).status).toBe(422)
        },
      ),
      { numRuns: 200 },
    )
    expect(imap.connections.length).toBe(before)
  })

  test('but the spaces Google shows in an app password are no part of it', () => {
    const typed = 'abcd\u00a0efgh\u00a0ijkl\u00a0mnop'
    const fields = new Map(Object.entries({ ...mailbox(), provider: 'gmail', password: typed }))
    const { parsed } = parseMailbox(fields, { providers, privateHosts: false, signIns: [] })
    expect(parsed?.credential).toEqual({ type: 'password', password: 'abcdefghijklmnop' })
    const kept = new Map([...fields, ['password', 'four word pass phrase']])
    expect(parseMailbox(kept, { providers, privateHosts: false, signIns: [] }).parsed?.credential).toEqual({
      type: 'password',
      password: 'four word pass phrase',
    })
  })
})

describe('who may connect', () => {
  test.each(['bob@test.example', 'ann@sub.allowed.example', 'ann@allowed.example.evil.example'])(
    'R71: %s is refused before any mail server is contacted',
    async (other) => {
      const app = await start({ settings: { allowedAccounts: ['ann@test.example', 'allowed.example'] } })
      const before = imap.connections.length
      const text = textOf(await shown({ ...mailbox(), address: other, permission: 'read' }, app))
      expect(text).toContain('has not allowed this address')
      expect(imap.connections.length).toBe(before)
      await app.close()
    },
  )

  test('R71: a listed address connects, whatever its case', async () => {
    const app = await start({ settings: { allowedAccounts: ['test.example'] } })
    expect((await signIn({ ...mailbox(), permission: 'read' }, app)).redirected).toBe(true)
    await app.close()
  })
})

describe('R40: a refused host and one that cannot be reached', () => {
  test('get the same bytes after the same time', async () => {
    const policy = createHostPolicy({
      resolve: async (host) => {
        if (host === 'private.example.org') return ['10.0.0.5']
        throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
      },
    })
    const app = await startTestApp({ connector: createConnector({ policy, ca: [authority.ca] }) })
    const answers = []
    for (const host of ['private.example.org', 'missing.example.org', '127.0.0.1', '169.254.169.254']) {
      const fields = { ...mailbox(), imap_port: '993', smtp_port: '465', permission: 'read', imap_host: host }
      const outcome = await signIn(fields, app)
      if (outcome.redirected) throw new Error('redirected')
      answers.push(
        outcome.html
          .replaceAll(host, 'HOST')
          .replace(/nonce="[^"]+"/g, 'nonce')
          .replace(/name="state" value="[^"]+"/, 'state'),
      )
    }
    expect(answers[0]).toContain('No server for incoming mail could be reached at HOST')
    expect(new Set(answers).size).toBe(1)
    expect(app.slept).toEqual(Array.from({ length: 4 }, () => unreachableFloorMs))
    await app.close()
  })
})

describe('R41: a form from elsewhere', () => {
  async function open() {
    const { hidden, cookie } = await openForm()
    return { state: hidden.state ?? '', cookie }
  }
  const post = (headers: Record<string, string>, state: string) =>
    testApp.fetch('/oauth/connect', {
      method: 'POST',
      headers,
      body: new URLSearchParams({ ...mailbox(), permission: 'read', state }),
    })

  test.each<[string, (own: { state: string; cookie: string }) => [Record<string, string>, string], number]>([
    [
      'our own form, origin hidden',
      ({ cookie, state }) => [{ Cookie: cookie, Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }, state],
      303,
    ],
    ['our own form, old browser', ({ cookie, state }) => [{ Cookie: cookie }, state], 303],
    ['no cookie', ({ state }) => [{}, state], 403],
    [
      'a foreign cookie',
      ({ cookie, state }) => [{ Cookie: `${cookie.split('=')[0]}=${'x'.repeat(43)}` }, state],
      403,
    ],
    ['no handle', ({ cookie }) => [{ Cookie: cookie }, ''], 403],
    ['a foreign handle', ({ cookie }) => [{ Cookie: cookie }, 'y'.repeat(43)], 403],
    [
      'a foreign Origin',
      ({ cookie, state }) => [{ Cookie: cookie, Origin: 'https://evil.example' }, state],
      403,
    ],
    ['Origin: null alone', ({ cookie, state }) => [{ Cookie: cookie, Origin: 'null' }, state], 403],
    [
      'a cross-site fetch',
      ({ cookie, state }) => [{ Cookie: cookie, Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }, state],
      403,
    ],
    [
      'a sibling site',
      ({ cookie, state }) => [{ Cookie: cookie, 'Sec-Fetch-Site': 'same-site' }, state],
      403,
    ],
  ])('%s', async (_name, make, status) => {
    const before = imap.connections.length
    const response = await post(...make(await open()))
    expect(response.status).toBe(status)
    if (status === 403) expect(imap.connections.length).toBe(before)
  })

  test('a handle that was used is refused', async () => {
    const { state, cookie } = await open()
    expect((await post({ Cookie: cookie }, state)).status).toBe(303)
    expect((await post({ Cookie: cookie }, state)).status).toBe(403)
  })

  test('a body that is no form, or names a field twice, is refused', async () => {
    const { state, cookie } = await open()
    const send = (body: string, type = 'application/x-www-form-urlencoded') =>
      testApp.fetch('/oauth/connect', {
        method: 'POST',
        headers: { Cookie: cookie, 'Content-Type': type },
        body,
      })
    expect((await send(`state=${state}&address=a&address=b`)).status).toBe(400)
    expect((await send(`state=${state}&address=%ff`)).status).toBe(400)
    expect((await send(`state=${state}`, 'text/plain')).status).toBe(400)
  })
})

describe('R42: limits', () => {
  test('ends a sign-in after five attempts', async () => {
    const { hidden, cookie } = await openForm()
    const statuses = []
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const fields = {
        ...mailbox(),
        address: `a${attempt % 3}@test.example`,
        password: 'wrong',
        permission: 'read',
      }
      const body = new URLSearchParams({ ...fields, state: hidden.state ?? '' })
      const headers = { Cookie: cookie }
      const response = await testApp.fetch(
        '/oauth/connect',
        { method: 'POST', headers, body },
        `192.0.2.${attempt}`,
      )
      statuses.push(response.status)
    }
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429])
  })

  test('lets five of a hundred parallel wrong passwords for one mailbox through to its server', async () => {
    const before = imap.connections.length
    const forms = Array.from({ length: 100 }, (_, index) =>
      signIn(
        { ...mailbox(), password: 'wrong', permission: 'read' },
        testApp,
        undefined,
        `2001:db8:0:${index}::1`,
      ),
    )
    const statuses = (await Promise.all(forms)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 422)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(95)
    expect(imap.connections.length - before).toBe(5)
    const right = await signIn({ ...mailbox(), permission: 'read' }, testApp, undefined, '192.0.2.1')
    expect(right.status).toBe(429)
    testApp.time.seconds += 15 * 60
    expect((await signIn({ ...mailbox(), permission: 'read' }, testApp, undefined, '192.0.2.1')).status).toBe(
      303,
    )
  })

  test('counts failures of one network together, an IPv6 /64 being one', async () => {
    const statuses = []
    for (let attempt = 0; attempt < 12; attempt += 1) {
      const fields = {
        ...mailbox(),
        address: `a${attempt % 4}@test.example`,
        password: 'wrong',
        permission: 'read',
      }
      statuses.push((await signIn(fields, testApp, undefined, `2001:db8:1:2:${attempt}::9`)).status)
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 422), 429, 429])
  })

  test('allows five mailboxes an hour from one address', async () => {
    const statuses = []
    for (let person = 0; person < 6; person += 1) {
      const fields = { ...mailbox(), address: `p${person}@test.example`, permission: 'read' }
      statuses.push((await signIn(fields)).status)
    }
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429])
  })

  test('does not count successes as failures', async () => {
    for (let client = 0; client < 12; client += 1) {
      expect((await signIn({ ...mailbox(), permission: 'read' })).status).toBe(303)
    }
  })

  test('closes the form when nothing can be counted: 503, and no mail server is contacted', async () => {
    const app = await start({
      wrapStores: (stores) => ({
        ...stores,
        once: { ...stores.once, takeFrom: () => Promise.reject(new StoreUnavailableError('down')) },
      }),
    })
    const before = imap.connections.length
    const outcome = await signIn({ ...mailbox(), permission: 'read' }, app)
    expect(outcome.status).toBe(503)
    expect(imap.connections.length).toBe(before)
    await app.close()
  })
})

describe('R29: the secret of a new grant is zeroed', () => {
  /** Every 32 random bytes that are made meanwhile, as the memory that the code holds, and as they were. */
  async function randomBytesOf(work: () => Promise<unknown>) {
    const { randomBytes } = crypto
    const made: { held: Uint8Array; was: string }[] = []
    crypto.randomBytes = ((size: number) => {
      const held = randomBytes(size)
      if (size === 32) made.push({ held, was: held.toString('hex') })
      return held
    }) as typeof randomBytes
    syncBuiltinESMExports()
    try {
      await work()
    } finally {
      Object.assign(crypto, { randomBytes })
      syncBuiltinESMExports()
    }
    return made
  }

  test.each<[string, 'approve' | 'createAccount' | 'key service' | undefined, number]>([
    ['after a sign-in', undefined, 303],
    ['when the grant cannot be written', 'approve', 503],
    ['when the record cannot be written', 'createAccount', 503],
    ['when the key service is away', 'key service', 503],
  ])('%s', async (_when, failing, status) => {
    const down = () => Promise.reject(new StoreUnavailableError('down'))
    const away = () => Promise.reject(new KeyUnavailableError('away'))
    const keyWrapper = { generateDataKey: away, unwrapDataKey: away }
    const app = await start(failing === 'key service' ? { keyWrapper } : {})
    const approve = app.oauth.approve
    const approved: string[] = []
    Object.assign(app.oauth, {
      approve: (...given: Parameters<typeof approve>) => {
        approved.push(Buffer.from(given[1].secret).toString('hex'))
        return failing === 'approve' ? down() : approve(...given)
      },
    })
    if (failing === 'createAccount') app.stores.accounts.createAccount = down
    const made = await randomBytesOf(async () => {
      const outcome = await signIn({ ...mailbox(), permission: 'read' }, app)
      expect(outcome.status).toBe(status)
    })
    const zeroed = made.filter(({ held }) => held.every((byte) => byte === 0))
    expect(zeroed).toHaveLength(1)
    if (approved.length > 0) expect(zeroed.map(({ was }) => was)).toEqual(approved)
    await app.close()
  })
})

describe('R63: a store that fails while a grant is written', () => {
  test.each([
    'createOwner',
    'putSettings',
    'createAccount',
    'createGrant',
    'createToken',
    'consumeTransaction',
  ])('at %s answers 503, and the same form works once it is back', async (operation) => {
    let isDown = true
    const failing = <T extends object>(store: T): T =>
      new Proxy(store, {
        get: (target, name, receiver) =>
          isDown && name === operation
            ? () => Promise.reject(new StoreUnavailableError('down'))
            : Reflect.get(target, name, receiver),
      })
    const app = await start({
      wrapStores: (stores) => ({
        ...stores,
        accounts: failing(stores.accounts),
        authorization: failing(stores.authorization),
      }),
    })
    const { hidden, cookie } = await openForm(app)
    const headers = { Cookie: cookie }
    const post = () =>
      app.fetch('/oauth/connect', {
        method: 'POST',
        headers,
        body: new URLSearchParams({ ...mailbox(), permission: 'read', state: hidden.state ?? '' }),
      })
    const down = await post()
    expect([down.status, down.headers.has('retry-after')]).toEqual([503, true])
    isDown = false
    expect((await post()).status).toBe(303)
    await app.close()
  })
})

describe('what a stranger wrote', () => {
  const markup = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

  test('R46: markup in client name, state and every field stays text', async () => {
    const url = await testApp.authorizeUrl({ name: markup, state: markup })
    const outcome = await completeSignIn({
      authorizeUrl: url,
      fetch: fetchOf(testApp),
      fields: Object.fromEntries(
        [
          'provider',
          'address',
          'password',
          'imap_host',
          'imap_port',
          'smtp_host',
          'permission',
          'action',
        ].map((name) => [name, markup]),
      ),
    })
    const html = outcome.redirected ? '' : outcome.html
    expect(html).toContain('&lt;script&gt;')
    expect(html.match(/<script/g)).toHaveLength(1)
    expect(html).not.toContain('<img')
  })

  test('R45: no log line of these sign-ins holds a password, an address, a code or a state', async () => {
    await signIn({ ...mailbox(), permission: 'read' })
    await signIn({ ...mailbox(), password: 'wrong', permission: 'read' })
    const log = testApp.logLines.join('\n')
    expect(log).toContain('"event":"connect"')
    for (const canary of ['canary', 'ann', 'test.example', 'client-state', 'wrong', 'localhost']) {
      expect(log).not.toContain(canary)
    }
  })
})
