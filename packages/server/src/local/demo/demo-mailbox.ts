/**
 * The demo mailbox of the local runner: an IMAP and an SMTP server in this process, each on a random loopback port,
 * filled again at every start. Nothing sent from it leaves the machine: mail to the demo address arrives in its INBOX,
 * mail to anyone else is accepted and dropped. It speaks plain TCP, since Node cannot mint a certificate; only the
 * connector that the local runner builds around it can reach it (`withDemoMailbox`).
 */
import net, { type AddressInfo } from 'node:net'
import type { Connector, MailServer } from '@email-connector/mail'
import type { HoodiecrowServer } from 'hoodiecrow-imap'
import { demoMessages } from './messages.ts'
import { demoAddress, toRawMessage } from './raw-message.ts'
import { createUidSearch } from './search.ts'

/** A name no resolver answers (RFC 6761 §6.4): what the demo account stores instead of a port. */
const demoHost = 'demo.invalid'
/** Not a secret: the page shows it, and the mailbox holds only what stands in messages.ts. */
const demoPassword = 'look-around'
const maxMessageBytes = 8 * 1024 * 1024

export interface DemoMailbox {
  readonly address: string
  readonly password: string
  /** By name: the ports differ with every start. */
  readonly imap: MailServer
  readonly smtp: MailServer
  /** A connector that reaches the demo servers by their name and leaves every other host to `next`. */
  withDemoMailbox(next: Connector): Connector
  close(): Promise<void>
}

export async function startDemoMailbox(options: { now: () => Date }): Promise<DemoMailbox> {
  const imap = await startImapServer(options.now())
  const smtp = await startSmtpServer((raw) => imap.deliver(raw))
  return {
    address: demoAddress,
    password: demoPassword,
    imap: { host: demoHost, port: 993, tls: 'implicit' },
    smtp: { host: demoHost, port: 465, tls: 'implicit' },
    withDemoMailbox: (next) => ({
      tlsOptions: next.tlsOptions,
      connect: (server, connectOptions) => {
        if (server.host !== demoHost) return next.connect(server, connectOptions)
        return connectLoopback(
          connectOptions.protocol === 'imap' ? imap.port : smtp.port,
          connectOptions.signal,
        )
      },
    }),
    close: async () => {
      await Promise.all([imap.close(), smtp.close()])
    },
  }
}

function connectLoopback(port: number, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true })
    signal.addEventListener('abort', () => socket.destroy(), { once: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

async function startImapServer(startedAt: Date) {
  const { default: hoodiecrow } = await import('hoodiecrow-imap')
  // UIDs start again with every start, so UIDVALIDITY must differ: else an old id would point at another mail.
  const uidvalidity = Math.floor(startedAt.getTime() / 1000)
  const messagesIn = (mailbox: string) =>
    demoMessages
      .filter((message) => (message.mailbox ?? 'INBOX') === mailbox)
      .sort((a, b) => b.hoursAgo - a.hoursAgo)
      .map((message) => {
        const date = new Date(startedAt.getTime() - message.hoursAgo * 3_600_000)
        return { raw: toRawMessage(message, date), flags: [...(message.flags ?? [])], internaldate: date }
      })
  const folder = (name: string, specialUse: string) => ({
    'special-use': specialUse,
    uidvalidity,
    messages: messagesIn(name),
  })
  const server = hoodiecrow({
    plugins: [
      'ID',
      'LITERALPLUS',
      'SASL-IR',
      'AUTH-PLAIN',
      'NAMESPACE',
      'SPECIAL-USE',
      'UIDPLUS',
      'MOVE',
      'UNSELECT',
    ],
    users: { [demoAddress]: { password: demoPassword } },
    storage: {
      INBOX: { uidvalidity, messages: messagesIn('INBOX') },
      '': {
        separator: '/',
        folders: {
          Archive: folder('Archive', '\\Archive'),
          Drafts: folder('Drafts', '\\Drafts'),
          Junk: folder('Junk', '\\Junk'),
          Sent: folder('Sent', '\\Sent'),
          Trash: folder('Trash', '\\Trash'),
        },
      },
    },
  })
  answerEveryPartialFetch(server)
  server.setCommandHandler('UID SEARCH', createUidSearch())
  const sockets = new Set<net.Socket>()
  server.server.on('connection', (socket: net.Socket) => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    deliver: (raw: string) => server.appendMessage('INBOX', [], undefined, raw),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/**
 * It shortens `<0.1536>` in the command itself once a part is shorter, so that every later message of the same FETCH would
 * come back empty. A filter runs before each message: it puts back what was asked for.
 */
function answerEveryPartialFetch(server: HoodiecrowServer) {
  const asked = new WeakMap<object, readonly number[]>()
  server.fetchFilters.push((_connection, _message, { attributes }) => {
    for (const item of [attributes[1]].flat()) {
      if (item?.partial === undefined) continue
      const partial = asked.get(item) ?? [...item.partial]
      asked.set(item, partial)
      item.partial = [...partial]
    }
    return true
  })
}

async function startSmtpServer(deliver: (raw: string) => void) {
  const { SMTPServer } = await import('smtp-server')
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    size: maxMessageBytes,
    onAuth(auth, _session, callback) {
      if (auth.username === demoAddress && auth.password === demoPassword)
        return callback(null, { user: demoAddress })
      return callback(Object.assign(new Error('Authentication failed'), { responseCode: 535 }))
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', callback)
      stream.on('end', () => {
        const toDemo = session.envelope.rcptTo.some(({ address }) => address.toLowerCase() === demoAddress)
        if (toDemo && !stream.sizeExceeded) deliver(Buffer.concat(chunks).toString('latin1'))
        callback(stream.sizeExceeded ? Object.assign(new Error('Too large'), { responseCode: 552 }) : null)
      })
    },
  })
  server.on('error', () => undefined) // A client that left in the middle of a command; only ours connects.
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
