/** What may come back from a provider, and from somebody between: only this browser's own answer counts. */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  type CertificateAuthority,
  type CookieJar,
  completeSignIn,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createProviderClient } from '../../src/provider-tokens/provider-client.ts'
import { googleSignIn, type SignInProvider } from '../../src/sign-in-provider.ts'
import { fetchOf, startTestApp, type TestApp } from '../app/harness.ts'
import { rotateSeed } from '../keys/rotated-secrets.ts'

let authority: CertificateAuthority
let imap: ScriptedImap
let provider: SignInProvider
let testApp: TestApp
/** What the token endpoint was sent. */
let asked: URLSearchParams[]
/** What it says of the person; `nonce` and the rest as they should be unless changed. */
let claims: Record<string, unknown>
/** What the person agreed to. */
let granted: string
/** The mail server takes `access`. */
let accessToken: string

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

beforeEach(() => start())
afterEach(() => testApp.close())

async function start(allowedAccounts: readonly string[] = []) {
  const server = { host: 'localhost', port: imap.port, tls: 'implicit' } as const
  provider = { ...googleSignIn({ clientId: 'ours', clientSecret: 'secret' }), imap: server, smtp: server }
  asked = []
  claims = {}
  accessToken = 'access'
  granted = 'openid https://mail.google.com/'
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  testApp = await startTestApp({
    connector: createConnector({ policy, ca: [authority.ca] }),
    privateHosts: true,
    settings: { signInProviders: [provider], allowedAccounts },
    providerClients: [
      createProviderClient({
        provider,
        now: () => testApp.time.seconds,
        // The network's end: Google's token endpoint.
        fetch: async (_url, { body }) => {
          asked.push(new URLSearchParams(String(body)))
          return Response.json({
            token_type: 'Bearer',
            access_token: accessToken,
            refresh_token: 'refresh',
            expires_in: 3600,
            scope: granted,
            id_token: toIdToken(claims),
          })
        },
      }),
    ],
  })
}

function toIdToken(changed: Record<string, unknown>): string {
  const seconds = Math.floor(Date.now() / 1000)
  const body = {
    ...{ iss: 'https://accounts.google.com', aud: 'ours', sub: '1', email: 'ann@gmail.com' },
    ...{ iat: seconds, exp: seconds + 600 },
    ...changed,
  }
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256' })}.${part(body)}.${Buffer.from('signature').toString('base64url')}`
}

interface Left {
  readonly jar: CookieJar
  readonly url: URL
  readonly state: string
}

async function leave(fields: Record<string, string> = {}): Promise<Left> {
  const jar: CookieJar = new Map()
  const html = await send(jar, fields)
  const [, address = ''] = /<meta http-equiv="refresh" content="0;url=([^"]+)"/.exec(html) ?? []
  const url = new URL(address.replaceAll('&amp;', '&'))
  claims.nonce ??= url.searchParams.get('nonce')
  return { jar, url, state: url.searchParams.get('state') ?? '' }
}

async function send(jar: CookieJar, fields: Record<string, string>): Promise<string> {
  const outcome = await completeSignIn({
    authorizeUrl: await testApp.authorizeUrl(),
    ...{ jar, fetch: fetchOf(testApp) },
    fields: { provider: 'gmail', permission: 'read', action: 'connect', ...fields },
  })
  if (outcome.redirected) throw new Error('The form ended at the client')
  return outcome.html
}

function comeBack({ jar, state }: Left, query: Record<string, string> = {}): Promise<Response> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { cookie, 'Sec-Fetch-Site': 'cross-site', Accept: 'text/html' }
  return testApp.fetch(`/oauth/provider/callback?${new URLSearchParams({ state, code: 'code', ...query })}`, {
    headers,
  })
}

const ofOthers = 'did not belong to this sign-in'

describe('an answer that belongs to the sign-in', () => {
  test('ends at the client, in the address that the mail server took the token for', async () => {
    const left = await leave()
    expect(Object.fromEntries(left.url.searchParams)).toMatchObject({
      scope: 'openid email https://mail.google.com/',
      access_type: 'offline',
      code_challenge_method: 'S256',
      redirect_uri: `${testApp.publicUrl}/oauth/provider/callback`,
    })
    const answer = await comeBack(left, { redirect_uri: 'https://evil.example', next: '//evil.example' })
    expect(answer.status).toBe(303)
    const target = new URL(answer.headers.get('location') ?? '')
    expect(target.href).toMatch(/^http:\/\/localhost:6274\/oauth\/callback\?code=/)
    expect(imap.connections.at(-1)).toBeDefined()
    expect(answer.headers.getSetCookie().some((line) => /provider-.*Max-Age=0/.test(line))).toBe(true)
  })

  test('R30: also where the seed of the deployment is rotated meanwhile', async () => {
    const left = await leave()
    testApp.changeSecrets((secrets) => rotateSeed(secrets))
    expect((await comeBack(left)).headers.get('location')).toMatch(/\/callback\?code=/)
  })

  test('the address that was typed leads, and is the hint for the provider', async () => {
    const left = await leave({ address: 'typed@gmail.com' })
    expect(left.url.searchParams.get('login_hint')).toBe('typed@gmail.com')
    expect((await comeBack(left)).status).toBe(303)
  })

  test('that leaves mail out is told as what it is, before a mail server is asked', async () => {
    const before = imap.connections.length
    granted = 'openid email'
    const answer = await comeBack(await leave())
    expect([answer.status, imap.connections.length]).toEqual([422, before])
    expect(await answer.text()).toContain('left out the box for mail')
  })

  test('counts once', async () => {
    const left = await leave()
    expect((await comeBack(left)).status).toBe(303)
    expect((await comeBack(left)).status).toBe(403)
    expect(asked).toHaveLength(1)
  })
})

