/** Guessing passwords from outside, as attackers and owners meet it: real servers behind names that anybody can type. */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  type CertificateAuthority,
  type CookieJar,
  completeSignIn,
  createCertificateAuthority,
  type ScriptedImap,
  type SmtpSink,
  startScriptedImap,
  startSmtpSink,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createInstanceSecrets, parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { fetchOf, redeem, startTestApp, type TestApp } from '../app/harness.ts'

const shared = 'mail.shared.example'
const evilHosts = Array.from({ length: 60 }, (_, index) => `imap${index}.evil.example`)

let authority: CertificateAuthority
/** Takes every password. */
let evil: ScriptedImap
let imap: ScriptedImap
let smtp: SmtpSink
let test: TestApp
/** The older one is in use before it is rotated. */
let secrets: ReturnType<typeof secretsOf>

const secretsOf = () => {
  const { peppers, dcrKeys, handoffKeys } = parseInstanceSecrets(createInstanceSecrets())
  return { peppers: [...peppers], dcrKeys: [...dcrKeys], handoffKeys: [...handoffKeys] }
}

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: [shared, 'smtp.victim.example', ...evilHosts] })
  evil = await startScriptedImap({ tls: 'implicit', certificate })
  imap = await startScriptedImap({ tls: 'implicit', certificate, password: 'right' })
  smtp = await startSmtpSink({ tls: 'implicit', certificate, password: 'right' })
})
afterAll(async () => {
  await Promise.all([evil.stop(), imap.stop(), smtp.stop()])
  await authority.remove()
})
beforeEach(async () => {
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  secrets = secretsOf()
  test = await startTestApp({
    connector: createConnector({ policy, ca: [authority.ca] }),
    privateHosts: true,
    secrets,
  })
})
afterEach(() => test.close())

const mailbox = (address: string, password = 'right') => ({
  ...{ provider: 'generic', address, password },
  ...{ imap_host: shared, imap_port: String(imap.port), imap_tls: 'true' },
  ...{ smtp_host: shared, smtp_port: String(smtp.port), smtp_secure: 'true' },
})
const ann = 'ann@test.example'

async function signIn(fields: Record<string, string>, ip: string, jar: CookieJar = new Map()) {
  const authorizeUrl = await test.authorizeUrl({ name: 'Claude' })
  const outcome = await completeSignIn({
    authorizeUrl,
    fields: { permission: 'read', ...fields },
    fetch: fetchOf(test, ip),
    jar,
  })
  const token = outcome.redirected ? await redeem(test, authorizeUrl, outcome.code ?? '') : undefined
  return { status: outcome.status, token }
}

const cookieOf = (jar: CookieJar) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

const openConnections = (fields: Record<string, string>, ip: string, cookie = '') =>
  test.fetch(
    '/oauth/connections',
    { method: 'POST', headers: { Cookie: cookie }, body: new URLSearchParams(fields) },
    ip,
  )

async function revokeAll(ip: string, cookie = ''): Promise<string> {
  const page = await openConnections(mailbox(ann), ip, cookie)
  expect(page.status).toBe(200)
  const proof = /name="proof" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
  const answer = await openConnections({ proof, revoke: 'all' }, ip)
  return await answer.text()
}

const isLive = async (token: string | undefined) =>
  (await test.fetch('/mcp', { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: '{}' }))
    .status === 200

/** Wrong passwords of other people, each from a network of its own. */
async function strangersFail(times: number, address: (index: number) => string) {
  for (let index = 0; index < times; index += 1) {
    await signIn(mailbox(address(index), 'wrong'), `192.0.2.${index}`)
  }
}

it('R91: of 60 guesses at one SMTP mailbox, from 12 addresses and through 60 IMAP names, five are heard', async () => {
  const before = smtp.connectionCount()
  const statuses = []
  for (const [index, imap_host] of evilHosts.entries()) {
    const fields = {
      ...mailbox(ann, `guess${index}`),
      ...{ imap_host, imap_port: String(evil.port), smtp_host: 'smtp.victim.example', permission: 'send' },
    }
    statuses.push((await signIn(fields, `198.51.100.${index % 12}`)).status)
  }
  expect(smtp.connectionCount() - before).toBe(5)
  expect(statuses).toEqual([...Array<number>(5).fill(422), ...Array<number>(55).fill(429)])
})

it('R91: after 20 strangers at a typed host a good user elsewhere signs in, and revokes', async () => {
  await strangersFail(20, (index) => `user${index}@test.example`)
  expect((await signIn(mailbox('user3@test.example'), '192.0.2.3')).status).toBe(429)
  const { status, token } = await signIn(mailbox(ann), '203.0.113.1')
  expect([status, await isLive(token)]).toEqual([303, true])
  expect(await revokeAll('203.0.113.2')).toContain('One connection was revoked')
  expect(await isLive(token)).toBe(false)
})

