/**
 * A search page by page over mailboxes of any size, while another client adds and removes emails between two pages: what
 * was there from the first page to the last is given once, in the order of the plain list, and nothing is given twice.
 */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import * as fc from 'fast-check'
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImapSession, withImapSession } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const paths = ['INBOX', 'Archive', 'Projects', 'Empty', 'Old']
const start = Date.UTC(2026, 0, 1)

interface Arrival {
  readonly box: number
  /** Of the day of receipt; several emails may share one. */
  readonly hour: number
}
const arrival: fc.Arbitrary<Arrival> = fc.record({ box: fc.nat({ max: 4 }), hour: fc.nat({ max: 30 }) })
const between = fc.record({
  arrivals: fc.array(arrival, { maxLength: 3 }),
  removals: fc.array(fc.nat({ max: 1_000 }), { maxLength: 2 }),
})

describe.skipIf(!findDovecot())('R78, R88: a search, page by page', () => {
  let dovecot: Dovecot
  let other: ImapFlow
  beforeAll(async () => {
    dovecot = await startDovecot()
    const { login, password } = dovecot.alice
    other = new ImapFlow({
      ...{ host: dovecot.host, port: dovecot.imapsPort, secure: true, tls: { ca: dovecot.ca } },
      ...{ auth: { user: login, pass: password }, logger: false, disableAutoIdle: true },
    })
    await other.connect()
    for (const path of ['Projects', 'Empty', 'Old']) await other.mailboxCreate(path)
  })
  afterAll(async () => {
    other?.close()
    await dovecot?.stop()
  })

  const run = <T>(use: (session: ImapSession) => Promise<T>) => {
    const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
    return withImapSession(account, depsFor(dovecot.ca), use)
  }

  let runs = 0
  async function walk(
    mailboxes: number,
    first: readonly Arrival[],
    limits: readonly number[],
    changes: readonly { arrivals: readonly Arrival[]; removals: readonly number[] }[],
  ) {
    const word = `walk${++runs}w`
    const held = new Map<string, { path: string; uid: number; receivedAt: number }>()
    const gone = new Set<string>()
    let count = 0
    const add = async ({ box, hour }: Arrival) => {
      const path = paths[box % mailboxes] ?? 'INBOX'
      const subject = `${word} ${count++}`
      const receivedAt = start + hour * 3_600_000
      const raw = `From: a@b.example\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replace(' ', '.')}@b.example>\r\n\r\nx\r\n`
      const stored = await other.append(path, raw, [], new Date(receivedAt))
      if (!stored) throw new Error('It is stored')
      held.set(subject, { path, uid: stored.uid ?? 0, receivedAt })
    }
    const remove = async (pick: number) => {
      const [subject, one] = [...held][pick % Math.max(1, held.size)] ?? []
      if (subject === undefined || one === undefined) return
      await other.mailboxOpen(one.path)
      await other.messageDelete(String(one.uid), { uid: true })
      await other.mailboxClose()
      held.delete(subject)
      gone.add(subject)
    }

    for (const one of first) await add(one)
    const atFirst = [...held.keys()]
    const shown: string[] = []
    let cursor: string | undefined
    for (let page = 0; page < 200; page++) {
      const limit = limits[page % limits.length] ?? 1
      const asked = { mailbox: 'all', limit, query: `subject:${word}`, ...(cursor ? { cursor } : {}) }
      const { items, next } = await run((session) => searchFor(session, asked))
      expect(items.length).toBeLessThanOrEqual(limit)
      for (const { subject } of items) expect(gone.has(subject), `${subject} is gone`).toBe(false)
      shown.push(...items.map(({ subject }) => subject))
      cursor = next
      if (cursor === undefined) break
      const change = changes[page]
      for (const one of change?.arrivals ?? []) await add(one)
      for (const pick of change?.removals ?? []) await remove(pick)
    }
    expect(cursor, 'the last page has no cursor').toBeUndefined()
    expect(new Set(shown).size, 'nothing twice').toBe(shown.length)
    const stayed = atFirst.filter((subject) => held.has(subject))
    expect(
      stayed.filter((subject) => !shown.includes(subject)),
      'nothing left out',
    ).toEqual([])
    const dates = shown.flatMap((subject) => held.get(subject)?.receivedAt ?? [])
    expect(dates, 'in order').toEqual([...dates].sort((a, b) => b - a))
    // Of the same second the plain list decides.
    const { items: plain } = await run((session) =>
      searchFor(session, { mailbox: 'all', limit: 50, query: `subject:${word}` }),
    )
    const wanted = plain.map(({ subject }) => subject).filter((subject) => stayed.includes(subject))
    expect(shown.filter((subject) => stayed.includes(subject))).toEqual(wanted)
  }

  test('pages are together what the plain list is: no doubles, no gaps, whatever another client does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: paths.length }),
        fc.array(arrival, { minLength: 3, maxLength: 14 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
        fc.array(between, { maxLength: 5 }),
        walk,
      ),
      { numRuns: inLongRun(100, 12), endOnFailure: true },
    )
  })
})
