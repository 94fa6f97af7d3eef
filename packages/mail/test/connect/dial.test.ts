import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { rootCertificates, TLSSocket } from 'node:tls'
import {
  createCertificateSet,
  type LineServer,
  type ServerCertificate,
  startLineServer,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createConnector } from '../../src/connect/dial.ts'
import { createHostPolicy } from '../../src/connect/host-policy.ts'
import { MailError } from '../../src/mail-error.ts'

let certificates: Awaited<ReturnType<typeof createCertificateSet>>
const servers: (LineServer | Server)[] = []
beforeAll(async () => {
  certificates = await createCertificateSet()
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('stop' in server) await server.stop()
    else server.close()
  }
})
afterAll(() => certificates.authority.remove())

const local = createHostPolicy({ allowPrivate: true })
const dial = (
  port: number,
  { tls = 'implicit', host = 'localhost', signal = new AbortController().signal } = {},
) =>
  createConnector({ policy: local, ca: [certificates.ca] }).connect(
    { host, port, tls: tls as 'implicit' | 'starttls' },
    { signal, protocol: 'smtp' },
  )
async function serve(certificate: ServerCertificate, oldTls = false) {
  const server = await startLineServer({ tls: 'implicit', certificate, oldTls, serve: (line) => line.closed })
  servers.push(server)
  return server
}

describe('an implicit TLS connection', () => {
  test.each(['localhost', '127.0.0.1'])('to %s is verified, fresh and TLS 1.2 or newer', async (host) => {
    const { port } = await serve(certificates.good)
    const socket = (await dial(port, { host })) as TLSSocket
    expect(socket).toBeInstanceOf(TLSSocket)
    expect(socket.authorized).toBe(true)
    expect(socket.isSessionReused()).toBe(false)
    expect(['TLSv1.2', 'TLSv1.3']).toContain(socket.getProtocol())
    socket.destroy()
  })

  test.each(['wrongName', 'expired', 'notYetValid', 'selfSigned'] as const)(
    'R35: a certificate that is %s is refused',
    async (kind) => {
      const server = await serve(certificates[kind])
      await expect(dial(server.port)).rejects.toMatchObject({ name: 'MailError', code: 'tls_failed' })
      await server.connections[0]?.closed
    },
  )

  test('R35: TLS below 1.2 is refused', async () => {
    const { port } = await serve(certificates.good, true)
    await expect(dial(port)).rejects.toMatchObject({ code: 'tls_failed' })
  })

  test('R35: an authority of an organisation vouches for its own hosts, and for no other', async () => {
    const { port } = await serve(certificates.good)
    const internal = { hosts: ['mail.test.example'], ca: [certificates.ca] }
    const policy = { ...local, resolve: async () => ['127.0.0.1'] }
    const open = (host: string) =>
      createConnector({ policy, internal }).connect(
        { host, port, tls: 'implicit' },
        { signal: new AbortController().signal, protocol: 'imap' },
      )
    const socket = await open('mail.test.example')
    socket.destroy()
    await expect(open('localhost')).rejects.toMatchObject({ code: 'tls_failed' })
    const { ca } = createConnector({ policy, internal }).tlsOptions({
      ...{ host: 'mail.test.example', port, tls: 'starttls' },
    })
    // Beside Node's own: a server may have a certificate that everybody knows.
    expect(ca).toEqual([...rootCertificates, certificates.ca])
  })

  test('R35: an authority that nobody told us of is refused', async () => {
    const { port } = await serve(certificates.good)
    const stranger = createConnector({ policy: local })
    await expect(
      stranger.connect(
        { host: 'localhost', port, tls: 'implicit' },
        { signal: new AbortController().signal, protocol: 'imap' },
      ),
    ).rejects.toMatchObject({ code: 'tls_failed', protocol: 'imap' })
  })

  test('to a server that speaks in clear fails as TLS', async () => {
    const server = await startLineServer({ tls: 'none', serve: (line) => line.write('220 hello\r\n') })
    servers.push(server)
    await expect(dial(server.port)).rejects.toMatchObject({ code: 'tls_failed' })
  })

  test('to a server that hangs up in the handshake is lost', async () => {
    const server = await startLineServer({
      tls: 'none',
      serve: async (line) => {
        await line.readBytes(1)
        line.reset()
      },
    })
    servers.push(server)
    await expect(dial(server.port)).rejects.toMatchObject({ code: 'connection_lost' })
  })
})

