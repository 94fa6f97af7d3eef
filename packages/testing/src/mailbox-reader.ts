/**
 * A second pair of eyes: reads and fills a mailbox with imapflow directly, never with the code under test,
 * so that a test can confirm what really is on the server. One connection per call; slow and honest. The library
 * is loaded with the first of them.
 */
import type { ImapFlow } from 'imapflow'

export interface MailboxLogin {
  host: string
  port: number
  /** true: TLS from the first byte. */
  secure: boolean
  login: string
  password: string
  /** PEM. */
  ca: string
}

export interface StoredMessage {
  uid: number
  flags: string[]
  subject: string
  messageId: string
  raw: Buffer
}

export interface MailboxReader {
  mailboxes(): Promise<{ path: string; specialUse: string | undefined; total: number; unread: number }[]>
  /** Every message of the mailbox, by ascending UID. */
  messages(mailbox: string): Promise<StoredMessage[]>
  /** Resolves once `accept` is true of the mailbox; throws after `timeoutMs`. */
  waitFor(
    mailbox: string,
    accept: (messages: StoredMessage[]) => boolean,
    timeoutMs?: number,
  ): Promise<StoredMessage[]>
  /** `receivedAt`: INTERNALDATE of all of them; now without it. */
  append(
    mailbox: string,
    raws: readonly (string | Buffer)[],
    flags?: readonly string[],
    receivedAt?: Date,
  ): Promise<number[]>
  createMailbox(path: string): Promise<void>
  uidValidity(mailbox: string): Promise<bigint>
}

export function createMailboxReader(login: MailboxLogin): MailboxReader {
  async function withClient<T>(use: (client: ImapFlow) => Promise<T>): Promise<T> {
    const { ImapFlow } = await import('imapflow')
    const client = new ImapFlow({
      host: login.host,
      port: login.port,
      secure: login.secure,
      auth: { user: login.login, pass: login.password },
      tls: { ca: login.ca },
      logger: false,
    })
    client.on('error', () => {})
    await client.connect()
    try {
      return await use(client)
    } finally {
      client.close()
    }
  }

  const messages = (mailbox: string) =>
    withClient(async (client) => {
      const opened = await client.mailboxOpen(mailbox, { readOnly: true })
      const found: StoredMessage[] = []
      if (opened.exists === 0) return found
      for await (const message of client.fetch('1:*', {
        uid: true,
        flags: true,
        envelope: true,
        source: true,
      })) {
        found.push({
          uid: message.uid,
          flags: [...(message.flags ?? [])],
          subject: message.envelope?.subject ?? '',
          messageId: message.envelope?.messageId ?? '',
          raw: message.source ?? Buffer.alloc(0),
        })
      }
      return found
    })

  return {
    messages,
    mailboxes: () =>
      withClient(async (client) => {
        const listed = await client.list({ statusQuery: { messages: true, unseen: true } })
        return listed.map(({ path, specialUse, status }) => ({
          path,
          specialUse,
          total: status?.messages ?? 0,
          unread: status?.unseen ?? 0,
        }))
      }),
    async waitFor(mailbox, accept, timeoutMs = 30_000) {
      const deadline = Date.now() + timeoutMs
      for (;;) {
        const found = await messages(mailbox)
        if (accept(found)) return found
        if (Date.now() > deadline) throw new Error(`${mailbox} is not as expected: ${found.length} messages`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    append: (mailbox, raws, flags = [], receivedAt) =>
      withClient(async (client) => {
        const uids: number[] = []
        for (const raw of raws) {
          // Without UIDPLUS nobody says where a message went; nobody else writes here.
          const { uidNext = 0 } = (await client.status(mailbox, { uidNext: true })) || {}
          const answer = await client.append(mailbox, toCrlf(raw), [...flags], receivedAt)
          if (!answer) throw new Error(`cannot append to ${mailbox}`)
          uids.push(answer.uid ?? uidNext)
        }
        return uids
      }),
    createMailbox: (path) => withClient(async (client) => void (await client.mailboxCreate(path))),
    uidValidity: (mailbox) =>
      withClient(async (client) => (await client.mailboxOpen(mailbox, { readOnly: true })).uidValidity),
  }
}

/** Strings may be written with plain newlines in tests; bytes are stored as they are. */
function toCrlf(raw: string | Buffer): Buffer {
  return typeof raw === 'string' ? Buffer.from(raw.replace(/\r?\n/g, '\r\n')) : raw
}
