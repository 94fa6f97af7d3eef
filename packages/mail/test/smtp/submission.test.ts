import os from 'node:os'
import {
  createCertificateSet,
  type SmtpFault,
  type SmtpSink,
  type SmtpSinkOptions,
  type SmtpStage,
  startLineServer,
  startSmtpSink,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { MailCredential, TlsMode } from '../../src/account.ts'
import { type ComposedMessage, composeMessage } from '../../src/composing/compose.ts'
import { openSubmission, submitMessage, verifySmtpLogin } from '../../src/smtp/submission.ts'
import { loopbackDeps, password, smtpAccount } from './smtp-account.ts'

let certificates: Awaited<ReturnType<typeof createCertificateSet>>
let message: ComposedMessage
const running: { stop(): Promise<void> }[] = []
beforeAll(async () => {
  certificates = await createCertificateSet()
  message = await composeMessage({
    from: { address: 'alice@test.example' },
    to: [{ address: 'bob@test.example' }],
    cc: [{ address: 'carol@test.example' }],
    bcc: [{ address: 'dan@test.example' }],
    subject: 'Hello',
    body: '.\n..dots\n.\nend',
    attachments: [],
    date: new Date(0),
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const server of running.splice(0)) await server.stop()
})
afterAll(() => certificates.authority.remove())

async function sink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const server = await startSmtpSink({
    tls: 'implicit',
    certificate: certificates.good,
    password,
    extensions: ['PIPELINING', 'SIZE 100000', '8BITMIME'],
    ...options,
  })
  running.push(server)
  return server
}
const submit = (
  server: { port: number },
  {
    tls = 'implicit' as TlsMode,
    deadlineMs = 20_000,
    credential = { type: 'password', password } as MailCredential,
    beforeData = async () => true,
    signal = new AbortController().signal,
  } = {},
) =>
  submitMessage(
    smtpAccount(server.port, tls, credential),
    { ...loopbackDeps(certificates.ca, deadlineMs), signal },
    message,
    { beforeData },
  )
/** Beyond the time limit of a test: what ends earlier was ended by the caller's signal. */
const farDeadlineMs = 60_000
const allClosed = async (server: SmtpSink) => {
  await expect.poll(() => server.openCount(), { timeout: 10_000, interval: 10 }).toBe(0)
}

describe('a message', () => {
  test.each(['implicit', 'starttls'] as const)(
    'is sent once over %s, byte for byte, without Bcc',
    async (tls) => {
      const server = await sink({ tls })
      const outcome = await submit(server, { tls })
      expect(outcome).toEqual({
        state: 'sent',
        accepted: message.envelope.to,
        rejected: [],
        responseCode: 250,
      })
      expect(server.messages).toEqual([
        { from: 'alice@test.example', to: [...message.envelope.to], raw: message.raw },
      ])
      expect(server.messages[0]?.raw.toString()).not.toContain('dan@')
      await allClosed(server)
    },
  )

  test('takes no command more than it needs: one EHLO, one AUTH, one transaction', async () => {
    const server = await sink()
    await submit(server)
    await allClosed(server)
    expect(server.commands.map((line) => line.split(' ')[0])).toEqual([
      ...['EHLO', 'AUTH', 'MAIL', 'RCPT', 'RCPT', 'RCPT', 'DATA', 'QUIT'],
    ])
    expect(server.connectionCount()).toBe(1)
  })

  test.each([
    ['implicit', 1],
    ['starttls', 2],
  ] as const)('names no machine in its EHLO over %s', async (tls, times) => {
    // the library's own choice, where the machine's name has a dot
    vi.spyOn(os, 'hostname').mockReturnValue('laptop.home.example')
    const server = await sink({ tls })
    await submit(server, { tls })
    expect(server.commands.filter((line) => /^(EHLO|HELO)/.test(line))).toEqual(
      Array(times).fill('EHLO [127.0.0.1]'),
    )
  })

  test('needs one flight for sender, recipients and DATA where the server allows it', async () => {
    let flight = ''
    const server = await startLineServer({
      tls: 'implicit',
      certificate: certificates.good,
      async serve(line) {
        await line.write('220 hello\r\n')
        await line.readLine()
        await line.write('250-hello\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n')
        await line.readLine()
        await line.write('235 in\r\n')
        // not one reply until everything that can be asked at once was asked
        while (!flight.endsWith('DATA\n')) flight += `${await line.readLine()}\n`
        await line.write('250 ok\r\n250 ok\r\n550 5.1.1 who\r\n250 ok\r\n354 go on\r\n')
        while ((await line.readLine()) !== '.');
        await line.write('250 ok\r\n')
      },
    })
    running.push(server)
    await expect(submit(server)).resolves.toEqual({
      state: 'sent',
      accepted: ['bob@test.example', 'dan@test.example'],
      rejected: [{ address: 'carol@test.example', code: 'no_such_recipient' }],
      responseCode: 250,
    })
    expect(flight).toBe(
      'MAIL FROM:<alice@test.example>\nRCPT TO:<bob@test.example>\nRCPT TO:<carol@test.example>\nRCPT TO:<dan@test.example>\nDATA\n',
    )
  })

  test('is sent with an access token by XOAUTH2, and a refused token is tried once', async () => {
    const credential: MailCredential = { type: 'oauth', accessToken: 'ya29.token' }
    const server = await sink({ password: 'ya29.token' })
    await expect(submit(server, { credential })).resolves.toMatchObject({ state: 'sent' })
    server.faults.AUTH = { reply: '535 5.7.8 bad token' }
    await expect(submit(server, { credential })).rejects.toMatchObject({ code: 'token_refused' })
    expect(server.commands.filter((line) => line.startsWith('AUTH'))).toHaveLength(2)
  })

  test.each([
    ['535 5.7.3 Authentication unsuccessful', 'token_refused'],
    [
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.',
      'access_disabled',
    ],
    [
      '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated',
      'access_blocked',
    ],
    ['421 4.7.0 Temporary System Problem', 'throttled'],
  ])('a token met with "%s" is %s', async (reply, code) => {
    const credential: MailCredential = { type: 'oauth', accessToken: 'ya29.token' }
    const server = await sink({ password: 'ya29.token' })
    server.faults.AUTH = { reply }
    await expect(submit(server, { credential })).rejects.toMatchObject({ code, protocol: 'smtp' })
  })

  test('OAUTHBEARER names the login and the server in one command (RFC 7628)', async () => {
    const credential = { type: 'oauth', accessToken: 'ya29.token', mechanism: 'OAUTHBEARER' } as const
    const server = await sink({ password: 'ya29.token' })
    server.faults.AUTH = { reply: '235 2.7.0 Accepted' }
    await submit(server, { credential }).catch(() => undefined)
    const [, , token = ''] = server.commands.find((line) => line.startsWith('AUTH'))?.split(' ') ?? []
    const fields = Buffer.from(token, 'base64').toString().split('\u0001')
    expect(fields).toEqual([
      expect.stringMatching(/^n,a=[^,]+,$/),
      'host=localhost',
      expect.stringMatching(/^port=\d+$/),
      'auth=Bearer ya29.token',
      '',
      '',
    ])
  })

  test('R39: names each recipient that was refused, in our own words', async () => {
    const server = await sink({ extensions: [] })
    server.faults.RCPT = { reply: '550 5.1.1 no such user, says <b>the server</b>' }
    await expect(submit(server)).resolves.toEqual({
      state: 'rejected',
      reason: 'server_refused',
      rejected: message.envelope.to.map((address) => ({ address, code: 'no_such_recipient' })),
    })
    expect(server.dataCount()).toBe(0)
  })

  test('a refusal that is about the sender names no recipient', async () => {
    const server = await sink()
    server.faults.RCPT = {
      reply: '553 5.7.1 <alice@test.example>: Sender address rejected: not owned by user',
    }
    await expect(submit(server)).resolves.toEqual({
      state: 'rejected',
      rejected: [],
      reason: 'sender_refused',
    })
    await allClosed(server)
  })

  test('blocked content is no size, also over several lines', async () => {
    const server = await sink()
    server.faults['final-dot'] = {
      reply: '552-5.7.0 blocked: its content presents\r\n552 5.7.0 a security issue',
    }
    await expect(submit(server)).resolves.toEqual({
      state: 'rejected',
      rejected: [],
      reason: 'policy_refused',
    })
    await allClosed(server)
  })

  test('is refused here when it is larger than the server takes', async () => {
    const server = await sink({ extensions: ['SIZE 100'] })
    await expect(submit(server)).rejects.toMatchObject({ code: 'too_large' })
    expect(server.commands.some((line) => line.startsWith('MAIL'))).toBe(false)
  })

  test('R37: control characters in account fields are refused before a connection', async () => {
    const server = await sink()
    const account = smtpAccount(server.port)
    for (const bad of [
      { login: 'a\u0000b' },
      { login: 'a\r\nMAIL FROM:<x@y>' },
      { credential: { type: 'password', password: 'a\r\nb' } as MailCredential },
      { credential: { type: 'oauth', accessToken: 'a\u0001b' } as MailCredential },
      { address: 'a@b\r\n' },
      { smtp: { ...account.smtp, host: 'localhost\r\n' } },
    ]) {
      await expect(
        verifySmtpLogin({ ...account, ...bad }, loopbackDeps(certificates.ca)),
      ).rejects.toMatchObject({
        code: 'invalid_input',
      })
    }
    expect(server.connectionCount()).toBe(0)
  })
})

describe('before the first byte', () => {
  test('beforeData is asked once, after recipients and DATA were accepted', async () => {
    const server = await sink()
    let commands: string[] = []
    const outcome = await submit(server, {
      beforeData: async () => {
        commands = server.commands.map((line) => line.split(' ')[0] ?? '')
        return true
      },
    })
    expect(outcome.state).toBe('sent')
    expect(commands.at(-1)).toBe('DATA')
    expect(server.dataCount()).toBe(1)
  })

  test('R55: a no from beforeData sends nothing', async () => {
    const server = await sink()
    await expect(submit(server, { beforeData: async () => false })).resolves.toEqual({ state: 'withheld' })
    await allClosed(server)
    expect(server.dataCount()).toBe(0)
  })

  test('R55: what beforeData throws is thrown, and nothing is sent', async () => {
    const server = await sink()
    const failure = new Error('store unavailable')
    await expect(submit(server, { beforeData: () => Promise.reject(failure) })).rejects.toBe(failure)
    await allClosed(server)
    expect(server.dataCount()).toBe(0)
  })

  test('R55: a yes after the deadline comes too late', async () => {
    const server = await sink()
    let say = (_yes: boolean) => {}
    const beforeData = () =>
      new Promise<boolean>((resolve) => {
        say = resolve
      })
    await expect(submit(server, { beforeData, deadlineMs: 500 })).rejects.toMatchObject({ code: 'timeout' })
    say(true)
    await allClosed(server)
    expect(server.dataCount()).toBe(0)
  })

  test('R55: a yes in the moment the call ends sends nothing, and is told as an end in time', async () => {
    const server = await sink()
    const caller = new AbortController()
    const beforeData = () =>
      new Promise<boolean>((resolve) => {
        setImmediate(() => {
          resolve(true)
          caller.abort()
        })
      })
    const late = submit(server, { beforeData, signal: caller.signal, deadlineMs: farDeadlineMs })
    await expect(late).rejects.toMatchObject({ code: 'timeout' })
    await allClosed(server)
    expect(server.dataCount()).toBe(0)
  })

  test('R55: beforeData is not asked when every recipient was refused', async () => {
    const server = await sink()
    server.faults.RCPT = { reply: '452 4.2.2 mailbox full' }
    server.faults.DATA = { reply: '503 no recipients' }
    let asked = 0
    const outcome = await submit(server, {
      beforeData: async () => {
        asked += 1
        return true
      },
    })
    expect(outcome).toMatchObject({ state: 'rejected', reason: 'over_quota' })
    expect(asked).toBe(0)
  })
})

describe('R56: what became of it', () => {
  const afterDot: [string, SmtpFault, object][] = [
    ['silence', 'silence', { state: 'unknown' }],
    ['a reset', 'reset', { state: 'unknown' }],
    ['a close', 'close', { state: 'unknown' }],
    ['half a reply', 'half-reply', { state: 'unknown' }],
    ['a dribble', 'dribble', { state: 'unknown' }],
    ['nonsense', { reply: 'HTTP/1.1 200 OK' }, { state: 'unknown' }],
    ['a second 354', { reply: '354 go on' }, { state: 'unknown' }],
    ['a refusal', { reply: '554 5.7.1 spam' }, { state: 'rejected', rejected: [], reason: 'policy_refused' }],
    ['a quota', { reply: '552 5.2.2 full' }, { state: 'rejected', rejected: [], reason: 'over_quota' }],
    ['a limit', { reply: '550 5.4.5 Daily limit' }, { state: 'rejected', rejected: [], reason: 'throttled' }],
    ['a 421', { reply: '421 4.7.0 slow down' }, { state: 'rejected', rejected: [], reason: 'throttled' }],
  ]
  test.each(afterDot)('%s after the final dot', async (_name, fault, expected) => {
    // where no answer ends it, the caller gives up once the server has the message
    const caller = new AbortController()
    const onMessage = () => void (typeof fault === 'string' && setTimeout(() => caller.abort(), 50))
    const server = await sink({ faults: { 'final-dot': fault }, onMessage })
    await expect(submit(server, { signal: caller.signal, deadlineMs: farDeadlineMs })).resolves.toEqual(
      expected,
    )
    expect(server.dataCount()).toBe(1)
    expect(server.connectionCount()).toBe(1)
    await allClosed(server)
  })

  test('silence after the final dot over STARTTLS, where the sockets lie on top of each other', async () => {
    const caller = new AbortController()
    const onMessage = () => caller.abort()
    const server = await sink({ tls: 'starttls', faults: { 'final-dot': 'silence' }, onMessage })
    await expect(
      submit(server, { tls: 'starttls', signal: caller.signal, deadlineMs: farDeadlineMs }),
    ).resolves.toEqual({ state: 'unknown' })
    await allClosed(server)
  })

  test.each(['silence', 'reset', 'close'] as const)('%s in the middle of the message', async (fault) => {
    const server = await sink({ faults: { body: fault } })
    await expect(submit(server, { deadlineMs: 1_500 })).resolves.toEqual({ state: 'unknown' })
    expect(server.connectionCount()).toBe(1)
    await allClosed(server)
  })
})

describe('R58: before the message, every fault is an error in time and every socket is closed', () => {
  const stages: SmtpStage[] = ['greeting', 'EHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'DATA']
  const faults = ['silence', 'reset', 'close', 'half-reply', 'dribble'] as const
  test.each(
    stages.flatMap((stage) => [
      { stage, extensions: ['PIPELINING'] },
      { stage, extensions: [] },
    ]),
  )('at $stage $extensions', async ({ stage, extensions }) => {
    const tls = stage === 'STARTTLS' ? 'starttls' : 'implicit'
    await Promise.all(
      faults.map(async (fault) => {
        const server = await sink({ tls, extensions, faults: { [stage]: fault } })
        const breaksOff = fault === 'reset' || fault === 'close'
        const deadlineMs = breaksOff ? 20_000 : 300
        const error = await submit(server, { tls, deadlineMs }).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ name: 'MailError', protocol: 'smtp' })
        const codes = breaksOff ? ['connection_lost', 'tls_failed'] : ['timeout']
        expect(codes, fault).toContain((error as { code: string }).code)
        expect(server.dataCount()).toBe(0)
        await allClosed(server)
      }),
    )
  })

  test.each([
    ['greeting', '220'],
    ['EHLO', '250'],
    ['AUTH', '235'],
  ] as const)('a reply of 100 KB to %s is one lost connection', async (stage, code) => {
    const reply = `${`${code}-${'x'.repeat(995)}\r\n`.repeat(100)}${code} AUTH PLAIN`
    const server = await sink({ faults: { [stage]: { reply } } })
    await expect(
      verifySmtpLogin(smtpAccount(server.port), loopbackDeps(certificates.ca)),
    ).rejects.toMatchObject({ code: 'connection_lost', protocol: 'smtp' })
    await allClosed(server)
  })

  test.each([
    ['greeting', '554 5.3.2 not today', 'server_refused'],
    ['greeting', '421 4.7.0 too many connections', 'throttled'],
    ['EHLO', '421 4.3.2 shutting down', 'throttled'],
    ['AUTH', '535 5.7.8 Username and Password not accepted', 'login_refused'],
    ['AUTH', '534 5.7.9 Application-specific password required', 'login_refused'],
    [
      'AUTH',
      '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
      'login_needs_oauth',
    ],
    ['AUTH', '535 5.7.139 SmtpClientAuthentication is disabled for the Tenant', 'login_needs_oauth'],
    ['AUTH', '454 4.7.0 Too many login attempts, please try again later', 'throttled'],
    ['AUTH', '421 4.7.0 Try again later', 'throttled'],
    ['AUTH', '454 4.3.0 internal', 'server_refused'],
    ['AUTH', '502 what', 'server_refused'],
  ] as const)('%s answered by %j is %s', async (stage, reply, code) => {
    const server = await sink({ faults: { [stage]: { reply } } })
    await expect(
      verifySmtpLogin(smtpAccount(server.port), loopbackDeps(certificates.ca)),
    ).rejects.toMatchObject({
      code,
      message: code,
      protocol: 'smtp',
    })
    await allClosed(server)
  })

  test.each([
    ['MAIL', '550 5.7.60 not allowed to send as', 'sender_refused'],
    ['MAIL', '421 4.7.0 slow down', 'throttled'],
    ['MAIL', '451 4.7.500 Server busy', 'throttled'],
    ['MAIL', '552 5.3.4 too big', 'too_large'],
    ['DATA', '554 5.5.1 no', 'server_refused'],
  ] as const)('%s answered by %j is a refusal: %s', async (stage, reply, reason) => {
    for (const extensions of [['PIPELINING'], []]) {
      const server = await sink({ extensions, faults: { [stage]: { reply } } })
      await expect(submit(server)).resolves.toEqual({ state: 'rejected', rejected: [], reason })
      expect(server.dataCount()).toBe(0)
      await allClosed(server)
    }
  })
})

