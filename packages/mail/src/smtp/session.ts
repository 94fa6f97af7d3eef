/**
 * One SMTP connection from connect to close, over our connector's socket: greeting, EHLO, AUTH, what the caller does,
 * QUIT without waiting for its answer. The only file that knows nodemailer's SMTPConnection. Failures of connecting
 * and logging in leave as MailError; those of `send` as nodemailer made them, because only submission.ts knows what
 * they mean for the message.
 */
import type { Readable } from 'node:stream'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Envelope, SentMessageInfo } from 'nodemailer/lib/smtp-connection'
import type { MailAccount } from '../account.ts'
import { withDeadline } from '../connect/deadline.ts'
import type { MailDeps } from '../connect/dial.ts'
import { assertAccount } from '../input.ts'
import { MailError } from '../mail-error.ts'
import { authenticate } from './login.ts'
import { type SmtpFailure, toSmtpError } from './reply.ts'

export interface SmtpSession {
  readonly signal: AbortSignal
  /** SMTPUTF8 (RFC 6531): addresses may hold letters beyond ASCII before the @. */
  readonly takesUtf8Addresses: boolean
  /** Ends a transaction that was refused before its message. */
  reset(): Promise<void>
  /** Rejects with an SmtpFailure. The content is not read before the server has asked for it (354). */
  send(envelope: Envelope, content: Readable): Promise<SentMessageInfo>
}

/** RFC 5321 §4.1.4: a client without a name says its address literal. The machine's own name stays at home. */
const clientName = '[127.0.0.1]'
/** A reply is at most a few lines; what never ends is no mail server. */
const maxReplyBytes = 65_536
/** After QUIT, for a server that keeps its side open. */
const closeTimeoutMs = 1_000
/** The key under which nodemailer finds our AUTH exchange; never on the wire. */
const mechanism = 'CONNECTOR'

export async function withSmtpSession<T>(
  account: MailAccount,
  deps: MailDeps,
  use: (session: SmtpSession) => Promise<T>,
): Promise<T> {
  assertAccount(account)
  const { connector } = deps
  return await withDeadline(deps, async (signal) => {
    // loads while the connection is made; a function that sends nothing never loads it
    const library = import('nodemailer/lib/smtp-connection')
    const socket = await connector.connect(account.smtp, { signal, protocol: 'smtp' })
    const { default: Connection } = await library
    if (signal.aborted) {
      socket.destroy()
      throw new MailError('timeout', { cause: signal.reason, protocol: 'smtp' })
    }
    const isImplicit = account.smtp.tls === 'implicit'
    const connection = new Connection({
      connection: socket,
      host: account.smtp.host,
      secure: isImplicit,
      secured: isImplicit,
      // else the password would go out in clear when STARTTLS is missing (R36)
      requireTLS: !isImplicit,
      tls: connector.tlsOptions(account.smtp),
      name: clientName,
      maxResponseSize: maxReplyBytes,
      // a connection that failed is destroyed, not ended: the server may never answer a FIN
      socketCloseTimeout: 0,
      customAuth: { [mechanism]: rejectingWithCause((server) => authenticate(account, server)) },
    })
    const step = failingSteps(connection, signal)

    let isDone = false
    try {
      await step<void>((done) => connection.connect((failure) => done(failure ?? null))).catch(throwSmtpError)
      const takesUtf8Addresses = /^250[ -]SMTPUTF8\b/im.test(String(connection.lastServerResponse))
      await step<void>((done) =>
        connection.login({ method: mechanism, user: account.login }, (failure) => done(failure)),
      ).catch(throwSmtpError)
      const result = await use({
        signal,
        takesUtf8Addresses,
        reset: () => step<void>((done) => connection.reset((failure) => done(failure ?? null))),
        send: (envelope, content) =>
          step((done) => connection.send(envelope, content, (failure, sent) => done(failure, sent))),
      })
      isDone = true
      return result
    } finally {
      if (isDone) {
        connection.options.socketCloseTimeout = closeTimeoutMs
        connection.quit()
      }
      connection.close()
    }
  })
}

type Done<T> = (failure: SmtpFailure | null, value?: T) => void

/** nodemailer reports to the callback, to an event, or to both; a step ends with whichever comes first. */
function failingSteps(connection: SMTPConnection, signal: AbortSignal) {
  const failed = new Promise<never>((_, reject) => {
    connection.on('error', reject)
    const onAbort = () => {
      reject(Object.assign(new Error('deadline'), { code: 'ETIMEDOUT' }))
      connection.close()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    connection.once('end', () => {
      signal.removeEventListener('abort', onAbort)
      // a 421 ends the connection first and tells the waiting step why right after
      setImmediate(() => reject(Object.assign(new Error('connection ended'), { code: 'ECONNECTION' })))
    })
  })
  failed.catch(() => {})
  return <T>(start: (done: Done<T>) => void): Promise<T> =>
    Promise.race([
      failed,
      new Promise<T>((resolve, reject) =>
        start((failure, value) => (failure === null ? resolve(value as T) : reject(failure))),
      ),
    ])
}

/** nodemailer overwrites `code` on the error it is handed; a MailError travels inside another one. */
function rejectingWithCause<C>(handler: (server: C) => Promise<void>): (server: C) => Promise<void> {
  return (server) =>
    handler(server).catch((cause: unknown) => {
      throw new Error('login', { cause })
    })
}

function throwSmtpError(failure: SmtpFailure): never {
  throw failure.cause instanceof MailError ? failure.cause : toSmtpError(failure)
}
