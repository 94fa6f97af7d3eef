import { connect } from 'node:net'
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createCertificateSet } from '../src/certificates.ts'
import { allMisbehaviours } from '../src/misbehaviour.ts'
import { type ScriptedImapOptions, startScriptedImap } from '../src/scripted-imap.ts'
import { type SmtpSinkOptions, startSmtpSink } from '../src/smtp-sink.ts'

let certificates: Awaited<ReturnType<typeof createCertificateSet>>
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  certificates = await createCertificateSet()
})
afterAll(() => certificates.authority.remove())
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const imap = async (options: ScriptedImapOptions) => {
  const server = await startScriptedImap(options)
  stops.push(server.stop)
  const client = new ImapFlow({
    host: 'localhost',
    port: server.port,
    secure: options.tls === 'implicit',
    ...(options.tls === 'none' ? {} : { doSTARTTLS: options.tls === 'starttls' }),
    auth: { user: 'alice', pass: 'se"cret 1' },
    tls: { ca: certificates.ca },
    logger: false,
    greetingTimeout: 2_000,
    socketTimeout: 2_000,
  })
  client.on('error', () => {})
  stops.push(async () => client.close())
  return { server, client }
}
const sink = async (options: SmtpSinkOptions) => {
  const server = await startSmtpSink(options)
  stops.push(server.stop)
  const secure = options.tls === 'implicit'
  const send = () =>
    createTransport({
      host: 'localhost',
      port: server.port,
      secure,
      requireTLS: options.tls === 'starttls',
      ignoreTLS: options.tls === 'none',
      auth: { user: 'alice', pass: 'secret' },
      tls: { ca: certificates.ca },
      socketTimeout: 400,
    }).sendMail({ from: 'a@test.example', to: 'b@test.example', subject: 's', text: '.\r\ntext' })
  return { server, send }
}