describe('the address', () => {
  test('R33: is the checked one, while TLS names the host', async () => {
    const { port } = await serve(certificates.good)
    const asked: string[] = []
    const policy = createHostPolicy({
      allowPrivate: true,
      resolve: async (host) => {
        asked.push(host)
        return ['127.0.0.1']
      },
    })
    const connector = createConnector({ policy, ca: [certificates.ca] })
    for (const _ of [1, 2]) {
      const socket = (await connector.connect(
        { host: 'mail.test.example', port, tls: 'implicit' },
        { signal: new AbortController().signal, protocol: 'imap' },
      )) as TLSSocket
      expect(socket.remoteAddress).toBe('127.0.0.1')
      expect(socket).toMatchObject({ servername: 'mail.test.example', authorized: true })
      socket.destroy()
    }
    expect(asked).toEqual(['mail.test.example', 'mail.test.example'])
  })

  test('is the next one where the first does not answer', async () => {
    const { port } = await serve(certificates.good)
    const policy = createHostPolicy({ allowPrivate: true, resolve: async () => ['127.0.0.99', '127.0.0.1'] })
    const socket = await createConnector({ policy, ca: [certificates.ca] }).connect(
      { host: 'mail.test.example', port, tls: 'implicit' },
      { signal: new AbortController().signal, protocol: 'imap' },
    )
    expect(socket.remoteAddress).toBe('127.0.0.1')
    socket.destroy()
  })

  test('R32, R33: no socket is opened to a refused one', async () => {
    const { port, connections } = await serve(certificates.good)
    const policy = { ...createHostPolicy({ resolve: async () => ['127.0.0.1'] }), checkPort: () => {} }
    const refused = createConnector({ policy, ca: [certificates.ca] }).connect(
      { host: 'mail.test.example', port, tls: 'implicit' },
      { signal: new AbortController().signal, protocol: 'imap' },
    )
    await expect(refused).rejects.toMatchObject({ code: 'host_unreachable' })
    expect(connections).toHaveLength(0)
  })

  test('R34, R37: a wrong port or host is refused before the resolver is asked', async () => {
    const asked: string[] = []
    const policy = createHostPolicy({
      resolve: async (host) => {
        asked.push(host)
        return []
      },
    })
    const connect = (host: string, port: number) =>
      createConnector({ policy }).connect(
        { host, port, tls: 'implicit' },
        { signal: new AbortController().signal, protocol: 'smtp' },
      )
    await expect(connect('a.example', 25)).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'smtp_port',
    })
    await expect(connect('a.example\r\nb', 465)).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'smtp_host',
    })
    expect(asked).toEqual([])
  })

  test('R40: a closed port, an unknown name and a refused address are one error in every property', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const visible = (error: unknown) => {
      if (!(error instanceof MailError)) throw error
      return { message: error.message, code: error.code, field: error.field, protocol: error.protocol }
    }
    const failing = (resolve: (host: string) => Promise<string[]>) =>
      createConnector({ policy: createHostPolicy({ resolve }) })
        .connect(
          { host: 'a.example', port: 465, tls: 'implicit' },
          { signal: new AbortController().signal, protocol: 'smtp' },
        )
        .catch(visible)
    const closed = await dial(port).catch(visible)
    expect(closed).toEqual({ message: 'host_unreachable', code: 'host_unreachable', protocol: 'smtp' })
    expect(await failing(() => Promise.reject(new Error('ENOTFOUND')))).toEqual(closed)
    expect(await failing(async () => ['10.0.0.1'])).toEqual(closed)
    expect(await failing(async () => [])).toEqual(closed)
  })
})

describe('the signal', () => {
  test('R58: ends a handshake that never ends, and closes the socket', async () => {
    const server = await startLineServer({ tls: 'none', serve: (line) => line.closed })
    servers.push(server)
    const deadline = new AbortController()
    const work = dial(server.port, { signal: deadline.signal })
    setTimeout(() => deadline.abort(), 50)
    await expect(work).rejects.toMatchObject({ code: 'timeout' })
    await server.connections[0]?.closed
    expect(server.openCount()).toBe(0)
  })

  test('leaves alone what was handed over: the socket below a TLS socket is never destroyed by itself', async () => {
    const { port } = await serve(certificates.good)
    const deadline = new AbortController()
    const socket = await dial(port, { signal: deadline.signal })
    deadline.abort()
    expect(socket.destroyed).toBe(false)
    socket.destroy()
    await once(socket, 'close')
  })

  test('ends a resolver that never answers, and a call that comes too late', async () => {
    const policy = createHostPolicy({ resolve: () => new Promise(() => {}) })
    const connect = (signal: AbortSignal) =>
      createConnector({ policy }).connect(
        { host: 'a.example', port: 993, tls: 'implicit' },
        { signal, protocol: 'imap' },
      )
    const deadline = new AbortController()
    const work = connect(deadline.signal)
    deadline.abort()
    await expect(work).rejects.toBeInstanceOf(MailError)
    await expect(connect(AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' })
  })
})

test('a STARTTLS server gets a plain socket and the options that verify it later', async () => {
  const server = await startLineServer({ tls: 'none', serve: (line) => line.closed })
  servers.push(server)
  const socket = await dial(server.port, { tls: 'starttls' })
  expect(socket).not.toBeInstanceOf(TLSSocket)
  socket.destroy()
  const { tlsOptions } = createConnector({ policy: local })
  expect(tlsOptions({ host: 'a.example', port: 587, tls: 'starttls' })).toEqual({
    host: 'a.example',
    servername: 'a.example',
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  })
  expect(tlsOptions({ host: '9.9.9.9', port: 587, tls: 'starttls' })).not.toHaveProperty('servername')
})
