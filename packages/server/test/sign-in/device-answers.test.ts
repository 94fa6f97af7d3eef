/** What a provider may say to a device code, how often it is asked, and whose answer it is. Its endpoints are scripted. */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  type CertificateAuthority,
  type CookieJar,
  completeSignIn,
  createCertificateAuthority,
  parseForm,
  type ScriptedImap,
  startScriptedImap,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDeviceClient } from '../../src/provider-tokens/device-client.ts'
import type { ProviderFetch } from '../../src/provider-tokens/provider-fetch.ts'
import { ProviderRefusedError } from '../../src/provider-tokens/provider-refusal.ts'
import { microsoftSignIn, type SignInProvider } from '../../src/sign-in-provider.ts'
import { fetchOf, startTestApp, type TestApp } from '../app/harness.ts'

const deviceCode = 'canary-device-code'
const codes = {
  ...{ device_code: deviceCode, user_code: 'BCDF-GHJK', expires_in: 900, interval: 5 },
  ...{ verification_uri: 'https://www.microsoft.com/link', message: '<b>canary</b>' },
}

let authority: CertificateAuthority
let imap: ScriptedImap
let provider: SignInProvider
let testApp: TestApp
/** What the token endpoint was sent, and how often codes were asked for. */
let asked: URLSearchParams[]
let begun: URLSearchParams[]
/** The next answers: of the endpoint for codes, and of the token endpoint. */
let given: () => Promise<Response>
let answer: () => Promise<Response>

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: ['localhost'] })
  imap = await startScriptedImap({
    ...{ tls: 'implicit', certificate, password: 'access' },
    capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2',
  })
})
afterAll(async () => {
  await imap.stop()
  await authority.remove()
})

beforeEach(async () => {
  const server = { host: 'localhost', port: imap.port, tls: 'implicit' } as const
  const tenant = '11111111-2222-3333-4444-555555555555'
  provider = { ...microsoftSignIn({ clientId: 'ours', tenant }), imap: server, smtp: server }
  asked = []
  begun = []
  given = async () => Response.json(codes)
  answer = pending
  testApp = await start()
})
afterEach(() => testApp.close())

async function start(allowedAccounts: readonly string[] = []): Promise<TestApp> {
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  return await startTestApp({
    connector: createConnector({ policy, ca: [authority.ca] }),
    privateHosts: true,
    settings: { signInProviders: [provider], allowedAccounts },
    deviceClients: [createDeviceClient({ provider, now: () => testApp.time.seconds, fetch: scripted })],
  })
}

/** The network's end. */
const scripted: ProviderFetch = async (url, { body }) => {
  const form = new URLSearchParams(String(body))
  if (url.endsWith('/devicecode')) {
    begun.push(form)
    return await given()
  }
  asked.push(form)
  return await answer()
}

function says(error: string, description = '<b>canary</b>') {
  return async () => Response.json({ error, error_description: description }, { status: 400 })
}
const pending = says('authorization_pending', 'AADSTS70016: canary')

function gives(changed: Record<string, unknown> = {}, claims: Record<string, unknown> = {}) {
  return async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const told = {
      ...{ iss: provider.metadata?.issuer, aud: 'ours', sub: '1', email: 'ann@outlook.com' },
      ...{ iat: seconds, exp: seconds + 600, ...claims },
    }
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signature = Buffer.from('signature').toString('base64url')
    return Response.json({
      ...{ token_type: 'Bearer', access_token: 'access', refresh_token: 'refresh', expires_in: 3600 },
      id_token: `${part({ alg: 'RS256' })}.${part(told)}.${signature}`,
      ...changed,
    })
  }
}

interface Begun {
  readonly jar: CookieJar
  readonly path: string
}

async function begin(fields: Record<string, string> = {}): Promise<Begun> {
  const jar: CookieJar = new Map()
  const outcome = await send(jar, fields)
  if (!outcome.redirected) throw new Error(outcome.html)
  return { jar, path: outcome.url.pathname + outcome.url.search }
}

async function send(jar: CookieJar, fields: Record<string, string> = {}) {
  return await completeSignIn({
    authorizeUrl: await testApp.authorizeUrl(),
    ...{ jar, fetch: fetchOf(testApp) },
    fields: { provider: 'outlook', permission: 'read', action: 'connect', ...fields },
  })
}

function cookieOf({ jar }: Begun): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

