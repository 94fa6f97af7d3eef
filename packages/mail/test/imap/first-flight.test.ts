/** What leaves with the LOGIN: on servers that lose it, refuse it, hang up on it, and on a real one that loses it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  allMisbehaviours,
  type CertificateAuthority,
  createCertificateAuthority,
  findCourier,
  findDovecot,
  type ImapHandler,
  type ScriptedImap,
  type ScriptedImapOptions,
  type ServerCertificate,
  startCourier,
  startDovecot,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { combineFirstFlight } from '../../src/imap/first-flight.ts'
import type { Channel } from '../../src/imap/protocol.ts'
import {
  appendMessage,
  getMessage,
  type ImapSession,
  listRecent,
  type MailAccount,
  type ServerMemory,
  setFlags,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, createWire, depsFor } from './imap-account.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const ref = { mailbox: 'INBOX', uidValidity: '1', uid: 7 }
const recent = (session: ImapSession) =>
  listRecent(session, { mailbox: 'INBOX', limit: 5, unreadOnly: false })
const get = (session: ImapSession) => getMessage(session, ref, { format: 'text', offset: 0, maxChars: 9 })
const mark = (session: ImapSession) => setFlags(session, [ref], { add: ['\\Seen'], remove: [] })

type Use = (session: ImapSession) => Promise<unknown>

/** With what is remembered; what was sent, what was learned, and the round trips above TLS. */
async function call(account: MailAccount, ca: string, memory: ServerMemory, use: Use, deadlineMs = 10_000) {
  const wire = createWire(depsFor(ca).connector)
  const learned: ServerMemory[] = []
  const deps = { ...depsFor(ca, { deadlineMs }), connector: wire.connector, memory }
  const outcome = await withImapSession(account, { ...deps, onMemory: (one) => learned.push(one) }, use).then(
    (value) => ({ value, code: undefined }),
    (error: { code?: string }) => ({ value: undefined, code: error.code }),
  )
  const commands = wire.commands.map((line) => line.replace(/ .*/, ''))
  return { ...outcome, commands, learned: learned.at(-1), flights: wire.flights(), wire }
}