describe('an answer that does not', () => {
  test('another browser cannot use it, nor use it up', async () => {
    const left = await leave()
    expect((await comeBack({ ...left, jar: new Map() })).status).toBe(403)
    expect(asked).toEqual([])
    expect((await comeBack(left)).status).toBe(303)
  })

  test('the state of one sign-in does not go with the cookie of another', async () => {
    const [mine, theirs] = [await leave(), await leave()]
    const [own = ['', '']] = [...mine.jar].filter(([name]) => name.includes('provider-'))
    const [name = ''] = [...theirs.jar.keys()].filter((key) => key.includes('provider-'))
    const jar = new Map([...mine.jar, [name, own[1]]])
    expect((await comeBack({ ...theirs, jar })).status).toBe(403)
    expect(asked).toEqual([])
  })

  test.each([
    ['another nonce', { nonce: 'of another' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'another client' }],
    ['an end that has passed', { exp: 1 }],
    ['no subject', { sub: undefined }],
  ])('an id token with %s connects nothing', async (_name, changed) => {
    const left = await leave()
    Object.assign(claims, changed)
    const answer = await comeBack(left)
    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain(ofOthers)
  })

  test('mix-up: an answer that names another issuer is not taken to the token endpoint', async () => {
    const answer = await comeBack(await leave(), { iss: 'https://evil.example' })
    expect(await answer.text()).toContain(ofOthers)
    expect(asked).toEqual([])
  })

  test('an injected code meets the verifier of this browser alone', async () => {
    const [mine, theirs] = [await leave(), await leave()]
    await comeBack(mine, { code: 'another code' })
    const challenge = theirs.url.searchParams.get('code_challenge')
    const { createHash } = await import('node:crypto')
    const sent = createHash('sha256')
      .update(asked[0]?.get('code_verifier') ?? '')
      .digest('base64url')
    expect(sent).toBe(mine.url.searchParams.get('code_challenge'))
    expect(sent).not.toBe(challenge)
  })

  test.each([
    [{ error: 'access_denied' }, 'You did not allow access at Google'],
    [{ error: 'admin_policy_enforced' }, 'an administrator of your organisation has to approve'],
    [{ error: 'redirect_uri_mismatch' }, 'how this server is registered'],
    [{ error: 'temporarily_unavailable' }, 'Try again in a minute'],
  ])('%o is told in our words', async (query, sentence) => {
    const description = '<b>canary</b>'
    const answer = await comeBack(await leave(), { ...query, error_description: description })
    const html = await answer.text()
    expect(html).toContain(sentence)
    expect(html).not.toContain('canary')
    expect(testApp.logLines.join()).not.toContain('canary')
    expect(asked).toEqual([])
  })

  test('after a quarter of an hour it is over', async () => {
    const left = await leave()
    testApp.time.seconds += 15 * 60
    expect((await comeBack(left)).status).toBe(403)
  })

  test('R41: a form of another site leaves for no provider', async () => {
    const answer = await testApp.fetch('/oauth/provider/start', {
      method: 'POST',
      headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      body: new URLSearchParams({ provider: 'gmail' }),
    })
    expect(answer.status).toBe(403)
  })
})

describe('whose mailbox', () => {
  test('the word of the provider is not enough: the mail server has to take the token', async () => {
    const left = await leave({ address: 'boss@gmail.com' })
    accessToken = 'of another account'
    const answer = await comeBack(left)
    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain(
      'did not let the account that you signed in with into boss@gmail.com',
    )
  })

  test('R71: an address that may not connect is refused before the provider or the mail server is asked', async () => {
    await testApp.close()
    await start(['works.example'])
    expect(await send(new Map(), { address: 'ann@gmail.com' })).toContain('has not allowed this address')
    const left = await leave()
    const before = imap.connections.length
    const answer = await comeBack(left)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('has not allowed this address')
    expect(imap.connections).toHaveLength(before)
  })
})
