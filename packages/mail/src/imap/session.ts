/**
 * One logged-in IMAP connection, as the operations use it: commands, what they share a flight with, and the mailbox that is
 * open. How it is opened and ends is open-session.ts, what is asked for of messages fetches.ts, what is hidden hiding.ts,
 * what was learned of the server session-memory.ts.
 */
import type { Socket } from 'node:net'
import type { MailAccount, ProviderId } from '../account.ts'
import { type CallTime, defaultDeadlineMs } from '../connect/deadline.ts'
import type { MailDeps } from '../connect/dial.ts'
import { assertMailboxName } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox, ServerMemory } from '../message.ts'
import { bytesOfCommand } from './byte-budget.ts'
import type { FetchedMessage, ImapClient } from './client.ts'
import type { ImapStage } from './errors.ts'
import { type Ahead, createFetches, type Fetches } from './fetches.ts'
import { createHiding, type Hiding } from './hiding.ts'
import {
  atom,
  type ImapAttribute,
  type ImapResponse,
  type ImapToken,
  type UntaggedHandlers,
} from './protocol.ts'
import { textOf } from './response-text.ts'
import type { AskedFetch, RowCollector } from './row-collector.ts'
import { createSelectObserver, type SelectedMailbox } from './select-observer.ts'
import { createSessionMemory, type SessionMemory } from './session-memory.ts'
import { mayHaveWritten } from './writing.ts'

export type {
  AskedFetch,
  FetchedMessage,
  ImapAttribute,
  ImapResponse,
  ImapToken,
  RowCollector,
  SelectedMailbox,
}
export { textOf }

/** What a session is given beyond `MailDeps`. */
export interface ImapDeps extends MailDeps {
  /** What an earlier call learned; makes CAPABILITY and LIST unnecessary. May be wrong. */
  readonly memory?: ServerMemory
  /** Paths of mailboxes that are not there for this session, what lies in them included. */
  readonly hidden?: readonly string[]
  /** Paths of mailboxes in which nothing is changed, nor in what lies in them. */
  readonly readOnly?: readonly string[]
  /** A connection to `account.imap` that the caller has begun to open; used once, closed with the session. */
  readonly socket?: Promise<Socket>
  /** Called when something new was learned, before the call ends. */
  readonly onMemory?: (memory: ServerMemory) => void
}

/**
 * One logged-in connection for the length of one call. Made by `withImapSession` only; its methods are for this
 * package.
 */
export class ImapSession {
  readonly #client: ImapClient
  readonly #deps: ImapDeps
  /** Who receives: decides whose word about a sender counts. */
  readonly receiver: { readonly provider: ProviderId; readonly imapHost: string }
  /** The addresses that the account writes from, its own first. */
  readonly own: readonly [string, ...string[]]
  /** Until the call ends. */
  readonly time: CallTime
  /** What is not there for this session, and what is not changed. */
  readonly hiding: Hiding
  /** What is known of the server. Its mailboxes are `knownMailboxes`, the hidden ones left out. */
  readonly memory: Omit<SessionMemory, 'mailboxes'>
  readonly #known: Pick<SessionMemory, 'mailboxes'>
  readonly #fetches: Fetches
  #examined: string | undefined
  #wrote = false
  /** Room for what was asked for ahead of the next command. */
  #bytesAhead = 0
  readonly #startedAt = performance.now()

  constructor(client: ImapClient, account: MailAccount, deps: ImapDeps, time: CallTime) {
    this.receiver = { provider: account.provider, imapHost: account.imap.host }
    this.own = [account.address, ...account.aliases]
    this.time = time
    const memory = createSessionMemory({
      memory: deps.memory,
      onMemory: deps.onMemory,
      capabilities: () => client.capabilities(),
    })
    this.memory = memory
    this.#known = memory
    this.hiding = createHiding({ client, memory, hidden: deps.hidden ?? [], readOnly: deps.readOnly ?? [] })
    this.#fetches = createFetches({ client, session: this, labels: this.hiding.labels })
    this.#client = client
    this.#deps = deps
  }

  /** Something may have been changed: nothing may be repeated from here on. */
  get wrote(): boolean {
    return this.#wrote
  }

  get now(): number {
    return this.#deps.now()
  }

