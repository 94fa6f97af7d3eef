/**
 * Finds the messages of a conversation in every mailbox but Junk and Trash: by the server's own thread ids where it has
 * them, else by following Message-ID, References and In-Reply-To until nothing new comes. A round is two flights,
 * however many mailboxes there are: one that searches them all, one that fetches what was found.
 */

import { bytesOfFetch } from '../imap/byte-budget.ts'
import { peekHeaders, summaryItems } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { type Visit, visitMailboxes } from '../imap/visits.ts'
import { listAhead } from '../mailboxes/list.ts'
import type { MessageRef } from '../message.ts'
import { cleanLine, toDate } from '../reading/envelope-text.ts'
import { fetchByRef } from '../reading/get.ts'
import { isDeleted } from '../reading/summary.ts'
import { mailboxesToSearch } from '../search/mailboxes.ts'
import type { SearchKey } from '../search/plan.ts'
import { allIds, connected, idsOf, inOrder } from './thread-ids.ts'
import { keysOf, toVisit, type WantedIds } from './thread-searches.ts'

export interface Member {
  readonly row: FetchedMessage
  readonly mailbox: SelectedMailbox
  /** Epoch milliseconds, by the date its reader sees. */
  readonly at: number
}

export interface FoundThread {
  /** Oldest first, each once. */
  readonly members: readonly Member[]
  readonly searched: readonly string[]
  /** The server refused to search them. */
  readonly failed: readonly string[]
  /** There may be more: a bound was reached. */
  readonly isCut: boolean
}

const maxMailboxes = 100
/** A chain in which each names only the one before, and changes the subject, takes a round for each. */
const maxRounds = 12
const maxMembers = 200
const maxIds = 600
/** Strangers with the same subject among them: 600 octets each. */
const maxFetched = 1_000
/** Kept of the call's time for the texts. */
const reservedShare = 0.4

export async function findMembers(session: ImapSession, ref: MessageRef): Promise<FoundThread> {
  const items = [...summaryItems(session), peekHeaders(['REFERENCES'])]
  const takeOthers = listAhead(session)
  const { mailbox, message } = await fetchByRef(session, ref, items)
  takeOthers()
  const target = toMember(message, mailbox)
  const everywhere = await mailboxesToSearch(session, { within: [], without: [] })
  const paths = [...new Set([ref.mailbox, ...everywhere])]
  const search = new Finder(session, paths.slice(0, maxMailboxes), target)
  const threadKey = threadKeyOf(session, message)
  if (threadKey !== undefined) await search.round([threadKey], undefined)
  else await search.follow()
  return {
    members: search.members(threadKey === undefined),
    searched: paths.slice(0, maxMailboxes).filter((path) => !search.failed.has(path)),
    failed: [...search.failed],
    isCut: search.isCut || paths.length > maxMailboxes,
  }
}

function toMember(row: FetchedMessage, mailbox: SelectedMailbox): Member {
  return { row, mailbox, at: Date.parse(toDate(row)) }
}

/** X-GM-THRID of Gmail; THREADID of RFC 8474 §5.2. */
function threadKeyOf(session: ImapSession, { threadId = '' }: FetchedMessage): SearchKey | undefined {
  if (session.has('X-GM-EXT-1'))
    return /^\d{1,20}$/.test(threadId) ? [atom('X-GM-THRID'), atom(threadId)] : undefined
  if (!session.has('OBJECTID') || !/^[\w-]{1,255}$/.test(threadId)) return undefined
  return [atom('THREADID'), atom(threadId)]
}

class Finder {
  readonly failed = new Set<string>()
  isCut = false
  readonly #session: ImapSession
  readonly #paths: readonly string[]
  readonly #target: Member
  /** By mailbox and UID. */
  readonly #found = new Map<string, Member>()

  constructor(session: ImapSession, paths: readonly string[], target: Member) {
    this.#session = session
    this.#paths = paths
    this.#target = target
    this.#found.set(keyOf(target.mailbox.path, target.row.uid), target)
  }

