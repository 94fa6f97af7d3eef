/** The shapes of six providers: signing in, being refused, and reading, each as its servers are known to answer. */
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type ImapHandler,
  type ProviderShape,
  providerShapes,
  type ScriptedImap,
  type ServerCertificate,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type ImapDeps,
  type ImapSession,
  listMailboxes,
  listRecent,
  type MailCredential,
  MailError,
  type MailErrorCode,
  resolveMailbox,
  type ServerMemory,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from './imap-account.ts'
import { searchFor } from './search-for.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'abcd efgh ijkl mnop' }

/** What each refusal has to mean to the person who signs in. */
const meanings: Record<string, MailErrorCode> = {
  'wrong password': 'login_refused',
  'app password needed': 'login_refused',
  'IMAP switched off': 'login_refused',
  'browser wanted': 'login_refused',
  'token refused': 'token_refused',
  'passwords switched off': 'login_needs_oauth',
  'passwords blocked': 'login_needs_oauth',
  'too many connections': 'throttled',
  'too much traffic': 'throttled',
  'too many commands': 'throttled',
  'too many logins': 'throttled',
  'server busy': 'throttled',
  'not now': 'throttled',
  'mailbox in use': 'throttled',
  'mailbox elsewhere': 'throttled',
  'server fault': 'server_refused',
}

/** Paths by special use, as a person would look for them. */
const places: Record<string, Partial<Record<string, string>>> = {
  Gmail: {
    drafts: '[Gmail]/Entwürfe',
    sent: '[Gmail]/Gesendet',
    trash: '[Gmail]/Papierkorb',
    junk: '[Gmail]/Spam',
  },
  Outlook: {
    drafts: 'Drafts',
    sent: 'Sent Items',
    trash: 'Deleted Items',
    junk: 'Junk Email',
    archive: 'Archive',
  },
  Exchange: {
    drafts: 'Entwürfe',
    sent: 'Gesendete Elemente',
    trash: 'Gelöschte Elemente',
    junk: 'Junk-E-Mail',
  },
  iCloud: {
    drafts: 'Drafts',
    sent: 'Sent Messages',
    trash: 'Deleted Messages',
    junk: 'Junk',
    archive: 'Archive',
  },
  Yahoo: { drafts: 'Draft', sent: 'Sent', trash: 'Trash', junk: 'Bulk', archive: 'Archive' },
  'Proton Bridge': { drafts: 'Drafts', sent: 'Sent', trash: 'Trash', junk: 'Spam', archive: 'Archive' },
}

const reply =
  (line: string): ImapHandler =>
  (tag, _args, connection) =>
    connection.send(line.replace('TAG', tag))

describe.each(providerShapes)('$name', (shape: ProviderShape) => {
  let authority: CertificateAuthority
  let certificate: ServerCertificate
  const servers: ScriptedImap[] = []
  beforeAll(async () => {
    authority = await createCertificateAuthority()
    certificate = await authority.issue({ names: testHosts })
  })
  afterAll(() => authority.remove())
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((one) => one.stop()))
  })

  // Bridge speaks STARTTLS only, and by a port of its own.
  const tls = shape.name === 'Proton Bridge' ? 'starttls' : 'implicit'
  async function start(): Promise<ScriptedImap> {
    const server = await startScriptedImap({ tls, certificate, ...shape.options })
    servers.push(server)
    return server
  }
  const account = (server: ScriptedImap, credential?: MailCredential) => ({
    ...accountOn({ host: server.host, port: server.port, tls }, alice),
    ...(credential ? { credential } : {}),
  })
  const run = <T>(
    server: ScriptedImap,
    use: (session: ImapSession) => Promise<T>,
    deps: Partial<ImapDeps> = {},
  ) => withImapSession(account(server), { ...depsFor(authority.ca), deadlineMs: 5_000, ...deps }, use)
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'let in',
      (error: unknown) => (error instanceof MailError ? error.code : error),
    )

  test('lets in, and is read, with and without a memory of it', async () => {
    const server = await start()
    const memory: ServerMemory = await verifyImapLogin(account(server), depsFor(authority.ca))
    for (const deps of [{}, { memory }]) {
      const page = await run(
        server,
        (session) => listRecent(session, { mailbox: 'INBOX', limit: 2, unreadOnly: false }),
        deps,
      )
      expect(page.items.map((one) => one.subject)).toEqual(['Message 3', 'Message 2'])
      expect(page.items[0]?.preview).toBe('This is message 3.')
      const found = await run(
        server,
        (session) => searchFor(session, { mailbox: 'INBOX', limit: 1, from: 'sender' }),
        deps,
      )
      expect(found.items.map((one) => one.ref.uid)).toEqual([6])
    }
    expect(server.clear()).not.toContain(alice.password)
  })

  test('finds drafts, sent, trash and junk whatever they are called', async () => {
    const server = await start()
    const listed = await run(server, (session) => listMailboxes(session, { includeCounts: true }))
    expect(listed.find((one) => one.path === 'INBOX')).toMatchObject({ specialUse: 'inbox', total: 3 })
    for (const [use, path] of Object.entries(places[shape.name] ?? {}))
      expect(await run(server, async (session) => (await resolveMailbox(session, use)).path)).toBe(path)
  })

  test.each(Object.entries(shape.refusals))(
    'a login refused for "%s" says what it means',
    async (why, line) => {
      const server = await start()
      server.handlers.LOGIN = reply(line)
      server.handlers.AUTHENTICATE = reply(line)
      const token: MailCredential = { type: 'oauth', accessToken: 'token-1' }
      const signedIn = account(server, why === 'token refused' ? token : undefined)
      const deps = { ...depsFor(authority.ca), deadlineMs: 5_000 }
      expect(await codeOf(verifyImapLogin(signedIn, deps))).toBe(meanings[why])
      expect(server.connections).toHaveLength(1)
    },
  )

  test.each(Object.entries(shape.throttled))(
    '"%s" after login is not taken for a lost mailbox',
    async (why, line) => {
      const server = await start()
      server.handlers.EXAMINE = reply(line)
      const reading = run(server, (session) =>
        listRecent(session, { mailbox: 'INBOX', limit: 2, unreadOnly: false }),
      )
      expect(await codeOf(reading)).toBe(meanings[why])
    },
  )
})

describe('a token that is refused', () => {
  test('ends the exchange with the answer that the server waits for, and says refused', async () => {
    const authority = await createCertificateAuthority()
    const certificate = await authority.issue({ names: testHosts })
    const gmail = providerShapes.find(({ name }) => name === 'Gmail')
    const server = await startScriptedImap({ tls: 'implicit', certificate, ...gmail?.options })
    let answer: string | undefined
    server.handlers.AUTHENTICATE = async (tag, _args, connection) => {
      await connection.send(`+ ${Buffer.from('{"status":"400","schemes":"Bearer"}').toString('base64')}`)
      answer = await connection.readLine()
      await connection.send(`${tag} NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)`)
    }
    const account = accountOn({ host: server.host, port: server.port }, alice)
    const credential = { type: 'oauth', accessToken: 'expired' } as const
    await expect(
      verifyImapLogin({ ...account, credential }, { ...depsFor(authority.ca), deadlineMs: 5_000 }),
    ).rejects.toMatchObject({ code: 'token_refused' })
    // RFC 7628 §3.2.3
    expect(answer).toBe('AQ==')
    await server.stop()
    await authority.remove()
  })
})
