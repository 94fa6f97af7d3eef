/**
 * One flight of commands over several mailboxes, each with the answers that are its own. What a command was answered is
 * told by what arrived: one that failed has brought nothing, and asked alone it says why.
 */
import { MailError } from '../mail-error.ts'
import { bytesOfFetch } from './byte-budget.ts'
import { atom, type UntaggedHandlers } from './protocol.ts'
import { prepareUidSearch, type UidSearch } from './search-uids.ts'
import { createSelectObserver, type SelectedMailbox } from './select-observer.ts'
import {
  type FetchedMessage,
  type ImapResponse,
  type ImapSession,
  type ImapToken,
  textOf,
} from './session.ts'
import { sizeOfSet } from './uid-set.ts'

/** What is fetched of which messages. */
export interface Wanted {
  readonly uids: string
  readonly items: ImapToken[]
}

interface FlightCommand {
  readonly command: string
  readonly attributes: ImapToken[]
  readonly untagged: UntaggedHandlers
  /** What it may bring. */
  readonly bytes?: number
}

/** Ranges of one search among several: a mailbox of 200,000 with every other message found. */
const searchBytes = 2 * 1024 * 1024
const maxRows = 5_000

export class Flight {
  readonly #session: ImapSession
  readonly #commands: FlightCommand[] = []
  #fault: MailError | undefined
  #examined: { path: string; opened: () => SelectedMailbox | undefined } | undefined

  constructor(session: ImapSession) {
    this.#session = session
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0
  }

  /** Why its last command was refused. */
  get fault(): MailError | undefined {
    return this.#fault
  }

  /** What it opened, once the flight is back; undefined: it could not be opened. */
  examine(path: string): () => SelectedMailbox | undefined {
    const seen = createSelectObserver()
    this.add({
      command: 'EXAMINE',
      attributes: [this.#session.path(path)],
      untagged: seen.handlers,
    })
    const opened = () => seen.opened(path)
    this.#examined = { path, opened }
    return opened
  }

  /** Of the mailbox examined before it. */
  add(command: FlightCommand): void {
    this.#commands.push(command)
  }

  /** Of the mailbox examined before it. */
  search(criteria: readonly ImapToken[], options: { utf8: boolean; newest?: number | undefined }): UidSearch {
    const search = prepareUidSearch(this.#session, criteria, options)
    const { attributes, untagged } = search
    this.add({ command: 'UID SEARCH', attributes, untagged, bytes: searchBytes })
    return search
  }

  /** Of the mailbox examined before it, or of the one that is open. */
  fetch(path: string, wanted: readonly Wanted[]): () => FetchedMessage[] {
    const asked = wanted.map(({ uids }) => ({ set: uids }))
    const count = asked.reduce((sum, { set }) => sum + sizeOfSet(set), 0)
    const rows = this.#session.collectRows(path, Math.min(count, maxRows), asked)
    for (const { uids, items } of wanted) {
      this.add({
        command: 'UID FETCH',
        attributes: [{ type: 'SEQUENCE', value: uids }, items],
        untagged: { FETCH: rows.keep },
        bytes: bytesOfFetch(Math.min(sizeOfSet(uids), maxRows), items),
      })
    }
    return rows.all
  }

  /** By number in the mailbox examined before it: the newest have the highest. */
  fetchSequence(path: string, first: number, last: number, items: ImapToken[]): () => FetchedMessage[] {
    const count = Math.min(last - first + 1, maxRows)
    const set = `${first}:${last}`
    const rows = this.#session.collectRows(path, count, [{ by: 'sequence', set }])
    this.add({
      command: 'FETCH',
      attributes: [{ type: 'SEQUENCE', value: set }, items],
      untagged: { FETCH: rows.keep },
      bytes: bytesOfFetch(count, items),
    })
    return rows.all
  }

  /** How many messages each mailbox has, without opening it; of one that cannot be counted nothing is said. */
  sizes(paths: readonly string[], known: Map<string, number>): void {
    const keep = ({ attributes: [path = null, counts] = [] }: ImapResponse) => {
      if (!Array.isArray(counts)) return
      const at = counts.findIndex((one) => textOf(one).toUpperCase() === 'MESSAGES')
      const count = Number(textOf(counts[at + 1]))
      const name = this.#session.decodePath(textOf(path))
      const asked = paths.find((one) => one === name || isInbox(one, name))
      if (at >= 0 && Number.isSafeInteger(count) && asked !== undefined) known.set(asked, count)
    }
    for (const path of paths) {
      const attributes = [this.#session.path(path), [atom('MESSAGES')]]
      this.add({ command: 'STATUS', attributes, untagged: { STATUS: keep } })
    }
  }

  /** Throws what ends a connection. */
  async send(): Promise<void> {
    const last = this.#commands.pop()
    if (last === undefined) return
    for (const { bytes = 0 } of [...this.#commands, last]) this.#session.reserve(bytes)
    for (const { command, attributes, untagged } of this.#commands)
      this.#session.sendAhead(command, attributes, untagged)
    if (this.#examined !== undefined) this.#session.noteExamined(undefined)
    try {
      await this.#session.run(last.command, last.attributes, last.untagged)
    } catch (error) {
      if (!isOfOneMailbox(error)) throw error
      this.#fault = error
    }
    const opened = this.#examined?.opened()
    if (opened !== undefined) this.#session.noteExamined(opened.path)
  }
}

/** A mailbox that went away, or that this login may not read: the rest of the connection is as it was. */
export function isOfOneMailbox(error: unknown): error is MailError {
  return error instanceof MailError && !['connection_lost', 'timeout', 'throttled'].includes(error.code)
}

function isInbox(path: string, name: string): boolean {
  return path === 'INBOX' && name.toUpperCase() === 'INBOX'
}
