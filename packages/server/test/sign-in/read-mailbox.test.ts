/** What the form becomes where the person does not know the servers, and that a password goes nowhere meanwhile. */
import { completeSignIn } from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Found } from '../../src/find-servers/find-servers.ts'
import { googleSignIn, organisationSignIn } from '../../src/sign-in-provider.ts'
import { fetchOf, startTestApp, type TestApp } from '../app/harness.ts'

const imap = { host: 'imap.works.example', port: 993, tls: 'implicit' } as const
const smtp = { host: 'smtp.works.example', port: 587, tls: 'starttls' } as const
const client = { clientId: 'id', clientSecret: 'secret' }
let app: TestApp
let found: Found | undefined
const asked: string[] = []
const dialled: string[] = []

beforeAll(async () => {
  app = await startTestApp({
    connector: {
      tlsOptions: () => ({}),
      async connect({ host }) {
        dialled.push(host)
        throw new Error('a server was dialled')
      },
    },
    async findServers(address) {
      asked.push(address)
      return found
    },
    settings: {
      deniedAccounts: ['gone.example'],
      signInProviders: [
        googleSignIn(client),
        organisationSignIn({
          ...{ ...client, name: 'Works', issuer: 'https://sso.example', scopes: [], mechanism: 'XOAUTH2' },
          imap: { host: 'mail.works.example', port: 993, tls: 'implicit' },
          smtp: { host: 'mail.works.example', port: 465, tls: 'implicit' },
        }),
      ],
    },
  })
})
afterAll(() => app.close())
beforeEach(() => {
  asked.length = 0
  found = undefined
})

async function send(fields: Record<string, string>): Promise<string> {
  const outcome = await completeSignIn({
    authorizeUrl: await app.authorizeUrl(),
    fetch: fetchOf(app),
    fields: {
      provider: 'generic',
      permission: 'read',
      action: 'connect',
      password: 'hidden-value',
      ...fields,
    },
  })
  if (outcome.redirected) throw new Error('The form ended at the client')
  expect(outcome.html).not.toContain('hidden-value')
  expect(dialled).toEqual([])
  return outcome.html
}

const inputOf = (html: string, id: string) =>
  new RegExp(`<input id="${id}"[^>]* value="([^"]*)"`).exec(html)?.[1]
const chosen = (html: string) => /id="provider-([a-z]+)"[^>]* checked/.exec(html)?.[1]

test.each(['generic', ''])(
  'servers that were found fill the form, and the person looks at them first (%j)',
  async (provider) => {
    found = { servers: { imap, smtp } }
    const html = await send({ provider, address: 'ann@works.example' })
    expect(html).toContain('These servers were found for works.example. Check them')
    expect(chosen(html)).toBe('generic')
    const ids = ['imap_host', 'imap_port', 'smtp_host', 'smtp_port', 'address']
    expect(ids.map((id) => inputOf(html, id))).toEqual([
      ...['imap.works.example', '993', 'smtp.works.example', '587', 'ann@works.example'],
    ])
    expect(html).toMatch(/name="smtp_secure"[\s\S]*?value="false" selected/)
    expect(html).not.toContain('Enter the server for')
    expect(asked).toEqual(['ann@works.example'])
  },
)

test('what was typed stays, and what is still missing is asked for', async () => {
  found = { servers: { imap } }
  const html = await send({ address: 'ann@works.example', imap_host: '', smtp_host: '' })
  expect(html).toContain('Enter the server for outgoing mail (SMTP)')
  found = { servers: { imap, smtp } }
  const typed = await send({ address: 'ann@works.example', imap_host: 'my.works.example' })
  expect(inputOf(typed, 'imap_host')).toBe('my.works.example')
  expect(inputOf(typed, 'smtp_host')).toBe('smtp.works.example')
})

test('a domain at a provider leads to its button, or says what works there instead', async () => {
  found = { provider: 'gmail' }
  const google = await send({ address: 'ann@shop.example' })
  expect(google).toContain(
    'The mail of shop.example is at Gmail and Google Workspace. Press “Sign in with Google”.',
  )
  expect(chosen(google)).toBe('gmail')
  found = { provider: 'outlook' }
  const microsoft = await send({ provider: '', address: 'ann@works.example' })
  expect(chosen(microsoft)).toBe('outlook')
  expect(microsoft).toContain('this server has no “Sign in with Microsoft” set up')
  found = { provider: 'fastmail' }
  expect(await send({ address: 'ann@fast.example' })).toContain('Fastmail needs an app password')
  found = { servers: { imap: { ...imap, host: 'mail.works.example' } } }
  const works = await send({ address: 'ann@works.example' })
  expect(chosen(works)).toBe('organisation')
  expect(works).toContain('Press “Sign in with Works”')
})

test('a domain that everybody knows is not asked about', async () => {
  const html = await send({ provider: '', address: 'ann@icloud.com' })
  expect(chosen(html)).toBe('icloud')
  expect(asked).toEqual([])
})

test('a search without a result changes nothing, nor does one that is not wanted', async () => {
  const nothing = await send({ address: 'ann@works.example' })
  expect(nothing).toContain('Enter the server for incoming mail (IMAP)')
  found = { provider: 'gmail' }
  asked.length = 0
  // Not a whole address, an address that may not connect, servers that are all there, a provider that was chosen.
  await send({ address: 'ann' })
  await send({ address: 'ann@gone.example' })
  await send({ address: 'ann@works.example', imap_host: 'a.example', smtp_host: 'b.example', imap_port: '1' })
  await send({ provider: 'icloud', address: 'ann@works.example', password: '' })
  expect(asked).toEqual([])
})
