/** What a call sends to a real Dovecot, and in how many round trips; what it does there is in imap-servers.test.ts. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  appendMessage,
  getMessage,
  type ImapSession,
  listMailboxes,
  listRecent,
  moveMessages,
  type ServerMemory,
  setFlags,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, createWire, depsFor } from './imap-account.ts'
import { searchFor } from './search-for.ts'

const textMail = (n: number, extra = '') =>
  `From: Ann <ann@example.org>\nTo: alice@test.example\nSubject: Number ${n}\nDate: Mon, 5 Jan 2026 10:00:0${n % 10} +0100\nMessage-ID: <n${n}@example.org>\n${extra}\nBody of number ${n}\n`

describe.skipIf(!findDovecot())('IMAP on Dovecot, command by command', () => {
  let dovecot: Dovecot
  let memory: ServerMemory

  beforeAll(async () => {
    dovecot = await startDovecot()
    await dovecot.appendRaw(dovecot.alice, 'INBOX', textMail(60))
    memory = await verifyImapLogin(account(), depsFor(dovecot.ca))
  })
  afterAll(() => dovecot?.stop())

  const account = (tls: 'implicit' | 'starttls' = 'implicit') =>
    accountOn(
      { host: dovecot.host, port: tls === 'implicit' ? dovecot.imapsPort : dovecot.imapPort, tls },
      dovecot.alice,
    )
  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(account(), { ...depsFor(dovecot.ca), memory }, use)
  const inbox = (limit = 50) =>
    run((session) => listRecent(session, { mailbox: 'INBOX', limit, unreadOnly: false }))

  test('logs in by STARTTLS too', async () => {
    // Dovecot lists a mailbox elsewhere once it was opened, as Sent is at a login.
    const inOrder = ({ mailboxes, ...rest }: ServerMemory) => ({
      ...rest,
      mailboxes: [...mailboxes].sort((a, b) => a.path.localeCompare(b.path)),
    })
    const learned = await verifyImapLogin(account('starttls'), depsFor(dovecot.ca))
    expect(inOrder(learned)).toEqual(inOrder(memory))
  })

  test('R37: refuses control characters anywhere before a connection is opened', async () => {
    const wire = createWire(depsFor(dovecot.ca).connector)
    const deps = { ...depsFor(dovecot.ca), connector: wire.connector, memory }
    const bad = { ...account(), login: 'alice\r\nA1 LOGOUT' }
    await expect(withImapSession(bad, deps, async () => undefined)).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const nul = { ...account(), credential: { type: 'password', password: 'a\0b' } } as const
    await expect(withImapSession(nul, deps, async () => undefined)).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect(wire.sockets).toHaveLength(0)
  })

  test('survives a wrong memory with one more connection', async () => {
    const wrong: ServerMemory = {
      ...memory,
      mailboxes: [
        { path: 'Papierkorb', name: 'Papierkorb', delimiter: '/', specialUse: 'trash', selectable: true },
      ],
    }
    await dovecot.appendRaw(dovecot.alice, 'Trash', textMail(1))
    const learned: ServerMemory[] = []
    const page = await withImapSession(
      account(),
      { ...depsFor(dovecot.ca), memory: wrong, onMemory: (m) => learned.push(m) },
      (session) => listRecent(session, { mailbox: 'trash', limit: 5, unreadOnly: false }),
    )
    expect(page.items[0]?.ref.mailbox).toBe('Trash')
    expect(learned.at(-1)?.mailboxes.map((one) => one.path)).toContain('Trash')
  })

  describe('with a memory, sends nothing but what the call needs', () => {
    const traced = async (use: (session: ImapSession) => Promise<unknown>) => {
      const wire = createWire(depsFor(dovecot.ca).connector)
      await withImapSession(account(), { ...depsFor(dovecot.ca), connector: wire.connector, memory }, use)
      // even in a mailbox opened for writing by someone's mistake, reading must not mark as read
      expect(wire.commands.join('\n')).not.toMatch(/BODY\[/)
      // TCP and TLS cost one trip each
      return { trace: wire.commands.map((line) => line.replace(/ \(.*| ".*/, '')), trips: wire.flights() + 2 }
    }

    test('recent: 5 round trips', async () => {
      const seen = await traced((session) =>
        listRecent(session, { mailbox: 'INBOX', limit: 10, unreadOnly: false }),
      )
      expect(seen.trace).toEqual(['LOGIN', 'EXAMINE', expect.stringMatching(/^FETCH \d+:\d+$/)])
      expect(seen.trips).toBe(5)
    })

    test('unread and search: 6 round trips', async () => {
      const unread = await traced((session) =>
        listRecent(session, { mailbox: 'INBOX', limit: 5, unreadOnly: true }),
      )
      expect(unread.trips).toBe(6)
      const found = await traced((session) =>
        searchFor(session, { mailbox: 'INBOX', limit: 5, subject: 'Number' }),
      )
      expect(found.trips).toBe(6)
      expect(found.trace.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        'LOGIN',
        'EXAMINE',
        'UID SEARCH',
        'UID FETCH',
      ])
    })

    test('get, mark, move and draft: 5 round trips, mailboxes with counts: 5', async () => {
      await dovecot.appendRaw(dovecot.alice, 'INBOX', textMail(70))
      const ref = (await inbox(1)).items[0]?.ref ?? expect.fail('no row')
      const uid = ref.uid
      const get = await traced((session) =>
        getMessage(session, ref, { format: 'text', offset: 0, maxChars: 100 }),
      )
      expect(get).toEqual({ trace: ['LOGIN', 'EXAMINE', `UID FETCH ${uid}`, `UID FETCH ${uid}`], trips: 5 })
      const mark = await traced((session) => setFlags(session, [ref], { add: ['\\Seen'], remove: [] }))
      // What it was before comes in the flight of the STORE.
      const trace = ['LOGIN', 'SELECT', `UID FETCH ${uid}`, `UID STORE ${uid} +FLAGS`]
      expect(mark).toEqual({ trace, trips: 5 })
      const again = await traced((session) => setFlags(session, [ref], { add: ['\\Seen'], remove: [] }))
      expect(again).toEqual({ trace, trips: 5 })
      const move = await traced((session) => moveMessages(session, [ref], 'archive'))
      expect(move).toEqual({ trace: ['LOGIN', 'SELECT', `UID MOVE ${uid}`], trips: 5 })
      const raw = Buffer.from(`${textMail(71).replaceAll('\n', '\r\n')}${'y'.repeat(20_000)}`)
      const draft = await traced((session) =>
        appendMessage(session, { mailbox: 'drafts', raw, flags: ['\\Draft'] }),
      )
      expect(draft).toEqual({ trace: ['LOGIN', 'APPEND'], trips: 5 })
      const counts = await traced((session) => listMailboxes(session, { includeCounts: true }))
      expect(counts).toEqual({ trace: ['LOGIN', 'NAMESPACE', 'LIST'], trips: 5 })
    })
  })
})