  async follow(): Promise<void> {
    const asked = new Set<string>()
    for (let rounds = 0; ; rounds++) {
      const { missing, found } = this.#unasked(asked)
      if (missing.length + found.length === 0) return
      const isSpent = asked.size > maxIds || this.#session.shareOfTimeLeft < reservedShare
      if (rounds >= maxRounds || isSpent) {
        this.isCut = true
        return
      }
      for (const id of [...missing, ...found]) asked.add(id)
      const subject = rounds === 0 ? subjectOf(this.#target.row) : undefined
      if ((await this.round(keysOf({ missing, found }), subject)) === 0) return
    }
  }

  #unasked(asked: ReadonlySet<string>): WantedIds {
    const linked = connected(this.#target, [...this.#found.values()], (one) => idsOf(one.row))
    const own = new Set([...linked].map(({ row }) => idsOf(row).own))
    const all = new Set([...linked].flatMap(({ row }) => allIds(idsOf(row))))
    const isNew = [...all].filter((id) => !asked.has(id))
    return { missing: isNew.filter((id) => !own.has(id)), found: isNew.filter((id) => own.has(id)) }
  }

  /** How many messages it brought that were not known. */
  async round(keys: readonly SearchKey[], subject: string | undefined): Promise<number> {
    const paths = this.#paths.filter((path) => !this.failed.has(path))
    const hits = await visitMailboxes(
      this.#session,
      paths.map((path) => toVisit(this.#session, path, keys, subject)),
    )
    const wanted = new Map<string, number[]>()
    let room = Math.max(0, maxFetched - this.#found.size)
    for (const [at, path] of paths.entries()) {
      const hit = hits[at]
      if (hit === undefined) {
        this.failed.add(path)
        continue
      }
      const uids = this.#unknown(path, hit.result, room)
      room -= uids.length
      wanted.set(path, uids)
    }
    const visits = [...wanted].flatMap(([path, uids]) =>
      uids.length === 0 ? [] : toFetch(this.#session, path, uids),
    )
    let count = 0
    for (const visited of await visitMailboxes(this.#session, visits)) {
      if (visited === undefined) continue
      for (const row of visited.result) {
        if (isDeleted(row)) continue
        this.#found.set(keyOf(visited.mailbox.path, row.uid), toMember(row, visited.mailbox))
        count++
      }
    }
    return count
  }

  #unknown(path: string, uids: readonly number[], room: number): number[] {
    const all = uids.filter((uid) => !this.#found.has(keyOf(path, uid)))
    if (all.length > room) this.isCut = true
    return all.sort((a, b) => b - a).slice(0, room)
  }

  members(isJudged: boolean): Member[] {
    const all = [...this.#found.values()]
    const linked = isJudged ? connected(this.#target, all, (one) => idsOf(one.row)) : new Set(all)
    const rank = (one: Member) => (one === this.#target ? -1 : this.#paths.indexOf(one.mailbox.path))
    const once = new Map<string, Member>()
    for (const one of [...linked].sort((a, b) => rank(a) - rank(b))) {
      const key = identityOf(one.row)
      if (!once.has(key)) once.set(key, one)
    }
    const named = [...once.values()].sort((a, b) => (identityOf(a.row) < identityOf(b.row) ? -1 : 1))
    const sorted = inOrder(named, (one) => idsOf(one.row))
    if (sorted.length > maxMembers) this.isCut = true
    return sorted.slice(-maxMembers)
  }
}

function toFetch(session: ImapSession, path: string, uids: readonly number[]): Visit<FetchedMessage[]> {
  const set = toUidSet(uids)
  const items = [...summaryItems(session), peekHeaders(['REFERENCES'])]
  return {
    path,
    commands: [
      {
        command: 'UID FETCH',
        attributes: [{ type: 'SEQUENCE', value: set }, items],
        bytes: bytesOfFetch(uids.length, items),
      },
    ],
    collect: () => {
      const rows = session.collectRows(path, uids.length, [{ by: 'uid', set }])
      return { handlers: { FETCH: rows.keep }, result: rows.all }
    },
  }
}

function keyOf(path: string, uid: number): string {
  return `${uid} ${path}`
}

/** The same email in two mailboxes; one without a Message-ID is known by what else it says. */
export function identityOf(row: FetchedMessage): string {
  const { own } = idsOf(row)
  if (own !== undefined) return own
  const { dateText = '', subject = '', from = [] } = row.envelope ?? {}
  return JSON.stringify([dateText, subject, from.map(({ address }) => address)])
}

/** What replies repeat of a subject, of which the longest run of ASCII can be searched for everywhere. */
function subjectOf({ envelope }: FetchedMessage): string | undefined {
  const bare = cleanLine(envelope?.subject).replace(/^(?:[\p{L}]{1,8}(?:\[\d{1,3}\])? ?[:：]\s*)+/u, '')
  const runs = bare.match(/[\x20\x21\x23-\x5b\x5d-\x7e]+/g) ?? []
  const longest = runs.map((one) => one.trim()).sort((a, b) => b.length - a.length)[0] ?? ''
  return longest.length < 4 ? undefined : longest.slice(0, 100).trim()
}
