/** One search over every mailbox of a real server: what is found, in which order, page by page; and what is said. */
import { type Dovecot, findDovecot, startDovecot, startScriptedImap } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImapSession, type ServerMemory, verifyImapLogin, withImapSession } from '../../src/index.ts'
import { accountOn, createWire, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const mailboxes = ['INBOX', 'Archive', 'Projects'] as const
const perMailbox = 20
/** Filed in another order than they came: 7 and 20 have no common factor. */
const receivedAt = (mailbox: number, at: number) =>
  new Date(Date.UTC(2026, 0, 1 + ((at * 7) % perMailbox), mailbox))

const mail = (subject: string, headers = '', body = 'words') =>
  `From: Bo <bo@example.net>\nTo: alice@test.example\nSubject: ${subject}\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMessage-ID: <${subject.replaceAll(' ', '.')}@example.net>\n${headers}\n${body}\n`

const withFile = (name: string) =>
  mail(
    `file ${name}`,
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n',
    `--b\n\nsee there\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=${name}\n\nx\n--b--`,
  )

describe.skipIf(!findDovecot())('R88: a search of every mailbox', () => {
  let dovecot: Dovecot

  beforeAll(async () => {
    dovecot = await startDovecot()
    const reader = dovecot.reader(dovecot.alice)
    await reader.createMailbox('Projects')
    for (const [number, mailbox] of mailboxes.entries())
      for (let at = 0; at < perMailbox; at++)
        await reader.append(mailbox, [mail(`row ${number}.${at}`)], [], receivedAt(number, at))
    await reader.append('Trash', [mail('row in the trash')])
    await reader.append('Projects', [withFile('plan.pdf'), withFile('notes.txt')])
    await reader.append('Sent', [mail('question one'), mail('question two')], ['\\Seen'])
    await reader.append('Archive', [mail('Re: question one', 'In-Reply-To: <question.one@example.net>\n')])
  })
  afterAll(() => dovecot?.stop())

  const run = <T>(use: (session: ImapSession) => Promise<T>) =>
    withImapSession(
      accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice),
      depsFor(dovecot.ca),
      use,
    )
  const subjectsOf = async (query: string, mailbox = 'all') =>
    (await run((session) => searchFor(session, { mailbox, limit: 50, query }))).items.map(
      (one) => one.subject,
    )

  const inOrder = mailboxes
    .flatMap((_, number) =>
      Array.from({ length: perMailbox }, (_, at) => ({ number, at, received: receivedAt(number, at) })),
    )
    .sort((a, b) => b.received.getTime() - a.received.getTime())
    .map(({ number, at }) => `row ${number}.${at}`)

  test('R88: what another client made since the mailboxes were remembered is searched, for no trip more', async () => {
    const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.bob)
    const memory = await verifyImapLogin(account, depsFor(dovecot.ca))
    const reader = dovecot.reader(dovecot.bob)
    const search = async (known: ServerMemory) => {
      const wire = createWire(depsFor(dovecot.ca).connector)
      const learned: ServerMemory[] = []
      const deps = { ...depsFor(dovecot.ca), connector: wire.connector, memory: known }
      const page = await withImapSession(
        account,
        { ...deps, onMemory: (one: ServerMemory) => void learned.push(one) },
        (session) => searchFor(session, { mailbox: 'all', limit: 50, query: 'subject:elsewhere' }),
      )
      return { page, learned, trips: wire.flights() }
    }
    const before = await search(memory)
    await reader.createMailbox('Made since')
    await reader.append('Made since', [mail('filed elsewhere')])
    const gone = { path: 'Gone', name: 'Gone', delimiter: '/', selectable: true }
    const after = await search({ ...memory, mailboxes: [...memory.mailboxes, gone] })
    expect(after.page.items.map(({ subject }) => subject)).toEqual(['filed elsewhere'])
    expect([after.page.failed, after.page.left]).toEqual([[], []])
    expect(after.learned.map(({ mailboxes }) => mailboxes.map(({ path }) => path))).toEqual([
      expect.arrayContaining(['INBOX', 'Made since']),
    ])
    expect(after.page.searched).not.toContain('Gone')
    const then = await search(after.learned[0] ?? expect.fail('nothing learned'))
    // What did not change is not written again.
    expect([before.learned, then.learned]).toEqual([[], []])
    expect([after.trips, then.trips].every((trips) => trips <= before.trips + 1)).toBe(true)
    expect(after.trips).toBe(then.trips)
  })

  test.each([1, 7, 50])(
    'gives every match once, by the date it was received, %s at a time',
    async (limit) => {
      const shown: string[] = []
      let cursor: string | undefined
      do {
        const asked = { mailbox: 'all', limit, query: 'subject:row', ...(cursor ? { cursor } : {}) }
        const page = await run((session) => searchFor(session, asked))
        expect(page.total).toBe(inOrder.length)
        expect(page.items.length).toBeLessThanOrEqual(limit)
        shown.push(...page.items.map((one) => one.subject))
        cursor = page.next
      } while (cursor !== undefined)
      expect(shown).toEqual(inOrder)
    },
  )

  test('a page goes on below the last row while mail arrives and goes', async () => {
    const reader = dovecot.reader(dovecot.alice)
    const ask = (cursor?: string) =>
      run((session) =>
        searchFor(session, {
          mailbox: 'all',
          limit: 40,
          query: 'subject:row',
          ...(cursor ? { cursor } : {}),
        }),
      )
    const first = await ask()
    await reader.append('INBOX', [mail('row that came meanwhile')])
    const second = await ask(first.next)
    expect([...first.items, ...second.items].map((one) => one.subject)).toEqual(inOrder)
    expect(await subjectsOf('subject:meanwhile')).toEqual(['row that came meanwhile'])
  })

  test('looks everywhere but in Junk and Trash, unless the query says where', async () => {
    const { searched } = await run((session) =>
      searchFor(session, { mailbox: 'all', limit: 1, query: 'subject:row' }),
    )
    expect(searched).toEqual(expect.arrayContaining(['INBOX', 'Sent', 'Archive', 'Drafts', 'Projects']))
    expect(searched).not.toContain('Trash')
    expect(await subjectsOf('in:trash subject:row')).toEqual(['row in the trash'])
    expect(await subjectsOf('in:anywhere "in the trash"')).toEqual(['row in the trash'])
    expect(await subjectsOf('subject:file -in:Projects')).toEqual([])
  })

  test.each([
    ['has:attachment', ['file notes.txt', 'file plan.pdf']],
    ['filename:pdf', ['file plan.pdf']],
    ['has:attachment -filename:pdf', ['file notes.txt']],
    ['subject:file -has:attachment', []],
    ['filename:plan OR subject:"question two"', ['file plan.pdf', 'question two']],
    ['subject:question -(has:attachment OR subject:two) -subject:Re', ['question one']],
    ['is:awaiting', ['question two']],
    ['in:sent -is:awaiting', ['question one']],
  ])('%s is judged by what the messages hold', async (query, subjects) => {
    expect((await subjectsOf(query)).sort()).toEqual([...subjects].sort())
  })
})

