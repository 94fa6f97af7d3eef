/**
 * A submission server that keeps what it is given and fails at a chosen stage as no polite server would: silence
 * after the final dot, a reset although the message was taken, a half reply. Raw sockets, plain, TLS or STARTTLS.
 * `dataCount()` counts final dots received, whatever the client was told: the number that "sent once" is about.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ServerCertificate } from './certificates.ts'
import { type LineConnection, startLineServer } from './line-connection.ts'
import { parseSaslResponse } from './sasl.ts'

export type SmtpStage =
  | 'greeting'
  | 'EHLO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  /** Instead of 354. */
  | 'DATA'
  /** In the middle of the message, which is then lost. */
  | 'body'
  /** After the final dot: the message was taken. */
  | 'final-dot'
  | 'QUIT'

export type SmtpFault =
  /** Any text instead of the reply, CRLF added. */
  | { reply: string }
  /** The reply, but late. */
  | { delayMs: number }
  | 'silence'
  /** RST. */
  | 'reset'
  /** FIN. */
  | 'close'
  /** Half of the reply, then silence. */
  | 'half-reply'
  /** The reply at one byte per 100 ms, never ending. */
  | 'dribble'

export interface SmtpSinkOptions {
  /** Default `none`. */
  tls?: 'implicit' | 'starttls' | 'none'
  certificate?: ServerCertificate
  oldTls?: boolean
  /** Further EHLO lines: `PIPELINING`, `SIZE 1000`. AUTH is always there. */
  extensions?: readonly string[]
  /** Sent in clear behind the 220 of STARTTLS, in the same packet. */
  injectAfterStartTls?: string
  login?: string
  password?: string
  faults?: Partial<Record<SmtpStage, SmtpFault>>
  /** What one recipient is answered instead of 250, where it is refused; `taken`: those of this transaction so far. */
  refuseRecipient?: (address: string, taken: number) => string | undefined
  /** Called with the verb of each command, before its reply. */
  onCommand?: (verb: string) => void
  /** Called when a message was taken, before the reply: a place to file a copy. */
  onMessage?: (message: SunkMessage) => Promise<void> | void
}

export interface SunkMessage {
  from: string
  to: string[]
  /** Dots unstuffed. */
  raw: Buffer
}

export interface SmtpSink {
  readonly host: 'localhost'
  readonly port: number
  readonly messages: readonly SunkMessage[]
  dataCount(): number
  /** Every command line of every connection; the message text and SASL answers are left out. */
  readonly commands: readonly string[]
  /** What all clients sent outside TLS. */
  clear(): string
  openCount(): number
  connectionCount(): number
  /** May be changed at any time. */
  readonly faults: Partial<Record<SmtpStage, SmtpFault>>
  stop(): Promise<void>
}

