/**
 * One IMAP connection for one call: connect, log in, use, close. The only file that knows imapflow, whose protocol
 * machinery (TLS upgrade, SASL, literals, parsing) is used while its command methods are not: they answer `false` on
 * failure, ask for more than we need and wait between commands that can share a flight. Every failure throws here, as
 * MailError. Bounded by one absolute deadline and by sizes, both ending in close(): LOGOUT would cost a round trip.
 * What the operations are is left to the files that take an ImapSession.
 */

import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { FetchMessageObject, ImapTransport, MailboxObject } from 'imapflow'
import { ImapFlow } from 'imapflow'
import { compiler } from 'imapflow/lib/handler/imap-handler.js'
import type { ImapAttribute, ImapCompileNode, ImapResponse } from 'imapflow/lib/handler/types.js'
import { specialUse } from 'imapflow/lib/special-use.js'
import { decodePath, encodePath, formatMessageResponse } from 'imapflow/lib/tools.js'
import type { MailAccount, TlsMode } from './account.ts'
import { withDeadline } from './deadline.ts'
import type { MailDeps } from './dial.ts'
import { type ImapStage, toMailError } from './imap-errors.ts'
import { assertAccount, assertMailboxName } from './input.ts'
import { MailError } from './mail-error.ts'
import type { Mailbox, ServerMemory } from './message.ts'
import type { ProviderId } from './providers.ts'

export type { ImapAttribute, ImapResponse }
export type ImapToken = ImapCompileNode
export type FetchedMessage = FetchMessageObject

export interface ImapDeps extends MailDeps {
  /** What an earlier call learned; makes CAPABILITY and LIST unnecessary. May be wrong. */
  readonly memory?: ServerMemory
  /** Called when something new was learned, before the call ends. */
  readonly onMemory?: (memory: ServerMemory) => void
}

export interface SelectedMailbox {
  readonly path: string
  readonly uidValidity: string
  readonly exists: number
  /** PERMANENTFLAGS; empty where the server did not say. */
  readonly permanentFlags: readonly string[]
}

type UntaggedHandlers = Record<string, (response: ImapResponse) => Promise<void> | void>

/** The part of the library's connection that its types leave out (pinned version; the trace test guards it). */
interface Channel {
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
  currentRequest: { tag: string; sent?: boolean } | false
  expectCapabilityUpdate: boolean
}
interface SentCommand {
  tag: string
  command: string
  attributes: ImapToken[]
}

/** The largest piece we ask for is 4 MiB (fetch-attachment.ts); a server that sends more is not answering us. */
const maxLiteralBytes = 6 * 1024 * 1024
/** A SEARCH answer of a million numbers is 7 MB. */
const maxLineBytes = 8 * 1024 * 1024
const maxResponseBytes = 16 * 1024 * 1024
/** More rows than any request of ours can yield. */
const maxFetchedRows = 5_000

/**
 * Opens, logs in, runs `use`, closes. A memory that turns out wrong costs one more connection, unless something was
 * already changed on the server. Throws MailError.
 */
export async function withImapSession<T>(
  account: MailAccount,
  deps: ImapDeps,
  use: (session: ImapSession) => Promise<T>,
): Promise<T> {
  assertAccount(account)
  return await withDeadline(deps, async (signal) => {
    try {
      const first = await attempt(account, deps, signal, use)
      if (first.retry === undefined) return first.value
      const { memory: _wrong, ...fresh } = deps
      const second = await attempt(account, fresh, signal, use)
      if (second.retry !== undefined) throw second.retry
      return second.value
    } catch (error) {
      // what breaks when the deadline closes the connection is a consequence
      if (signal.aborted) throw new MailError('timeout', { cause: error, protocol: 'imap' })
      throw error
    }
  })
}

type Attempt<T> = { readonly retry: MailError } | { readonly retry?: undefined; readonly value: T }

async function attempt<T>(
  account: MailAccount,
  deps: ImapDeps,
  signal: AbortSignal,
  use: (session: ImapSession) => Promise<T>,
): Promise<Attempt<T>> {
  const socket = await deps.connector.connect(account.imap, { signal, protocol: 'imap' })
  const client = createClient(account, deps, socket)
  const close = () => client.close()
  signal.addEventListener('abort', close)
  let session: ImapSession | undefined
  try {
    await client.connect().catch((error: unknown) => {
      throw toMailError(error, 'login')
    })
    session = new ImapSession(client, account, deps)
    return { value: await use(session) }
  } catch (error) {
    if (
      deps.memory !== undefined &&
      error instanceof MailError &&
      !session?.wrote &&
      mayBeStaleMemory(error)
    ) {
      return { retry: error }
    }
    throw error
  } finally {
    signal.removeEventListener('abort', close)
    client.close()
    socket.destroy()
  }
}