describe('R36: nothing secret in clear', () => {
  const secrets = [
    password,
    Buffer.from(`\0alice@test.example\0${password}`).toString('base64'),
    btoa(password),
  ]
  const expectNoSecret = (server: SmtpSink) => {
    expect(server.connectionCount()).toBeGreaterThan(0)
    for (const secret of secrets) expect(server.clear()).not.toContain(secret)
    expect(server.clear()).not.toMatch(/AUTH|MAIL|alice/i)
  }

  test('a server without STARTTLS gets no credential', async () => {
    const server = await sink({ tls: 'none' })
    await expect(submit(server, { tls: 'starttls' })).rejects.toMatchObject({ code: 'starttls_missing' })
    expectNoSecret(server)
    await allClosed(server)
  })

  test.each(['502 5.5.1 no', '454 4.7.0 not now'])('STARTTLS refused by %j', async (reply) => {
    const server = await sink({ tls: 'starttls', faults: { STARTTLS: { reply } } })
    await expect(submit(server, { tls: 'starttls' })).rejects.toMatchObject({ code: 'starttls_missing' })
    expectNoSecret(server)
  })

  test('replies injected in clear behind the 220 count for nothing', async () => {
    const server = await sink({
      tls: 'starttls',
      injectAfterStartTls: '250-evil\r\n250 AUTH PLAIN\r\n235 in\r\n250 ok',
    })
    const outcome = await submit(server, { tls: 'starttls' })
    expect(outcome.state).toBe('sent')
    expectNoSecret(server)
  })

  test('an EHLO that fails does not fall back to HELO in clear', async () => {
    const server = await sink({ tls: 'starttls', faults: { EHLO: { reply: '502 what' } } })
    await expect(submit(server, { tls: 'starttls' })).rejects.toMatchObject({ name: 'MailError' })
    expectNoSecret(server)
  })

  test.each(['wrongName', 'expired', 'selfSigned'] as const)(
    'R35: STARTTLS with a certificate that is %s',
    async (kind) => {
      const server = await sink({ tls: 'starttls', certificate: certificates[kind] })
      await expect(submit(server, { tls: 'starttls' })).rejects.toMatchObject({ code: 'tls_failed' })
      expectNoSecret(server)
      await allClosed(server)
    },
  )

  test('R35: STARTTLS below TLS 1.2', async () => {
    const server = await sink({ tls: 'starttls', oldTls: true })
    await expect(submit(server, { tls: 'starttls' })).rejects.toMatchObject({ code: 'tls_failed' })
    expectNoSecret(server)
  })
})

