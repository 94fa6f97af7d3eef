/** The connection to the mail server and the key service are waited for together, and what is not used is closed. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Connector, type MailAccount, MailError } from '@email-connector/mail'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { KeyUnavailableError } from '../../src/keys/key-wrapper.ts'
import { createEarlyConnections } from '../../src/tool-call/early-connection.ts'
import { openTools } from '../tools/open-tools.ts'

const imap = { host: 'imap.test.example', port: 993, tls: 'implicit' } as const
const account: MailAccount = {
  provider: 'generic',
  address: 'alice@test.example',
  aliases: [],
  login: 'alice@test.example',
  imap,
  smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
  credential: { type: 'password', password: 'canary-password' },
}

const server = createServer()
const sockets: Socket[] = []
/** Every connection leads to a server that says nothing. */
const connector: Connector = {
  async connect(_server, { signal }) {
    signal.throwIfAborted()
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => undefined)
    sockets.push(socket)
    await once(socket, 'connect')
    server.emit('test:connected')
    return socket
  },
  tlsOptions: () => ({}),
}
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => void server.close())
afterEach(() => void sockets.splice(0))

test('the connection is made while the key service is asked, and it is the one that is used', async () => {
  const one = await openTools({
    accounts: [account],
    connector,
    deadlineMs: 500,
    keyWrapper: (wrapper) => ({
      ...wrapper,
      async unwrapDataKey(wrapped, context) {
        // Were it opened afterwards, both would wait for each other.
        if (sockets.length === 0) await once(server, 'test:connected')
        return wrapper.unwrapDataKey(wrapped, context)
      },
    }),
  })
  const { structured } = await one.call('get_recent_emails')
  await one.close()
  expect(structured).toEqual({ code: 'timeout' })
  expect(sockets).toHaveLength(1)
  expect(sockets[0]?.destroyed).toBe(true)
})

test('a key service that is down: what was opened is closed', async () => {
  const one = await openTools({
    accounts: [account],
    connector,
    keyWrapper: (wrapper) => ({
      ...wrapper,
      async unwrapDataKey() {
        if (sockets.length === 0) await once(server, 'test:connected')
        throw new KeyUnavailableError('down')
      },
    }),
  })
  const { structured } = await one.call('get_recent_emails')
  await one.close()
  expect(structured).toEqual({ code: 'temporarily_unavailable' })
  expect(sockets).toHaveLength(1)
  expect(sockets[0]?.destroyed).toBe(true)
})

test('a connection that fails before the key is there is the answer, not an unhandled rejection', async () => {
  let attempts = 0
  const one = await openTools({
    accounts: [account],
    connector: {
      ...connector,
      async connect() {
        attempts += 1
        throw new MailError('host_unreachable', { protocol: 'imap' })
      },
    },
    keyWrapper: (wrapper) => ({
      ...wrapper,
      async unwrapDataKey(wrapped, context) {
        await new Promise((resolve) => setImmediate(resolve))
        return wrapper.unwrapDataKey(wrapped, context)
      },
    }),
  })
  const { structured } = await one.call('get_recent_emails')
  await one.close()
  expect([structured.code, attempts]).toEqual(['host_unreachable', 1])
})

test('a tool that sends opens nothing early: a person may be asked first', async () => {
  const one = await openTools({
    accounts: [account],
    connector,
    keyWrapper: (wrapper) => ({
      ...wrapper,
      unwrapDataKey: async () => {
        throw new KeyUnavailableError('down')
      },
    }),
  })
  await one.call('send_email', { to: ['bob@test.example'], subject: 'Hello', body: 'Text' })
  await one.close()
  expect(sockets).toEqual([])
})

test.each([
  ['host', { ...imap, host: 'other.test.example' }],
  ['port', { ...imap, port: 143 }],
  ['TLS', { ...imap, tls: 'starttls' as const }],
])('R24: what was opened for a hint is not used for a record with another %s', async (_, other) => {
  const early = createEarlyConnections({
    connector,
    signal: new AbortController().signal,
    leftMs: () => 1000,
  })
  early.start(imap)
  await once(server, 'test:connected')
  expect(early.take(other)).toBeUndefined()
  const socket = await early.take({ ...imap })
  expect(socket).toBe(sockets[0])
  expect(early.take(imap)).toBeUndefined()
  early.close()
  await once(socket as Socket, 'close')
})
