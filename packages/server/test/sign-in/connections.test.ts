import { createHash, createHmac } from 'node:crypto'
import { createConnector, createHostPolicy } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import {
  type CertificateAuthority,
  changeCharacter,
  completeSignIn,
  createCertificateAuthority,
  parseForm,
  type ScriptedImap,
  startScriptedImap,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createInstanceSecrets,
  type InstanceSecrets,
  parseInstanceSecrets,
  type SecretKey,
} from '../../src/keys/instance-secrets.ts'
import { ownerIndexes } from '../../src/keys/owner-index.ts'
import { openFormBrowser, proofIn } from '../app/form-browser.ts'
import { fetchOf, redeem, startTestApp, type TestApp } from '../app/harness.ts'

let authority: CertificateAuthority
let imap: ScriptedImap
let testApp: TestApp
let secrets: InstanceSecrets & { handoffKeys: SecretKey[]; peppers: SecretKey[] }
/** What somebody with write access put in the place of pages' rows. */
const swapped = new Map<string, string>()
const allowedAccounts = ['']
let isDown = false

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: ['localhost'] })
  imap = await startScriptedImap({ tls: 'implicit', certificate, password: 'right' })
})
afterAll(async () => {
  await imap.stop()
  await authority.remove()
})
beforeEach(async () => {
  const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  const made = parseInstanceSecrets(createInstanceSecrets())
  secrets = { ...made, handoffKeys: [...made.handoffKeys], peppers: [...made.peppers] }
  swapped.clear()
  isDown = false
  allowedAccounts.splice(0, 1, 'test.example')
  testApp = await startTestApp({
    secrets,
    connector: createConnector({ policy, ca: [authority.ca] }),
    privateHosts: true,
    settings: { allowedAccounts },
    wrapStores: (stores) => ({
      ...stores,
      once: {
        ...stores.once,
        async findPageState(id, now) {
          if (isDown) throw new StoreUnavailableError('down')
          return swapped.get(id) ?? (await stores.once.findPageState(id, now))
        },
      },
    }),
  })
})
afterEach(() => testApp.close())

const mailbox = (address: string) => ({
  provider: 'generic',
  address,
  password: 'right',
  imap_host: 'localhost',
  imap_port: String(imap.port),
  imap_tls: 'true',
  smtp_host: 'localhost',
  smtp_port: '465',
  smtp_secure: 'true',
})

async function connect(address: string, name: string): Promise<string> {
  const authorizeUrl = await testApp.authorizeUrl({ name })
  const fields = { ...mailbox(address), permission: 'read' }
  const outcome = await completeSignIn({ authorizeUrl, fields, fetch: fetchOf(testApp) })
  return redeem(testApp, authorizeUrl, outcome.redirected ? (outcome.code ?? '') : '')
}

/** In a browser of its own; `browser` in one that has been there. */
const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  openOwnersBrowser().post(fields, headers)
const openOwnersBrowser = () => openFormBrowser(testApp, '/oauth/connections')

