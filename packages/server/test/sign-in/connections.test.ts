import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  type CertificateAuthority,
  completeSignIn,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import {
  createInstanceSecrets,
  type InstanceSecrets,
  parseInstanceSecrets,
  type SecretKey,
} from '../../src/keys/instance-secrets.ts'
import { ownerIndexes } from '../../src/keys/owner-index.ts'
import { fetchOf, redeem, startTestApp, type TestApp } from '../app/harness.ts'

let authority: CertificateAuthority
let imap: ScriptedImap
let test: TestApp
let secrets: InstanceSecrets & { handoffKeys: SecretKey[] }

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
  secrets = { ...made, handoffKeys: [...made.handoffKeys] }
  test = await startTestApp({
    secrets,
    connector: createConnector({ policy, ca: [authority.ca] }),
    privateHosts: true,
    settings: { allowedAccounts: ['test.example'] },
  })
})
afterEach(() => test.close())

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
  const authorizeUrl = await test.authorizeUrl({ name })
  const fields = { ...mailbox(address), permission: 'read' }
  const outcome = await completeSignIn({ authorizeUrl, fields, fetch: fetchOf(test) })
  return redeem(test, authorizeUrl, outcome.redirected ? (outcome.code ?? '') : '')
}

const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  test.fetch('/oauth/connections', { method: 'POST', headers, body: new URLSearchParams(fields) })

const proofIn = (html: string) => /name="proof" value="([^"]+)"/.exec(html)?.[1] ?? ''
const grantsIn = (html: string) =>
  [...html.matchAll(/name="revoke" value="([0-9a-f]+)" aria-label="Revoke ([^,]+),/g)].map(
    ([, id, name]) => ({ id, name }),
  )

const isLive = async (token: string) =>
  (await test.fetch('/mcp', { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: '{}' }))
    .status === 200

it('R20: shows what one mailbox is connected to, and revokes one connection at once', async () => {
  const claude = await connect('ann@test.example', 'Claude')
  const code = await connect('ann@test.example', 'Claude Code')
  const bobs = await connect('bob@test.example', 'Claude')

  const page = await (await post(mailbox('ANN@test.example'))).text()
  const listed = grantsIn(page)
  expect(listed.map(({ name }) => name).sort()).toEqual(['Claude', 'Claude Code'])
  const revoked = await post({
    proof: proofIn(page),
    revoke: listed.find(({ name }) => name === 'Claude')?.id ?? '',
  })
  expect(await revoked.text()).toContain('One connection was revoked')
  expect([await isLive(claude), await isLive(code), await isLive(bobs)]).toEqual([false, true, true])
})

it('R20: revokes all of a mailbox, deletes what was stored for it, and nothing of another', async () => {
  const mine = [await connect('ann@test.example', 'Claude'), await connect('ann@test.example', 'VS Code')]
  const bobs = await connect('bob@test.example', 'Claude')
  const page = await (await post(mailbox('ann@test.example'))).text()
  const ids = grantsIn(page).map(({ id }) => id ?? '')
  const after = await (await post({ proof: proofIn(page), revoke: 'all' })).text()
  expect(after).toContain('2 connections were revoked')
  expect(after).toContain('Nothing is connected')
  expect(await Promise.all([...mine, bobs].map(isLive))).toEqual([false, false, true])
  for (const id of ids) expect(await test.stores.authorization.getGrant(id)).toBeUndefined()
})

it('R20: nobody revokes what is not his: a foreign grant id, a changed, absent or old proof', async () => {
  await connect('ann@test.example', 'Claude')
  const bobs = await connect('bob@test.example', 'Claude')
  const bobsPage = await (await post(mailbox('bob@test.example'))).text()
  const bobsGrant = grantsIn(bobsPage)[0]?.id ?? ''
  const proof = proofIn(await (await post(mailbox('ann@test.example'))).text())

  expect(await (await post({ proof, revoke: bobsGrant })).text()).toContain('0 connections were revoked')
  const [payload = '', mac = ''] = proof.split('.')
  for (const forged of [
    `${payload.slice(0, -2)}AA.${mac}`,
    payload,
    '',
    `${payload}.`,
    `${payload}.${'A'.repeat(43)}`,
  ]) {
    expect((await post({ proof: forged, revoke: 'all' })).status).toBe(403)
  }
  test.time.seconds += 601
  expect((await post({ proof, revoke: 'all' })).status).toBe(403)
  expect(await isLive(bobs)).toBe(true)
})

it('R20: an index row that outlived its mailbox shows and revokes nothing of the grant it names', async () => {
  const bobs = await connect('bob@test.example', 'Claude')
  const bobsPage = await (await post(mailbox('bob@test.example'))).text()
  const bobsGrant = grantsIn(bobsPage)[0]?.id ?? ''
  const [annsIndex = ''] = ownerIndexes(secrets.peppers, {
    imapHost: 'localhost',
    login: 'ann@test.example',
  })
  await test.stores.accounts.createOwner({
    ownerIndex: annsIndex,
    grantId: bobsGrant,
    expiresAt: test.time.seconds + 86_400,
  })
  const page = await (await post(mailbox('ann@test.example'))).text()
  expect(grantsIn(page)).toEqual([])
  for (const revoke of [bobsGrant, 'all']) {
    expect(await (await post({ proof: proofIn(page), revoke })).text()).toContain(
      '0 connections were revoked',
    )
  }
  expect(await isLive(bobs)).toBe(true)
})

it('R20: a page that is open while the secrets are rotated still revokes; one under no known key does not', async () => {
  const token = await connect('ann@test.example', 'Claude')
  const page = await (await post(mailbox('ann@test.example'))).text()
  secrets.handoffKeys.unshift(...parseInstanceSecrets(createInstanceSecrets()).handoffKeys)
  const [older] = secrets.handoffKeys.splice(1, 1)
  expect((await post({ proof: proofIn(page), revoke: 'all' })).status).toBe(403)
  if (older !== undefined) secrets.handoffKeys.push(older)
  const revoked = await post({ proof: proofIn(page), revoke: 'all' })
  expect(await revoked.text()).toContain('One connection was revoked')
  expect(await isLive(token)).toBe(false)
})

it('R41: a form from another site is refused before anything is looked at', async () => {
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

it('needs the right password, and contacts no mail server for an address that may not connect', async () => {
  expect((await post({ ...mailbox('ann@test.example'), password: 'wrong' })).status).toBe(422)
  const before = imap.connections.length
  expect((await post(mailbox('ann@other.example'))).status).toBe(403)
  expect(imap.connections.length).toBe(before)
})