function mayBeStaleMemory(error: MailError): boolean {
  return ['mailbox_not_found', 'server_refused', 'not_supported'].includes(error.code)
}

function createClient(account: MailAccount, deps: ImapDeps, socket: Socket): ImapFlow {
  const { imap, login, credential } = account
  const implicitTls = imap.tls === 'implicit'
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: implicitTls,
    // without `true` the password would go out in clear when STARTTLS is not offered
    ...(implicitTls ? {} : { doSTARTTLS: true }),
    transport: createTransport(account, deps, socket),
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
  shortenLogin(channel, client, account, deps.memory)
  allowLargeNonSynchronizingAppend(channel, client)
  return client
}

/** Hands over the socket our connector opened and checked; upgrades it with the same trust. */
function createTransport(account: MailAccount, deps: ImapDeps, socket: Socket): ImapTransport {
  return {
    connect(_options, onConnect) {
      setImmediate(onConnect)
      return socket
    },
    upgrade: (_plain, _options, onSecure) =>
      connectTls({ ...deps.connector.tlsOptions(account.imap), socket }, onSecure),
  }
}

/** Answers from memory, or leaves out, what the library asks between greeting and first use: 3 to 5 round trips. */
function shortenLogin(
  channel: Channel,
  client: ImapFlow,
  { imap, login, credential }: MailAccount,
  memory: ServerMemory | undefined,
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

export class ImapSession {
  readonly #client: ImapFlow
  readonly #channel: Channel
  readonly #deps: ImapDeps
  /** Who receives: decides whose word about a sender counts. */
  readonly receiver: { readonly provider: ProviderId; readonly imapHost: string }
  #mailboxes: readonly Mailbox[] | undefined
  #pipelined = 0
  /** A command that may have changed something was sent: nothing may be repeated from here on. */
  wrote = false

  constructor(client: ImapFlow, account: MailAccount, deps: ImapDeps) {
    this.receiver = { provider: account.provider, imapHost: account.imap.host }
    this.#client = client
    this.#channel = client as unknown as Channel
    this.#deps = deps
    this.#mailboxes = deps.memory?.mailboxes
  }

  get now(): number {
    return this.#deps.now()
  }

  has(capability: string): boolean {
    return this.#client.capabilities.has(capability)
  }

  get capabilities(): readonly string[] {
    return [...this.#client.capabilities.keys()]
  }

  /** From memory, or as listed in this session. */
  get knownMailboxes(): readonly Mailbox[] | undefined {
    return this.#mailboxes
  }

  remember(mailboxes: readonly Mailbox[]): void {
    this.#mailboxes = mailboxes
    this.#deps.onMemory?.(this.toMemory())
  }

  toMemory(): ServerMemory {
    const mailboxes = this.#mailboxes ?? []
    return {
      v: 1,
      // what holds only before TLS or before login must not be believed next time
      capabilities: this.capabilities.filter((name) => name !== 'STARTTLS' && name !== 'LOGINDISABLED'),
      delimiter: mailboxes[0]?.delimiter ?? '/',
      mailboxes: mailboxes.map(({ total: _total, unread: _unread, ...mailbox }) => mailbox),
    }
  }

  /** Sends one command and waits for its end. Throws on NO, BAD, BYE and a lost connection. */
  async run(
    command: string,
    attributes: ImapToken[],
    untagged: UntaggedHandlers = {},
    stage: ImapStage = 'command',
  ): Promise<ImapResponse> {
    try {
      const { response, next } = await this.#channel.exec(command, attributes, { untagged })
      next()
      return response
    } catch (error) {
      throw toMailError(error, stage)
    }
  }

  /**
   * Sends a command ahead of the next `run`, in the same flight. Its untagged responses reach that run's handlers; its
   * own completion is not seen, so whoever uses it must be able to tell success by what arrived.
   */
  sendAhead(command: string, attributes: ImapToken[]): void {
    const tag = `P${++this.#pipelined}`
    try {
      this.#channel.write(compiler({ tag, command, attributes }))
    } catch (error) {
      throw toMailError(error, 'command')
    }
  }

  path(mailbox: string): ImapToken {
    assertMailboxName(mailbox, 'mailbox')
    return { type: 'STRING', value: encodePath(this.#client, mailbox) }
  }

  decodePath(path: string): string {
    return decodePath(this.#client, path)
  }

  /** The special use a mailbox has by its attributes (RFC 6154), else by its name in some fifty languages. */
  specialUseOf(name: string, attributes: readonly string[]): { flag?: string; source: string } {
    const folder = { name, flags: new Set(attributes) } as unknown as Parameters<typeof specialUse>[1]
    const { flag, source } = specialUse(true, folder)
    return { ...(flag ? { flag } : {}), source: source ?? 'none' }
  }

  async select(mailbox: string, access: 'read' | 'write'): Promise<SelectedMailbox> {
    const seen = createSelectObserver()
    const command = access === 'read' ? 'EXAMINE' : 'SELECT'
    const completion = await this.run(command, [this.path(mailbox)], seen.handlers, 'select')
    const readOnly = textOf(completion.attributes?.[0]?.section?.[0]) === 'READ-ONLY'
    const selected = seen.toMailbox(mailbox)
    if (access === 'write' && readOnly) throw new MailError('server_refused', { protocol: 'imap' })
    return selected
  }

  /** EXAMINE and UID FETCH in one flight; for reading only, because UIDVALIDITY is known after the fact. */
  async examineAndFetch(
    mailbox: string,
    uids: string,
    items: ImapToken[],
  ): Promise<{ mailbox: SelectedMailbox; messages: FetchedMessage[] }> {
    const seen = createSelectObserver()
    this.sendAhead('EXAMINE', [this.path(mailbox)])
    try {
      const messages = await this.#fetch('UID FETCH', uids, items, mailbox, seen.handlers)
      return { mailbox: seen.toMailbox(mailbox), messages }
    } catch (error) {
      if (error instanceof MailError && error.code !== 'server_refused') throw error
      // asked alone, EXAMINE says what was wrong with it
      await this.select(mailbox, 'read')
      throw error
    }
  }

  fetch(
    mailbox: SelectedMailbox,
    by: 'uid' | 'sequence',
    set: string,
    items: ImapToken[],
  ): Promise<FetchedMessage[]> {
    return this.#fetch(by === 'uid' ? 'UID FETCH' : 'FETCH', set, items, mailbox.path, {})
  }

  async #fetch(
    command: string,
    set: string,
    items: ImapToken[],
    path: string,
    handlers: UntaggedHandlers,
  ): Promise<FetchedMessage[]> {
    const rows = new Map<number, FetchedMessage>()
    const mailbox: MailboxObject = { path } as MailboxObject
    await this.run(command, [{ type: 'SEQUENCE', value: set }, items], {
      ...handlers,
      FETCH: async (response) => {
        if (rows.size >= maxFetchedRows) return
        const row = await formatMessageResponse(response, mailbox, 'sha256', this.#client)
        // an unasked-for FETCH (a flag changed elsewhere) has no UID and no content
        if (row.uid) rows.set(row.uid, { ...rows.get(row.uid), ...row })
      },
    })
    return [...rows.values()]
  }
}

function createSelectObserver() {
  let uidValidity: string | undefined
  let exists = 0
  let permanentFlags: readonly string[] = []
  return {
    handlers: {
      EXISTS(response: ImapResponse) {
        exists = Number(response.command) || 0
      },
      OK(response: ImapResponse) {
        const section = response.attributes?.[0]?.section
        const [code, value] = section ?? []
        if (textOf(code) === 'UIDVALIDITY') uidValidity = textOf(value)
        if (textOf(code) === 'PERMANENTFLAGS' && Array.isArray(value)) permanentFlags = value.map(textOf)
      },
    },
    toMailbox(path: string): SelectedMailbox {
      // RFC 9051 §6.3.2 requires it; without it no id can be told from a stale one
      if (uidValidity === undefined || !/^\d{1,10}$/.test(uidValidity)) {
        throw new MailError('connection_lost', { protocol: 'imap' })
      }
      return { path, uidValidity, exists, permanentFlags }
    },
  }
}

/** An atom, string, number or literal of a response as text. */
export function textOf(attribute: ImapAttribute | undefined): string {
  const value = attribute?.value
  if (typeof value === 'string') return value
  return Buffer.isBuffer(value)
    ? value.toString()
    : value === undefined || value === null
      ? ''
      : String(value)
}