describe('R91: after five failures of strangers at the owner’s mailbox', () => {
  it('the browser that signed in before signs in again, on every page; a new one waits', async () => {
    const jar: CookieJar = new Map()
    const { token } = await signIn(mailbox(ann), '203.0.113.1', jar)
    await strangersFail(6, () => ann)
    expect((await signIn(mailbox(ann), '203.0.113.1')).status).toBe(429)
    expect((await signIn(mailbox(ann), '192.0.2.1', jar)).status).toBe(303)
    for (let index = 0; index < 30; index += 1) {
      await openConnections(mailbox(ann, 'wrong'), `192.0.2.${100 + index}`)
    }
    expect((await openConnections(mailbox(ann), '203.0.113.1')).status).toBe(429)
    expect(await revokeAll('192.0.2.1', cookieOf(jar))).toContain('2 connections were revoked')
    expect(await isLive(token)).toBe(false)
  })

  it('an owner in a new browser, and on a network that failed, still revokes', async () => {
    const { token } = await signIn(mailbox(ann), '203.0.113.1')
    await strangersFail(6, () => ann)
    expect(await revokeAll('192.0.2.1')).toContain('One connection was revoked')
    expect(await isLive(token)).toBe(false)
  })
})

describe('R91: the cookie of a known browser', () => {
  const known = (jar: CookieJar) => [...jar].filter(([name]) => name.startsWith('__Host-known-'))
  const isKnown = async (cookie: string) => (await openConnections(mailbox(ann), '203.0.113.9', cookie)).ok

  /** Both budgets of strangers are empty: only a known browser gets in. */
  async function lockedOut(): Promise<CookieJar> {
    const jar: CookieJar = new Map()
    await signIn(mailbox(ann), '203.0.113.1', jar)
    for (let index = 0; index < 26; index += 1) {
      await openConnections(mailbox(ann, 'wrong'), `192.0.2.${index}`)
    }
    expect(await isKnown('')).toBe(false)
    return jar
  }

  it('is bound to this origin, hidden from scripts, good for 90 days, and tells no address', async () => {
    const page = await openConnections(mailbox(ann), '203.0.113.1')
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-known-[\w-]{22}=[\w-]{22}\.\d+\.[\w-]{43}; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ])
    expect((await openConnections(mailbox(ann, 'wrong'), '203.0.113.1')).headers.getSetCookie()).toEqual([])
  })

  it('counts for its own mailbox only, unchanged, and until it expires', async () => {
    const jar = await lockedOut()
    const [[name, value] = ['', '']] = known(jar)
    const others: CookieJar = new Map()
    await signIn(mailbox('bob@test.example'), '203.0.113.2', others)
    const [[, bobs] = ['', '']] = known(others)
    const [id = '', expiresAt = '', mac = ''] = value.split('.')
    const forged = [
      bobs,
      `${id}.${Number(expiresAt) + 1}.${mac}`,
      `${'A'.repeat(22)}.${expiresAt}.${mac}`,
      `${id}.${expiresAt}.${'A'.repeat(43)}`,
      `${id}.${expiresAt}`,
      `${value}; ${name}=${value}`,
    ]
    for (const one of forged) expect([one, await isKnown(`${name}=${one}`)]).toEqual([one, false])
    expect(await isKnown(cookieOf(others))).toBe(false)
    expect(await isKnown(`${name}=${value}`)).toBe(true)
    test.time.seconds += 90 * 86_400
    for (let index = 0; index < 26; index += 1) {
      await openConnections(mailbox(ann, 'wrong'), `192.0.2.${index}`)
    }
    expect(await isKnown(`${name}=${value}`)).toBe(false)
  })

  it('is known under an older pepper too, and renewed under the new one', async () => {
    const jar = await lockedOut()
    secrets.peppers.unshift(...secretsOf().peppers)
    expect(await isKnown(cookieOf(jar))).toBe(true)
    const renewed = await openConnections(mailbox(ann), '203.0.113.9', cookieOf(jar))
    const [cookie = ''] = (renewed.headers.getSetCookie()[0] ?? '').split(';')
    secrets.peppers.pop()
    expect([await isKnown(cookie), await isKnown(cookieOf(jar))]).toEqual([true, false])
  })

  it('a browser keeps 16 of them: the oldest makes room', async () => {
    const jar: CookieJar = new Map()
    const names: string[] = []
    for (let index = 0; index < 18; index += 1) {
      await signIn(mailbox(`user${index}@test.example`), '203.0.113.1', jar)
      names.push(known(jar).at(-1)?.[0] ?? '')
      test.time.seconds += 1
    }
    expect(known(jar).map(([name]) => name)).toEqual(names.slice(2))
  })

  it('has a plain name on http://localhost, where Safari refuses the prefix', async () => {
    const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
    const local = await startTestApp({
      connector: createConnector({ policy, ca: [authority.ca] }),
      privateHosts: true,
      settings: { publicUrl: 'http://localhost:8993' },
    })
    const page = await local.fetch('/oauth/connections', {
      method: 'POST',
      body: new URLSearchParams(mailbox(ann)),
    })
    expect(page.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^known-[^;]+; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Lax$/),
    ])
    await local.close()
  })
})
