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
import { specialUse } from 'imapflow/lib/special-use.js'
import { decodePath, encodePath, formatMessageResponse } from 'imapflow/lib/tools.js'
import type { MailAccount, TlsMode } from '../account.ts'
import type { Connector } from '../connect/dial.ts'
import { MailError } from '../mail-error.ts'
import type { ServerMemory } from '../message.ts'
import type { BodyStructure, Envelope } from '../mime/structure.ts'
import { createAheadCommands } from './ahead-commands.ts'
import { type ByteBudget, createByteBudget } from './byte-budget.ts'
import { type ImapStage, toMailError } from './errors.ts'
import { toBodyStructure, toEnvelope } from './fetch-structure.ts'
import { combineFirstFlight, type EarlyCommand } from './first-flight.ts'
import { boundLists } from './list-bound.ts'
import { writeMessagesInPieces } from './message-literal.ts'
import type { Channel, ImapResponse, ImapToken, SentCommand, UntaggedHandlers } from './protocol.ts'
import { textOf } from './response-text.ts'
import { guardHandlers } from './untagged-faults.ts'
import { attributeOfName } from './use-names.ts'

/** Envelope and structure are our own reading: both absent where the server gives NIL, or what is neither. */
export type FetchedMessage = Omit<FetchMessageObject, 'envelope' | 'bodyStructure'> & {
  readonly envelope?: Envelope
  readonly bodyStructure?: BodyStructure
}

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
  /**
   * Sends a command in front of the next `run`. Its tagged answer is not seen; its untagged ones reach `untagged`, or
   * the handlers of that `run` without it.
   */
  sendAhead(command: string, attributes: ImapToken[], untagged?: UntaggedHandlers): void
  has(capability: string): boolean
  capabilities(): string[]
  toRow(response: ImapResponse, path: string): Promise<FetchedMessage>
  /** Modified UTF-7 (RFC 3501 §5.1.3). */
  encodePath(path: string): string
  decodePath(path: string): string
  /** What the server may send beside the base of the session. */
  readonly budget: ByteBudget
  specialUseOf(name: string, attributes: readonly string[]): { flag?: string; source: string }
  close(): void
}

/** The largest piece we ask for is 4 MiB (reading/attachment.ts); a server that sends more is not answering us. */
const maxLiteralBytes = 6 * 1024 * 1024
/** A SEARCH answer of a million numbers is 8 MB; it alone is read without counting as tokens. */
const maxLineBytes = 8 * 1024 * 1024
/** The structure of ten thousand parts, the most that Dovecot tells apart; a token is 100 octets once parsed. */
const maxResponseTokens = 180_000
const maxResponseBytes = 16 * 1024 * 1024
/** `BODY[HEADER.FIELDS (FROM REFERENCES AUTHENTICATION-RESULTS)]` is the longest we ask for. */
const maxItemNameBytes = 1_000

