import { randomBytes } from 'node:crypto'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { StoreUnavailableError, tokenId } from '@email-connector/oauth'
import {
  type CertificateAuthority,
  completeSignIn,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLinkMaker, openLink } from '../../src/accounts/one-time-link.ts'
import type { Caller } from '../../src/caller.ts'
import { KeyRefusedError } from '../../src/keys/key-wrapper.ts'
import { fetchOf, publicUrl, redeem, startTestApp, type TestApp } from '../app/harness.ts'
import { isZeroed, spyOnCrypto } from '../keys/crypto-spy.ts'

let authority: CertificateAuthority
/** Two passwords of the same mailboxes: before and after they were changed. */
let imap: ScriptedImap
let imapLater: ScriptedImap
let testApp: TestApp
/** What `/mcp` does with the next caller. */
let call: (caller: Caller) => Promise<unknown>

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: ['localhost'] })
  imap = await startScriptedImap({ tls: 'implicit', certificate, password: 'right' })
  imapLater = await startScriptedImap({ tls: 'implicit', certificate, password: 'changed' })
})
afterAll(async () => {
  await imap.stop()
  await imapLater.stop()
  await authority.remove()
})
beforeEach(async () => {
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  testApp = await startTestApp({
    connector: createConnector({ policy, ca: [authority.ca] }),
    privateHosts: true,
    settings: { allowedAccounts: ['test.example'] },
    mcp: async (_request, caller) => Response.json((await call(caller)) ?? null),
  })
})
afterEach(() => testApp.close())

const mailbox = (address: string, server = imap, password = 'right') => ({
  provider: 'generic',
  address,
  password,
  imap_host: 'localhost',
  imap_port: String(server.port),
  imap_tls: 'true',
  smtp_host: 'localhost',
  smtp_port: '465',
  smtp_secure: 'true',
})

async function connect(address = 'ann@test.example', name = 'Claude'): Promise<string> {
  const authorizeUrl = await testApp.authorizeUrl({ name })
  const fields = { ...mailbox(address), permission: 'write' }
  const outcome = await completeSignIn({ authorizeUrl, fields, fetch: fetchOf(testApp) })
  return redeem(testApp, authorizeUrl, outcome.redirected ? (outcome.code ?? '') : '')
}