function load(sign: Begun): Promise<Response> {
  return testApp.fetch(sign.path, { headers: { cookie: cookieOf(sign), Accept: 'text/html' } })
}

/** Loads the page when it would load itself, until the provider has said something. */
async function loadInTime(sign: Begun): Promise<Response> {
  testApp.time.seconds += await secondsToNext(sign)
  return await loadOn(sign)
}

async function loadOn(sign: Begun): Promise<Response> {
  const answered = await load(sign)
  return answered.headers.get('location') === sign.path ? await load(sign) : answered
}

async function secondsToNext(sign: Begun): Promise<number> {
  return Number(/http-equiv="refresh" content="(\d+);/.exec(await (await load(sign)).text())?.[1])
}

describe('the page with the code', () => {
  test('says where to enter which code, for how long, and asks nothing before its time', async () => {
    const sign = await begin({ address: 'ann@outlook.com' })
    expect(Object.fromEntries(begun[0] ?? [])).toEqual({
      client_id: 'ours',
      scope: 'openid email https://outlook.office.com/IMAP.AccessAsUser.All offline_access',
    })
    const page = await load(sign)
    const html = await page.text()
    expect(html).toContain(
      '<a href="https://www.microsoft.com/link" target="_blank" rel="noopener noreferrer">',
    )
    for (const text of ['BCDF-GHJK', 'another 15 minutes', 'Sign in as <bdi>ann@outlook.com</bdi>'])
      expect(html).toContain(text)
    expect(html).toContain(`<meta http-equiv="refresh" content="6;url=${sign.path}">`)
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect(asked).toEqual([])
  })

  test('ends at the client once the person has signed in, in the address that the mail server took', async () => {
    const sign = await begin()
    await loadInTime(sign)
    answer = gives()
    const end = await loadInTime(sign)
    expect(end.status).toBe(303)
    expect(end.headers.get('location')).toMatch(/^http:\/\/localhost:6274\/oauth\/callback\?code=/)
    expect(asked.map((form) => Object.fromEntries(form))).toEqual(
      Array(2).fill({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        ...{ device_code: deviceCode, client_id: 'ours' },
      }),
    )
    expect(end.headers.getSetCookie().some((line) => /^__Host-device-.*Max-Age=0/.test(line))).toBe(true)
    testApp.time.seconds += 60
    expect((await load(sign)).status).toBe(403)
  })

  test('the device code is in no page, URL, header, log or row', async () => {
    const sign = await begin()
    const rows = JSON.stringify(await rowsOf(sign))
    answer = gives()
    const answers = [await load(sign), await loadInTime(sign)]
    const shown = await Promise.all(
      answers.map(async (one) => `${await one.text()} ${JSON.stringify([...one.headers])}`),
    )
    for (const told of [sign.path, cookieOf(sign), rows, testApp.logLines.join(), ...shown])
      expect(told).not.toContain(deviceCode)
    expect(rows).not.toContain('BCDF')
  })

  test.each([
    ['its own page', 'https://www.microsoft.com/link?otc=BCDF-GHJK', true],
    ['the issuer', 'https://login.microsoftonline.com/link?otc=BCDF-GHJK', true],
    ['another host', 'https://www.microsoft.com.evil.example/link?otc=BCDF-GHJK', false],
    ['no https', 'http://www.microsoft.com/link?otc=BCDF-GHJK', false],
    ['a script', 'javascript:alert(1)', false],
  ])(
    'a page with the code filled in is a link where it is at the provider: %s',
    async (_where, uri, isLink) => {
      given = async () => Response.json({ ...codes, verification_uri_complete: uri })
      const html = await (await load(await begin())).text()
      expect(html.includes('with the code filled in')).toBe(isLink)
      expect(html.includes(uri)).toBe(isLink)
    },
  )

  test.each([
    ['no https', { verification_uri: 'http://www.microsoft.com/link' }],
    ['a script', { verification_uri: 'javascript:alert(1)' }],
    ['a name in the address', { verification_uri: 'https://microsoft.com@evil.example/' }],
    ['no code', { user_code: undefined }],
    ['a code that turns the line', { user_code: 'BCDF\u202eGHJK' }],
    ['a code that is a text', { user_code: 'word '.repeat(20) }],
    ['a time that is none', { expires_in: 'soon' }],
    ['an interval that is none', { interval: -1 }],
  ])('codes that make no sense are shown to nobody: %s', async (_what, changed) => {
    given = async () => Response.json({ ...codes, ...changed })
    const outcome = await send(new Map())
    expect(outcome).toMatchObject({ redirected: false, status: 422 })
    expect('html' in outcome && outcome.html).toContain('did not belong to this sign-in')
  })

  test.each([
    [says('unauthorized_client', 'AADSTS7000218: canary'), 'how this server is registered'],
    [says('invalid_scope'), 'how this server is registered'],
    [async () => Promise.reject(new ProviderRefusedError('unavailable')), 'Try again in a minute'],
    [async () => new Response('<html>canary'), 'did not belong to this sign-in'],
  ])('where the provider gives no code, the form says why (%#)', async (next, sentence) => {
    given = next
    const outcome = await send(new Map())
    if (outcome.redirected) throw new Error('There was no code')
    expect(outcome.html).toContain(sentence)
    expect(outcome.html).not.toContain('canary')
    expect(outcome.html).toContain('formaction="/oauth/provider/start"')
  })
})

describe('how often the provider is asked', () => {
  test('once in an interval, however often and in however many tabs the page is loaded', async () => {
    const sign = await begin()
    testApp.time.seconds += 6
    const storm = await Promise.all(Array.from({ length: 50 }, () => load(sign)))
    expect(new Set(storm.map(({ status }) => status))).toEqual(new Set([200]))
    expect(asked).toHaveLength(1)
    testApp.time.seconds += 5
    await Promise.all(Array.from({ length: 20 }, () => load(sign)))
    expect(asked).toHaveLength(1)
    testApp.time.seconds += 1
    await load(sign)
    expect(asked).toHaveLength(2)
  })

  test('RFC 8628 §3.5: five seconds later each time it says slow_down, and so from then on', async () => {
    const sign = await begin()
    const pauses: number[] = []
    for (const next of [pending, says('slow_down'), says('slow_down'), pending]) {
      answer = next
      await loadInTime(sign)
      pauses.push(await secondsToNext(sign))
    }
    expect(pauses).toEqual([6, 11, 16, 16])
  })

  test('a provider that does not answer is asked less and less often, and the page says so', async () => {
    const sign = await begin()
    answer = () => Promise.reject(new ProviderRefusedError('unanswered'))
    const html = await (await loadInTime(sign)).text()
    expect(html).toContain('Microsoft does not answer at the moment.')
    expect(html).toContain('Get a new code')
    const pauses = [await secondsToNext(sign)]
    for (let time = 0; time < 4; time += 1) {
      await loadInTime(sign)
      pauses.push(await secondsToNext(sign))
    }
    expect(pauses).toEqual([11, 21, 41, 61, 61])
    answer = gives()
    expect((await loadInTime(sign)).headers.get('location')).toContain('/oauth/callback?code=')
  })

  test('no second question while one is under way, and the answer of a load that was given up is not lost', async () => {
    const sign = await begin()
    let arrive: (answer: Response) => void = () => undefined
    answer = () =>
      new Promise((resolve) => {
        arrive = resolve
      })
    testApp.time.seconds += 6
    const first = load(sign)
    await expect.poll(() => asked.length).toBe(1)
    testApp.time.seconds += 6
    const meanwhile = await load(sign)
    expect(meanwhile.status).toBe(200)
    arrive(await gives()())
    // Nobody looks at this one.
    await first
    expect(asked).toHaveLength(1)
    expect((await load(sign)).headers.get('location')).toContain('/oauth/callback?code=')
    expect(asked).toHaveLength(1)
  })

  test('an answer is used once, and each load of its browser that comes meanwhile is answered the same', async () => {
    const sign = await begin()
    answer = gives()
    testApp.time.seconds += 6
    await load(sign)
    const before = imap.connections.length
    const ends = await Promise.all(Array.from({ length: 10 }, () => load(sign)))
    const codes = ends.map((end) => new URL(end.headers.get('location') ?? '').searchParams.get('code'))
    expect(codes[0]).toBeTruthy()
    expect(new Set(codes).size).toBe(1)
    const guessed = new Map([...sign.jar].map(([name]) => [name, 'B'.repeat(43)]))
    for (const jar of [new Map(), guessed]) expect((await load({ ...sign, jar })).status).toBe(403)
    testApp.time.seconds += 59
    expect((await load(sign)).headers.get('location')).toBe(ends[0]?.headers.get('location'))
    expect(imap.connections).toHaveLength(before + 1)
    testApp.time.seconds += 1
    expect((await load(sign)).status).toBe(403)
  })

  test('a crash between the answer and its keeping is told, without a loop', async () => {
    const sign = await begin()
    answer = gives()
    const { endTurn } = testApp.stores.devices
    // The process is gone: nothing is written.
    Object.assign(testApp.stores.devices, { endTurn: () => Promise.reject(new Error('killed')) })
    testApp.time.seconds += 6
    expect((await load(sign)).status).toBe(500)
    Object.assign(testApp.stores.devices, { endTurn })
    expect((await load(sign)).status).toBe(200)
    expect(asked).toHaveLength(1)
    // As Microsoft and the standard's servers answer a code that was used.
    answer = says('invalid_grant', 'AADSTS54005: canary')
    testApp.time.seconds += 20
    const end = await loadOn(sign)
    expect(end.status).toBe(422)
    expect(await end.text()).toContain('The code for Microsoft was used already')
    testApp.time.seconds += 60
    expect((await load(sign)).status).toBe(403)
    expect(asked).toHaveLength(2)
  })

  test('R42: 30 codes in a quarter of an hour, then no more is asked for', async () => {
    for (let count = 0; count < 30; count += 1) await begin()
    expect(await send(new Map())).toMatchObject({ redirected: false, status: 429 })
    expect(begun).toHaveLength(30)
  })
})

describe('R90: every end has its own sentence, and a button that starts over', () => {
  test.each([
    ['access_denied', says('access_denied'), 'You did not allow access at Microsoft'],
    ['authorization_declined', says('authorization_declined'), 'You did not allow access at Microsoft'],
    ['expired_token', says('expired_token'), 'The code for Microsoft was not entered in time.'],
    ['bad_verification_code', says('bad_verification_code'), 'no longer knows it'],
    ['a rule', says('access_denied', 'AADSTS53003: canary'), 'A rule of your organisation'],
    ['no public client', says('invalid_client', 'AADSTS7000218'), 'how this server is registered'],
    ['an error nobody knows', says('canary_error'), 'Try again in a minute'],
    ['no JSON', async () => new Response('<html>canary'), 'did not belong to this sign-in'],
    ['no token', async () => Response.json({ canary: 1 }), 'did not belong to this sign-in'],
    ['another audience', gives({}, { aud: 'canary' }), 'did not belong to this sign-in'],
    ['another issuer', gives({}, { iss: 'https://canary.example' }), 'did not belong to this sign-in'],
    ['mail unticked', gives({ scope: 'openid email' }), 'left out the box for mail'],
    ['no refresh token', gives({ refresh_token: undefined }), 'how this server is registered'],
    ['nobody’s address', gives({}, { email: 'canary' }), 'Enter your email address.'],
    [
      'another user’s token',
      gives({ access_token: 'of bob' }),
      'did not let the account that you signed in with into',
    ],
  ])('%s', async (_what, next, sentence) => {
    const sign = await begin()
    answer = next
    const end = await loadInTime(sign)
    expect(end.status).toBe(422)
    const html = await end.text()
    expect(html).toContain(sentence)
    expect(html).not.toContain('canary')
    expect(testApp.logLines.join()).not.toContain('canary')
    expect(html).toContain('Sign in with Microsoft</button>')
    expect(html).toContain('value="outlook" checked')
    const asks = asked.length
    testApp.time.seconds += 60
    expect((await load(sign)).status).toBe(403)
    expect(asked).toHaveLength(asks)
  })

  test('after its time the code is over without a question, and the page still says so', async () => {
    given = async () => Response.json({ ...codes, expires_in: 60 })
    const sign = await begin()
    testApp.time.seconds += 60
    const end = await load(sign)
    expect(end.status).toBe(422)
    expect(await end.text()).toContain('The code for Microsoft was not entered in time.')
    expect(asked).toEqual([])
  })

  test('not later where the provider is asked less often, and not before a question that is under way', async () => {
    given = async () => Response.json({ ...codes, expires_in: 30 })
    const [early, late] = [await begin(), await begin()]
    testApp.time.seconds += 6
    answer = () => Promise.reject(new ProviderRefusedError('unanswered'))
    await load(early)
    testApp.time.seconds += 11
    await load(early)
    expect(await secondsToNext(early)).toBe(13)
    let arrive: (answer: Response) => void = () => undefined
    answer = () =>
      new Promise((resolve) => {
        arrive = resolve
      })
    const asking = load(late)
    await expect.poll(() => asked.length).toBe(3)
    testApp.time.seconds += 13
    expect((await load(early)).status).toBe(422)
    expect((await load(late)).status).toBe(200)
    arrive(await gives()())
    await asking
    expect((await load(late)).headers.get('location')).toContain('/oauth/callback?code=')
  })

  test('it lasts no longer than the sign-in around it', async () => {
    const jar: CookieJar = new Map()
    const authorizeUrl = await testApp.authorizeUrl()
    const fetch: ReturnType<typeof fetchOf> = async (input, init) => {
      if (init.method === 'POST') testApp.time.seconds += 600
      return await testApp.fetch(String(input), init)
    }
    const fields = { provider: 'outlook', permission: 'read', action: 'connect' }
    const outcome = await completeSignIn({ authorizeUrl, jar, fetch, fields })
    if (!outcome.redirected) throw new Error(outcome.html)
    const sign = { jar, path: outcome.url.pathname + outcome.url.search }
    expect(await (await load(sign)).text()).toContain('another 5 minutes')
  })

  test('“Get a new code” sends the same form again', async () => {
    const sign = await begin({ permission: 'send', password: 'never shown' })
    const form = parseForm(await (await load(sign)).text())
    expect(form.action).toBe('/oauth/provider/start')
    expect(form.hidden).toMatchObject({ provider: 'outlook', permission: 'send', action: 'connect' })
    expect(form.hidden.password).toBeUndefined()
    const next = await testApp.fetch(form.action, {
      method: 'POST',
      headers: { cookie: cookieOf(sign), Origin: 'null', 'Sec-Fetch-Site': 'same-origin' },
      body: new URLSearchParams(form.hidden),
    })
    expect(next.status).toBe(303)
    expect(next.headers.get('location')).toMatch(/^\/oauth\/provider\/device\?state=/)
    expect(begun).toHaveLength(2)
  })
})

describe('whose sign-in it is', () => {
  test('R41: another browser sees nothing of it, asks nothing and ends nothing', async () => {
    const sign = await begin()
    testApp.time.seconds += 6
    const other = await begin()
    const zeros = new Map([...sign.jar].map(([name]) => [name, 'A'.repeat(43)]))
    for (const jar of [new Map(), other.jar, zeros]) {
      const answered = await load({ ...sign, jar })
      expect(answered.status).toBe(403)
      expect(await answered.text()).not.toContain('BCDF')
    }
    const [mine, theirs] = [sign, other].map(({ jar }) =>
      [...jar].filter(([name]) => name.includes('device-')),
    )
    const [name = ''] = mine?.[0] ?? []
    const swapped = new Map([...sign.jar, [name, theirs?.[0]?.[1] ?? '']])
    expect((await load({ ...sign, jar: swapped })).status).toBe(403)
    expect(asked).toEqual([])
    answer = gives()
    expect((await loadOn(sign)).headers.get('location')).toContain('/oauth/callback?code=')
  })

  test('R71: an address that may not connect is refused before the mail server is asked', async () => {
    await testApp.close()
    testApp = await start(['works.example'])
    expect(await send(new Map(), { address: 'ann@outlook.com' })).toMatchObject({ status: 403 })
    const before = imap.connections.length
    const sign = await begin()
    answer = gives()
    expect((await loadInTime(sign)).status).toBe(403)
    expect(imap.connections).toHaveLength(before)
  })

  test('without the parts of the local runner there is no such page, and no code is asked for', async () => {
    await testApp.close()
    testApp = await startTestApp({ settings: { signInProviders: [provider] } })
    expect((await testApp.fetch('/oauth/provider/device?state=x')).status).toBe(404)
    const outcome = await send(new Map())
    expect('html' in outcome && outcome.html).toContain('login.microsoftonline.com')
    expect(begun).toEqual([])
  })
})

async function rowsOf(sign: Begun): Promise<unknown> {
  const { createHash } = await import('node:crypto')
  const state = new URLSearchParams(sign.path.split('?')[1]).get('state')
  const id = createHash('sha256').update(`device\0${state}`).digest('hex')
  const row = await testApp.stores.devices.find(id, testApp.time.seconds)
  expect(row).toBeDefined()
  return row
}
