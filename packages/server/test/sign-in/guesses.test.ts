/**
 * R91, R42, R40: what strangers, owners and their browsers may still try after failures. Every mail host is one of four
 * real servers on this machine, by its name; the limits are those of the product, over its own store.
 */
import { type Connector, createConnector, createHostPolicy } from '@email-connector/mail'
import {
  type CertificateAuthority,
  type CookieJar,
  completeSignIn,
  createCertificateAuthority,
  freePort,
  parseForm,
  type ScriptedImap,
  type SmtpSink,
  startScriptedImap,
  startSmtpSink,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fetchOf, startTestApp, type TestApp } from '../app/harness.ts'

let authority: CertificateAuthority
/** Takes any login, as a stranger's own server would. */
let anyImap: ScriptedImap
let imap: ScriptedImap
let smtp: SmtpSink
let testApp: TestApp
/** Hosts where nobody listens. */
const silent = new Set<string>()

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: ['localhost'] })
  anyImap = await startScriptedImap({ tls: 'implicit', certificate })
  imap = await startScriptedImap({ tls: 'implicit', certificate, password: 'right' })
  smtp = await startSmtpSink({
    tls: 'implicit',
    certificate,
    login: 'ann@test.example',
    password: 'right',
  })
})
afterAll(async () => {
  await Promise.all([anyImap.stop(), imap.stop(), smtp.stop()])
  await authority.remove()
})
beforeEach(async () => {
  silent.clear()
  testApp = await startTestApp({ connector: await byName(), privateHosts: true })
})
afterEach(() => testApp.close())

async function byName(): Promise<Connector> {
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  const own = createConnector({ policy, ca: [authority.ca] })
  const closed = await freePort()
  return {
    ...own,
    connect(server, call) {
      const listening = call.protocol === 'smtp' ? smtp : /stranger/.test(server.host) ? anyImap : imap
      const port = silent.has(server.host) ? closed : listening.port
      return own.connect({ host: 'localhost', port, tls: 'implicit' }, call)
    },
  }
}

type Fields = Record<string, string>

const mailbox = (fields: Fields = {}): Fields => ({
  provider: 'generic',
  address: 'ann@test.example',
  password: 'right',
  imap_host: 'imap.test.example',
  imap_port: '993',
  imap_tls: 'true',
  smtp_host: 'smtp.test.example',
  smtp_port: '465',
  smtp_secure: 'true',
  permission: 'read',
  ...fields,
})

const wrong = (fields: Fields = {}) => mailbox({ password: 'wrong', ...fields })

interface From {
  readonly ip: string
  readonly jar?: CookieJar
}

/** A sign-in in a window of its own; the answer's status. */
async function signIn(fields: Fields, { ip, jar }: From): Promise<number> {
  const authorizeUrl = await testApp.authorizeUrl()
  const fetch = fetchOf(testApp, ip)
  return (await completeSignIn({ authorizeUrl, fields, fetch, ...(jar && { jar }) })).status
}