async function asCaller<T>(token: string, use: (caller: Caller) => Promise<T>): Promise<T> {
  call = use
  const answer = await testApp.fetch('/mcp', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}` },
    body: '{}',
  })
  return (await answer.json()) as T
}

async function createLink(token: string): Promise<string> {
  const now = () => testApp.time.seconds
  const maker = createLinkMaker({ store: testApp.stores.authorization, publicUrl, now })
  const url = (await asCaller(token, maker)) ?? ''
  expect(url).toMatch(/^https:\/\/mail\.example\.org\/oauth\/link#[0-9a-f]{64}$/)
  return url
}

/** What the connection's mailboxes open to, the default first. */
const openMailboxes = (token: string) =>
  asCaller(token, async (caller) => {
    const accounts = testApp.grantAccounts(caller)
    const summaries = await accounts.list()
    const opened = await Promise.all(summaries.map(({ accountId }) => accounts.open(accountId)))
    return opened.map(({ address, account: { credential } }) =>
      credential.type === 'password' ? `${address} ${credential.password}` : address,
    )
  })

/** One browser: keeps its cookies. */
function openBrowser(headers: Record<string, string> = {}) {
  let cookie = ''
  return async (fields: Record<string, string>, ip?: string) => {
    const response = await testApp.fetch(
      '/oauth/link',
      {
        method: 'POST',
        headers: { Origin: 'null', 'Sec-Fetch-Site': 'same-origin', Cookie: cookie, ...headers },
        body: new URLSearchParams(fields),
      },
      ip,
    )
    cookie = (response.headers.getSetCookie()[0] ?? cookie).split(';')[0] ?? ''
    return { status: response.status, html: await response.text() }
  }
}

async function prove(link: string, browser = openBrowser()) {
  const proved = await browser({ link, ...mailbox('ann@test.example') })
  expect(proved.status).toBe(200)
  expect(proved.html).toContain('What you agree to')
  return browser
}

const step = { step: 'connect', action: 'connect' }

describe('R20: a one-time link', () => {
  test('adds a mailbox after the first one was proved, and shows app and permission before', async () => {
    const token = await connect()
    const link = await createLink(token)
    const browser = openBrowser()
    const consent = await browser({ link, ...mailbox('ANN@test.example') })
    for (const part of ['Claude', 'Organise and draft', 'ann@test.example', 'one more mailbox']) {
      expect(consent.html).toContain(part)
    }
    const added = await browser({ link, ...step, ...mailbox('bob@test.example') })
    expect(added).toMatchObject({
      status: 200,
      html: expect.stringContaining('bob@test.example was added'),
    })
    expect(await openMailboxes(token)).toEqual(['ann@test.example right', 'bob@test.example right'])
  })

  test('lets the added mailbox see and revoke the connection too', async () => {
    const token = await connect()
    const link = await createLink(token)
    await (await prove(link))({ link, ...step, ...mailbox('bob@test.example') })
    const listed = await testApp.fetch('/oauth/connections', {
      method: 'POST',
      body: new URLSearchParams(mailbox('bob@test.example')),
    })
    expect(await listed.text()).toMatch(/Claude[\s\S]*2 mailboxes/)
  })

  test('stores the new password of a mailbox that is connected already, the first one too', async () => {
    const token = await connect()
    const link = await createLink(token)
    const browser = openBrowser()
    const later = mailbox('Ann@test.example', imapLater, 'changed')
    expect((await browser({ link, ...later })).status).toBe(200)
    expect((await browser({ link, ...step, ...later })).html).toContain('The new password is stored')
    expect(await openMailboxes(token)).toEqual(['Ann@test.example changed'])
  })

  test('works once: neither form goes on after its use', async () => {
    const token = await connect()
    const link = await createLink(token)
    const browser = await prove(link)
    await browser({ link, ...step, ...mailbox('bob@test.example') })
    expect((await browser({ link, ...step, ...mailbox('eve@test.example') })).status).toBe(403)
    expect((await browser({ link, ...mailbox('ann@test.example') })).status).toBe(403)
    expect(await openMailboxes(token)).toHaveLength(2)
  })

  test('lets one of 8 parallel uses through', async () => {
    const token = await connect()
    const link = await createLink(token)
    const browser = await prove(link)
    // Each with a mailbox and a network of its own, so that no limit decides.
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        browser({ link, ...step, ...mailbox(`user${index}@test.example`) }, `198.51.100.${index}`),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await openMailboxes(token)).toHaveLength(2)
  })

  test('cannot widen what was granted, whatever the form says', async () => {
    const token = await connect()
    const link = await createLink(token)
    await (await prove(link))({ link, ...step, permission: 'send', ...mailbox('bob@test.example') })
    expect(await asCaller(token, async ({ permission, scopes }) => [permission, scopes])).toEqual([
      'write',
      ['email:read', 'email:write'],
    ])
    const [grantId] = await asCaller(token, async (caller) => [caller.grantId])
    expect(await testApp.stores.authorization.getGrant(grantId ?? '')).toMatchObject({ permission: 'write' })
  })

  test('is used up by Cancel, which changes nothing', async () => {
    const token = await connect()
    const link = await createLink(token)
    const browser = await prove(link)
    expect((await browser({ link, step: 'connect', action: 'cancel' })).html).toContain('Nothing was changed')
    expect((await browser({ link, ...step, ...mailbox('bob@test.example') })).status).toBe(403)
    expect(await openMailboxes(token)).toHaveLength(1)
  })
})

describe('R20: without proof of the first mailbox a link does nothing', () => {
  test('opening it names nobody, asks nobody and consumes nothing', async () => {
    const token = await connect()
    const link = await createLink(token)
    const before = imap.connections.length
    const page = await (await testApp.fetch('/oauth/link')).text()
    expect(page).not.toMatch(/Claude|ann@/)
    expect(imap.connections.length).toBe(before)
    await prove(link)
  })

  test('the form for the new mailbox reads no password before the proof', async () => {
    const token = await connect()
    const link = await createLink(token)
    const before = imap.connections.length
    const refused = await openBrowser()({ link, ...step, ...mailbox('bob@test.example') })
    expect(refused.status).toBe(403)
    expect(imap.connections.length).toBe(before)
    expect(await openMailboxes(token)).toHaveLength(1)
  })

  test.each([
    ['another mailbox than the first', 'victim@test.example', 'right'],
    ['a wrong password', 'ann@test.example', 'wrong'],
  ])('%s proves nothing and learns nothing', async (_case, address, password) => {
    const token = await connect()
    const link = await createLink(token)
    const browser = openBrowser()
    const answer = await browser({ link, ...mailbox(address, imap, password) })
    expect(answer.status).toBe(422)
    expect(answer.html).not.toMatch(/Claude|What you agree to/)
    expect((await browser({ link, ...step, ...mailbox(address) })).status).toBe(403)
    expect(await openMailboxes(token)).toEqual(['ann@test.example right'])
  })

  test('a mailbox that was added later is not the first', async () => {
    const token = await connect()
    const link = await createLink(token)
    await (await prove(link))({ link, ...step, ...mailbox('bob@test.example') })
    const next = await createLink(token)
    expect((await openBrowser()({ link: next, ...mailbox('bob@test.example') })).status).toBe(422)
  })

  test('it belongs to the browser that proved it: another can neither go on nor prove again', async () => {
    const token = await connect()
    const link = await createLink(token)
    const mine = await prove(link)
    const other = openBrowser()
    expect((await other({ link, ...step, ...mailbox('bob@test.example') })).status).toBe(403)
    expect((await other({ link, ...mailbox('ann@test.example') })).status).toBe(403)
    const cookieName = `__Host-link-${tokenId(link.split('#')[1] ?? '').slice(0, 16)}`
    const forged = openBrowser({ Cookie: `${cookieName}=${'A'.repeat(43)}` })
    expect((await forged({ link, ...step, ...mailbox('bob@test.example') })).status).toBe(403)
    expect((await forged({ link, ...mailbox('ann@test.example') })).status).toBe(403)
    // The same browser may go back and prove again.
    await prove(link, mine)
    expect((await mine({ link, ...step, ...mailbox('bob@test.example') })).status).toBe(200)
  })
})

test('R103: without the leash of its grant a link opens nothing, and a new leash changes nothing', async () => {
  const token = await connect()
  const link = await createLink(token)
  const { authorization } = testApp.stores
  const row = await authorization.findToken('link', tokenId(link.split('#')[1] ?? ''))
  const { grantId = '' } = row ?? {}
  const leash = await authorization.findLeash(grantId)
  if (leash === undefined) throw new Error('A sign-in makes a leash')
  const open = () =>
    openLink({ store: authorization, now: () => testApp.time.seconds }, link.split('#')[1] ?? '')
  expect((await open())?.grant.grantId).toBe(grantId)
  await authorization.deleteLeash(grantId)
  await expect(open()).rejects.toThrow(KeyRefusedError)
  await authorization.createLeash({ ...leash, leash: randomBytes(32).toString('base64url') })
  await expect(open()).rejects.toThrow(KeyRefusedError)
})

describe('a link ends', () => {
  test.each<[string, (token: string) => Promise<unknown>]>([
    ['after 15 minutes', async () => (testApp.time.seconds += 900)],
    ['when a newer one is made', createLink],
    ['when the connection is revoked', (token) => asCaller(token, async ({ grantId }) => revoke(grantId))],
  ])('%s, before and after the proof', async (_when, end) => {
    const token = await connect()
    const link = await createLink(token)
    const browser = await prove(link)
    await end(token)
    const before = imap.connections.length
    expect((await browser({ link, ...mailbox('ann@test.example') })).status).toBe(403)
    expect((await browser({ link, ...step, ...mailbox('bob@test.example') })).status).toBe(403)
    expect(imap.connections.length).toBe(before)
  })

  async function revoke(grantId: string): Promise<null> {
    await testApp.oauth.revokeGrant(grantId)
    return null
  }

  test('when its grant no longer agrees with it; the operator is told', async () => {
    const token = await connect()
    const link = await createLink(token)
    const { authorization } = testApp.stores
    const original = authorization.getGrant
    for (const change of [
      { permission: 'send' },
      { clientId: 'https://evil.example/client' },
      { resource: 'https://evil.example/mcp' },
      { scope: 'email:read' },
      { sealedHint: 'AAAA' },
      { absoluteExpiresAt: 4_000_000_000 },
    ]) {
      authorization.getGrant = async (id) => {
        const grant = await original(id)
        return grant && { ...grant, ...change }
      }
      expect((await openBrowser()({ link, ...mailbox('ann@test.example') })).status).toBe(403)
      expect(testApp.logLines.at(-2)).toContain('key_refused')
    }
    authorization.getGrant = original
    await prove(link)
  })
})

test('R41: a form from another site is refused before anything is looked at', async () => {
  const link = await createLink(await connect())
  const before = imap.connections.length
  for (const headers of [
    { Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { Origin: 'null', 'Sec-Fetch-Site': 'none' },
  ]) {
    expect((await openBrowser(headers)({ link, ...mailbox('ann@test.example') })).status).toBe(403)
  }
  expect(imap.connections.length).toBe(before)
})

test('R42: ten attempts per link, however many are made at once', async () => {
  const link = await createLink(await connect())
  const before = imap.connections.length
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      openBrowser()({ link, ...mailbox(`user${index}@test.example`, imap, 'wrong') }, `198.51.100.${index}`),
    ),
  )
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(30)
  expect(imap.connections.length - before).toBe(10)
})

test('R71: an address that may not connect is refused before its server is asked', async () => {
  const link = await createLink(await connect())
  const browser = await prove(link)
  const before = imap.connections.length
  expect((await browser({ link, ...step, ...mailbox('bob@other.example') })).status).toBe(403)
  expect(imap.connections.length).toBe(before)
})

test('R46: markup in the name of the app is text on the consent page', async () => {
  const link = await createLink(await connect('ann@test.example', '<b onclick=x>Evil</b>'))
  const { html } = await openBrowser()({ link, ...mailbox('ann@test.example') })
  expect(html).toContain('&lt;b onclick=x&gt;')
  expect(html).not.toContain('<b onclick')
})

test('takes the whole link or its last part; anything else is asked for again, the rest kept', async () => {
  const link = await createLink(await connect())
  const [, token = ''] = link.split('#')
  expect((await openBrowser()({ link: ` ${token} `, ...mailbox('ann@test.example') })).status).toBe(200)
  const again = await openBrowser()({ link: token.slice(1), ...mailbox('ann@test.example') })
  expect(again.status).toBe(422)
  expect(again.html).toContain('Paste the whole link')
  expect(again.html).toContain('value="ann@test.example"')
  expect(again.html).not.toContain('value="right"')
})

test('R45: neither link nor password is in a log line', async () => {
  const link = await createLink(await connect())
  await (await prove(link))({ link, ...step, ...mailbox('bob@test.example') })
  const log = testApp.logLines.join('\n')
  for (const secret of [link.split('#')[1] ?? '', 'right', '@test.example']) expect(log).not.toContain(secret)
})

describe('R63: a store that is down is 503, and nothing is half done', () => {
  type Step = 'prove' | 'connect'
  test.each<[string, Step, number]>([
    ['findToken', 'prove', 1],
    ['getGrant', 'prove', 1],
    ['bindLink', 'prove', 1],
    ['createOwner', 'connect', 1],
    ['putSettings', 'connect', 1],
    ['createAccount', 'connect', 1],
    ['setGrantAccounts', 'connect', 1],
    // The grant has changed by then: the link is used up, the mailbox is there.
    ['deleteToken', 'connect', 2],
  ])('at %s (%s)', async (operation, at, mailboxesAfterwards) => {
    const token = await connect()
    const link = await createLink(token)
    const browser = openBrowser()
    const forms: Record<Step, Record<string, string>> = {
      prove: { link, ...mailbox('ann@test.example') },
      connect: { link, ...step, ...mailbox('bob@test.example') },
    }
    if (at === 'connect') await browser(forms.prove)
    const { authorization, accounts } = testApp.stores
    const working = { authorization: { ...authorization }, accounts: { ...accounts } }
    const down = { [operation]: () => Promise.reject(new StoreUnavailableError('down')) }
    Object.assign(operation in accounts ? accounts : authorization, down)
    if (operation === 'getGrant') Object.assign(authorization, down)
    expect((await browser(forms[at])).status).toBe(503)
    Object.assign(authorization, working.authorization)
    Object.assign(accounts, working.accounts)
    expect(await openMailboxes(token)).toHaveLength(mailboxesAfterwards)
    if (at === 'prove') expect((await browser(forms.prove)).status).toBe(200)
    expect((await browser(forms.connect)).status).toBe(mailboxesAfterwards === 1 ? 200 : 403)
    expect(await openMailboxes(token)).toHaveLength(2)
  })
})

test('a connection holds 20 mailboxes: the 21st is refused, and each of the 20 can still be renewed', async () => {
  const token = await connect()
  const add = async (address: string, server = imap, password = 'right') => {
    const link = await createLink(token)
    const browser = await prove(link)
    return browser({ link, ...step, ...mailbox(address, server, password) })
  }
  for (let index = 1; index < 20; index += 1)
    expect((await add(`user${index}@test.example`)).status).toBe(200)
  const refused = await add('user20@test.example')
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining('20 mailboxes at most')])
  expect((await add('user19@test.example', imapLater, 'changed')).html).toContain(
    'The new password is stored',
  )
  const opened = await openMailboxes(token)
  expect(opened).toHaveLength(20)
  expect(opened.at(-1)).toBe('user19@test.example changed')
})

describe('R29: the secret that a link opens is zeroed', () => {
  test.each<[string, (link: string) => Promise<{ status: number }>, number]>([
    ['after a proof', (link) => openBrowser()({ link, ...mailbox('ann@test.example') }), 200],
    [
      'after a wrong password',
      (link) => openBrowser()({ link, ...mailbox('ann@test.example', imap, 'wrong') }),
      422,
    ],
    [
      'when the store fails',
      (link) => whileBindingFails(() => openBrowser()({ link, ...mailbox('ann@test.example') })),
      503,
    ],
    [
      'after a mailbox was added',
      async (link) => (await prove(link))({ link, ...step, ...mailbox('bob@test.example') }),
      200,
    ],
    ['after Cancel', async (link) => (await prove(link))({ link, step: 'connect', action: 'cancel' }), 200],
  ])('%s', async (_when, use, status) => {
    const link = await createLink(await connect())
    const spy = spyOnCrypto()
    try {
      expect((await use(link)).status).toBe(status)
    } finally {
      spy.restore()
    }
    // S is the one plain text of 32 bytes; the hint is longer.
    const secrets = spy.buffers.filter(({ length }) => length === 32)
    expect(secrets.length).toBeGreaterThan(0)
    expect(secrets.map(isZeroed)).toEqual(secrets.map(() => true))
  })

  async function whileBindingFails<T>(work: () => Promise<T>): Promise<T> {
    const { authorization } = testApp.stores
    const { bindLink } = authorization
    authorization.bindLink = () => Promise.reject(new StoreUnavailableError('down'))
    try {
      return await work()
    } finally {
      authorization.bindLink = bindLink
    }
  }
})
