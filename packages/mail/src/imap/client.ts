/**
 * The only file that knows imapflow. Its protocol machinery (TLS upgrade, SASL, literals, parsing) is used; its command
 * methods are not: they answer `false` on failure, ask for more than we need, and wait between commands that can share
 * a flight. Everything that fails here throws MailError. When and why to connect is left to imap/session.ts.
 */
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { FetchMessageObject, ImapTransport, MailboxObject } from 'imapflow'
import { ImapFlow } from 'imapflow'
import { compiler } from 'imapflow/lib/handler/imap-handler.js'
import type { ImapAttribute, ImapCompileNode, ImapResponse } from 'imapflow/lib/handler/types.js'
import { specialUse } from 'imapflow/lib/special-use.js'
import { decodePath, encodePath, formatMessageResponse } from 'imapflow/lib/tools.js'
import type { MailAccount, TlsMode } from '../account.ts'
import type { Connector } from '../connect/dial.ts'
import { MailError } from '../mail-error.ts'
import type { ServerMemory } from '../message.ts'
import { type ImapStage, toMailError } from './errors.ts'
import { combineFirstFlight, type EarlyCommand } from './first-flight.ts'
import { textOf } from './response-text.ts'

export type { ImapAttribute, ImapResponse }
export type ImapToken = ImapCompileNode
/** `dateText`: the Date header as written; the library keeps the moment and loses the sender's time of day. */
export type FetchedMessage = FetchMessageObject & { readonly dateText?: string }
export type UntaggedHandlers = Record<string, (response: ImapResponse) => Promise<void> | void>

export interface ImapClientOptions {
  readonly account: MailAccount
  readonly connector: Connector
  /** Connected, and under TLS where the account says so from the first byte. */
  readonly socket: Socket
  readonly memory?: ServerMemory
}

export interface ImapClient {
  /** Greeting to login. With a memory, commands may be given before it ends: the first may leave with the LOGIN. */
  connect(): Promise<void>
  /** How the commands that left with the LOGIN fared: undefined where there were none, or the login failed. */
  firstFlight(): 'kept' | 'lost' | undefined
  /** Sends one command and waits for its end. Throws on NO, BAD, BYE and a lost connection. */
  run(
    command: string,
    attributes: ImapToken[],
    untagged: UntaggedHandlers,
    stage: ImapStage,
  ): Promise<ImapResponse>
  /** Sends a command in front of the next `run`; its tagged answer is not seen. */
  sendAhead(command: string, attributes: ImapToken[]): void
  has(capability: string): boolean
  capabilities(): string[]
  toRow(response: ImapResponse, path: string): Promise<FetchedMessage>
  /** Modified UTF-7 (RFC 3501 §5.1.3). */
  encodePath(path: string): string
  decodePath(path: string): string
  /** Of the whole connection; one octet more closes it. */
  allowBytes(bytes: number): void
  specialUseOf(name: string, attributes: readonly string[]): { flag?: string; source: string }
  close(): void
}

/** The part of the library's connection that its types leave out (pinned version; the trace test guards it). */
export interface Channel {
  exec(
    command: string,
    attributes: ImapToken[],
    options: { untagged: UntaggedHandlers },
  ): Promise<{ response: ImapResponse; next(): void }>
  write(chunk: Buffer | string): void
  send(command: SentCommand): Promise<void>
  throttleWait(delayMs: number): Promise<boolean>
  commands: Map<string, (channel: Channel, ...rest: unknown[]) => Promise<unknown>>
  commandParts: Buffer[]
  tagCounter: number
  currentRequest: { tag: string; sent?: boolean } | false
  expectCapabilityUpdate: boolean
  /** What the socket is piped into. */
  streamer: { write(chunk: Buffer, ...rest: unknown[]): boolean }
}
export interface SentCommand {
  tag: string
  command: string
  attributes: ImapToken[]
}

/** The largest piece we ask for is 4 MiB (reading/attachment.ts); a server that sends more is not answering us. */
const maxLiteralBytes = 6 * 1024 * 1024
/** A SEARCH answer of a million numbers is 7 MB. */
const maxLineBytes = 8 * 1024 * 1024
const maxResponseBytes = 16 * 1024 * 1024

