/** R58, R102: what a session reads follows what was asked for, and what it keeps of an answer is an answer. */
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type ImapHandler,
  type ScriptedImap,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createByteBudget } from '../../src/imap/byte-budget.ts'
import { boundLists } from '../../src/imap/list-bound.ts'
import { searchUids } from '../../src/imap/search-uids.ts'
import {
  appendMessage,
  getMessages,
  type ImapSession,
  listMailboxes,
  listRecent,
  MailError,
  moveMessages,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from './imap-account.ts'

const megabyte = 1024 * 1024

test('R58: a line of too many lists is not parsed; what is in quotes is a sender’s and counts for nothing', () => {
  const parsed: (number | null)[] = []
  let isOpen = true
  const streamer = {
    push(line: { readonly payload: Buffer } | null) {
      parsed.push(line?.payload.length ?? null)
      return true
    },
  }
  boundLists({ streamer }, () => {
    isOpen = false
  })
  const many = '('.repeat(60_001)
  const honest = [`* 1 FETCH (ENVELOPE ("${many}" "\\"${many}\\\\" NIL))`, '('.repeat(60_000), '* OK']
  for (const line of honest) streamer.push({ payload: Buffer.from(line) })
  streamer.push(null)
  expect(isOpen).toBe(true)
  expect(streamer.push({ payload: Buffer.from(`"a" ${many}`) })).toBe(false)
  expect(isOpen).toBe(false)
  expect(parsed).toEqual([...honest.map((line) => line.length), null])
})

describe('the octets of a session', () => {
  function open() {
    let isOpen = true
    let read = 0
    const write = (chunk: Buffer) => {
      read += chunk.length
      return true
    }
    const streamer = { write: (chunk: Buffer) => write(chunk) }
    const budget = createByteBudget({ streamer }, () => {
      isOpen = false
    })
    return {
      budget,
      receive: (megabytes: number) => streamer.write(Buffer.alloc(megabytes * megabyte)),
      isOpen: () => isOpen,
      read: () => read / megabyte,
    }
  }

  test('R58: are a base, and what a command was lent, and nothing after that is read', async () => {
    const session = open()
    await session.budget.lend(10 * megabyte, async () => session.receive(10))
    session.receive(2)
    expect(session.isOpen()).toBe(true)
    session.receive(1)
    expect(session.isOpen()).toBe(false)
    expect(session.read()).toBe(12)
  })

  test('R58: do not grow by what commands did not use, however they ended', async () => {
    const session = open()
    for (let count = 0; count < 100; count += 1) {
      const lent = session.budget.lend(10 * megabyte, () => Promise.reject(new Error('refused')))
      await expect(lent).rejects.toThrow('refused')
    }
    session.receive(3)
    expect(session.isOpen()).toBe(false)
  })
})

describe('of an answer', () => {
  let authority: CertificateAuthority
  const servers: ScriptedImap[] = []
  beforeAll(async () => {
    authority = await createCertificateAuthority()
  })
  afterAll(() => authority.remove())
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((one) => one.stop()))
  })

  async function ask<T>(
    handlers: Record<string, ImapHandler>,
    use: (session: ImapSession) => Promise<T>,
    capabilities = 'IMAP4rev1 UIDPLUS MOVE',
  ): Promise<T | string> {
    const certificate = await authority.issue({ names: testHosts })
    const mailboxes = [{ path: 'INBOX', exists: 9 }, { path: 'Trash' }, { path: 'Drafts' }]
    const server = await startScriptedImap({
      tls: 'implicit',
      certificate,
      capabilities,
      mailboxes,
      handlers,
    })
    servers.push(server)
    const alice = { address: 'alice@test.example', login: 'alice', password: 'secret' }
    return await withImapSession(accountOn(server, alice), depsFor(authority.ca), use).catch(
      (error: unknown) => {
        if (error instanceof MailError) return error.code
        throw error
      },
    )
  }
  const reply =
    (...lines: string[]): ImapHandler =>
    async (tag, _args, connection) => {
      for (const line of lines) await connection.send(line.replace('TAG', tag))
    }
  const ref = (uid: number) => ({ mailbox: 'INBOX', uidValidity: '1', uid })

  test('R58: only UIDs of a search are kept, and neighbours as one range', async () => {
    const found = await ask(
      { 'UID SEARCH': reply('* SEARCH 0 1 2 3 5 5 4294967295 4294967296 -1 1.5', 'TAG OK done') },
      async (session) => {
        await session.select('INBOX', 'read')
        return await searchUids(session, [{ type: 'ATOM', value: 'ALL' }])
      },
    )
    expect(found).toEqual([
      [1, 3],
      [5, 5],
      [4294967295, 4294967295],
    ])
  })

  test('R58: only emails that were asked for are kept', async () => {
    const row = (uid: number) =>
      `* ${uid} FETCH (UID ${uid} FLAGS () BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0))`
    const found = await ask(
      { 'UID FETCH': reply(row(8), row(3), row(4), row(4_294_967_296), row(0), 'TAG OK done') },
      async (session) => {
        const { messages } = await session.examineAndFetch('INBOX', '3:4', [])
        const options = { format: 'text', offset: 0, maxChars: 0 } as const
        const details = await getMessages(session, [ref(3), ref(9)], options)
        return [
          messages.map(({ uid }) => uid),
          details.map((one) => (one instanceof MailError ? one.code : one.ref.uid)),
        ]
      },
    )
    expect(found).toEqual([
      [3, 4],
      [3, 'message_not_found'],
    ])
  })

  test.each(['x', '4294967296x', '', '99999999999'])(
    'R60: a COPYUID with the UIDVALIDITY %j is none',
    async (uidValidity) => {
      const moved = ask({ 'UID MOVE': reply(`TAG OK [COPYUID ${uidValidity} 7 41] done`) }, (session) =>
        moveMessages(session, [ref(7)], 'Trash'),
      )
      expect(await moved).toBe('connection_lost')
    },
  )

  test.each(['x 9', '5 0', '5 4294967296', '5 1.5', '5'])(
    'R60: APPENDUID %s is looked for instead of believed',
    async (said) => {
      const raw = Buffer.from('Message-ID: <one@test.example>\r\n\r\nbody')
      const handlers = {
        APPEND: reply(`TAG OK [APPENDUID ${said}] stored`),
        'UID SEARCH': reply('* SEARCH 12', 'TAG OK done'),
      }
      const stored = ask(handlers, (session) => appendMessage(session, { mailbox: 'drafts', raw, flags: [] }))
      expect(await stored).toEqual({
        mailbox: 'Drafts',
        ref: { mailbox: 'Drafts', uidValidity: '1', uid: 12 },
      })
    },
  )

  test.each([
    ['200,000 words', `* OK [${'a '.repeat(200_000)}] x`],
    ['a mailbox of 200 attributes', `* LIST (${'\\A '.repeat(200)}) "/" "x"`],
    ['an item whose name is 2 kB long', `* 1 FETCH (UID 1 BODY[${'A'.repeat(2_000)}] "x")`],
  ])('R58: %s is none', async (_what, line) => {
    const answer = reply(line, 'TAG OK done')
    const read = await ask<unknown>({ LIST: answer, FETCH: answer }, (session) =>
      line.startsWith('* LIST')
        ? listMailboxes(session, { includeCounts: false })
        : listRecent(session, { mailbox: 'INBOX', limit: 5, unreadOnly: false }),
    )
    expect(read).toBe('connection_lost')
  })

  test('R58: a name of a mailbox that no server takes back is left out', async () => {
    const lines = [`* LIST () "/" "${'x'.repeat(5_000)}"`, '* LIST () "/" "INBOX"']
    const listed = await ask({ LIST: reply(...lines, 'TAG OK done') }, (session) =>
      listMailboxes(session, { includeCounts: false }),
    )
    expect(listed).toMatchObject([{ path: 'INBOX' }])
  })
})