/** Signs in on the page. */
async function openPage(address: string) {
  const browser = openOwnersBrowser()
  const { html } = await browser.post(mailbox(address))
  return { browser, html, proof: proofIn(html) }
}
const grantsIn = (html: string) =>
  [...html.matchAll(/name="revoke" value="([0-9a-f]+)" aria-label="Revoke ([^,]+),/g)].map(
    ([, id, name]) => ({ id, name }),
  )

const isLive = async (token: string) =>
  (await testApp.fetch('/mcp', { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: '{}' }))
    .status === 200

test('R20: shows what one mailbox is connected to, and revokes one connection at once', async () => {
  const claude = await connect('ann@test.example', 'Claude')
  const code = await connect('ann@test.example', 'Claude Code')
  const bobs = await connect('bob@test.example', 'Claude')

  const { browser, html, proof } = await openPage('ANN@test.example')
  const listed = grantsIn(html)
  expect(listed.map(({ name }) => name).sort()).toEqual(['Claude', 'Claude Code'])
  const revoke = listed.find(({ name }) => name === 'Claude')?.id ?? ''
  const revoked = await browser.post({ proof, revoke })
  expect(revoked.html).toContain('One connection was revoked')
  expect([await isLive(claude), await isLive(code), await isLive(bobs)]).toEqual([false, true, true])
})

test('R20: revokes all of a mailbox, deletes what was stored for it, and nothing of another', async () => {
  const mine = [await connect('ann@test.example', 'Claude'), await connect('ann@test.example', 'VS Code')]
  const bobs = await connect('bob@test.example', 'Claude')
  const { browser, html, proof } = await openPage('ann@test.example')
  const ids = grantsIn(html).map(({ id }) => id ?? '')
  const after = await browser.post({ proof, revoke: 'all' })
  expect(after.html).toContain('2 connections were revoked')
  expect(after.html).toContain('Nothing is connected')
  expect(await Promise.all([...mine, bobs].map(isLive))).toEqual([false, false, true])
  for (const id of ids) expect(await testApp.stores.authorization.getGrant(id)).toBeUndefined()
})

test('R20: nobody revokes another mailbox’s connection by its id', async () => {
  await connect('ann@test.example', 'Claude')
  const bobs = await connect('bob@test.example', 'Claude')
  const bobsGrant = grantsIn((await openPage('bob@test.example')).html)[0]?.id ?? ''
  const { browser, proof } = await openPage('ann@test.example')
  expect((await browser.post({ proof, revoke: bobsGrant })).html).toContain('0 connections were revoked')
  expect(await isLive(bobs)).toBe(true)
})

describe('R20: the proof of the page', () => {
  test('counts in its own browser only, and neither changed nor without its cookie', async () => {
    const token = await connect('ann@test.example', 'Claude')
    const { browser, proof } = await openPage('ann@test.example')
    const stranger = await openPage('bob@test.example')
    const changed = changeCharacter(proof, 20)
    const refused = [
      await post({ proof, revoke: 'all' }),
      await stranger.browser.post({ proof, revoke: 'all' }),
      await browser.post({ proof: changed, revoke: 'all' }),
      await browser.post({ proof: '', revoke: 'all' }),
      await browser.post({ proof: `${proof}A`, revoke: 'all' }),
    ]
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403))
    const [name = ''] = [...browser.cookies.keys()].filter((one) => one.includes('owner-page'))
    browser.cookies.set(name, 'A'.repeat(43))
    expect((await browser.post({ proof, revoke: 'all' })).status).toBe(403)
    expect(await isLive(token)).toBe(true)
  })

  test('R94: cannot be made with the seed and the tables, nor opened from them', async () => {
    const token = await connect('ann@test.example', 'Claude')
    const { browser, proof } = await openPage('ann@test.example')
    const [index = ''] = ownerIndexes(secrets.peppers, {
      ...{ imapHost: 'localhost', login: 'ann@test.example' },
    })
    // What was a proof until now, made by somebody who has every secret of the deployment.
    const payload = Buffer.from(
      JSON.stringify(['ann@test.example', [index], testApp.time.seconds + 600]),
    ).toString('base64url')
    for (const { key } of [...secrets.handoffKeys, ...secrets.peppers, ...secrets.ownerRoots]) {
      const mac = createHmac('sha256', key).update(`connections-proof\0${payload}`).digest('base64url')
      expect((await browser.post({ proof: `${payload}.${mac}`, revoke: 'all' })).status).toBe(403)
    }
    // Somebody with write access puts one proof's row in the place of another, or changes it.
    const stranger = await openPage('bob@test.example')
    const idOf = (handle: string) => createHash('sha256').update(`owner-page\0${handle}`).digest('hex')
    const [mine, theirs] = await Promise.all(
      [proof, stranger.proof].map((handle) => testApp.stores.once.findPageState(idOf(handle), 0)),
    )
    expect([mine, theirs].join()).not.toContain('test.example')
    swapped.set(idOf(stranger.proof), mine ?? '')
    expect((await stranger.browser.post({ proof: stranger.proof, revoke: 'all' })).status).toBe(403)
    swapped.set(idOf(proof), changeCharacter(mine ?? '', 20))
    expect((await browser.post({ proof, revoke: 'all' })).status).toBe(403)
    swapped.set(idOf(proof), 'no seal')
    expect((await browser.post({ proof, revoke: 'all' })).status).toBe(403)
    expect(await isLive(token)).toBe(true)
  })

  test('R31: ends ten minutes after the last form and an hour after the login, whatever its row says', async () => {
    await connect('ann@test.example', 'Claude')
    const left = await openPage('ann@test.example')
    testApp.time.seconds += 600
    expect((await left.browser.post({ proof: left.proof, revoke: 'none' })).status).toBe(403)

    let { browser, proof } = await openPage('ann@test.example')
    const loggedInAt = testApp.time.seconds
    for (let form = 0; form < 20; form++) {
      // No whole part of the hour: nothing may hang on a form that comes exactly ten minutes before its end.
      testApp.time.seconds += 550
      const { status, html, headers } = await browser.post({ proof, revoke: 'none' })
      if (status === 403) break
      // Nor is the cookie kept for longer.
      const [, age = '0'] = /owner-page=.*Max-Age=(\d+)/.exec(headers.getSetCookie().join('\n')) ?? []
      expect(testApp.time.seconds - loggedInAt + Number(age)).toBeLessThanOrEqual(3600)
      proof = proofIn(html)
    }
    expect(testApp.time.seconds - loggedInAt).toBe(3850)

    ;({ browser, proof } = await openPage('ann@test.example'))
    const id = createHash('sha256').update(`owner-page\0${proof}`).digest('hex')
    swapped.set(id, (await testApp.stores.once.findPageState(id, 0)) ?? '')
    testApp.time.seconds += 601
    expect((await browser.post({ proof, revoke: 'all' })).status).toBe(403)
  })

  test('R71: ends when its address may not connect any more', async () => {
    const token = await connect('ann@test.example', 'Claude')
    const { browser, proof } = await openPage('ann@test.example')
    allowedAccounts.splice(0, 1, 'other.example')
    expect((await browser.post({ proof, revoke: 'all' })).status).toBe(403)
    expect(await isLive(token)).toBe(true)
  })

  test('is not taken for a sign-in, nor a sign-in for one', async () => {
    const { browser, proof } = await openPage('ann@test.example')
    const response = await testApp.fetch('/oauth/connect', {
      method: 'POST',
      headers: { Cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; ') },
      body: new URLSearchParams({ state: proof }),
    })
    expect(response.status).toBe(403)
    const page = await testApp.fetch(await testApp.authorizeUrl())
    browser.keep(page)
    const { hidden } = parseForm(await page.text())
    expect((await browser.post({ proof: hidden.state ?? '', revoke: 'all' })).status).toBe(403)
  })

  test('R63: with the store down the page is a 503, and the next try finds all as it was', async () => {
    const token = await connect('ann@test.example', 'Claude')
    const { browser, proof } = await openPage('ann@test.example')
    isDown = true
    expect((await browser.post({ proof, revoke: 'all' })).status).toBe(503)
    isDown = false
    expect((await browser.post({ proof, revoke: 'all' })).html).toContain('One connection was revoked')
    expect(await isLive(token)).toBe(false)
  })
})

