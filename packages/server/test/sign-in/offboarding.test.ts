/** R96: somebody leaves. Lists that name them take effect at the next call, at a refresh and on every page. */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  type CertificateAuthority,
  completeSignIn,
  createCertificateAuthority,
  type ScriptedImap,
  startScriptedImap,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openFormBrowser, proofIn } from '../app/form-browser.ts'
import { fetchOf, startTestApp, type TestApp } from '../app/harness.ts'
import { type OpenTools, openTools } from '../tools/open-tools.ts'

let authority: CertificateAuthority
let imap: ScriptedImap
let app: TestApp
/** What the operator writes down meanwhile. */
const deniedAccounts: string[] = []
const allowedAccounts: string[] = []

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const certificate = await authority.issue({ names: ['localhost'] })
  imap = await startScriptedImap({ tls: 'implicit', certificate, password: 'right' })
})
afterAll(async () => {
  await imap.stop()
  await authority.remove()
})
const connector = () =>
  createConnector({
    policy: createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.1'] }),
    ca: [authority.ca],
  })
beforeEach(async () => {
  deniedAccounts.length = 0
  allowedAccounts.length = 0
  app = await startTestApp({
    connector: connector(),
    privateHosts: true,
    settings: { allowedAccounts, deniedAccounts },
  })
})
afterEach(() => app.close())

const mailbox = (address: string) => ({
  ...{ provider: 'generic', address, password: 'right', permission: 'read' },
  ...{ imap_host: 'localhost', imap_port: String(imap.port), imap_tls: 'true' },
  ...{ smtp_host: 'localhost', smtp_port: '465', smtp_secure: 'true' },
})

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly client_id: string
}

async function connect(address: string): Promise<Tokens> {
  const authorizeUrl = await app.authorizeUrl()
  const outcome = await completeSignIn({ authorizeUrl, fields: mailbox(address), fetch: fetchOf(app) })
  const given = new URL(authorizeUrl).searchParams
  const client_id = given.get('client_id') ?? ''
  const answer = await token({
    ...{ grant_type: 'authorization_code', client_id, code_verifier: app.verifier },
    ...{
      code: outcome.redirected ? (outcome.code ?? '') : '',
      redirect_uri: given.get('redirect_uri') ?? '',
    },
  })
  return { ...((await answer.json()) as Omit<Tokens, 'client_id'>), client_id }
}
const token = (fields: Record<string, string>) =>
  app.fetch('/oauth/token', { method: 'POST', body: new URLSearchParams(fields) })
const refresh = ({ refresh_token, client_id }: Tokens) =>
  token({ grant_type: 'refresh_token', refresh_token, client_id })
const loginCount = () => imap.commands().filter((one) => /^(?:LOGIN|AUTHENTICATE)/.test(one)).length
const statusOfCall = async ({ access_token }: Tokens) =>
  (
    await app.fetch('/mcp', {
      method: 'POST',
      headers: { Authorization: `Bearer ${access_token}` },
      body: '{}',
    })
  ).status

describe('R96: at a refresh', () => {
  test('R96: the connection ends, and its client is told why', async () => {
    const anns = await connect('ann@test.example')
    const bobs = await connect('bob@test.example')
    deniedAccounts.push('ann@test.example')
    const answer = await refresh(anns)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({
      error: 'invalid_grant',
      error_description: 'The operator of this server ended this connection.',
    })
    expect(await statusOfCall(anns)).toBe(401)
    // A connection that has ended does not return with the list's old state.
    deniedAccounts.length = 0
    expect((await refresh(anns)).status).toBe(400)
    expect((await refresh(bobs)).status).toBe(200)
    expect(await statusOfCall(bobs)).toBe(200)
  })

  test('R96: off the list of allowed ones is as on the other', async () => {
    const anns = await connect('ann@test.example')
    allowedAccounts.push('elsewhere.example')
    expect((await refresh(anns)).status).toBe(400)
  })

  test('R96: the page then says who ended it', async () => {
    const anns = await connect('ann@test.example')
    deniedAccounts.push('ann@test.example')
    await refresh(anns)
    deniedAccounts.length = 0
    const { html } = await openFormBrowser(app, '/oauth/connections').post(mailbox('ann@test.example'))
    expect(html).toMatch(/Ended <time[^>]*>[^<]+<\/time> by the operator of this server/)
  })
})

describe('R96: on the pages', () => {
  test('R96: a denied mailbox may not connect, in no other spelling either, and no mail server is asked', async () => {
    deniedAccounts.push('ann@test.example')
    const before = imap.connections.length
    for (const address of ['ann@test.example', 'Ann+x@TEST.example']) {
      const authorizeUrl = await app.authorizeUrl()
      const outcome = await completeSignIn({ authorizeUrl, fields: mailbox(address), fetch: fetchOf(app) })
      expect(outcome).toMatchObject({ redirected: false, status: 403 })
    }
    expect(imap.connections.length).toBe(before)
  })

  test('R96: an open page of connections ends with its next form', async () => {
    await connect('ann@test.example')
    const browser = openFormBrowser(app, '/oauth/connections')
    const { html } = await browser.post(mailbox('ann@test.example'))
    deniedAccounts.push('test.example')
    expect((await browser.post({ proof: proofIn(html), revoke: 'all' })).status).toBe(403)
    expect((await openFormBrowser(app, '/oauth/connections').post(mailbox('ann@test.example'))).status).toBe(
      403,
    )
  })
})

describe('R96: at a call', () => {
  let tools: OpenTools | undefined
  afterEach(() => tools?.close())

  test('R96: the next call is refused before the mail server hears a login; other mailboxes go on', async () => {
    const account = (address: string) => ({
      ...({ provider: 'generic', address, login: address, aliases: [] } as const),
      imap: { host: 'localhost', port: imap.port, tls: 'implicit' } as const,
      smtp: { host: 'localhost', port: 465, tls: 'implicit' } as const,
      credential: { type: 'password', password: 'right' } as const,
    })
    tools = await openTools({
      accounts: [account('ann@test.example'), account('bob@test.example')],
      connector: connector(),
      admission: { allowedAccounts, deniedAccounts },
    })
    expect((await tools.call('list_mailboxes')).isError).toBe(false)
    deniedAccounts.push('ann@test.example')
    const logins = loginCount()
    const refused = await tools.call('list_mailboxes')
    expect(refused.structured).toEqual({ code: 'account_not_allowed' })
    expect(refused.text).toContain('The operator of this server no longer lets this mailbox be used')
    expect(loginCount()).toBe(logins)
    expect((await tools.call('list_mailboxes', { account: 'bob@test.example' })).isError).toBe(false)
    const all = await tools.call('get_recent_emails', { account: 'all' })
    expect(JSON.stringify(all.structured)).toContain('account_not_allowed')
  })
})
