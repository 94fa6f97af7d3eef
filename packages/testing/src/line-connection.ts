/**
 * One accepted connection of a server that plays a part: reads lines or bytes, writes what it is told to, upgrades
 * to TLS, breaks off in the ways networks do, and remembers every byte the client sent in clear and under TLS.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { ServerCertificate } from './certificates.ts'

export interface LineConnection {
  /** The next line without its end; undefined when the client is gone. */
  readLine(): Promise<string | undefined>
  readBytes(count: number): Promise<Buffer | undefined>
  /** Waits for the socket to drain, so that an endless answer does not fill the memory. */
  write(bytes: string | Buffer): Promise<void>
  /** TLS handshake as the server, on what was a plain connection. */
  upgrade(): Promise<void>
  isSecure(): boolean
  /** What the client sent outside TLS. */
  clear(): string
  /** What the client sent inside TLS. */
  secured(): string
  /** FIN. */
  end(): void
  /** RST. */
  reset(): void
  /** Until the client has ended its side (FIN or RST), or we broke off. */
  isOpen(): boolean
  /** Resolves when it is no longer open. */
  readonly closed: Promise<void>
}

export interface LineServer {
  readonly port: number
  /** Every connection so far, oldest first. */
  readonly connections: readonly LineConnection[]
  /** Connections that no client has ended so far. */
  openCount(): number
  stop(): Promise<void>
}

export interface LineServerOptions {
  /** `implicit`: TLS before `serve` is called. */
  tls: 'implicit' | 'starttls' | 'none'
  certificate?: ServerCertificate | undefined
  /** TLS 1.1 at most: what a client has to refuse. */
  oldTls?: boolean | undefined
  serve: (connection: LineConnection) => Promise<void>
}

export async function startLineServer(options: LineServerOptions): Promise<LineServer> {
  const connections: LineConnection[] = []
  const sockets = new Set<Socket>()
  // A client's FIN alone does not close our side: a silent server stays silent.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    const connection = createLineConnection(socket, options)
    connections.push(connection)
    const start = options.tls === 'implicit' ? connection.upgrade() : Promise.resolve()
    // The client may leave at any time; whatever the part was, it is over then.
    start.then(() => options.serve(connection)).catch(() => connection.reset())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    openCount: () => connections.filter((one) => one.isOpen()).length,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function createLineConnection(socket: Socket, options: LineServerOptions): LineConnection {
  let stream: Socket = socket
  let unread = Buffer.alloc(0)
  let gone = false
  let wake = () => {}
  let leave = () => {}
  const closed = new Promise<void>((resolve) => {
    leave = resolve
  })
  const heard = { clear: [] as Buffer[], secured: [] as Buffer[] }

  const listen = (from: Socket) => {
    from.on('data', (chunk: Buffer) => {
      heard[from === socket ? 'clear' : 'secured'].push(chunk)
      unread = Buffer.concat([unread, chunk])
      wake()
    })
    watch(from)
  }
  const watch = (from: Socket) => {
    for (const event of ['end', 'close', 'error']) {
      from.on(event, () => {
        gone = true
        leave()
        wake()
      })
    }
  }
  if (options.tls === 'implicit') watch(socket)
  else listen(socket)

  async function take<T>(attempt: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const taken = attempt()
      if (taken !== undefined || gone) return taken
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const cut = (end: number) => {
    const head = unread.subarray(0, end)
    unread = unread.subarray(end)
    return head
  }

  return {
    readLine: () =>
      take(() => {
        const end = unread.indexOf('\n')
        return end < 0
          ? undefined
          : cut(end + 1)
              .toString('latin1')
              .replace(/\r?\n$/, '')
      }),
    readBytes: (count) => take(() => (unread.length < count ? undefined : cut(count))),
    async write(bytes) {
      if (gone) throw new Error('closed')
      if (stream.write(bytes, 'latin1')) return
      await Promise.race([new Promise<void>((resolve) => stream.once('drain', resolve)), closed])
    },
    async upgrade() {
      const { certificate } = options
      if (!certificate) throw new Error('a server with TLS needs a certificate')
      socket.removeAllListeners('data')
      unread = Buffer.alloc(0)
      // OpenSSL 3 speaks TLS 1.1 only below its default security level.
      const old = options.oldTls
        ? ({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const)
        : {}
      const secureContext = createSecureContext({ ...certificate, ...old })
      const upgraded = new TLSSocket(socket, { isServer: true, secureContext })
      listen(upgraded)
      stream = upgraded
      await once(upgraded, 'secure')
    },
    isSecure: () => stream !== socket,
    clear: () => Buffer.concat(heard.clear).toString('latin1'),
    secured: () => Buffer.concat(heard.secured).toString('latin1'),
    end: () => void stream.end(),
    reset: () => {
      if (!socket.destroyed) socket.resetAndDestroy()
    },
    isOpen: () => !gone,
    closed,
  }
}
