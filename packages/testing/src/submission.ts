/**
 * A submission server as a mail provider runs it: TLS port and STARTTLS port, AUTH required, the same users as
 * the mail server, and real delivery into their mailboxes: over LMTP where it speaks that, else over IMAP. Addresses
 * outside test.example are taken as relayed and only counted. It refuses in the ways real servers do; for servers that
 * die, see smtp-sink.ts.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { ServerCertificate } from './certificates.ts'
import { testHosts } from './certificates.ts'
import type { RealImapServer } from './imap-server.ts'
import { deliverOverLmtp } from './lmtp.ts'

/** What the server is to answer instead of accepting; may be changed at any time. */
export interface SubmissionRefusals {
  login?: SmtpReply
  sender?: SmtpReply
  /** By address, lower case. */
  recipients: Map<string, SmtpReply>
  /** After the final dot. */
  data?: SmtpReply
}

export interface SmtpReply {
  code: number
  text: string
}

export interface SubmittedMessage {
  login: string
  from: string
  to: string[]
  /** As it came, dots unstuffed. */
  raw: Buffer
  /** What the client was told. */
  accepted: boolean
}

export interface Submission {
  readonly host: 'localhost'
  /** TLS from the first byte. */
  readonly smtpsPort: number
  /** STARTTLS, unless it was switched off. */
  readonly smtpPort: number
  readonly ca: string
  /** Every message whose DATA was read to its final dot, in order. */
  readonly messages: readonly SubmittedMessage[]
  /** How many of them there were: the number that "sent once" is about. */
  dataCount(): number
  connectionCount(): number
  readonly refusals: SubmissionRefusals
  stop(): Promise<void>
}

export interface SubmissionOptions {
  mailServer: RealImapServer & { readonly lmtpPath?: string }
  /** false: the plain port does not know STARTTLS. */
  startTls?: boolean
  /** Announced SIZE; larger messages get 552 after the final dot. */
  maxBytes?: number
  /** As Gmail does: the server itself files what it accepted in the sender's Sent. */
  filesSentCopy?: boolean
  /** Access tokens that SASL XOAUTH2 takes, or who is asked about them. */
  accessTokens?: readonly string[] | ((accessToken: string, login: string) => Promise<boolean>)
  certificate?: ServerCertificate
}

export async function startSubmission(options: SubmissionOptions): Promise<Submission> {
  const { mailServer, maxBytes } = options
  const certificate = options.certificate ?? (await mailServer.authority.issue({ names: testHosts }))
  const messages: SubmittedMessage[] = []
  const refusals: SubmissionRefusals = { recipients: new Map() }
  let connections = 0

  /** Over LMTP; a message for several is refused only if nobody could have it. */
  async function accept(login: string, from: string, to: string[], raw: Buffer) {
    if (refusals.data) throw toError(refusals.data)
    if (maxBytes !== undefined && raw.length > maxBytes) throw toError({ code: 552, text: 'too large' })
    const local = to.filter((address) => address.toLowerCase().endsWith('@test.example'))
    const { lmtpPath } = mailServer
    if (lmtpPath === undefined) await deliverOverImap(local, raw)
    else if (local.length > 0) {
      const answers = await deliverOverLmtp(lmtpPath, from, local, raw)
      const [refused] = answers.filter(({ code }) => code >= 300)
      if (refused && answers.every(({ code }) => code >= 300)) throw toError(refused)
    }
    const sender = mailServer.users.find((user) => user.login === login)
    if (options.filesSentCopy && sender) await mailServer.appendRaw(sender, 'Sent', raw, ['\\Seen'])
  }

  async function deliverOverImap(to: readonly string[], raw: Buffer) {
    for (const address of new Set(to.map((one) => one.toLowerCase()))) {
      const user = mailServer.users.find((one) => one.address === address)
      if (!user) throw toError({ code: 550, text: '5.1.1 User does not exist' })
      await mailServer.appendRaw(user, 'INBOX', raw)
    }
  }

  async function takesToken(accessToken: string, login: string): Promise<boolean> {
    const { accessTokens = [] } = options
    return typeof accessTokens === 'function'
      ? await accessTokens(accessToken, login)
      : accessTokens.includes(accessToken)
  }

  const listen = async (secure: boolean) => {
    const server = new SMTPServer({
      secure,
      ...certificate,
      logger: false,
      hideSTARTTLS: !secure && options.startTls === false,
      authMethods: options.accessTokens ? ['PLAIN', 'LOGIN', 'XOAUTH2'] : ['PLAIN', 'LOGIN'],
      // A server without STARTTLS that still asks for the password is what a client must walk away from.
      allowInsecureAuth: options.startTls === false,
      ...(maxBytes === undefined ? {} : { size: maxBytes }),
      closeTimeout: 100,
      onConnect(_session, callback) {
        connections += 1
        callback()
      },
      async onAuth(auth, _session, callback) {
        const known =
          auth.method === 'XOAUTH2'
            ? await takesToken(auth.accessToken ?? '', auth.username ?? '')
            : mailServer.users.some((user) => user.login === auth.username && user.password === auth.password)
        if (refusals.login) callback(toError(refusals.login))
        else if (known && auth.username) callback(null, { user: auth.username })
        else callback(toError({ code: 535, text: '5.7.8 Username and password not accepted' }))
      },
      onMailFrom(_address, _session, callback) {
        callback(refusals.sender ? toError(refusals.sender) : null)
      },
      onRcptTo({ address }, _session, callback) {
        const reply = refusals.recipients.get(address.toLowerCase())
        callback(reply ? toError(reply) : null)
      },
      onData(stream, session, callback) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const raw = Buffer.concat(chunks)
          const login = String(session.user)
          const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : ''
          const to = session.envelope.rcptTo.map(({ address }) => address)
          const message: SubmittedMessage = { login, from, to, raw, accepted: false }
          messages.push(message)
          accept(login, from, to, raw).then(
            () => {
              message.accepted = true
              callback(null, 'queued')
            },
            (error: Error) => callback(error),
          )
        })
      },
    })
    // Clients that hang up in the middle are part of the tests.
    server.on('error', () => {})
    const listener = server.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return { server, port: (listener.address() as AddressInfo).port }
  }

  const [smtps, smtp] = await Promise.all([listen(true), listen(false)])
  return {
    host: 'localhost',
    smtpsPort: smtps.port,
    smtpPort: smtp.port,
    ca: mailServer.ca,
    messages,
    dataCount: () => messages.length,
    connectionCount: () => connections,
    refusals,
    async stop() {
      await Promise.all(
        [smtps, smtp].map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve()))),
      )
    },
  }
}

function toError({ code, text }: SmtpReply): Error {
  return Object.assign(new Error(text), { responseCode: code })
}
