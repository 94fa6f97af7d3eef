/**
 * Conversations in one call, on a real server: who belongs is what Dovecot's THREAD says; what is said is what the corpus
 * says that each email says itself.
 */
import { type Dovecot, findDovecot, startDovecot, startScriptedImap } from '@email-connector/testing'
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getThread, type ThreadMessage, verifyImapLogin, withImapSession } from '../../src/index.ts'
import { accountOn, createWire, depsFor } from '../imap/imap-account.ts'
import { type Conversation, createCorpus } from './conversation-corpus.ts'

const corpus = createCorpus(72)

describe.skipIf(!findDovecot())('conversations of ten mail programs', () => {
  let dovecot: Dovecot
  /** Of all emails of the corpus, by Message-ID. */
  const places = new Map<string, { mailbox: string; uid: number }>()
  const validity = new Map<string, string>()

  beforeAll(async () => {
    dovecot = await startDovecot()
    const reader = dovecot.reader(dovecot.alice)
    await reader.createMailbox('Projects')
    for (const mailbox of ['INBOX', 'Sent', 'Projects']) {
      const here = corpus.flatMap(({ emails }) => emails).filter((one) => one.mailbox === mailbox)
      const uids = await reader.append(
        mailbox,
        here.map(({ raw }) => raw),
      )
      for (const [at, { messageId }] of here.entries())
        places.set(messageId, { mailbox, uid: uids[at] ?? expect.fail('no uid') })
      validity.set(mailbox, String(await reader.uidValidity(mailbox)))
    }
    await dovecot.reader(dovecot.bob).append(
      'INBOX',
      corpus.flatMap(({ emails }) => emails.map(({ raw }) => raw)),
    )
  })
  afterAll(() => dovecot?.stop())

  const account = () => accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
  const refOf = (messageId: string) => {
    const { mailbox, uid } = places.get(messageId) ?? expect.fail(`no ${messageId}`)
    return { mailbox, uid, uidValidity: validity.get(mailbox) ?? '' }
  }
  const read = (messageId: string, maxChars = 1_000_000, cursor?: string) =>
    withImapSession(account(), depsFor(dovecot.ca), (session) =>
      getThread(session, refOf(messageId), {
        maxChars,
        quotes: 'folded',
        ...(cursor === undefined ? {} : { cursor }),
      }),
    )
  const lastOf = ({ emails }: Conversation) => emails.at(-1)?.messageId ?? expect.fail('no email')
  const refsOf = (items: readonly ThreadMessage[]) => items.map(({ ref }) => `${ref.mailbox} ${ref.uid}`)

  test('every own sentence once, whatever program quoted it, and those of an email that nobody kept', async () => {
    const faults: string[] = []
    let sentences = 0
    for (const one of corpus) {
      const { items } = await read(lastOf(one))
      const all = items.map(({ text }) => text).join('\n')
      const unquoted = flat(all.replaceAll(/^ ?>.*$/gm, ''))
      const whole = flat(all.replaceAll(/^(?: ?>)+ ?/gm, ''))
      for (const [place, text, wanted] of [
        ['own', unquoted, one.emails.flatMap(({ own }) => own)],
        ['lost', whole, one.lost],
      ] as const)
        for (const said of wanted) {
          sentences++
          const count = text.split(flat(said)).length - 1
          if (count !== 1) faults.push(`${one.name}: ${place} ${count} times: ${said}`)
        }
    }
    expect(corpus.length).toBeGreaterThanOrEqual(60)
    expect(sentences).toBeGreaterThan(300)
    expect(faults).toEqual([])
  })

  test('those belong that THREAD=REFERENCES puts together, each once, oldest first', async () => {
    const { bob, ca, host, imapsPort } = dovecot
    const client = new ImapFlow({
      host,
      port: imapsPort,
      secure: true,
      auth: { user: bob.login, pass: bob.password },
      tls: { ca },
      logger: false,
    })
    await client.connect()
    await client.mailboxOpen('INBOX')
    const ids = new Map<number, string>()
    for await (const { uid, envelope } of client.fetch('1:*', { uid: true, envelope: true }))
      ids.set(uid, envelope?.messageId ?? '')
    let answer = ''
    client.on('error', () => {})
    const channel = client as unknown as {
      exec(command: string, attributes: object[], options: object): Promise<{ next(): void }>
    }
    const { next } = await channel.exec(
      'UID THREAD',
      ['REFERENCES', 'UTF-8', 'ALL'].map((value) => ({ type: 'ATOM', value })),
      {
        untagged: {
          THREAD({ attributes }: { attributes: unknown }) {
            answer = JSON.stringify(attributes)
          },
        },
      },
    )
    next()
    client.close()
    const groups = (JSON.parse(answer) as unknown[]).map((group) =>
      [...JSON.stringify(group).matchAll(/"value":"(\d+)"/g)].map(([, uid]) => ids.get(Number(uid)) ?? ''),
    )
    for (const one of corpus) {
      for (const { messageId } of [one.emails[0], one.emails.at(-1)].filter((email) => email !== undefined)) {
        const judged = groups.find((group) => group.includes(messageId)) ?? expect.fail('in no thread')
        const { items, total } = await read(messageId)
        expect(total).toBe(items.length)
        const dates = items.map(({ date }) => date)
        expect(dates).toEqual([...dates].sort())
        expect(refsOf(items).sort(), one.name).toEqual(
          judged.map((id) => `${refOf(id).mailbox} ${refOf(id).uid}`).sort(),
        )
      }
    }
  })

  test('a long one goes on by cursor and says the same', async () => {
    for (const one of corpus.filter(({ emails }) => emails.length >= 5).slice(0, 6)) {
      const whole = await read(lastOf(one))
      const pieces = new Map<string, string>()
      let cursor: string | undefined
      do {
        const page = await read(lastOf(one), 300, cursor)
        for (const { ref, text, offset } of page.items) {
          const before = pieces.get(`${ref.mailbox} ${ref.uid}`) ?? ''
          expect(offset).toBe(before.length)
          pieces.set(`${ref.mailbox} ${ref.uid}`, before + text)
        }
        cursor = page.next
      } while (cursor !== undefined)
      expect([...pieces]).toEqual(whole.items.map(({ ref, text }) => [`${ref.mailbox} ${ref.uid}`, text]))
    }
  })

  test('a conversation is read in 7 round trips, 8 where each email names only the one before', async () => {
    const memory = await verifyImapLogin(account(), depsFor(dovecot.ca))
    const trips: number[] = []
    for (const kind of [0, 1]) {
      const one =
        corpus.find(({ emails }, at) => at % 3 === kind && emails.length >= 6) ?? expect.fail('none')
      const wire = createWire(depsFor(dovecot.ca).connector)
      await withImapSession(
        account(),
        { ...depsFor(dovecot.ca), connector: wire.connector, memory },
        (session) => getThread(session, refOf(lastOf(one)), { maxChars: 20_000, quotes: 'folded' }),
      )
      trips.push(wire.flights() + 2)
    }
    expect(trips).toEqual([7, 8])
  })

  test('is whole where another client moved it since the mailboxes were remembered, for no trip more', async () => {
    const { mailboxes, ...known } = await verifyImapLogin(account(), depsFor(dovecot.ca))
    const gone = { path: 'Gone', name: 'Gone', delimiter: '/', selectable: true }
    const memory = { ...known, mailboxes: [...mailboxes.filter(({ path }) => path !== 'Projects'), gone] }
    const one = corpus.find(({ emails }) => emails.some(({ mailbox }) => mailbox === 'Projects'))
    const first = one?.emails.find(({ mailbox }) => mailbox !== 'Projects')?.messageId ?? expect.fail('none')
    const trips: number[] = []
    const pages = []
    for (const remembered of [memory, { ...known, mailboxes }]) {
      const wire = createWire(depsFor(dovecot.ca).connector)
      const deps = { ...depsFor(dovecot.ca), connector: wire.connector, memory: remembered }
      pages.push(
        await withImapSession(account(), deps, (session) =>
          getThread(session, refOf(first), { maxChars: 1_000_000, quotes: 'folded' }),
        ),
      )
      trips.push(wire.flights())
    }
    expect(pages[0]).toEqual(pages[1])
    expect(pages[0]?.items.map(({ ref }) => ref.mailbox)).toContain('Projects')
    expect(pages[0]?.failed).toEqual([])
    expect(trips[0]).toBe(trips[1])
  })
})