describe('The scripted IMAP server', () => {
  test.each(['implicit', 'starttls', 'none'] as const)(
    'serves a client that behaves (tls: %s)',
    async (tls) => {
      const { server, client } = await imap({
        tls,
        certificate: certificates.good,
        login: 'alice',
        password: 'se"cret 1',
        mailboxes: [
          { path: 'INBOX', exists: 7, uidValidity: 42 },
          { path: 'Sent', specialUse: '\\Sent' },
        ],
      })
      await client.connect()
      expect((await client.list()).map(({ path, specialUse }) => [path, specialUse])).toEqual([
        ['INBOX', '\\Inbox'],
        ['Sent', '\\Sent'],
      ])
      expect(await client.mailboxOpen('INBOX')).toMatchObject({ exists: 7, uidValidity: 42n })
      expect(server.openCount()).toBe(1)
      await client.logout()
      await server.connections[0]?.closed
      expect(server.openCount()).toBe(0)
      const secret = Buffer.from('\0alice\0se"cret 1').toString('base64')
      expect(server.clear().includes(secret)).toBe(tls === 'none')
      expect(server.connections[0]?.secured().includes(secret)).toBe(tls !== 'none')
    },
  )

  test('refuses another password, by LOGIN too', async () => {
    for (const capabilities of ['IMAP4rev1 AUTH=PLAIN SASL-IR', 'IMAP4rev1']) {
      const { client } = await imap({ tls: 'none', password: 'other', capabilities })
      await expect(client.connect()).rejects.toMatchObject({ authenticationFailed: true })
    }
  })

  test('takes literals, the waiting kind and the other, and hands handlers the whole command', async () => {
    const seen: string[] = []
    for (const capabilities of ['IMAP4rev1', 'IMAP4rev1 LITERAL+']) {
      const { client } = await imap({
        tls: 'none',
        capabilities,
        handlers: {
          async APPEND(tag, args, connection) {
            seen.push(args)
            await connection.send(`${tag} OK [APPENDUID 1 5] done`)
          },
        },
      })
      await client.connect()
      expect(await client.append('INBOX', 'a\r\n{5}\r\n')).toMatchObject({ uid: 5 })
    }
    expect(seen.map((args) => args.replace(/\{8\+?\}/, '{8}'))).toEqual(
      Array(2).fill('INBOX {8}\r\na\r\n{5}\r\n'),
    )
  })

  test('injects an answer behind STARTTLS in the same packet', async () => {
    const { server } = await imap({
      tls: 'starttls',
      certificate: certificates.good,
      injectAfterStartTls: '* CAPABILITY IMAP4rev1 EVIL\r\n',
    })
    const socket = connect(server.port, '127.0.0.1')
    const heard: string[] = []
    socket.on('data', (chunk) => heard.push(chunk.toString()))
    socket.write('a STARTTLS\r\n')
    await expect.poll(() => heard.join('')).toContain('EVIL')
    expect(heard.some((chunk) => chunk.startsWith('a OK') && chunk.includes('EVIL'))).toBe(true)
    socket.destroy()
  })

  test.each(allMisbehaviours)('is bad company at the greeting and after LOGIN: %s', async (how) => {
    for (const at of ['greeting', 'LIST']) {
      const { server, client } = await imap({ tls: 'none', misbehave: { at, how } })
      const outcome = client
        .connect()
        .then(() => client.list())
        .then(
          () => 'answered',
          () => 'failed',
        )
      const timer = new Promise((resolve) => setTimeout(() => resolve('waiting'), 300))
      expect(await Promise.race([outcome, timer])).not.toBe('answered')
      client.close()
      await expect.poll(server.openCount).toBe(0)
    }
  })

  test.each(['wrongName', 'expired', 'notYetValid', 'selfSigned'] as const)(
    'can show a certificate that is not to be trusted: %s',
    async (kind) => {
      const { client } = await imap({ tls: 'implicit', certificate: certificates[kind] })
      const codes = {
        wrongName: 'ERR_TLS_CERT_ALTNAME_INVALID',
        expired: 'CERT_HAS_EXPIRED',
        notYetValid: 'CERT_NOT_YET_VALID',
        selfSigned: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      }
      await expect(client.connect()).rejects.toMatchObject({ code: codes[kind] })
    },
  )

  test('can speak nothing newer than TLS 1.1', async () => {
    const { client } = await imap({ tls: 'implicit', certificate: certificates.good, oldTls: true })
    await expect(client.connect()).rejects.toMatchObject({ code: expect.stringMatching(/PROTOCOL|SSL/) })
  })
})

describe('The SMTP sink', () => {
  test.each(['implicit', 'starttls', 'none'] as const)('takes a message (tls: %s)', async (tls) => {
    const { server, send } = await sink({ tls, certificate: certificates.good, password: 'secret' })
    await send()
    expect(server.messages).toMatchObject([{ from: 'a@test.example', to: ['b@test.example'] }])
    expect(server.messages[0]?.raw.toString()).toMatch(/\r\n\r\n\.\r\ntext\r\n$/)
    expect(server.clear().includes(Buffer.from('\0alice\0secret').toString('base64'))).toBe(tls === 'none')
  })

  test.each(['silence', 'reset', 'close', 'half-reply', 'dribble'] as const)(
    'keeps the message and tells the client nothing after the final dot: %s',
    async (fault) => {
      const { server, send } = await sink({ tls: 'implicit', certificate: certificates.good })
      server.faults['final-dot'] = fault
      const outcome = send().then(
        () => 'sent',
        (error: { responseCode?: number }) => error.responseCode ?? 'no answer',
      )
      const timer = new Promise((resolve) => setTimeout(() => resolve('no answer'), 600))
      expect(await Promise.race([outcome, timer])).toBe('no answer')
      expect(server.dataCount()).toBe(1)
    },
  )

  test.each(['EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'body'] as const)(
    'has no message when it breaks off at %s',
    async (stage) => {
      const { server, send } = await sink({ tls: 'none', faults: { [stage]: 'reset' } })
      await expect(send()).rejects.toThrow()
      expect(server.dataCount()).toBe(0)
    },
  )
})
