/**
 * One logged-in IMAP connection, as the operations use it: commands, what they share a flight with, the mailbox that is
 * open, what was learned of the server. How it is opened and ends is open-session.ts; what is hidden is mailbox-set.ts.
 */
import type { Socket } from 'node:net'
import type { MailAccount, ProviderId } from '../account.ts'
import { type CallTime, defaultDeadlineMs } from '../connect/deadline.ts'
import type { MailDeps } from '../connect/dial.ts'
import { assertMailboxName } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { Mailbox, ServerMemory } from '../message.ts'
import { bytesOfCommand, bytesOfFetch } from './byte-budget.ts'
import type { FetchedMessage, ImapClient } from './client.ts'
import type { ImapStage } from './errors.ts'
import { createHidingLabels, type HidingLabels } from './hiding-labels.ts'
import { createMailboxSet, type MailboxSet } from './mailbox-set.ts'
import {
  atom,
  type ImapAttribute,
  type ImapResponse,
  type ImapToken,
  type UntaggedHandlers,
} from './protocol.ts'
import { textOf } from './response-text.ts'
import { type AskedFetch, createRowCollector, type RowCollector } from './row-collector.ts'
import { createSelectObserver, type SelectedMailbox } from './select-observer.ts'
import { createSessionMemory, type SessionMemory } from './session-memory.ts'
import { sizeOfSet } from './uid-set.ts'
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

/** Rows of one command; a set like `5:*` names no end. */
const maxFetchedRows = 5_000

/**
 * One logged-in connection for the length of one call. Made by `withImapSession` only; its methods are for this
 * package.
 */
export class ImapSession {
  readonly #client: ImapClient
  readonly #deps: ImapDeps
  /** Who receives: decides whose word about a sender counts. */
  readonly receiver: { readonly provider: ProviderId; readonly imapHost: string }
  /** Until the call ends. */
  readonly time: CallTime
  readonly #hidden: MailboxSet
  readonly #readOnly: MailboxSet
  readonly #labels: HidingLabels
  readonly #memory: SessionMemory
  #examined: string | undefined
  #wrote = false
  /** Room for what was asked for ahead of the next command. */
  #bytesAhead = 0
  readonly #startedAt = performance.now()