describe('what leaves with the LOGIN', () => {
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

  const accountAt = (server: ScriptedImap, tls: 'implicit' | 'starttls' = 'implicit') =>
    accountOn({ host: server.host, port: server.port, tls }, alice)
  async function start(options: ScriptedImapOptions = {}) {
    const server = await startScriptedImap({ tls: 'implicit', certificate, ...options })
    servers.push(server)
    const account = accountAt(server, options.tls === 'starttls' ? 'starttls' : 'implicit')
    const memory = await verifyImapLogin(account, depsFor(authority.ca))
    return { server, account, memory }
  }
  const logins = (server: ScriptedImap) => server.commands().filter((line) => line.startsWith('LOGIN')).length

  describe.each(['XOAUTH2', 'OAUTHBEARER'] as const)('with an access token, by %s', (mechanism) => {
    const token = { type: 'oauth', accessToken: alice.password, mechanism } as const
    const startWithTokens = async () => {
      const started = await start({ capabilities: `IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=${mechanism}` })
      return { ...started, account: { ...started.account, credential: token } as MailAccount }
    }

    test.each([
      ['{"status":"401"}', 'NO [AUTHENTICATIONFAILED] Invalid credentials', 'token_refused'],
      ['{"status":"403"}', 'BAD Invalid base64 data in continued response', 'token_scope_missing'],
    ])(
      'what the server says before it refuses is read (%s), and it is asked once',
      async (json, line, code) => {
        const { server, account, memory } = await startWithTokens()
        const asked: string[] = []
        server.handlers.AUTHENTICATE = async (tag, args, connection) => {
          asked.push(args)
          await connection.send(`+ ${Buffer.from(json).toString('base64')}`)
          await connection.readLine()
          await connection.send(`${tag} ${line}`)
        }
        expect(await call(account, authority.ca, memory, mark)).toMatchObject({ code, learned: undefined })
        expect(asked).toHaveLength(1)
        expect(server.commands().filter((command) => /STORE|FETCH/.test(command))).toEqual([])
      },
    )
  })

  test('is asked again on the same connection where the server loses it, and waits from then on', async () => {
    const { server, account, memory } = await start()
    const login = server.handlers.LOGIN
    server.handlers.LOGIN = async (tag, args, connection) => {
      await connection.readLine()
      await login?.(tag, args, connection)
    }
    const first = await call(account, authority.ca, memory, recent)
    expect(first).toMatchObject({ value: { items: [] }, commands: ['LOGIN', 'EXAMINE', 'EXAMINE'] })
    expect(first.learned).toEqual({ ...memory, pipelines: false })
    expect(first.wire.sockets).toHaveLength(1)

    if (login) server.handlers.LOGIN = login
    const next = await call(account, authority.ca, first.learned ?? memory, recent)
    expect(next).toMatchObject({ value: { items: [] }, commands: ['LOGIN', 'EXAMINE'], flights: 3 })
  })

  test('still leaves with the next LOGIN where the server was only slow once', async () => {
    const { server, account, memory } = await start()
    const examine = server.handlers.EXAMINE
    server.handlers.EXAMINE = async (tag, args, connection) => {
      if (examine) server.handlers.EXAMINE = examine
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      await examine?.(tag, args, connection)
    }
    const seen = await call(account, authority.ca, memory, async (session) => {
      await recent(session)
      await session.run('NOOP', [])
    })
    expect(seen).toMatchObject({ code: undefined, commands: ['LOGIN', 'EXAMINE', 'EXAMINE', 'NOOP'] })
    expect(seen.learned).toBeUndefined()
  })

  test('changes nothing about a refused login: reported as such, tried once', async () => {
    const { server, account, memory } = await start()
    const before = logins(server)
    server.handlers.LOGIN = (tag, _args, connection) => connection.send(`${tag} NO [AUTHENTICATIONFAILED] no`)
    for (const name of ['EXAMINE', 'SELECT', 'UID FETCH'])
      server.handlers[name] = (tag, _args, connection) => connection.send(`${tag} BAD log in first`)
    for (const use of [recent, get, mark])
      expect(await call(account, authority.ca, memory, use)).toMatchObject({ code: 'login_refused' })
    expect(logins(server) - before).toBe(3)
  })

  const onFirst =
    (answer: ImapHandler, then: ImapHandler | undefined): ImapHandler =>
    (tag, args, connection) => {
      const handler = answered++ === 0 ? answer : then
      return handler?.(tag, args, connection)
    }
  let answered = 0

  test.each([
    ['hangs up on', '* BYE no pipelining', true],
    ['answers BAD to', 'TAG BAD not now', false],
    ['answers NO to', 'TAG NO not now', false],
  ])('costs one more connection where the server %s it', async (_what, answer, ends) => {
    const { server, account, memory } = await start()
    answered = 0
    const refuse: ImapHandler = async (tag, _args, connection) => {
      await connection.send(answer.replace('TAG', tag))
      if (ends) connection.end()
    }
    server.handlers.EXAMINE = onFirst(refuse, server.handlers.EXAMINE)
    const seen = await call(account, authority.ca, memory, recent)
    expect(seen).toMatchObject({ value: { items: [] }, learned: { pipelines: false } })
    expect(seen.wire.sockets).toHaveLength(2)
  })

  test('does not send credentials again where the server hangs up before it answered them', async () => {
    const { server, account, memory } = await start()
    const before = logins(server)
    server.handlers.LOGIN = async (_tag, _args, connection) => {
      await connection.send('* BYE no')
      connection.end()
    }
    expect(await call(account, authority.ca, memory, mark)).toMatchObject({ code: 'connection_lost' })
    expect(logins(server) - before).toBe(1)
  })

  test('is never a write, never behind a literal or a challenge, never in clear', async () => {
    const { server, account, memory } = await start()
    const draft = { mailbox: 'drafts', raw: Buffer.from('Subject: x\r\n\r\nbody'), flags: [] } as const
    server.handlers.APPEND = (tag, _args, connection) => connection.send(`${tag} OK [APPENDUID 1 9] stored`)
    const stored = await call(account, authority.ca, memory, (session) => appendMessage(session, draft))
    expect(stored).toMatchObject({ value: { ref: { uid: 9 } }, flights: 3 })

    const umlaut = { ...account, credential: { type: 'password', password: 'pässword' } } as const
    const challenged = await call(umlaut, authority.ca, memory, recent)
    expect(challenged).toMatchObject({ value: { items: [] }, learned: undefined })
    expect(challenged.commands.at(-1)).toBe('EXAMINE')
    expect(challenged.flights).toBe(4)

    const upgraded = await start({ tls: 'starttls' })
    expect(await call(upgraded.account, authority.ca, upgraded.memory, recent)).toMatchObject({
      value: { items: [] },
    })
    expect(upgraded.server.clear()).not.toMatch(/LOGIN |EXAMINE|wonder/)
  })

  test('R61: is never a write, even behind a SELECT that waits with it', async () => {
    const { server, account, memory } = await start()
    server.handlers.LOGIN = (tag, _args, connection) => connection.send(`${tag} NO [AUTHENTICATIONFAILED] no`)
    const set = { type: 'SEQUENCE', value: '7' } as const
    const writes: Record<string, (session: ImapSession) => Promise<unknown>> = {
      'UID STORE': (session) => {
        session.sendAhead('SELECT', [session.path('INBOX')])
        const flags = [{ type: 'ATOM', value: '\\Seen' } as const]
        return session.run('UID STORE', [set, { type: 'ATOM', value: '+FLAGS' }, flags])
      },
      'UID EXPUNGE': (session) => {
        session.sendAhead('SELECT', [session.path('INBOX')])
        return session.run('UID EXPUNGE', [set])
      },
      CREATE: (session) => session.run('CREATE', [session.path('Projects')]),
      SELECT: (session) => {
        session.sendAhead('UID STORE', [set, { type: 'ATOM', value: '+FLAGS' }, []])
        return session.run('SELECT', [session.path('INBOX')])
      },
    }
    for (const [last, use] of Object.entries(writes)) {
      const refused = await call(account, authority.ca, memory, use)
      expect(refused, last).toMatchObject({ code: 'login_refused', commands: ['LOGIN'] })
    }
    expect(server.commands().filter((line) => /STORE|EXPUNGE|CREATE/.test(line))).toEqual([])
  })

  test('waits where a LOGIN ends in a literal that the server has not asked for yet', async () => {
    // our library quotes every password it is given; one that sends a literal behaves like this
    for (const [commandParts, written] of [
      [[], ['EXAMINE']],
      [[Buffer.from('secret')], []],
    ] as const) {
      const sent: string[] = []
      const channel: Partial<Channel> = {
        exec: () => Promise.reject(new Error('nothing is answered here')),
        send: async () => undefined,
        countUnknownTag: () => undefined,
        commandParts: [...commandParts],
        tagCounter: 1,
        currentRequest: false,
      }
      const early = { command: 'EXAMINE', attributes: ['INBOX'], untagged: {}, before: [] }
      const whole = channel as Channel
      combineFirstFlight(
        whole,
        ({ command }) => sent.push(command),
        () => early,
      )
      await whole.send({ tag: '1', command: 'LOGIN', attributes: [] })
      expect(sent).toEqual(written)
    }
  })

  test('is not sent when the call is refused by its input', async () => {
    const { account, memory } = await start()
    const list = { mailbox: 'INBOX', limit: 5, unreadOnly: false, cursor: 'x' }
    const refused = await call(account, authority.ca, memory, (session) => listRecent(session, list))
    expect(refused).toMatchObject({ code: 'invalid_input', learned: undefined })
  })

  describe.each<{ at: string; use: Use }>([
    { at: 'LOGIN', use: recent },
    { at: 'EXAMINE', use: recent },
    { at: 'UID FETCH', use: get },
    { at: 'SELECT', use: mark },
  ])('R58: a hostile server at $at', ({ at, use }) => {
    test.each(allMisbehaviours)('%s ends with an error within the deadline, sockets closed', async (how) => {
      const { memory } = await start()
      const server = await startScriptedImap({
        ...{ tls: 'implicit', certificate, misbehave: { at, how } },
        mailboxes: [{ path: 'INBOX', exists: 3 }],
      })
      servers.push(server)
      const { code } = await call(accountAt(server), authority.ca, memory, use, 300)
      expect(code).toMatch(/^(timeout|connection_lost|server_refused)$/)
      await expect.poll(() => server.openCount()).toBe(0)
    })
  })
})