describe('signing in', () => {
  test.each(['implicit', 'starttls'] as const)('is verified over %s, and nothing is sent', async (tls) => {
    const server = await sink({ tls })
    await expect(
      verifySmtpLogin(smtpAccount(server.port, tls), loopbackDeps(certificates.ca)),
    ).resolves.toBeUndefined()
    await allClosed(server)
    const last = server.commands.slice(-3).map((line) => line.split(' ')[0])
    expect(last).toEqual(['EHLO', 'AUTH', 'QUIT'])
  })

  test('with a wrong password is refused', async () => {
    const server = await sink({ password: 'another' })
    const refused = verifySmtpLogin(smtpAccount(server.port), loopbackDeps(certificates.ca))
    await expect(refused).rejects.toMatchObject({ code: 'login_refused' })
  })

  test('uses LOGIN where PLAIN is not offered', async () => {
    const server = await sink({ faults: { EHLO: { reply: '250-sink\r\n250 AUTH LOGIN XOAUTH2' } } })
    await expect(
      verifySmtpLogin(smtpAccount(server.port), loopbackDeps(certificates.ca)),
    ).resolves.toBeUndefined()
  })

  test('hands no password to a server that takes tokens only', async () => {
    const server = await sink({ faults: { EHLO: { reply: '250-sink\r\n250 AUTH XOAUTH2' } } })
    const refused = verifySmtpLogin(smtpAccount(server.port), loopbackDeps(certificates.ca))
    await expect(refused).rejects.toMatchObject({ code: 'login_needs_oauth' })
    expect(server.commands).toEqual([expect.stringMatching(/^EHLO/)])
  })

  test('R58: ends when the caller gives up', async () => {
    const server = await startLineServer({
      tls: 'implicit',
      certificate: certificates.good,
      serve: (line) => line.closed,
    })
    running.push(server)
    const caller = new AbortController()
    const deps = { ...loopbackDeps(certificates.ca, farDeadlineMs), signal: caller.signal }
    const work = verifySmtpLogin(smtpAccount(server.port), deps)
    setTimeout(() => caller.abort(), 50)
    await expect(work).rejects.toMatchObject({ code: 'timeout' })
    await server.connections[0]?.closed
  })
})

