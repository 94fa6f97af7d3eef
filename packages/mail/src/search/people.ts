/**
 * Who was written to and heard from, by the envelopes of the newest mail: nothing is kept. Ranked by how often and how
 * lately; a person one writes to counts for more than one who writes.
 */
import { Flight } from '../imap/flight.ts'
import { atom } from '../imap/protocol.ts'
import type { FetchedMessage, ImapSession } from '../imap/session.ts'
import { listMailboxes } from '../mailboxes/list.ts'
import type { MailAddress, Mailbox, SpecialUse } from '../message.ts'
import { toAddresses } from '../reading/envelope-text.ts'
import { receivedAt } from '../reading/received.ts'

/** Somebody the owner writes to or hears from. */
export interface Person {
  readonly name?: string
  readonly address: string
  /** Mails of the owner to them, and theirs to the owner, among those that were looked at. */
  readonly sent: number
  readonly received: number
  /** Epoch seconds. */
  readonly last: number
  /** Comparable between accounts. */
  readonly score: number
}

/** Of each direction: some 250 kB of envelopes. */
const maxMessages = 500
const sentWeight = 3
/** A contact counts half after that. */
const halfLifeSeconds = 90 * 86_400

export interface PeopleOptions {
  /** Parts of a name or address, in any order; absent: everybody. */
  readonly query?: string
  /** Addresses of the owner, who is nobody to find. */
  readonly own: readonly string[]
}

/** Best first. Two flights: how many mails there are, and the envelopes of the newest. */
export async function findPeople(session: ImapSession, { query, own }: PeopleOptions): Promise<Person[]> {
  const mailboxes = session.knownMailboxes ?? (await listMailboxes(session, { includeCounts: false }))
  const pathOf = (use: SpecialUse) => mailboxes.find((one) => one.specialUse === use && one.selectable)?.path
  const sources = [
    { isSent: true, path: pathOf('sent') },
    // What was filed is in the archive, or where Gmail keeps everything.
    { isSent: false, path: inboxOf(mailboxes) },
    { isSent: false, path: pathOf('archive') ?? pathOf('all') },
  ].flatMap(({ isSent, path }) => (path === undefined ? [] : [{ isSent, path }]))
  const sizes = new Map<string, number>()
  const counting = new Flight(session)
  counting.sizes(
    sources.map(({ path }) => path),
    sizes,
  )
  await counting.send()

  const flight = new Flight(session)
  let receivedLeft = maxMessages
  const fetched = sources.flatMap(({ isSent, path }) => {
    const exists = sizes.get(path) ?? 0
    const count = Math.min(exists, isSent ? maxMessages : receivedLeft)
    if (count < 1) return []
    if (!isSent) receivedLeft -= count
    flight.examine(path)
    const items = [atom('UID'), atom('INTERNALDATE'), atom('ENVELOPE')]
    return [{ isSent, rows: flight.fetchSequence(path, exists - count + 1, exists, items) }]
  })
  await flight.send()

  const found = new People(session.now, own)
  for (const { isSent, rows } of fetched) for (const row of rows()) found.add(row, isSent)
  const words = folded(query ?? '')
    .split(/[\s<>"',;]+/)
    .filter((word) => word !== '')
  return found
    .all()
    .filter(({ name = '', address }) => words.every((word) => folded(`${name} ${address}`).includes(word)))
    .sort((a, b) => b.score - a.score || b.last - a.last || (a.address < b.address ? -1 : 1))
}

/** INBOX is where mail arrives even where no one says so. */
function inboxOf(mailboxes: readonly Mailbox[]): string | undefined {
  return mailboxes.find((one) => one.path.toUpperCase() === 'INBOX')?.path
}

interface Counted {
  name?: string
  namedAt: number
  address: string
  sent: number
  received: number
  last: number
  score: number
}

class People {
  readonly #now: number
  readonly #own: ReadonlySet<string>
  readonly #byAddress = new Map<string, Counted>()
  /** Gmail has a mail in each of its labels. */
  readonly #mails = new Set<string>()

  constructor(now: number, own: readonly string[]) {
    this.#now = now
    this.#own = new Set(own.map((one) => one.toLowerCase()))
  }

  add(row: FetchedMessage, isSent: boolean): void {
    const { envelope } = row
    const id = envelope?.messageId
    if (id !== undefined && this.#mails.has(id)) return
    if (id !== undefined) this.#mails.add(id)
    const at = receivedAt(row)
    const from = toAddresses(envelope?.from)
    // One's own mail in the archive was written to its recipients.
    const isOwn = isSent || from.some(({ address }) => this.#own.has(address.toLowerCase()))
    const people = isOwn
      ? [envelope?.to, envelope?.cc, envelope?.bcc].flatMap((some) => toAddresses(some))
      : from
    const seen = new Set<string>()
    for (const one of people) {
      const key = one.address.toLowerCase()
      if (this.#own.has(key) || seen.has(key)) continue
      seen.add(key)
      this.#count(key, one, at, isOwn)
    }
  }

  #count(key: string, { name, address }: MailAddress, at: number, isSent: boolean): void {
    const known = this.#byAddress.get(key)
    const one = known ?? { address, namedAt: -1, sent: 0, received: 0, last: 0, score: 0 }
    if (known === undefined) this.#byAddress.set(key, one)
    if (isSent) one.sent++
    else one.received++
    one.last = Math.max(one.last, at)
    const age = Math.max(0, this.#now - at)
    one.score += (isSent ? sentWeight : 1) * 0.5 ** (age / halfLifeSeconds)
    // What a person calls themselves last.
    if (name !== undefined && name !== address && at >= one.namedAt) {
      one.name = name
      one.namedAt = at
    }
  }

  all(): Person[] {
    return [...this.#byAddress.values()].map(({ namedAt: _, ...person }) => person)
  }
}

/** `müller` is found by `muller`. */
function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