  /** What is left of the call's time, from 1 to 0; the connection took some before the session began. */
  get shareOfTimeLeft(): number {
    return this.msUntilShare(0) / (this.#deps.deadlineMs ?? defaultDeadlineMs)
  }

  /** Until no more than that share of the call's time is left. */
  msUntilShare(share: number): number {
    const wholeMs = this.#deps.deadlineMs ?? defaultDeadlineMs
    return wholeMs * (1 - share) - (performance.now() - this.#startedAt)
  }

  has(capability: string): boolean {
    return this.#client.has(capability)
  }

  get capabilities(): readonly string[] {
    return this.#client.capabilities()
  }

  /** The mailbox that is open for reading only. */
  get examined(): string | undefined {
    return this.#examined
  }

  /** From memory, or as listed in this session. */
  get knownMailboxes(): readonly Mailbox[] | undefined {
    return this.#known.mailboxes && this.hiding.visible(this.#known.mailboxes)
  }

  /** Before a change, which is told nothing of labels; costs a round trip only where they hide something. */
  async withoutHidden(mailbox: SelectedMailbox, uids: number[]): Promise<number[]> {
    if (!this.hiding.labels.any || uids.length === 0) return uids
    const rows = await this.fetch(mailbox, 'uid', uids.join(','), [atom('UID')])
    const there = new Set(rows.map(({ uid }) => uid))
    return uids.filter((uid) => there.has(uid))
  }

  /** Sends one command and waits for its end. Throws on NO, BAD, BYE and a lost connection. */
  async run(
    command: string,
    attributes: ImapToken[],
    untagged: UntaggedHandlers = {},
    stage: ImapStage = 'command',
  ): Promise<ImapResponse> {
    const bytes = (bytesOfCommand[command] ?? 0) + this.#bytesAhead
    this.#bytesAhead = 0
    try {
      const completion = await this.#client.budget.lend(bytes, () =>
        this.#client.run(command, this.hiding.labels.withLabels(command, attributes), untagged, stage),
      )
      this.#wrote ||= mayHaveWritten(command)
      return completion
    } catch (error) {
      this.#wrote ||= mayHaveWritten(command, error)
      throw error
    }
  }

  /**
   * Sends a command ahead of the next `run`, in the same flight. Its untagged responses reach that run's handlers; its
   * own completion is not seen, so its caller must be able to tell success by what arrived. With handlers of its
   * own it takes what arrives until it ends (imap/flight.ts).
   */
  sendAhead(command: string, attributes: ImapToken[], untagged?: UntaggedHandlers): void {
    this.#client.sendAhead(command, this.hiding.labels.withLabels(command, attributes), untagged)
  }

  /** Room for answers in the next flight, beside what its last command has. */
  reserve(bytes: number): void {
    this.#bytesAhead += bytes
  }

  /** What a flight has opened; undefined: nothing is open behind it. */
  noteExamined(mailbox: string | undefined): void {
    this.#examined = mailbox
  }

  path(mailbox: string): ImapToken {
    assertMailboxName(mailbox, 'mailbox')
    this.hiding.assertShown(mailbox)
    return { type: 'STRING', value: this.#client.encodePath(mailbox) }
  }

  /** Of a mailbox that a command changes. Throws `mailbox_read_only`. */
  pathToChange(mailbox: string): ImapToken {
    const path = this.path(mailbox)
    this.hiding.assertChangeable(mailbox)
    return path
  }

  decodePath(path: string): string {
    return this.#client.decodePath(path)
  }

  /** The special use a mailbox has by its attributes (RFC 6154), else by its name in some fifty languages. */
  specialUseOf(name: string, attributes: readonly string[]): { flag?: string; source: string } {
    return this.#client.specialUseOf(name, attributes)
  }

  /** `beside`: for the answers to what was sent ahead. */
  async select(
    mailbox: string,
    access: 'read' | 'write',
    beside: UntaggedHandlers = {},
  ): Promise<SelectedMailbox> {
    const seen = createSelectObserver()
    const command = access === 'read' ? 'EXAMINE' : 'SELECT'
    const completion = await this.run(
      command,
      [access === 'read' ? this.path(mailbox) : this.pathToChange(mailbox)],
      { ...beside, ...seen.handlers },
      'select',
    )
    const readOnly = textOf(completion.attributes?.[0]?.section?.[0]).toUpperCase() === 'READ-ONLY'
    const selected = seen.toMailbox(mailbox)
    this.#examined = access === 'read' ? mailbox : undefined
    if (access === 'write' && readOnly) throw new MailError('server_refused', { protocol: 'imap' })
    return selected
  }

  /** EXAMINE and UID FETCH in one flight; for reading only, because UIDVALIDITY is known after the fact. */
  async examineAndFetch(
    mailbox: string,
    uids: string,
    items: ImapToken[],
  ): Promise<{ mailbox: SelectedMailbox; messages: FetchedMessage[] }> {
    const seen = this.examineAhead(mailbox)
    try {
      const messages = await this.#fetches.fetch(mailbox, { set: uids, items }, seen.handlers)
      return { mailbox: seen.toMailbox(), messages }
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
    ahead?: Ahead,
  ): Promise<FetchedMessage[]> {
    return this.#fetches.fetch(mailbox.path, { by, set, items }, {}, ahead)
  }

  fetchTogether(mailbox: SelectedMailbox, asked: readonly AskedFetch[]): Promise<FetchedMessage[]> {
    return this.#fetches.together(mailbox.path, asked)
  }

  collectRows(path: string, count: number, asked: readonly Pick<AskedFetch, 'by' | 'set'>[]): RowCollector {
    return this.#fetches.collect(path, count, asked)
  }

  /** EXAMINE in front of the next `run`, in its flight; whether it succeeded is known when that ended. */
  examineAhead(mailbox: string): { handlers: UntaggedHandlers; toMailbox(): SelectedMailbox } {
    const seen = createSelectObserver()
    this.sendAhead('EXAMINE', [this.path(mailbox)])
    this.#examined = mailbox
    return { handlers: seen.handlers, toMailbox: () => seen.toMailbox(mailbox) }
  }

  /** FETCHes of the open mailbox in front of the next `run`, in its flight; the rows are there when that ended. */
  fetchAhead(
    mailbox: SelectedMailbox,
    wanted: readonly { readonly uids: string; readonly items: ImapToken[] }[],
  ): Ahead {
    const asked = wanted.map(({ uids, items }) => ({ set: uids, items }))
    return this.#fetches.ahead(mailbox.path, asked)
  }
}