describe('R88: what a search could not reach', () => {
  const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }

  async function searchOn(handlers: Parameters<typeof startScriptedImap>[0], deadlineMs = 5_000) {
    const server = await startScriptedImap({ ...alice, ...handlers })
    const connector = {
      ...depsFor('').connector,
      connect: async () => (await import('node:net')).connect({ host: '127.0.0.1', port: server.port }),
    }
    try {
      return await withImapSession(
        accountOn({ host: 'localhost', port: server.port }, alice),
        { ...depsFor(''), connector, deadlineMs },
        (session) => searchFor(session, { mailbox: 'all', limit: 5, query: 'subject:x' }),
      )
    } finally {
      await server.stop()
    }
  }

  test('a mailbox that the server refuses is named, and the others are searched', async () => {
    const page = await searchOn({
      handlers: {
        'UID SEARCH': async (tag, _, connection) => {
          const isArchive = connection.commands.at(-2)?.includes('Archive')
          await connection.send(isArchive ? `${tag} NO [NOPERM] no` : `${tag} OK done`)
        },
      },
    })
    expect(page.failed).toEqual(['Archive'])
    expect(page.searched).toEqual(['INBOX', 'Sent', 'Drafts'])
    expect(page.total).toBeUndefined()
  })

  test('a connection that ends is no refusal of one mailbox', async () => {
    const search = searchOn({
      handlers: {
        'UID SEARCH': async (tag, _, connection) => {
          const isArchive = connection.commands.at(-2)?.includes('Archive')
          if (isArchive) connection.end()
          else await connection.send(`${tag} OK done`)
        },
      },
    })
    await expect(search).rejects.toMatchObject({ code: 'connection_lost' })
  })

  test('mailboxes that the time does not reach are left, and the cursor goes on with them', async () => {
    const slow = {
      handlers: {
        'UID SEARCH': async (
          tag: string,
          _: string,
          connection: { send(text: string): Promise<unknown> },
        ) => {
          await new Promise((resolve) => setTimeout(resolve, 1_500))
          await connection.send(`${tag} OK done`)
        },
      },
    }
    const page = await searchOn(slow, 4_000)
    expect(page.searched[0]).toBe('INBOX')
    expect(page.left.at(-1)).toBe('Drafts')
    expect([...page.searched, ...page.left]).toEqual(['INBOX', 'Sent', 'Archive', 'Drafts'])
    expect(page.next).toBeDefined()
  })
})