test('R20: an index row that outlived its mailbox shows and revokes nothing of the grant it names', async () => {
  const bobs = await connect('bob@test.example', 'Claude')
  const bobsGrant = grantsIn((await openPage('bob@test.example')).html)[0]?.id ?? ''
  const [annsIndex = ''] = ownerIndexes(secrets.peppers, {
    imapHost: 'localhost',
    login: 'ann@test.example',
  })
  await testApp.stores.accounts.createOwner({
    ownerIndex: annsIndex,
    grantId: bobsGrant,
    expiresAt: testApp.time.seconds + 86_400,
  })
  const { browser, html, proof } = await openPage('ann@test.example')
  expect(grantsIn(html)).toEqual([])
  for (const revoke of [bobsGrant, 'all']) {
    expect((await browser.post({ proof, revoke })).html).toContain('0 connections were revoked')
  }
  expect(await isLive(bobs)).toBe(true)
})

test('R20: a page that is open while the secrets are rotated still revokes', async () => {
  const token = await connect('ann@test.example', 'Claude')
  const { browser, proof } = await openPage('ann@test.example')
  const next = parseInstanceSecrets(createInstanceSecrets())
  secrets.handoffKeys.splice(0, 1, ...next.handoffKeys)
  secrets.peppers.unshift(...next.peppers)
  expect((await browser.post({ proof, revoke: 'all' })).html).toContain('One connection was revoked')
  expect(await isLive(token)).toBe(false)
})

test('R41: a form from another site is refused before anything is looked at', async () => {
  const before = imap.connections.length
  for (const headers of [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'null' },
  ]) {
    expect((await post(mailbox('ann@test.example'), headers)).status).toBe(403)
  }
  expect(imap.connections.length).toBe(before)
})

test('needs the right password, and contacts no mail server for an address that may not connect', async () => {
  expect((await post({ ...mailbox('ann@test.example'), password: 'wrong' })).status).toBe(422)
  const before = imap.connections.length
  expect((await post(mailbox('ann@other.example'))).status).toBe(403)
  expect(imap.connections.length).toBe(before)
})