export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const faults = { ...options.faults }
  const messages: SunkMessage[] = []
  const commands: string[] = []

  /** The reply of a stage, or what goes wrong instead; false: the connection is over. */
  async function answer(connection: LineConnection, stage: SmtpStage, reply: string): Promise<boolean> {
    const fault = faults[stage]
    const say = (text: string) => connection.write(`${text}\r\n`)
    if (fault === undefined) await say(reply)
    else if (typeof fault === 'object' && 'reply' in fault) await say(fault.reply)
    else if (typeof fault === 'object') {
      await delay(fault.delayMs)
      await say(reply)
    } else {
      if (fault === 'reset') connection.reset()
      if (fault === 'close') connection.end()
      if (fault === 'half-reply') await connection.write(reply.slice(0, 5))
      while (fault === 'dribble' && connection.isOpen()) {
        await connection.write('2')
        await delay(100)
      }
      await connection.closed
      return false
    }
    return true
  }

  async function readMessage(connection: LineConnection): Promise<Buffer | undefined> {
    const lines: string[] = []
    for (;;) {
      const line = await connection.readLine()
      if (line === undefined) return undefined
      if (line === '.') return Buffer.from(lines.map((one) => `${one}\r\n`).join(''), 'latin1')
      lines.push(line.startsWith('.') ? line.slice(1) : line)
    }
  }

  async function isAuthenticated(connection: LineConnection, args: string): Promise<boolean> {
    const { login, password } = options
    const [mechanism = '', initial] = args.split(' ')
    const ask = async (prompt: string) => {
      await connection.write(`334 ${prompt}\r\n`)
      return (await connection.readLine()) ?? ''
    }
    const decode = (text: string) => Buffer.from(text, 'base64').toString()
    const { user, secret } =
      mechanism.toUpperCase() === 'LOGIN'
        ? {
            user: decode(initial ?? (await ask('VXNlcm5hbWU6'))),
            secret: decode(await ask('UGFzc3dvcmQ6')),
          }
        : parseSaslResponse(mechanism, initial ?? (await ask('')))
    return (login === undefined || user === login) && (password === undefined || secret === password)
  }

  async function serve(connection: LineConnection) {
    let from = ''
    let to: string[] = []
    if (!(await answer(connection, 'greeting', '220 sink ESMTP'))) return
    for (;;) {
      const line = await connection.readLine()
      if (line === undefined) return connection.end()
      commands.push(line)
      const [verb = '', ...rest] = line.split(' ')
      const args = rest.join(' ')
      options.onCommand?.(verb.toUpperCase())
      let goesOn = true
      switch (verb.toUpperCase()) {
        case 'EHLO': {
          const upgradable = options.tls === 'starttls' && !connection.isSecure()
          const extensions = [
            'sink',
            ...(options.extensions ?? []),
            ...(upgradable ? ['STARTTLS'] : []),
            'AUTH PLAIN LOGIN XOAUTH2',
          ]
          const reply = extensions.map((one, at) => `250${at < extensions.length - 1 ? '-' : ' '}${one}`)
          goesOn = await answer(connection, 'EHLO', reply.join('\r\n'))
          break
        }
        case 'STARTTLS':
          if (options.tls !== 'starttls' || connection.isSecure()) await connection.write('502 no\r\n')
          else {
            const reply = `220 begin${options.injectAfterStartTls ? `\r\n${options.injectAfterStartTls}` : ''}`
            goesOn = await answer(connection, 'STARTTLS', reply)
            if (goesOn && faults.STARTTLS === undefined) await connection.upgrade()
          }
          break
        case 'AUTH': {
          const known = await isAuthenticated(connection, args)
          goesOn = await answer(connection, 'AUTH', known ? '235 2.7.0 ok' : '535 5.7.8 Bad credentials')
          break
        }
        case 'MAIL':
          from = /<(.*?)>/.exec(args)?.[1] ?? ''
          to = []
          goesOn = await answer(connection, 'MAIL', '250 2.1.0 ok')
          break
        case 'RCPT': {
          const address = /<(.*?)>/.exec(args)?.[1] ?? ''
          const refusal = options.refuseRecipient?.(address, to.length)
          goesOn = await answer(connection, 'RCPT', refusal ?? '250 2.1.5 ok')
          if (faults.RCPT === undefined && refusal === undefined) to.push(address)
          break
        }
        case 'DATA': {
          if (options.refuseRecipient !== undefined && to.length === 0) {
            await connection.write('503 5.5.1 no recipients\r\n')
            break
          }
          goesOn = await answer(connection, 'DATA', '354 go on')
          if (!goesOn || faults.DATA !== undefined) break
          if (faults.body !== undefined) {
            await connection.readLine()
            goesOn = await answer(connection, 'body', '451 4.3.0 no more')
            break
          }
          const raw = await readMessage(connection)
          if (raw === undefined) return
          const message = { from, to, raw }
          messages.push(message)
          await options.onMessage?.(message)
          goesOn = await answer(connection, 'final-dot', '250 2.0.0 queued as 4711')
          break
        }
        case 'QUIT':
          await answer(connection, 'QUIT', '221 bye')
          return connection.end()
        case 'RSET':
        case 'NOOP':
          await connection.write('250 ok\r\n')
          break
        default:
          await connection.write('500 unknown\r\n')
      }
      if (!goesOn) return
    }
  }

  const server = await startLineServer({
    tls: options.tls ?? 'none',
    certificate: options.certificate,
    oldTls: options.oldTls,
    serve,
  })
  return {
    host: 'localhost',
    port: server.port,
    messages,
    dataCount: () => messages.length,
    commands,
    clear: () => server.connections.map((one) => one.clear()).join('\n'),
    openCount: server.openCount,
    connectionCount: () => server.connections.length,
    faults,
    stop: server.stop,
  }
}