async function openConnections(fields: Fields, { ip, jar }: From): Promise<Response> {
  const cookie = [...(jar ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = cookie === '' ? {} : { Cookie: cookie }
  return testApp.fetch(
    '/oauth/connections',
    { method: 'POST', headers, body: new URLSearchParams(fields) },
    ip,
  )
}

/** Signs in to the page of connections and revokes all of them; how many that were. */
async function revokeAll(fields: Fields, from: From): Promise<string> {
  const page = await openConnections(fields, from)
  const html = await page.text()
  if (page.status !== 200) return `${page.status}`
  const { hidden } = parseForm(html)
  // The page has a cookie of its own, in a browser that keeps no other.
  const jar: CookieJar = new Map(from.jar)
  for (const line of page.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    jar.set(name, value)
  }
  const answer = await openConnections({ ...hidden, revoke: 'all' }, { ...from, jar })
  return /<strong>(.*?)\.<\/strong>/.exec(await answer.text())?.[1] ?? ''
}

const network = (index: number) => `198.51.${index}.1`
const fresh = { ip: '203.0.113.9' }

/** Failures of strangers, each from a network of its own. */
async function strangersFail(times: number, fields: Fields = {}, at: 'sign-in' | 'connections' = 'sign-in') {
  const statuses: number[] = []
  for (let index = 0; index < times; index += 1) {
    const from = { ip: network(index) }
    statuses.push(
      at === 'sign-in'
        ? await signIn(wrong(fields), from)
        : (await openConnections(wrong(fields), from)).status,
    )
  }
  return statuses
}

describe('passwords of one mailbox', () => {
  test('R91: of 60 guesses at one SMTP mailbox, from 12 networks and with any IMAP host, five are made', async () => {
    const spellings = ['smtp.test.example', 'SMTP.Test.example', ' smtp.test.EXAMPLE ']
    const before = smtp.commands.length
    const statuses: number[] = []
    for (let index = 0; index < 60; index += 1) {
      const guess = wrong({
        imap_host: `imap${index}.stranger.example`,
        smtp_host: spellings[index % 3] ?? '',
        address: index % 2 === 0 ? 'ann@test.example' : 'Ann@Test.Example',
        permission: 'send',
      })
      statuses.push(await signIn(guess, { ip: network(index % 12) }))
    }
    expect(smtp.commands.slice(before).filter((command) => command.startsWith('AUTH'))).toHaveLength(5)
    expect(statuses).toEqual([...Array<number>(5).fill(422), ...Array<number>(55).fill(429)])
    expect(await signIn(mailbox({ permission: 'send' }), fresh)).toBe(429)
    testApp.time.seconds += 15 * 60
    expect(await signIn(mailbox({ permission: 'send' }), fresh)).toBe(303)
  })

  test('R91: of 60 at one IMAP mailbox, five', async () => {
    const before = imap.connections.length
    for (let index = 0; index < 60; index += 1) {
      const guess = wrong({
        imap_host: index % 2 === 0 ? 'IMAP.test.example' : 'imap.test.example',
        smtp_host: `smtp${index}.stranger.example`,
        permission: index % 2 === 0 ? 'send' : 'read',
      })
      await signIn(guess, { ip: network(index % 12) })
    }
    expect(imap.connections.length - before).toBe(5)
  })

  test.each([
    ['gmail', 'smtp.gmail.com', 'imap.gmail.com'],
    ['icloud', 'smtp.mail.me.com', 'IMAP.MAIL.ME.COM'],
    ['yahoo', 'smtp.mail.yahoo.com', 'imap.mail.yahoo.com'],
    ['fastmail', 'smtp.fastmail.com', 'imap.fastmail.com'],
  ])(
    'R91: the hosts of %s are one server, chosen or typed, for reading or sending',
    async (provider, out, inn) => {
      const before = smtp.commands.length + imap.connections.length
      const guesses: Fields[] = [
        { provider },
        { imap_host: 'imap.stranger.example', smtp_host: out, permission: 'send' },
        { imap_host: inn },
        { provider, permission: 'send' },
        { imap_host: inn, smtp_host: out, permission: 'send' },
      ]
      const statuses: number[] = []
      for (const [index, guess] of [...guesses, ...guesses].entries()) {
        statuses.push(await signIn(wrong(guess), { ip: network(index) }))
      }
      expect(statuses).toEqual([...Array<number>(5).fill(422), ...Array<number>(5).fill(429)])
      expect(smtp.commands.length + imap.connections.length).toBeGreaterThan(before)
    },
  )

  test('R91: the right IMAP password gives the SMTP server’s failures no more tries, and is no failure itself', async () => {
    for (let index = 0; index < 5; index += 1) {
      const fields = mailbox({ address: 'bob@test.example', permission: 'send' })
      expect(await signIn(fields, { ip: network(index) })).toBe(422)
    }
    expect(await signIn(mailbox({ address: 'bob@test.example', permission: 'send' }), fresh)).toBe(429)
    expect(await signIn(mailbox({ address: 'bob@test.example' }), fresh)).toBe(303)
  })

  test('R42: a server that was not reached heard no guess, but its network pays for looking', async () => {
    silent.add('imap.test.example')
    const statuses: number[] = []
    for (let index = 0; index < 11; index += 1) statuses.push(await signIn(mailbox(), fresh))
    expect(statuses).toEqual([...Array<number>(10).fill(422), 429])
    silent.clear()
    expect(await signIn(mailbox(), { ip: network(1) })).toBe(303)

    silent.add('smtp.test.example')
    for (let index = 0; index < 6; index += 1) {
      expect(await signIn(mailbox({ permission: 'send' }), { ip: network(10 + index) })).toBe(422)
    }
    silent.clear()
    expect(await signIn(mailbox({ permission: 'send' }), { ip: network(20) })).toBe(303)
  })

  test('R42: only failures count: a dozen people of one network sign in within the hour', async () => {
    for (let person = 0; person < 12; person += 1) {
      const address = `p${person}@test.example`
      expect(await signIn(mailbox({ address }), fresh)).toBe(303)
      expect((await openConnections(mailbox({ address }), fresh)).status).toBe(200)
    }
  })

  test('R42: a success gives back what it took, to the window that it took it from', async () => {
    testApp.time.seconds -= testApp.time.seconds % 3600
    for (let turn = 0; turn < 4; turn += 1) {
      expect(await signIn(wrong(), fresh)).toBe(422)
      expect(await signIn(mailbox(), fresh)).toBe(303)
    }
    expect(await signIn(wrong(), fresh)).toBe(422)
    expect(await signIn(wrong(), fresh)).toBe(429)
  })
})

describe('a typed host', () => {
  const at = (index: number) => ({ address: `p${index}@test.example` })

  test('R40 R91: after 20 failures of strangers somebody from another network still signs in and revokes', async () => {
    for (let index = 0; index < 20; index += 1) {
      expect(await signIn(wrong(at(index)), { ip: network(index) })).toBe(422)
    }
    expect(await signIn(mailbox(), fresh)).toBe(303)
    expect(await revokeAll(mailbox(), { ip: '203.0.113.20' })).toBe('One connection was revoked')
  })

  test('R40: is closed from the 20th failure on to the networks that failed there, and to nobody else', async () => {
    const failAt = (index: number, ip: number, fields: Fields = {}) =>
      signIn(wrong({ ...at(index), ...fields }), { ip: network(ip) })
    for (let index = 0; index < 19; index += 1) await failAt(index, index % 7)
    expect(await failAt(19, 0)).toBe(422)
    const before = imap.connections.length
    expect(await failAt(20, 1)).toBe(429)
    expect(await failAt(21, 2, { imap_host: 'IMAP.TEST.EXAMPLE' })).toBe(429)
    expect(imap.connections.length).toBe(before)
    // One failure of a network that had none, and it is closed to it too.
    expect([await failAt(22, 30), await failAt(23, 30)]).toEqual([422, 429])
    // Another host, a provider: not closed to the same networks.
    expect(await failAt(24, 3, { imap_host: 'other.test.example' })).toBe(422)
    expect(await failAt(25, 4, { provider: 'gmail' })).toBe(422)
    testApp.time.seconds += 15 * 60
    expect(await failAt(26, 6)).toBe(422)
  })

  test('R40: the host for outgoing mail is one too', async () => {
    const failAt = (index: number, ip: number) =>
      signIn(wrong({ ...at(index), imap_host: `imap${index}.stranger.example`, permission: 'send' }), {
        ip: network(ip),
      })
    for (let index = 0; index < 20; index += 1) expect(await failAt(index, index % 7)).toBe(422)
    const before = smtp.commands.length
    expect(await failAt(20, 0)).toBe(429)
    expect(smtp.commands.length).toBe(before)
    expect(await failAt(21, 40)).toBe(422)
  })

  test('R40: a provider’s hosts are never closed: many people share them', async () => {
    for (let index = 0; index < 24; index += 1) {
      const fields = {
        ...at(index),
        ...(index % 2 === 0 ? { provider: 'gmail' } : { imap_host: 'imap.gmail.com' }),
      }
      expect(await signIn(wrong(fields), { ip: network(index % 8) })).toBe(422)
    }
  })
})

describe('a browser that has signed in before', () => {
  const known = async (fields: Fields = {}, ip = network(99)): Promise<CookieJar> => {
    const jar: CookieJar = new Map()
    expect(await signIn(mailbox(fields), { ip, jar })).toBe(303)
    return jar
  }

  test('R91: signs in and revokes whatever strangers did, also those of its own network', async () => {
    const jar = await known()
    const one = network(1)
    for (let index = 0; index < 12; index += 1) {
      await signIn(wrong(index < 6 ? {} : { address: `p${index}@test.example` }), { ip: one })
      await openConnections(wrong(), { ip: one })
    }
    await strangersFail(30)
    await strangersFail(30, {}, 'connections')
    expect(await signIn(mailbox(), fresh)).toBe(429)
    expect(await signIn(mailbox(), { ip: one, jar })).toBe(303)
    expect(await revokeAll(mailbox(), { ip: one, jar })).toBe('2 connections were revoked')
  })

  test('R91: has five failures, and gives none of them to strangers', async () => {
    const jar = await known()
    const statuses: number[] = []
    for (let index = 0; index < 6; index += 1) {
      statuses.push(await signIn(wrong(), { ip: network(index), jar }))
    }
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429])
    expect((await openConnections(mailbox(), { ...fresh, jar })).status).toBe(429)
    expect(await signIn(mailbox(), fresh)).toBe(303)
    testApp.time.seconds += 15 * 60
    expect(await signIn(mailbox(), { ...fresh, jar })).toBe(303)
  })

  test('R91: another known browser has a try left, and all of them together 25', async () => {
    const jars: CookieJar[] = []
    for (let index = 0; index < 27; index += 1) jars.push(await known())
    const [first, ...others] = jars
    for (let index = 0; index < 5; index += 1) await signIn(wrong(), { ...fresh, jar: first ?? new Map() })
    const statuses: number[] = []
    for (const [index, jar] of others.entries()) {
      statuses.push(await signIn(wrong(), { ip: network(index), jar }))
    }
    expect(statuses).toEqual([...Array<number>(20).fill(422), ...Array<number>(6).fill(429)])
  })

  test('R91: is known to one mailbox, its servers and this deployment, for 90 days, by a cookie nobody else can make', async () => {
    const jar = await known()
    const [name = '', value = ''] = [...jar].find(([one]) => one.includes('known-')) ?? []
    const [id, expiresAt, mac] = value.split('.')
    await strangersFail(5)
    await strangersFail(5, { address: 'bob@test.example' })
    const withCookie = (pairs: Record<string, string>, fields: Fields = {}) =>
      signIn(mailbox(fields), { ...fresh, jar: new Map(Object.entries(pairs)) })
    expect(await withCookie({ [name]: value }, { address: 'bob@test.example' })).toBe(429)
    for (const forged of [
      `${id}.${Number(expiresAt) + 1}.${mac}`,
      `${'A'.repeat(22)}.${expiresAt}.${mac}`,
      `${id}.${expiresAt}.${'A'.repeat(43)}`,
      `${id}.${expiresAt}`,
      '',
    ]) {
      expect(await withCookie({ [name]: forged }), forged).toBe(429)
    }
    expect(await withCookie({ [name]: value })).toBe(303)
    testApp.time.seconds += 90 * 86_400 - 1
    await strangersFail(5)
    expect(await withCookie({ [name]: value })).toBe(303)
    testApp.time.seconds += 1
    await strangersFail(5)
    expect(await withCookie({ [name]: value })).toBe(429)
  })

  test('R91: who read a mailbox before is no known browser of the SMTP server beside it', async () => {
    const jar = await known({ imap_host: 'imap.stranger.example' })
    const before = smtp.commands.length
    for (let index = 0; index < 10; index += 1) {
      const fields = wrong({ imap_host: 'imap.stranger.example', permission: 'send' })
      await signIn(fields, { ip: network(index), jar })
    }
    expect(smtp.commands.slice(before).filter((command) => command.startsWith('AUTH'))).toHaveLength(5)
  })

  test('R45: its cookie tells no address, and is for this host and for servers only', async () => {
    const answer = await openConnections(mailbox(), fresh)
    const [cookie = '', page = '', ...more] = answer.headers.getSetCookie()
    expect(more).toEqual([])
    expect(page).toMatch(
      /^__Host-owner-page=[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure$/,
    )
    expect(cookie).toMatch(
      /^__Host-known-[\w-]{22}=[\w-]{22}\.\d+\.[\w-]{43}; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure$/,
    )
    expect(cookie).not.toMatch(/ann|test\.example/)
    const refused = await openConnections(wrong(), fresh)
    expect(refused.headers.getSetCookie()).toEqual([])
  })
})

describe('the page of connections, in a browser that is not known', () => {
  test('R91: what strangers do at the sign-in does not close it', async () => {
    expect(await signIn(mailbox(), { ip: network(99) })).toBe(303)
    expect(await strangersFail(6)).toEqual([422, 422, 422, 422, 422, 429])
    expect(await revokeAll(mailbox(), fresh)).toBe('One connection was revoked')
  })

  test('R91: strangers who fail on the page itself close it to themselves, 24 of them not to its owner', async () => {
    expect(await signIn(mailbox(), { ip: network(99) })).toBe(303)
    const one = { ip: network(0) }
    const ofOne: number[] = []
    for (let index = 0; index < 7; index += 1) ofOne.push((await openConnections(wrong(), one)).status)
    expect(ofOne).toEqual([422, 422, 422, 422, 422, 429, 429])
    for (let index = 1; index < 20; index += 1) {
      const from = { ip: network(index) }
      expect((await openConnections(wrong(), from)).status).toBe(422)
      expect((await openConnections(wrong(), from)).status).toBe(429)
    }
    expect(await revokeAll(mailbox(), fresh)).toBe('One connection was revoked')
  })

  test('R42: hears 25 wrong passwords of one mailbox in 15 minutes at most, from however many networks', async () => {
    const before = imap.connections.length
    for (let round = 0; round < 3; round += 1) await strangersFail(40, {}, 'connections')
    expect(imap.connections.length - before).toBe(25)
    // And the sign-in is as open as before.
    expect(await signIn(mailbox(), fresh)).toBe(303)
  })
})