  constructor(client: ImapClient, account: MailAccount, deps: ImapDeps, time: CallTime) {
    this.receiver = { provider: account.provider, imapHost: account.imap.host }
    this.time = time
    this.#memory = createSessionMemory({
      memory: deps.memory,
      onMemory: deps.onMemory,
      capabilities: () => client.capabilities(),
    })
    const manners = {
      delimiterOf: () => this.#memory.mailboxes?.find(({ delimiter }) => delimiter !== '')?.delimiter,
      viewsToo: () => !this.has('X-GM-EXT-1'),
    }
    this.#hidden = createMailboxSet(deps.hidden ?? [], manners)
    this.#readOnly = createMailboxSet(deps.readOnly ?? [], manners)
    this.#labels = createHidingLabels({
      client,
      hidden: this.#hidden,
      names: deps.hidden ?? [],
      mailboxes: () => this.#memory.mailboxes ?? [],
    })
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
    return this.#memory.mailboxes && this.#hidden.visible(this.#memory.mailboxes)
  }

  /** Without the hidden ones. */
  visible(mailboxes: readonly Mailbox[]): readonly Mailbox[] {
    return this.#hidden.visible(mailboxes)
  }

  /** One like that is there, and hidden. */
  hides(isMeant: (mailbox: Mailbox) => boolean): boolean {
    return (this.#memory.mailboxes ?? []).some((one) => this.#hidden.has(one.path) && isMeant(one))
  }

  /** Throws `server_refused` for a mailbox in which something hidden or not to be changed lies: it would go with it. */
  assertNothingHiddenIn(path: string): void {
    if (this.#hidden.isAbove(path) || this.#readOnly.isAbove(path))
      throw new MailError('server_refused', { protocol: 'imap', field: 'name' })
  }

  /** Before a change, which is told nothing of labels; costs a round trip only where they hide something. */
  async withoutHidden(mailbox: SelectedMailbox, uids: number[]): Promise<number[]> {
    if (!this.#labels.any || uids.length === 0) return uids
    const rows = await this.fetch(mailbox, 'uid', uids.join(','), [atom('UID')])
    const there = new Set(rows.map(({ uid }) => uid))
    return uids.filter((uid) => there.has(uid))
  }

  /** Search keys that leave out what is hidden by a label. */
  hidingKeys(): ImapToken[] {
    return this.#labels.keys()
  }

  /** What is known was listed in this session, not remembered from an earlier call. */
  get isListed(): boolean {
    return this.#memory.isListed
  }

  /** True: these are others than those that were known. */
  renew(mailboxes: readonly Mailbox[]): boolean {
    return this.#memory.renew(mailboxes)
  }

  remember(mailboxes: readonly Mailbox[]): void {
    this.#memory.remember(mailboxes)
  }

  rememberLoss(): void {
    this.#memory.rememberLoss()
  }

  get sentCopiesAreOurs(): boolean {
    return this.#memory.sentCopiesAreOurs
  }

  rememberOwnSentCopies(): void {
    this.#memory.rememberOwnSentCopies()
  }

  toMemory(): ServerMemory {
    return this.#memory.toMemory()
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
        this.#client.run(command, this.#labels.withLabels(command, attributes), untagged, stage),
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
    this.#client.sendAhead(command, this.#labels.withLabels(command, attributes), untagged)
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
    // As a server answers that has no such mailbox.
    if (this.#hidden.has(mailbox)) throw new MailError('mailbox_not_found', { protocol: 'imap' })
    return { type: 'STRING', value: this.#client.encodePath(mailbox) }
  }

  /** Of a mailbox that a command changes. Throws `mailbox_read_only`. */
  pathToChange(mailbox: string): ImapToken {
    const path = this.path(mailbox)
    if (this.#readOnly.has(mailbox)) throw new MailError('mailbox_read_only', { protocol: 'imap' })
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
    const seen = createSelectObserver()
    this.sendAhead('EXAMINE', [this.path(mailbox)])
    this.#examined = mailbox
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
    /** What was asked for of the same mailbox ahead of this: its rows come with these. */
    ahead?: { handlers: UntaggedHandlers; rows(): FetchedMessage[] },
  ): Promise<FetchedMessage[]> {
    return this.#fetch(by === 'uid' ? 'UID FETCH' : 'FETCH', set, items, mailbox.path, {}, ahead)
  }

  /**
   * Several FETCH in one flight. Only the last one's own answer is seen: what another did not bring has to be asked
   * for again by itself.
   */
  async fetchTogether(mailbox: SelectedMailbox, asked: readonly AskedFetch[]): Promise<FetchedMessage[]> {
    const last = asked.at(-1)
    if (last === undefined) return []
    const ahead = asked.length > 1 ? this.#sendFetches(mailbox, asked.slice(0, -1)) : undefined
    return await this.fetch(mailbox, last.by ?? 'uid', last.set, last.items, ahead)
  }

  async #fetch(
    command: string,
    set: string,
    items: ImapToken[],
    path: string,
    handlers: UntaggedHandlers,
    ahead?: { handlers: UntaggedHandlers; rows(): FetchedMessage[] },
  ): Promise<FetchedMessage[]> {
    const count = Math.min(sizeOfSet(set), maxFetchedRows)
    const rows = this.collectRows(path, count, [{ by: command === 'UID FETCH' ? 'uid' : 'sequence', set }])
    const keep = async (response: ImapResponse) => {
      await rows.keep(response)
      await ahead?.handlers.FETCH?.(response)
    }
    await this.#client.budget.lend(bytesOfFetch(count, items), () =>
      this.run(command, [{ type: 'SEQUENCE', value: set }, items], {
        ...handlers,
        FETCH: keep,
      }),
    )
    const all = ahead === undefined ? rows.all() : [...ahead.rows(), ...rows.all()]
    return [...new Map(all.map((row) => [row.uid, row])).values()]
  }

  /** Keeps the rows that were asked for, and no others. */
  collectRows(path: string, count: number, asked: readonly Pick<AskedFetch, 'by' | 'set'>[]): RowCollector {
    return createRowCollector({ client: this.#client, labels: this.#labels, path, count, asked })
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
  ): { handlers: UntaggedHandlers; rows(): FetchedMessage[] } {
    return this.#sendFetches(
      mailbox,
      wanted.map(({ uids, items }) => ({ set: uids, items })),
    )
  }

  #sendFetches({ path }: SelectedMailbox, asked: readonly AskedFetch[]) {
    const count = asked.reduce((sum, { set }) => sum + sizeOfSet(set), 0)
    const rows = this.collectRows(path, Math.min(count, maxFetchedRows), asked)
    for (const { by = 'uid', set, items } of asked) {
      this.reserve(bytesOfFetch(Math.min(sizeOfSet(set), maxFetchedRows), items))
      const command = by === 'uid' ? 'UID FETCH' : 'FETCH'
      this.sendAhead(command, [{ type: 'SEQUENCE', value: set }, items])
    }
    return { handlers: { FETCH: rows.keep }, rows: rows.all }
  }
}
