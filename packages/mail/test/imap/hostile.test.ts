/** What real servers are too polite to do: a server that follows a script, and what must not happen then. */
import {
  allMisbehaviours,
  type CertificateAuthority,
  createCertificateAuthority,
  type ImapHandler,
  type ScriptedImap,
  type ScriptedImapOptions,
  type ServerCertificate,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { peek } from '../../src/imap/fetch-items.ts'
import {
  appendMessage,
  createMailbox,
  deleteMailbox,
  fetchAttachment,
  getMessage,
  getThread,
  type ImapDeps,
  type ImapSession,
  listMailboxes,
  listRecent,
  MailError,
  type MessageRef,
  moveMessages,
  renameMailbox,
  type ServerMemory,
  setFlags,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from './imap-account.ts'
import { searchFor } from './search-for.ts'

const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder land 1' }
const ref = (uid: number, uidValidity = '1'): MessageRef => ({ mailbox: 'INBOX', uidValidity, uid })
type Use = (session: ImapSession) => Promise<unknown>
const reply =
  (...lines: string[]): ImapHandler =>
  async (tag, _args, connection) => {
    for (const line of lines) await connection.send(line.replace('TAG', tag))
  }

/** A row for each UID that was asked for, all received at once. */
function rowsAsAsked(items = ''): ImapHandler {
  return async (tag, args, connection) => {
    for (const range of (args.split(' ')[0] ?? '').split(',')) {
      const [first = 0, last = first] = range.split(':').map(Number)
      for (let uid = first; uid <= last; uid++)
        await connection.send(`* ${uid} FETCH (UID ${uid} FLAGS () ${items})`)
    }
    await connection.send(`${tag} OK done`)
  }
}

describe('IMAP against a scripted server', () => {
  let authority: CertificateAuthority
  let certificate: ServerCertificate
  const servers: ScriptedImap[] = []

  beforeAll(async () => {
    authority = await createCertificateAuthority()
    certificate = await authority.issue({ names: testHosts })
  })
  afterAll(() => authority.remove())
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((one) => one.stop()))
  })

  async function start(options: ScriptedImapOptions = {}): Promise<ScriptedImap> {
    const server = await startScriptedImap({ tls: 'implicit', certificate, ...options })
    servers.push(server)
    return server
  }
  const account = (server: ScriptedImap, tls: 'implicit' | 'starttls' = 'implicit') =>
    accountOn({ host: server.host, port: server.port, tls }, alice)
  const run = <T>(
    server: ScriptedImap,
    use: (session: ImapSession) => Promise<T>,
    deps: Partial<ImapDeps> = {},
  ) => withImapSession(account(server), { ...depsFor(authority.ca), ...deps }, use)
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: unknown) => (error instanceof MailError ? error.code : `not a MailError: ${error}`),
    )
  const recent = (session: ImapSession) =>
    listRecent(session, { mailbox: 'INBOX', limit: 5, unreadOnly: false })

  const draft = {
    mailbox: 'drafts',
    raw: Buffer.from('Subject: x\r\n\r\nbody'),
    flags: ['\\Draft'],
  } as const
  const stages: { at: string; call: Use; greeting?: string }[] = [
    { at: 'greeting', call: recent },
    { at: 'CAPABILITY', call: recent, greeting: '* OK hello' },
    { at: 'LOGIN', call: recent },
    { at: 'EXAMINE', call: recent },
    { at: 'FETCH', call: recent },
    { at: 'LIST', call: (session) => listMailboxes(session, { includeCounts: true }) },
    {
      at: 'UID SEARCH',
      call: (session) => searchFor(session, { mailbox: 'INBOX', limit: 1, from: 'x' }),
    },
    {
      at: 'UID FETCH',
      call: (session) => getMessage(session, ref(7), { format: 'text', offset: 0, maxChars: 9 }),
    },
    { at: 'SELECT', call: (session) => setFlags(session, [ref(7)], { add: ['\\Seen'], remove: [] }) },
    { at: 'UID STORE', call: (session) => setFlags(session, [ref(7)], { add: ['\\Seen'], remove: [] }) },
    { at: 'APPEND', call: (session) => appendMessage(session, draft) },
  ]
  describe.each(stages)('R58: a hostile server at $at', ({ at, call, greeting }) => {
    test.each(allMisbehaviours)('%s ends with an error within the deadline, sockets closed', async (how) => {
      const server = await start({
        misbehave: { at, how },
        mailboxes: [{ path: 'INBOX', exists: 3 }, { path: 'Drafts' }],
        ...(greeting ? { greeting } : {}),
      })
      const code = await codeOf(run(server, call, { deadlineMs: 300 }))
      expect(code).toMatch(/^(timeout|connection_lost|server_refused)$/)
      await expect.poll(() => server.openCount()).toBe(0)
    })
  })

  test.each(allMisbehaviours)('R58, R36: %s at STARTTLS ends in time, nothing secret sent', async (how) => {
    const server = await start({ tls: 'starttls', misbehave: { at: 'STARTTLS', how } })
    const opened = withImapSession(
      account(server, 'starttls'),
      { ...depsFor(authority.ca), deadlineMs: 300 },
      recent,
    )
    expect(await codeOf(opened)).toMatch(
      /^(timeout|connection_lost|starttls_missing|tls_failed|server_refused)$/,
    )
    expect(server.clear()).not.toMatch(/LOGIN|AUTHENTICATE|wonder|YWxpY2U/)
    await expect.poll(() => server.openCount()).toBe(0)
  })

  test('R58: ends when the caller gives up, long before the deadline', async () => {
    const caller = new AbortController()
    const server = await start({ handlers: { EXAMINE: () => caller.abort() } })
    expect(await codeOf(run(server, recent, { signal: caller.signal, deadlineMs: 60_000 }))).toBe('timeout')
    await expect.poll(() => server.openCount()).toBe(0)
  })

  test('R58: a connection that was opened early is closed although the call ends before it is used', async () => {
    const server = await start()
    const { connector } = depsFor(authority.ca)
    const opening = new AbortController()
    const early = { signal: opening.signal, protocol: 'imap' } as const
    const socket = await connector.connect(account(server).imap, early)
    const deps = { socket: Promise.resolve(socket), signal: AbortSignal.abort() }
    expect(await codeOf(run(server, recent, deps))).toBe('timeout')
    expect(socket.destroyed).toBe(true)
    expect(server.commands()).toEqual([])
  })

  test.each<[string, string, Use, string]>([
    [
      'a literal of 7 MB',
      'UID FETCH',
      async (session) => {
        const mailbox = await session.select('INBOX', 'read')
        return await session.fetch(mailbox, 'uid', '1', [peek('1', 0, 2 ** 22), peek('2', 0, 2 ** 22)])
      },
      `* 1 FETCH (UID 1 BODY[1]<0> {7000000}\r\n${'A'.repeat(7_000_000)})`,
    ],
    [
      'a line of 9 MB',
      'UID SEARCH',
      (session) => session.run('UID SEARCH', [{ type: 'ATOM', value: 'ALL' }]),
      `* SEARCH${' 1'.repeat(4_500_000)}`,
    ],
  ])('R58: %s is no answer, though so many bytes were asked for', async (_what, command, ask, answer) => {
    const server = await start({ mailboxes: [{ path: 'INBOX', exists: 3 }] })
    server.handlers[command] = reply(answer, 'TAG OK done')
    expect(await codeOf(run(server, ask))).toBe('connection_lost')
  })

  test('R58, R59: of 6,000 rows as many are kept as were asked for, and never more than 5,000', async () => {
    const rows = Array.from({ length: 6_000 }, (_, at) => `* ${at + 1} FETCH (UID ${at + 1} FLAGS ())`)
    const server = await start({ mailboxes: [{ path: 'INBOX', exists: 6_000 }] })
    const answer = reply(rows.join('\r\n'), 'TAG OK done')
    Object.assign(server.handlers, { FETCH: answer, 'UID FETCH': answer })
    const kept = await run(server, async (session) => {
      const mailbox = await session.select('INBOX', 'read')
      const items = [{ type: 'ATOM', value: 'UID' } as const]
      return [
        (await session.fetch(mailbox, 'uid', '1:*', items)).length,
        (await session.fetch(mailbox, 'sequence', '1:3', items)).length,
      ]
    })
    expect(kept).toEqual([5_000, 3])
  })

  describe('R59: an attachment that is not as large as its structure says', () => {
    const limit = { maxBytes: 100 }
    const fetchOf = (content: (piece: number) => string, claimedBytes = 10) => {
      const claimed = `("APPLICATION" "OCTET-STREAM" NIL NIL NIL "BASE64" ${claimedBytes})`
      const asked: string[] = []
      const answer: ImapHandler = async (tag, args, connection) => {
        const start = /BODY\.PEEK\[1\]<(\d+)\./.exec(args)?.[1]
        if (start === undefined) await connection.send(`* 1 FETCH (UID 7 BODYSTRUCTURE ${claimed})`)
        else {
          const piece = content(asked.push(start))
          await connection.send(`* 1 FETCH (UID 7 BODY[1]<${start}> {${piece.length}}\r\n${piece})`)
        }
        await connection.send(`${tag} OK done`)
      }
      return { asked, answer }
    }

    test('is not asked for when its structure says that it is too large', async () => {
      const { asked, answer } = fetchOf(() => '', 10_000)
      const server = await start({ handlers: { 'UID FETCH': answer } })
      expect(await codeOf(run(server, (session) => fetchAttachment(session, ref(7), '1', limit)))).toBe(
        'too_large',
      )
      expect(asked).toEqual([])
    })

    test('is too large once decoded', async () => {
      const { asked, answer } = fetchOf(() => Buffer.alloc(800, 'x').toString('base64'))
      const server = await start({ handlers: { 'UID FETCH': answer } })
      expect(await codeOf(run(server, (session) => fetchAttachment(session, ref(7), '1', limit)))).toBe(
        'too_large',
      )
      expect(asked).toEqual(['0'])
    })

    test('is not read beyond the limit', async () => {
      const { asked, answer } = fetchOf((piece) => (piece < 3 ? 'A'.repeat(4 * 1024 * 1024) : ''))
      const server = await start({ handlers: { 'UID FETCH': answer } })
      expect(await codeOf(run(server, (session) => fetchAttachment(session, ref(7), '1', limit)))).toBe(
        'too_large',
      )
      expect(asked).toEqual(['0'])
    })
  })

  test('R58: the deadline that nobody injected is 25 s, against a server that dribbles', async () => {
    const server = await start({ misbehave: { at: 'EXAMINE', how: 'dribble' } })
    const before = performance.now()
    expect(await codeOf(run(server, recent))).toBe('timeout')
    expect(performance.now() - before).toBeGreaterThan(20_000)
    await expect.poll(() => server.openCount()).toBe(0)
  })

  test.each(allMisbehaviours)(
    'R58: a move answered by %s ends within the deadline, as no success',
    async (how) => {
      const server = await start({ misbehave: { at: 'UID MOVE', how } })
      const moving = run(server, (session) => moveMessages(session, [ref(7)], 'Trash'), {
        // The login and the SELECT have to fit into it on a busy machine.
        deadlineMs: 3_000,
      })
      expect(await codeOf(moving)).toMatch(/^(timeout|connection_lost|server_refused)$/)
      await expect.poll(() => server.openCount()).toBe(0)
      expect(server.commands().filter((line) => line.startsWith('UID MOVE'))).toHaveLength(1)
    },
  )

  test('logs in by XOAUTH2, by LOGIN, and by PLAIN where the password is not ASCII or LOGIN is off', async () => {
    const memory = await verifyImapLogin(account(await start()), depsFor(authority.ca))
    const oauth = { type: 'oauth', accessToken: 'token-1' } as const
    const umlaut = { type: 'password', password: 'größe' } as const
    const cases = [
      {
        ...alice,
        password: 'token-1',
        credential: oauth,
        capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2',
        by: 'AUTHENTICATE XOAUTH2',
      },
      { ...alice, password: 'größe', credential: umlaut, by: 'AUTHENTICATE PLAIN' },
      {
        ...alice,
        credential: undefined,
        capabilities: 'IMAP4rev1 LOGINDISABLED AUTH=PLAIN',
        by: 'AUTHENTICATE PLAIN',
      },
      { ...alice, credential: undefined, by: 'LOGIN' },
    ]
    for (const { credential, by, ...options } of cases) {
      for (const deps of [depsFor(authority.ca), { ...depsFor(authority.ca), memory }]) {
        const server = await start(options)
        const signedIn = { ...account(server), ...(credential ? { credential } : {}) }
        expect(await withImapSession(signedIn, deps, async () => 'in')).toBe('in')
        expect(server.commands()[0]).toMatch(new RegExp(`^${by}`))
        expect(server.connections).toHaveLength(1)
      }
    }
  })

  test('R36: sends no credential when STARTTLS is missing, refused or injected into, or the greeting is PREAUTH', async () => {
    const cases: ScriptedImapOptions[] = [
      { tls: 'none' },
      { tls: 'starttls', injectAfterStartTls: '* CAPABILITY IMAP4rev1\r\n' },
      { tls: 'starttls', greeting: '* PREAUTH [CAPABILITY IMAP4rev1] welcome' },
      { tls: 'starttls', handlers: { STARTTLS: reply('TAG NO not now') } },
    ]
    const memory = await verifyImapLogin(account(await start()), depsFor(authority.ca))
    for (const options of cases) {
      for (const deps of [depsFor(authority.ca), { ...depsFor(authority.ca), memory }]) {
        const server = await start(options)
        const opened = withImapSession(account(server, 'starttls'), deps, recent)
        expect(await codeOf(opened)).toBe('starttls_missing')
        expect(server.clear()).not.toMatch(/LOGIN|AUTHENTICATE|wonder|YWxpY2U/)
      }
    }
    const preauth = await start({ greeting: '* PREAUTH [CAPABILITY IMAP4rev1] welcome' })
    expect(await codeOf(run(preauth, recent))).toBe('connection_lost')
    expect(preauth.commands()).toEqual([])
  })

  test('R36: upgrades by STARTTLS, then logs in under TLS only', async () => {
    const server = await start({ tls: 'starttls', ...alice })
    await verifyImapLogin(account(server, 'starttls'), depsFor(authority.ca))
    expect(server.clear()).toMatch(/STARTTLS/)
    expect(server.clear()).not.toMatch(/LOGIN|wonder/)
  })

  test('R36: what holds only before TLS or before the login is not remembered', async () => {
    const capabilities = 'IMAP4rev1 SASL-IR UIDPLUS AUTH=PLAIN STARTTLS LOGINDISABLED'
    const server = await start({ tls: 'starttls', capabilities })
    const memory = await verifyImapLogin(account(server, 'starttls'), depsFor(authority.ca))
    expect(memory.capabilities).toContain('UIDPLUS')
    expect(memory.capabilities.filter((name) => /STARTTLS|LOGINDISABLED/.test(name))).toEqual([])
  })

  test.each(['', '* OK [UIDVALIDITY x] valid', '* OK [UIDVALIDITY 99999999999] valid'])(
    'R60: a mailbox opened with %j for its UIDVALIDITY hands out no id and takes no change',
    async (line) => {
      const open = reply('* 3 EXISTS', ...(line === '' ? [] : [line]), 'TAG OK done')
      const rows = reply('* 1 FETCH (UID 7 FLAGS ())', 'TAG OK done')
      const handlers = { EXAMINE: open, SELECT: open, FETCH: rows, 'UID FETCH': rows }
      const server = await start({ handlers })
      const zero = ref(7, '0')
      const calls: Use[] = [
        recent,
        (session) => getMessage(session, zero, { format: 'text', offset: 0, maxChars: 9 }),
        (session) => setFlags(session, [zero], { add: ['\\Seen'], remove: [] }),
        (session) => moveMessages(session, [zero], 'Trash'),
      ]
      for (const call of calls) expect(await codeOf(run(server, call))).toBe('connection_lost')
      expect(server.commands().filter((one) => /STORE|MOVE|COPY|EXPUNGE/.test(one))).toEqual([])
    },
  )

  test('R61: a mailbox that the server opens for reading only is not changed', async () => {
    // Response codes are atoms, whatever their case (RFC 9051 §9).
    const opened = reply('* 3 EXISTS', '* OK [uidvalidity 1] valid', 'TAG OK [read-only] selected')
    for (const capabilities of ['IMAP4rev1 UIDPLUS MOVE', 'IMAP4rev1 UIDPLUS', 'IMAP4rev1']) {
      const server = await start({ capabilities, handlers: { SELECT: opened } })
      const change = { add: ['\\Seen'], remove: [] }
      expect(await codeOf(run(server, (session) => setFlags(session, [ref(7)], change)))).toBe(
        'server_refused',
      )
      expect(await codeOf(run(server, (session) => moveMessages(session, [ref(7)], 'Trash')))).toBe(
        'server_refused',
      )
      expect(server.commands().filter((line) => /STORE|MOVE|COPY|EXPUNGE/.test(line))).toEqual([])
    }
  })

  test.each(['\\Deleted', '\\DELETED', '\\Recent', '\\*'])(
    'R61: the flag %s is not to be set',
    async (flag) => {
      const server = await start()
      const calls: Record<string, Use> = {
        add: (session) => setFlags(session, [ref(7)], { add: [flag], remove: [] }),
        remove: (session) => setFlags(session, [ref(7)], { add: [], remove: [flag] }),
        flags: (session) => appendMessage(session, { ...draft, flags: [flag] }),
      }
      for (const [field, call] of Object.entries(calls))
        await expect(run(server, call)).rejects.toMatchObject({ code: 'invalid_input', field })
      expect(server.commands().filter((line) => /STORE|APPEND/.test(line))).toEqual([])
    },
  )

  test('R60: a changed UIDVALIDITY stops every write and read by id', async () => {
    const server = await start({
      mailboxes: [{ path: 'INBOX', exists: 3, uidValidity: 2 }, { path: 'Trash' }],
    })
    server.handlers['UID FETCH'] = reply('* 1 FETCH (UID 7 FLAGS ())', 'TAG OK done')
    const options = { format: 'text', offset: 0, maxChars: 10 } as const
    expect(await codeOf(run(server, (session) => getMessage(session, ref(7), options)))).toBe('stale_id')
    expect(
      await codeOf(run(server, (session) => fetchAttachment(session, ref(7), '2', { maxBytes: 100 }))),
    ).toBe('stale_id')
    expect(
      await codeOf(run(server, (session) => getThread(session, ref(7), { maxChars: 500, quotes: 'folded' }))),
    ).toBe('stale_id')
    const flagged = await run(server, (session) =>
      setFlags(session, [ref(7)], { add: ['\\Seen'], remove: [] }),
    )
    const moved = await run(server, (session) => moveMessages(session, [ref(7)], 'Trash'))
    expect([...flagged, ...moved].map(({ ok, code }) => [ok, code])).toEqual([
      [false, 'stale_id'],
      [false, 'stale_id'],
    ])
    expect(server.commands().filter((line) => /STORE|MOVE|COPY|EXPUNGE/.test(line))).toEqual([])
  })

  describe('R61: a server without MOVE', () => {
    const capabilities = 'IMAP4rev1 UIDPLUS SPECIAL-USE'
    const moveTwo = (session: ImapSession) => moveMessages(session, [ref(7), ref(9)], 'Trash')

    test('gets COPY, then \\Deleted and UID EXPUNGE of exactly what was copied', async () => {
      const server = await start({ capabilities })
      server.handlers['UID COPY'] = reply('TAG OK [COPYUID 5 7 41] done')
      server.handlers['UID STORE'] = reply('TAG OK done')
      server.handlers['UID EXPUNGE'] = reply('* 1 EXPUNGE', 'TAG OK done')
      const outcomes = await run(server, moveTwo)
      expect(outcomes.map(({ ok, code, newRef }) => ({ ok, code, newRef }))).toEqual([
        { ok: true, code: undefined, newRef: { mailbox: 'Trash', uidValidity: '5', uid: 41 } },
        { ok: false, code: 'message_not_found', newRef: undefined },
      ])
      expect(server.commands().filter((line) => line.startsWith('UID'))).toEqual([
        'UID COPY 7,9 "Trash"',
        'UID STORE 7 +FLAGS.SILENT (\\Deleted)',
        'UID EXPUNGE 7',
      ])
    })

    test.each(['7,9 41', '7 41:42', '7,9 0,41', '7,9,11 41:43', 'x 41'])(
      'loses nothing when COPYUID says %s, which pairs nothing that was asked for',
      async (sets) => {
        const server = await start({ capabilities })
        server.handlers['UID COPY'] = reply(`TAG OK [COPYUID 5 ${sets}] done`)
        expect(await codeOf(run(server, moveTwo))).toBe('connection_lost')
        expect(server.commands().filter((line) => /STORE|EXPUNGE/.test(line))).toEqual([])
      },
    )

    test('loses nothing that was not asked for, though COPYUID names it', async () => {
      const server = await start({ capabilities })
      server.handlers['UID COPY'] = reply('TAG OK [COPYUID 5 7,11 41:42] done')
      server.handlers['UID STORE'] = reply('TAG OK done')
      server.handlers['UID EXPUNGE'] = reply('* 1 EXPUNGE', 'TAG OK done')
      const outcomes = await run(server, moveTwo)
      expect(outcomes.map(({ ok, code }) => code ?? ok)).toEqual([true, 'message_not_found'])
      expect(server.commands().filter((line) => /STORE|EXPUNGE/.test(line))).toEqual([
        'UID STORE 7 +FLAGS.SILENT (\\Deleted)',
        'UID EXPUNGE 7',
      ])
    })

    test('loses nothing when COPY fails', async () => {
      const server = await start({ capabilities })
      server.handlers['UID COPY'] = reply('TAG NO [OVERQUOTA] full')
      expect(await codeOf(run(server, moveTwo))).toBe('over_quota')
      expect(server.commands().filter((line) => /STORE|EXPUNGE/.test(line))).toEqual([])
    })

    describe('and without UIDPLUS', () => {
      const startOld = (options: ScriptedImapOptions = {}) => {
        const handlers = {
          'UID FETCH': reply(
            '* 1 FETCH (UID 7 FLAGS (\\Seen))',
            '* 2 FETCH (UID 9 FLAGS (\\Deleted))',
            'TAG OK done',
          ),
          'UID COPY': reply('TAG OK done'),
          'UID STORE': reply('TAG OK done'),
        }
        return start({ capabilities: 'IMAP4rev1', handlers, ...options })
      }

      test('gets COPY, then \\Deleted on exactly what was copied, never EXPUNGE; once only, and the outcome says so', async () => {
        const server = await startOld()
        const outcomes = await run(server, moveTwo)
        expect(outcomes).toEqual([
          { ref: ref(7), ok: true, note: 'original_marked_deleted' },
          { ref: ref(9), ok: false, code: 'message_not_found' },
        ])
        expect(server.commands().filter((line) => /COPY|STORE|EXPUNGE|CLOSE/.test(line))).toEqual([
          'UID COPY 7 "Trash"',
          'UID STORE 7 +FLAGS.SILENT (\\Deleted)',
        ])
      })

      test('marks nothing when COPY fails', async () => {
        const server = await startOld()
        server.handlers['UID COPY'] = reply('TAG NO [OVERQUOTA] full')
        expect(await codeOf(run(server, moveTwo))).toBe('over_quota')
        expect(server.commands().filter((line) => /STORE|EXPUNGE/.test(line))).toEqual([])
      })

      test('a copy whose original cannot be marked is no success', async () => {
        const server = await startOld()
        server.handlers['UID STORE'] = reply('TAG NO [NOPERM] no')
        expect((await run(server, moveTwo))[0]).toEqual({ ref: ref(7), ok: false, code: 'server_refused' })
      })

      test('lists leave out what only waits to be expunged, and fill their page past it', async () => {
        const server = await startOld({ mailboxes: [{ path: 'INBOX', exists: 3 }] })
        server.handlers.FETCH = reply(
          '* 3 FETCH (UID 9 FLAGS (\\Deleted))',
          '* 2 FETCH (UID 7 FLAGS ())',
          'TAG OK done',
        )
        server.handlers['UID SEARCH'] = reply('* SEARCH 7 9', 'TAG OK done')
        const list = { mailbox: 'INBOX', limit: 2 }
        const pages = await Promise.all([
          run(server, (session) => listRecent(session, { ...list, unreadOnly: false })),
          run(server, (session) => listRecent(session, { ...list, unreadOnly: true })),
          run(server, (session) => searchFor(session, { ...list, from: 'x' })),
        ])
        expect(pages.map(({ items }) => items.map((one) => one.ref.uid))).toEqual([[7], [7], [7]])
        // The dates of the whole mailbox came with the rows: nothing is left for another page.
        expect(pages[0]?.next).toBeUndefined()
      })
    })
  })

  test('R61: a move that fails half-way says which messages went and which did not', async () => {
    const server = await start()
    server.handlers['UID MOVE'] = reply('* OK [COPYUID 5 7 41] moved', 'TAG NO [OVERQUOTA] full')
    const both = (session: ImapSession) => moveMessages(session, [ref(7), ref(9)], 'Trash')
    expect(await run(server, both)).toMatchObject([
      { ok: true, newRef: { uid: 41 } },
      { ok: false, code: 'over_quota' },
    ])

    const older = await start({ capabilities: 'IMAP4rev1 UIDPLUS' })
    older.handlers['UID COPY'] = reply('TAG OK [COPYUID 5 7,9 41:42] copied')
    older.handlers['UID STORE'] = reply('TAG NO [NOPERM] no')
    expect(await run(older, both)).toMatchObject([
      { ok: false, code: 'server_refused', newRef: { uid: 41 } },
      { ok: false, code: 'server_refused', newRef: { uid: 42 } },
    ])
    expect(older.commands().some((line) => line.includes('EXPUNGE'))).toBe(false)
  })

  test('R61: a failed MOVE or STORE is an error, never a success', async () => {
    const server = await start()
    server.handlers['UID MOVE'] = reply('TAG NO [SERVERBUG] oops')
    server.handlers['UID STORE'] = reply('TAG NO [SERVERBUG] oops')
    server.handlers['UID SEARCH'] = reply('TAG NO [SERVERBUG] oops')
    server.mailboxes[0] = { path: 'INBOX', exists: 3 }
    expect(await codeOf(run(server, (session) => moveMessages(session, [ref(7)], 'Trash')))).toBe(
      'server_refused',
    )
    const change = { add: ['\\Seen'], remove: [] }
    expect(await codeOf(run(server, (session) => setFlags(session, [ref(7)], change)))).toBe('server_refused')
    const search = { mailbox: 'INBOX', limit: 5, from: 'x' }
    expect(await codeOf(run(server, (session) => searchFor(session, search)))).toBe('server_refused')
  })

  test('a remembered capability that is gone costs one more connection and is forgotten', async () => {
    const server = await start()
    const memory = await verifyImapLogin(account(server), depsFor(authority.ca))
    const poorer = await start({ capabilities: 'IMAP4rev1 UIDPLUS', greeting: '* OK hello' })
    poorer.handlers.LOGIN = reply('TAG OK in')
    poorer.handlers['UID COPY'] = reply('TAG OK [COPYUID 5 7 41] done')
    poorer.handlers['UID STORE'] = reply('TAG OK done')
    poorer.handlers['UID EXPUNGE'] = reply('TAG OK done')
    const learned: ServerMemory[] = []
    const deps = { memory, onMemory: (found: ServerMemory) => learned.push(found) }
    const outcomes = await run(poorer, (session) => moveMessages(session, [ref(7)], 'trash'), deps)
    expect(outcomes).toMatchObject([{ ok: true, newRef: { uid: 41 } }])
    expect(learned.at(-1)?.capabilities).not.toContain('MOVE')
    expect(poorer.connections).toHaveLength(2)
  })

  test('a flag the mailbox does not keep is reported, not assumed', async () => {
    const server = await start()
    server.handlers['UID FETCH'] = reply('* 1 FETCH (UID 7 FLAGS (\\Seen))', 'TAG OK done')
    server.handlers['UID STORE'] = reply('* 1 FETCH (UID 7 FLAGS (\\Seen))', 'TAG OK done')
    const outcomes = await run(server, (session) =>
      setFlags(session, [ref(7)], { add: ['$Work'], remove: [] }),
    )
    const changed = { add: [], remove: [] }
    expect(outcomes).toEqual([{ ref: ref(7), ok: false, code: 'not_supported', changed }])
  })

  test.each([
    ['NO [AUTHENTICATIONFAILED] bad', 'login_refused'],
    ['NO wrong', 'login_refused'],
    ['NO Basic authentication is disabled.', 'login_needs_oauth'],
    ['NO [UNAVAILABLE] try later', 'throttled'],
    ['NO [OVERQUOTA] mailbox full', 'throttled'],
    ['NO [INUSE] locked', 'throttled'],
    ['NO [LIMIT] no more', 'throttled'],
    ['NO [SERVERBUG] oops', 'server_refused'],
    ['NO [EXPIRED] renew it', 'login_refused'],
    ['NO [ALERT] Too many simultaneous connections. (Failure)', 'throttled'],
    ['BYE going down', 'connection_lost'],
  ])('a login answered %s means %s', async (answer, code) => {
    const server = await start({ handlers: { LOGIN: reply(`TAG ${answer}`) } })
    expect(await codeOf(verifyImapLogin(account(server), depsFor(authority.ca)))).toBe(code)
  })

  test('a throttle hint of a minute does not hold the call', async () => {
    const throttled = reply('TAG BAD Request is throttled. Suggested Backoff Time: 60000 milliseconds')
    const server = await start({ handlers: { EXAMINE: throttled } })
    expect(await codeOf(run(server, recent, { deadlineMs: 5_000 }))).toBe('throttled')
  })

  test('APPEND over quota stores nothing and is not repeated, even on a wrong memory', async () => {
    const server = await start({ handlers: { APPEND: reply('TAG NO [OVERQUOTA] full') } })
    const memory = await verifyImapLogin(account(server), depsFor(authority.ca))
    const raw = Buffer.from('Subject: x\r\n\r\nbody')
    const store = (session: ImapSession) =>
      appendMessage(session, { mailbox: 'drafts', raw, flags: ['\\Draft'] })
    expect(await codeOf(run(server, store, { memory }))).toBe('over_quota')
    server.handlers.APPEND = reply('TAG NO [TRYCREATE] gone')
    expect(await codeOf(run(server, store, { memory }))).toBe('mailbox_not_found')
    expect(server.commands().filter((line) => line.startsWith('APPEND'))).toHaveLength(2)
  })

  describe('R61: what may have been done is not said twice, even on a wrong memory', () => {
    const set = { type: 'SEQUENCE', value: '7' } as const
    const plain = 'IMAP4rev1 UIDPLUS SPECIAL-USE'
    const writes: [command: string, call: Use, capabilities?: string][] = [
      ['UID STORE', (session) => setFlags(session, [ref(7)], { add: ['\\Seen'], remove: [] })],
      ['UID MOVE', (session) => moveMessages(session, [ref(7)], 'Trash')],
      ['UID COPY', (session) => moveMessages(session, [ref(7)], 'Trash'), plain],
      ['UID EXPUNGE', (session) => session.run('UID EXPUNGE', [set])],
      ['APPEND', (session) => appendMessage(session, draft)],
      ['CREATE', (session) => createMailbox(session, 'Plans')],
      ['RENAME', (session) => renameMailbox(session, 'Projects', 'Plans')],
      ['DELETE', (session) => deleteMailbox(session, 'Projects')],
      ['SUBSCRIBE', (session) => session.run('SUBSCRIBE', [session.path('Plans')])],
    ]
    const answers: [answer: string, code: string][] = [
      ['NO [SERVERBUG] oops', 'server_refused'],
      ['NO [NONEXISTENT] gone', 'mailbox_not_found'],
      ['', 'connection_lost'],
    ]

    test.each(writes)('%s', async (command, call, capabilities) => {
      for (const [answer, code] of answers) {
        const server = await start(capabilities === undefined ? {} : { capabilities })
        server.mailboxes.push({ path: 'Projects' })
        const memory = await verifyImapLogin(account(server), depsFor(authority.ca))
        server.handlers[command] = (tag, _args, connection) =>
          answer === '' ? connection.end() : connection.send(`${tag} ${answer}`)
        expect(await codeOf(run(server, call, { memory })), answer).toBe(code)
        expect(server.commands().filter((line) => line.startsWith(command))).toHaveLength(1)
        expect(server.connections).toHaveLength(2)
      }
    })
  })

  test.each(['EXAMINE', 'UID SEARCH'])(
    'R61: an APPEND that was taken stays stored when %s after it fails: no error that asks for a second copy',
    async (command) => {
      const raw = Buffer.from('Message-ID: <one@test.example>\r\n\r\nbody')
      const store = (session: ImapSession) => appendMessage(session, { ...draft, raw })
      for (const answer of ['NO [SERVERBUG] oops', 'BAD what', '']) {
        const server = await start({ capabilities: 'IMAP4rev1 SPECIAL-USE' })
        server.handlers.APPEND = reply('TAG OK stored')
        server.handlers[command] = (tag, _args, connection) =>
          answer === '' ? connection.end() : connection.send(`${tag} ${answer}`)
        expect(await run(server, store)).toEqual({ mailbox: 'Drafts' })
        const times = (name: string) => server.commands().filter((line) => line.startsWith(name)).length
        expect([times('APPEND'), times(command)]).toEqual([1, 1])
      }
    },
  )

  test('counts mailboxes in one flight where LIST cannot, and one that fails hides no other', async () => {
    const server = await start({ capabilities: 'IMAP4rev1 SPECIAL-USE' })
    server.mailboxes.splice(
      0,
      10,
      { path: 'INBOX', exists: 4 },
      { path: 'Gesendete Elemente' },
      { path: '[Gmail]/Bin' },
    )
    const known = server.handlers.STATUS
    server.handlers.STATUS = (tag, args, connection) =>
      args.includes('Gesend') ? connection.send(`${tag} NO [NOPERM] no`) : known?.(tag, args, connection)
    const listed = await run(server, (session) => listMailboxes(session, { includeCounts: true }))
    expect(listed.map(({ path, specialUse, total }) => [path, specialUse, total])).toEqual([
      ['INBOX', 'inbox', 4],
      ['Gesendete Elemente', 'sent', undefined],
      ['[Gmail]/Bin', 'trash', 0],
    ])
  })

  test.each([
    ['Skickade objekt', 'sent'],
    ['已傳送', 'sent'],
    ['보낸편지함', 'sent'],
    ['보낸메일함', 'sent'],
    ['Gönderilenler', 'sent'],
    ['Gönderilmiş Postalar', 'sent'],
    ['العناصر المرسلة', 'sent'],
    ['Spamverdacht', 'junk'],
    ['垃圾箱', 'junk'],
    ['已删除', 'trash'],
    ['Gesendet', 'sent'],
    ['INBOX/Gesendet', 'sent'],
    ['Kunden/Gesendet', undefined],
    ['Kunden/Spamverdacht', undefined],
    ['INBOX/Kunden/Trash', undefined],
  ])('without SPECIAL-USE %s is %s', async (path, use) => {
    const server = await start({ capabilities: 'IMAP4rev1' })
    // RFC 3501 §5.1.3
    const toWire = (run: string) => Buffer.from(run, 'utf16le').swap16().toString('base64').replace(/=+$/, '')
    const wired = path.replaceAll(/[^ -~]+/g, (run) => `&${toWire(run).replaceAll('/', ',')}-`)
    server.mailboxes.splice(0, 10, { path: 'INBOX', exists: 4 }, { path: wired })
    const listed = await run(server, (session) => listMailboxes(session, { includeCounts: false }))
    expect(listed.map((one) => one.specialUse)).toEqual(['inbox', use])
  })

  test('hands a Gmail query to Gmail, asks it for the thread, and searches its one mailbox of all mail', async () => {
    const server = await start({ capabilities: 'IMAP4rev1 UIDPLUS MOVE ESEARCH SPECIAL-USE X-GM-EXT-1' })
    server.mailboxes.push({ path: '[Gmail]/All Mail', specialUse: '\\All', exists: 9 })
    server.handlers['UID SEARCH'] = reply('* ESEARCH (TAG "1") UID ALL 3:5,8', 'TAG OK done')
    server.handlers['UID FETCH'] = rowsAsAsked('X-GM-THRID 77')
    const search = { mailbox: 'all', limit: 1, query: 'has:attachment "x y"' }
    const found = await run(server, (session) => searchFor(session, search))
    expect(found).toMatchObject({
      searched: ['[Gmail]/All Mail'],
      items: [{ threadId: '77' }],
      next: expect.any(String),
      total: 4,
    })
    const sent = server.commands().filter((line) => line.startsWith('UID'))
    expect(sent[0]).toBe('UID SEARCH RETURN (ALL) X-GM-RAW "has:attachment \\"x y\\"" UNDELETED')
    expect(sent[1]).toBe('UID FETCH 3:5 (UID INTERNALDATE)')
    expect(sent[2]).toMatch(/^UID FETCH 8 \(.*X-GM-THRID/)
  })

  test('R59: a search of bodies in a huge mailbox looks back 90 days and says so; unread mail is looked for in windows', async () => {
    const server = await start({ mailboxes: [{ path: 'INBOX', exists: 1_000_000 }] })
    server.handlers['UID SEARCH'] = reply('TAG OK done')
    const now = () => Date.parse('2026-11-21T12:00:00Z') / 1000
    const search = { mailbox: 'INBOX', limit: 5, query: 'invoice' }
    const found = await run(server, (session) => searchFor(session, search), { now })
    expect(found).toMatchObject({ items: [], searchedBackTo: '2026-08-23' })
    await run(server, (session) => listRecent(session, { mailbox: 'INBOX', limit: 5, unreadOnly: true }))
    const sent = server.commands().filter((line) => line.startsWith('UID SEARCH'))
    expect(sent.map((line) => line.replace('UID SEARCH RETURN (ALL) ', ''))).toEqual([
      'TEXT "invoice" UNDELETED SINCE 23-Aug-2026',
      '980001:1000000 UNSEEN UNDELETED',
      '800001:1000000 UNSEEN UNDELETED',
      '1:1000000 UNSEEN UNDELETED',
    ])
  })

  test('R59: a search on a plain server goes down in windows, and its cursor goes on below', async () => {
    const server = await start({
      capabilities: 'IMAP4rev1',
      mailboxes: [{ path: 'INBOX', exists: 1_000_000 }],
    })
    const asked: string[] = []
    server.handlers['UID SEARCH'] = async (tag, args, connection) => {
      asked.push(args)
      await connection.send(args.startsWith('980001:') ? '* SEARCH 7 8' : '* SEARCH 3 5')
      await connection.send(`${tag} OK done`)
    }
    server.handlers['UID FETCH'] = rowsAsAsked()
    const page = (limit: number, cursor?: string) =>
      run(server, (session) =>
        searchFor(session, { mailbox: 'INBOX', limit, from: 'x', ...(cursor ? { cursor } : {}) }),
      )
    const first = await page(1)
    expect(first.items.map((one) => one.ref.uid)).toEqual([8])
    expect(asked).toEqual(['980001:1000000 FROM "x" UNDELETED'])
    const second = await page(2, first.next)
    expect(second.items.map((one) => one.ref.uid)).toEqual([7, 5])
    expect(asked.slice(1)).toContain('780001:980000 UID 1:6 FROM "x" UNDELETED')
    const third = await page(5, second.next)
    expect(third.items.map((one) => one.ref.uid)).toEqual([3])
    expect(third.next).toBeUndefined()
  })

  test('R59: a server with PARTIAL is asked for the newest matches only', async () => {
    const server = await start({
      capabilities: 'IMAP4rev1 ESEARCH PARTIAL',
      mailboxes: [{ path: 'INBOX', exists: 1_000_000 }],
    })
    server.handlers['UID SEARCH'] = reply(
      '* ESEARCH (TAG "1") UID PARTIAL (-1:-500 5,8) COUNT 2',
      'TAG OK done',
    )
    server.handlers['UID FETCH'] = rowsAsAsked()
    const page = (cursor?: string) =>
      run(server, (session) =>
        searchFor(session, { mailbox: 'INBOX', limit: 1, from: 'x', ...(cursor ? { cursor } : {}) }),
      )
    const first = await page()
    expect(first.items.map((one) => one.ref.uid)).toEqual([8])
    expect(first.total).toBe(2)
    const second = await page(first.next)
    expect(second.items.map((one) => one.ref.uid)).toEqual([5])
    expect(second.next).toBeUndefined()
    expect(server.commands().filter((line) => line.startsWith('UID SEARCH'))).toEqual(
      Array.from({ length: 2 }, () => 'UID SEARCH RETURN (PARTIAL -1:-500 COUNT) FROM "x" UNDELETED'),
    )
  })

  test('R59: a million messages cost one small FETCH', async () => {
    const server = await start({ mailboxes: [{ path: 'INBOX', exists: 1_000_000 }] })
    server.handlers.FETCH = reply('* 1000000 FETCH (UID 2000000 FLAGS () RFC822.SIZE 10)', 'TAG OK done')
    const page = await run(server, recent)
    expect(page.items.map((one) => one.ref.uid)).toEqual([2_000_000])
    expect(server.commands().some((line) => line.startsWith('FETCH 999996:1000000 '))).toBe(true)
    expect(server.commands().some((line) => line.includes('SEARCH'))).toBe(false)
  })
})