describe.skipIf(!findCourier())('what leaves with the LOGIN, on Courier, which may lose it', () => {
  test('costs at most one wait and is remembered', async () => {
    const courier = await startCourier()
    try {
      const account = accountOn({ host: courier.host, port: courier.imapsPort }, courier.alice)
      let memory = await verifyImapLogin(account, depsFor(courier.ca))
      // it loses only what it reads together with the LOGIN, so not every time
      for (let left = 4; left > 0; left--) {
        const seen = await call(account, courier.ca, memory, recent)
        expect(seen.value).toMatchObject({ items: [] })
        if (memory.pipelines === false) expect(seen.commands).toEqual(['LOGIN', 'EXAMINE'])
        memory = seen.learned ?? memory
      }
    } finally {
      await courier.stop()
    }
  })
})

describe.skipIf(!findDovecot())('an access token, on Dovecot, which asks somebody about it', () => {
  test('R59: costs the round trips of a password, and refused it is read like any other', async () => {
    const asking = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      const active = new URLSearchParams(body).get('token') === 'good'
      response.end(JSON.stringify({ active, ...(active && { username: alice.login }) }))
    })
    await new Promise<void>((resolve) => asking.listen(0, '127.0.0.1', resolve))
    const { port } = asking.address() as AddressInfo
    const dovecot = await startDovecot({ introspectionUrl: `http://127.0.0.1:${port}/` })
    try {
      const byPassword = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
      const memory = await verifyImapLogin(byPassword, depsFor(dovecot.ca))
      const draft = { mailbox: 'drafts', raw: Buffer.from('Subject: x\r\n\r\nbody'), flags: [] } as const
      const stored = await call(byPassword, dovecot.ca, memory, (session) => appendMessage(session, draft))
      const { ref: at } = (stored.value ?? {}) as { ref?: typeof ref }
      if (at === undefined) throw new Error('Nothing was stored')
      const uses: readonly Use[] = [
        recent,
        (session) => getMessage(session, at, { format: 'text', offset: 0, maxChars: 9 }),
        (session) => setFlags(session, [at], { add: ['\\Seen'], remove: [] }),
      ]
      for (const mechanism of ['XOAUTH2', 'OAUTHBEARER'] as const) {
        const withToken = (accessToken: string): MailAccount => ({
          ...byPassword,
          credential: { type: 'oauth', accessToken, mechanism },
        })
        for (const use of uses) {
          const password = await call(byPassword, dovecot.ca, memory, use)
          const token = await call(withToken('good'), dovecot.ca, memory, use)
          expect([token.code, token.flights]).toEqual([undefined, password.flights])
          expect(token.commands).toEqual(['AUTHENTICATE', ...password.commands.slice(1)])
        }
        const refused = await call(withToken('bad'), dovecot.ca, memory, recent, 20_000)
        expect([refused.code, refused.wire.sockets.length]).toEqual(['token_refused', 1])
      }
    } finally {
      await dovecot.stop()
      asking.close()
    }
  })
})