describe('a submission that is opened before there is anything to send', () => {
  const early = (server: { port: number }, deadlineMs?: number) =>
    openSubmission(smtpAccount(server.port), loopbackDeps(certificates.authority.ca, deadlineMs))
  const untilGone = (server: SmtpSink) => expect.poll(() => server.openCount()).toBe(0)

  test('has logged in by the time it is asked, and sends nothing before', async () => {
    const server = await sink()
    const submission = early(server)
    await expect.poll(() => server.commands.map((one) => one.split(' ')[0])).toEqual(['EHLO', 'AUTH'])
    const beforeData = vi.fn(async () => true)
    const outcome = await submission.submit(message, { beforeData })
    expect([outcome.state, beforeData.mock.calls.length, server.dataCount()]).toEqual(['sent', 1, 1])
    submission.close()
    await untilGone(server)
  })

  test.each(['before the greeting', 'after the login'])(
    'closed %s it leaves nothing behind',
    async (when) => {
      const server = await sink(when === 'after the login' ? {} : { faults: { greeting: 'silence' } })
      const submission = early(server)
      await expect.poll(() => server.connectionCount()).toBe(1)
      if (when === 'after the login') await expect.poll(() => server.commands).toHaveLength(2)
      submission.close()
      await untilGone(server)
      expect(server.dataCount()).toBe(0)
      await expect(submission.submit(message, { beforeData: async () => true })).rejects.toThrow()
    },
  )

  test('says what failed when it is asked, as one that was not opened early does', async () => {
    const refusing = await sink({ faults: { AUTH: { reply: '535 5.7.8 no' } } })
    const submission = early(refusing)
    await expect.poll(() => refusing.connectionCount()).toBe(1)
    await untilGone(refusing)
    const beforeData = async () => expect.fail('nothing may leave')
    await expect(submission.submit(message, { beforeData })).rejects.toMatchObject({ code: 'login_refused' })
    const slow = await sink()
    const late = early(slow, 1_000)
    await expect.poll(() => slow.commands).toHaveLength(2)
    await expect.poll(() => slow.openCount()).toBe(0)
    await expect(late.submit(message, { beforeData })).rejects.toMatchObject({ code: 'timeout' })
  })
})