export function createImapClient(options: ImapClientOptions): ImapClient {
  const client = createFlow(options)
  const channel = client as unknown as Channel
  const remembered = new Set(options.memory?.capabilities)
  const known = () => (isOpen ? new Set(client.capabilities.keys()) : remembered)
  let isOpen = false
  let opening: Promise<void> = Promise.resolve()
  let first: EarlyCommand | undefined
  const ahead = createAheadCommands(channel)
  const write = ({ tag, command, attributes }: SentCommand) => {
    // Nobody waits for a "+" in the middle of a flight.
    const literalPlus = known().has('LITERAL+')
    const literalMinus = known().has('LITERAL-')
    channel.write(compiler({ tag, command, attributes }, { literalPlus, literalMinus }))
  }
  const close = () => client.close()
  const budget = createByteBudget(channel, close)
  boundLists(channel, close)
  const flight = combineFirstFlight(channel, write, () => first)
  return {
    async connect() {
      opening = client.connect().then(
        () => {
          isOpen = true
        },
        (error: unknown) => {
          throw toMailError(error, options.account.credential.type === 'oauth' ? 'token' : 'login')
        },
      )
      await opening
    },
    firstFlight() {
      if (!flight.arrived()) return undefined
      return flight.lost() ? 'lost' : 'kept'
    },
    async run(command, attributes, handlers, stage) {
      const before = ahead.take()
      const { untagged, rethrow } = guardHandlers(ahead.route(before, handlers), close)
      const early = { command, attributes, untagged, before }
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
        rethrow()
        return response
      } catch (error) {
        rethrow()
        throw toMailError(error, stage)
      }
    },
    sendAhead: ahead.add,
    has: (capability) => known().has(capability),
    capabilities: () => [...known()],
    async toRow(response, path) {
      assertItemNames(response)
      const { own, rest } = takeStructure(response)
      const row = await formatMessageResponse(rest, { path } as MailboxObject, 'sha256', client)
      const { envelope: _envelope, bodyStructure: _structure, ...others } = row
      return { ...others, ...own }
    },
    encodePath: (path) => encodePath(client, path),
    decodePath: (path) => decodePath(client, path),
    budget,
    specialUseOf(name, attributes) {
      const folder = { name, flags: new Set(attributes) } as unknown as Parameters<typeof specialUse>[1]
      const { flag, source } = specialUse(true, folder)
      const named = source === 'extension' ? undefined : attributeOfName(name)
      if (named !== undefined) return { flag: named, source: 'name' }
      return { ...(flag ? { flag } : {}), source: source ?? 'none' }
    },
    close,
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
    maxResponseTokens,
  })
  // a stall or reset without a listener would end the process
  client.on('error', () => undefined)
  const channel = client as unknown as Channel
  // a server's back-off hint would hold the call for as long as it likes
  channel.throttleWait = async () => false
  shortenLogin(channel, client, options)
  writeMessagesInPieces(
    channel,
    compiler,
    (name) => client.capabilities.has(name),
    () => client.close(),
  )
  return client
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
        for (const name of [`AUTH=${credential.mechanism ?? 'XOAUTH2'}`, 'SASL-IR'])
          client.capabilities.set(name, true)
      }
      if (imap.tls === 'starttls' && !client.secureConnection) client.capabilities.set('STARTTLS', true)
      channel.expectCapabilityUpdate = false
    } else {
      await askServer?.(connection)
    }
    // the library takes OAUTHBEARER wherever it is offered
    if (credential.type === 'oauth' && credential.mechanism === 'XOAUTH2')
      client.capabilities.delete('AUTH=OAUTHBEARER')
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

/** The library looks for a section in each name by expressions that take the square of its length. */
function assertItemNames({ attributes }: ImapResponse): void {
  const items = attributes?.[1]
  const names = Array.isArray(items) ? items.filter((_, at) => at % 2 === 0) : []
  if (names.every((name) => compiler({ attributes: [name] }).length <= maxItemNameBytes)) return
  throw new MailError('connection_lost', { protocol: 'imap' })
}

/** What imap/fetch-structure.ts reads; the library throws at some of it, and the whole row would be lost. */
function takeStructure(response: ImapResponse): {
  own: Pick<FetchedMessage, 'envelope' | 'bodyStructure'>
  rest: ImapResponse
} {
  const [sequence, items, ...more] = response.attributes ?? []
  if (!Array.isArray(items)) return { own: {}, rest: response }
  const kept: typeof items = []
  let envelope: Envelope | undefined
  let bodyStructure: BodyStructure | undefined
  for (let at = 0; at < items.length; at += 2) {
    const [name = null, value = null] = items.slice(at, at + 2)
    const key = textOf(name).toUpperCase()
    if (key === 'ENVELOPE') envelope = Array.isArray(value) ? toEnvelope(value) : undefined
    else if (key === 'BODYSTRUCTURE') bodyStructure = toBodyStructure(value)
    else kept.push(name, value)
  }
  return {
    own: { ...(envelope ? { envelope } : {}), ...(bodyStructure ? { bodyStructure } : {}) },
    rest: { ...response, attributes: [sequence ?? null, kept, ...more] },
  }
}