export function createImapClient(options: ImapClientOptions): ImapClient {
  const client = createFlow(options)
  const channel = client as unknown as Channel
  const remembered = new Set(options.memory?.capabilities)
  const known = () => (isOpen ? new Set(client.capabilities.keys()) : remembered)
  let ahead = 0
  let isOpen = false
  let opening: Promise<void> = Promise.resolve()
  let before: SentCommand[] = []
  let first: EarlyCommand | undefined
  const write = (command: SentCommand) => channel.write(compiler(command))
  const allowBytes = countBytes(channel, () => client.close())
  const flight = combineFirstFlight(channel, write, () => first)
  return {
    async connect() {
      opening = client.connect().then(
        () => {
          isOpen = true
        },
        (error: unknown) => {
          throw toMailError(error, 'login')
        },
      )
      await opening
    },
    firstFlight() {
      if (!flight.arrived()) return undefined
      return flight.lost() ? 'lost' : 'kept'
    },
    async run(command, attributes, handlers, stage) {
      const { untagged, fault } = catchFaults(handlers, () => client.close())
      const early = { command, attributes, untagged, before }
      before = []
      if (!isOpen) first ??= early
      await opening
      try {
        let answer = flight.answerTo(early)
        if (answer === undefined) {
          for (const one of early.before) write(one)
          answer = channel.exec(command, attributes, { untagged })
        }
        const { response, next } = await answer
        next()
        fault.rethrow()
        return response
      } catch (error) {
        fault.rethrow()
        throw toMailError(error, stage)
      }
    },
    sendAhead(command, attributes) {
      before.push({ tag: `P${++ahead}`, command, attributes })
    },
    has: (capability) => known().has(capability),
    capabilities: () => [...known()],
    async toRow(response, path) {
      const row = await formatMessageResponse(response, { path } as MailboxObject, 'sha256', client)
      const dateText = envelopeDate(response)
      return dateText === '' ? row : { ...row, dateText }
    },
    encodePath: (path) => encodePath(client, path),
    decodePath: (path) => decodePath(client, path),
    allowBytes,
    specialUseOf(name, attributes) {
      const folder = { name, flags: new Set(attributes) } as unknown as Parameters<typeof specialUse>[1]
      const { flag, source } = specialUse(true, folder)
      return { ...(flag ? { flag } : {}), source: source ?? 'none' }
    },
    close: () => client.close(),
  }
}

function createFlow(options: ImapClientOptions): ImapFlow {
  const { imap, login, credential } = options.account
  const implicitTls = imap.tls === 'implicit'
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: implicitTls,
    // without `true` the password would go out in clear when STARTTLS is not offered
    ...(implicitTls ? {} : { doSTARTTLS: true }),
    transport: createTransport(options),
    auth:
      credential.type === 'oauth'
        ? { user: login, accessToken: credential.accessToken }
        : { user: login, pass: credential.password, loginMethod: 'LOGIN' },
    logger: false,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableCompression: true,
    disableIMAP4rev2: true,
    maxLiteralSize: maxLiteralBytes,
    maxLineLength: maxLineBytes,
    maxResponseSize: maxResponseBytes,
  })
  // a stall or reset without a listener would end the process
  client.on('error', () => undefined)
  const channel = client as unknown as Channel
  // a server's back-off hint would hold the call for as long as it likes
  channel.throttleWait = async () => false
  shortenLogin(channel, client, options)
  allowLargeNonSynchronizingAppend(channel, client)
  return client
}

/** The library drops what a handler throws; here it ends the connection and is the command's own failure. */
function catchFaults(handlers: UntaggedHandlers, close: () => void) {
  let caught: { readonly error: unknown } | undefined
  const untagged = Object.entries(handlers).map(([name, handle]): [string, UntaggedHandlers[string]] => [
    name,
    async (response) => {
      if (caught !== undefined) return
      try {
        await handle(response)
      } catch (error) {
        caught = { error }
        close()
      }
    },
  ])
  return {
    untagged: Object.fromEntries(untagged),
    fault: {
      rethrow() {
        if (caught !== undefined) throw caught.error
      },
    },
  }
}

