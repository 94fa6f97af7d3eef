/**
 * The connection to the mail server opens while the key service decrypts: where to connect is in the grant's hint, the
 * login in the record. What was opened is used only if the record names the same server; all of it ends with the call.
 */
import type { Socket } from 'node:net'
import type { Connector, MailServer } from '@email-connector/mail'

export interface EarlyConnections {
  start(imap: MailServer): void
  /** What was started to this very server, once. It may still fail, as any connection. */
  take(imap: MailServer): Promise<Socket> | undefined
  /** Closes everything, taken or not. */
  close(): void
}

export function createEarlyConnections(options: {
  connector: Connector
  signal: AbortSignal
  /** Milliseconds until the deadline of the call. */
  leftMs: () => number
}): EarlyConnections {
  const { connector, leftMs } = options
  const ending = new AbortController()
  const started: { imap: MailServer; socket: Promise<Socket> }[] = []
  const waiting = new Set<(typeof started)[number]>()
  return {
    start(imap) {
      const signal = AbortSignal.any([options.signal, ending.signal, AbortSignal.timeout(leftMs())])
      const socket = connector.connect(imap, { signal, protocol: 'imap' })
      // Perhaps nobody comes to take it.
      socket.catch(() => undefined)
      const one = { imap, socket }
      started.push(one)
      waiting.add(one)
    },
    take({ host, port, tls }) {
      for (const one of waiting) {
        if (one.imap.host !== host || one.imap.port !== port || one.imap.tls !== tls) continue
        waiting.delete(one)
        return one.socket
      }
      return undefined
    },
    close() {
      ending.abort()
      for (const { socket } of started) socket.then((one) => one.destroy()).catch(() => undefined)
    },
  }
}
