/** Builders for the IMAP tests: an account on a test server, and a connector that counts what it carries. */
import type { Socket } from 'node:net'
import type { Connector, MailAccount, MailDeps, TlsMode } from '../../src/index.ts'
import { createConnector, createHostPolicy } from '../../src/index.ts'

export function accountOn(
  server: { host: string; port: number; tls?: TlsMode },
  login: { address: string; login: string; password: string },
): MailAccount {
  return {
    provider: 'generic',
    address: login.address,
    aliases: [],
    login: login.login,
    imap: { host: server.host, port: server.port, tls: server.tls ?? 'implicit' },
    smtp: { host: server.host, port: 465, tls: 'implicit' },
    credential: { type: 'password', password: login.password },
  }
}

export interface Wire {
  readonly connector: Connector
  /** Command lines as sent, connection by connection, without tags and literals. */
  readonly commands: string[]
  /** Times the client had to wait for an answer after the TLS handshake, the greeting included. */
  flights(): number
  readonly sockets: Socket[]
  reset(): void
}

/** Taps the socket above TLS, so the bytes are what IMAP sees. */
export function createWire(connector: Connector): Wire {
  const commands: string[] = []
  const sockets: Socket[] = []
  let waits = 0
  let answered = true
  return {
    commands,
    sockets,
    flights: () => waits,
    reset() {
      commands.length = 0
      sockets.length = 0
      waits = 0
    },
    connector: {
      tlsOptions: (server) => connector.tlsOptions(server),
      async connect(server, options) {
        const socket = await connector.connect(server, options)
        sockets.push(socket)
        waits++
        const write = socket.write.bind(socket)
        socket.write = ((chunk: Buffer | string, ...rest: never[]) => {
          const line = chunk.toString().split('\r\n')[0] ?? ''
          commands.push(line.replace(/^[A-Z0-9]+ /, ''))
          if (answered) waits++
          answered = false
          return write(chunk, ...rest)
        }) as typeof socket.write
        socket.on('data', () => {
          answered = true
        })
        // A listener starts the flow, and the greeting must wait for the client.
        socket.pause()
        return socket
      },
    },
  }
}

export function depsFor(ca: string, overrides: Partial<MailDeps> = {}): MailDeps {
  const connector = createConnector({ policy: createHostPolicy({ allowPrivate: true }), ca: [ca] })
  return { connector, now: () => Math.floor(Date.now() / 1000), ...overrides }
}