test('a mailbox that the server refuses is named, and the others are read', async () => {
  const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
  const server = await startScriptedImap({
    ...alice,
    mailboxes: [{ path: 'INBOX', exists: 1 }, { path: 'Closed' }],
    handlers: {
      EXAMINE: async (tag, path, connection) => {
        if (path.includes('Closed')) await connection.send(`${tag} NO [NOPERM] not for you`)
        else await connection.send(`* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n${tag} OK [READ-ONLY] done`)
      },
      'UID SEARCH': (tag, _, connection) =>
        connection.send(`* ESEARCH (TAG "${tag}") UID ALL 1\r\n${tag} OK done`),
      'UID FETCH': async (tag, args, connection) => {
        const body = args.includes('BODY.PEEK[1]') ? ' BODY[1] {2}\r\nhi' : ''
        await connection.send(
          `* 1 FETCH (UID 1 FLAGS () INTERNALDATE "10-Jan-2026 10:00:00 +0000" RFC822.SIZE 9 ENVELOPE (NIL "Hello" NIL NIL NIL NIL NIL NIL NIL "<a@b.example>") BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 2 1)${body})`,
        )
        await connection.send(`${tag} OK done`)
      },
    },
  })
  const connector = {
    ...depsFor('').connector,
    connect: async () => (await import('node:net')).connect({ host: '127.0.0.1', port: server.port }),
  }
  try {
    const page = await withImapSession(accountOn(server, alice), { ...depsFor(''), connector }, (session) =>
      getThread(
        session,
        { mailbox: 'INBOX', uid: 1, uidValidity: '1' },
        { maxChars: 1_000, quotes: 'folded' },
      ),
    )
    expect(page.failed).toEqual(['Closed'])
  } finally {
    await server.stop()
  }
})

/** Line ends, marks and links aside. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