/** Counts what the server sends, before it is parsed. Sizes of lines and literals alone do not bound their number. */
function countBytes({ streamer }: Channel, close: () => void): (bytes: number) => void {
  const write = streamer.write.bind(streamer)
  let allowed = 0
  let received = 0
  streamer.write = (chunk, ...rest) => {
    received += chunk.length
    if (received > allowed) {
      close()
      return false
    }
    return write(chunk, ...rest)
  }
  return (bytes) => {
    allowed = bytes
  }
}

/** Hands over the socket our connector opened and checked; upgrades it with the same trust. */
function createTransport({ account, connector, socket }: ImapClientOptions): ImapTransport {
  return {
    connect(_options, onConnect) {
      setImmediate(onConnect)
      return socket
    },
    upgrade: (_plain, _options, onSecure) =>
      connectTls({ ...connector.tlsOptions(account.imap), socket }, onSecure),
  }
}

/** Answers from memory, or leaves out, what the library asks between greeting and first use: 3 to 5 round trips. */
function shortenLogin(
  channel: Channel,
  client: ImapFlow,
  { account: { imap, login, credential }, memory }: ImapClientOptions,
): void {
  const commands = new Map(channel.commands)
  const askServer = commands.get('CAPABILITY')
  const ascii = credential.type === 'oauth' || /^[\x20-\x7e]*$/.test(login + credential.password)
  commands.set('CAPABILITY', async (connection) => {
    // RFC 9051 §7.1.4: only an OK greeting is kept; PREAUTH would skip TLS or put us into a session that is not ours
    if (client.greeting === undefined) throw preauthenticated(imap.tls)
    if (memory !== undefined && ascii && (client.capabilities.size === 0 || channel.expectCapabilityUpdate)) {
      for (const name of memory.capabilities) client.capabilities.set(name, true)
      // true of every provider that takes OAuth, and gone from the list they give after login
      if (credential.type === 'oauth') {
        for (const name of ['AUTH=XOAUTH2', 'SASL-IR']) client.capabilities.set(name, true)
      }
      if (imap.tls === 'starttls' && !client.secureConnection) client.capabilities.set('STARTTLS', true)
      channel.expectCapabilityUpdate = false
    } else {
      await askServer?.(connection)
    }
    // RFC 9051 §6.2.3: LOGIN saves a round trip over AUTHENTICATE, but is ASCII and may be switched off
    const disabled = client.secureConnection && client.capabilities.has('LOGINDISABLED')
    if (client.options.auth && (!ascii || disabled)) {
      const { loginMethod: _login, ...auth } = client.options.auth
      client.options.auth = auth
    }
    return client.capabilities
  })
  commands.set('ID', async () => ({}))
  commands.set('NAMESPACE', async () => ({}))
  channel.commands = commands
}

function preauthenticated(tls: TlsMode): MailError {
  return new MailError(tls === 'starttls' ? 'starttls_missing' : 'connection_lost', { protocol: 'imap' })
}

/** RFC 7888 LITERAL+: the whole message in one flight. The library waits for "+" above 4096 bytes. */
function allowLargeNonSynchronizingAppend(channel: Channel, client: ImapFlow): void {
  const send = channel.send.bind(channel)
  channel.send = async (command) => {
    if (command.command !== 'APPEND' || !client.capabilities.has('LITERAL+')) return send(command)
    channel.commandParts = []
    channel.write(compiler(command, { literalPlus: true }))
    if (channel.currentRequest && channel.currentRequest.tag === command.tag)
      channel.currentRequest.sent = true
  }
}

function envelopeDate({ attributes }: ImapResponse): string {
  const items = attributes?.[1]
  if (!Array.isArray(items)) return ''
  const envelope = items[items.findIndex((one) => textOf(one).toUpperCase() === 'ENVELOPE') + 1]
  return Array.isArray(envelope) ? textOf(envelope[0]) : ''
}
