/** Clean-ups of all emails that a query finds, on a real Dovecot; what became of them is seen by another connection. */
import { connect } from 'node:net'
import {
  type DelayProxy,
  type Dovecot,
  findDovecot,
  startDelayProxy,
  startDovecot,
  startScriptedImap,
} from '@email-connector/testing'
import { ImapFlow } from 'imapflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createMailbox,
  type ImapSession,
  mergeFields,
  type OrganizeAction,
  type Organized,
  prepareOrganizer,
  type ServerMemory,
  undoChanges,
  verifyImapLogin,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'

const today = '2026-11-27'

test.each(['INBOX', 'all'])(
  'more candidates than can be looked at are refused, and are no fault of one mailbox: %s',
  async (mailbox) => {
    const alice = { address: 'alice@test.example', login: 'alice@test.example', password: 'wonder' }
    const server = await startScriptedImap({
      ...alice,
      handlers: {
        'UID SEARCH': (tag, _, connection) =>
          connection.send(`* ESEARCH (TAG "${tag}") UID ALL 1:2001\r\n${tag} OK done`),
      },
    })
    const connector = {
      ...depsFor('').connector,
      connect: async () => connect({ host: '127.0.0.1', port: server.port }),
    }
    const { query } = mergeFields({ query: 'filename:plan' }, today)
    if (query === undefined) throw new Error('The query says something')
    const { count } = prepareOrganizer({ query, mailbox, action: { name: 'mark_read' }, timeZone: 'UTC' })
    const counting = withImapSession(
      accountOn({ host: 'localhost', port: server.port }, alice),
      { ...depsFor(''), connector },
      count,
    )
    await expect(counting).rejects.toMatchObject({ code: 'too_large', field: 'query' })
    expect(server.commands().filter((line) => line.includes('FETCH'))).toEqual([])
    await server.stop()
  },
)

describe.skipIf(!findDovecot())('clean-ups on a real Dovecot', () => {
  let dovecot: Dovecot
  let proxy: DelayProxy
  let memory: ServerMemory
  beforeAll(async () => {
    dovecot = await startDovecot()
    proxy = await startDelayProxy({ target: { port: dovecot.imapsPort } })
    for (const name of ['News', 'Old', 'Paper'])
      await withImapSession(account(), depsFor(dovecot.ca), (session) => createMailbox(session, name))
    memory = await verifyImapLogin(account(), depsFor(dovecot.ca))
  })
  afterAll(async () => {
    await proxy?.stop()
    await dovecot?.stop()
  })

  const account = (port = dovecot.imapsPort) => accountOn({ host: 'localhost', port }, dovecot.alice)
  const run = <T>(use: (session: ImapSession) => Promise<T>, port?: number) =>
    withImapSession(account(port), { ...depsFor(dovecot.ca), memory }, use)
  const reader = () => dovecot.reader(dovecot.alice)
  const put = (mailbox: string, subjects: readonly string[], flags: readonly string[] = [], extra = '') =>
    reader().append(
      mailbox,
      subjects.map((subject) => `From: news@example.org\nSubject: ${subject}\n${extra}\nx\n`),
      flags,
    )
  const subjects = async (mailbox: string) =>
    (await reader().messages(mailbox)).map((one) => one.subject).sort()
  const flagsOf = async (mailbox: string, subject: string) =>
    (await reader().messages(mailbox)).find((one) => one.subject === subject)?.flags ?? []
  const organizer = (query: string, action: OrganizeAction, mailbox?: string) => {
    const merged = mergeFields({ query }, today)
    if (merged.query === undefined) throw new Error('The query says something')
    const where = mailbox === undefined ? {} : { mailbox }
    return prepareOrganizer({ query: merged.query, action, timeZone: 'UTC', ...where })
  }
  async function organized(query: string, action: OrganizeAction, mailbox?: string): Promise<Organized> {
    const one = organizer(query, action, mailbox)
    const { count } = await run(one.count)
    const done = await run((session) => one.organize(session, count))
    if (done.changed === undefined) throw new Error('They are as many as before')
    return done
  }

  test('it counts, shows some, changes nothing, and then moves as many, with the way back', async () => {
    await put('INBOX', ['letter a', 'letter b', 'other'])
    const archive = organizer('subject:letter', { name: 'archive' })
    const counted = await run(archive.count)
    expect(counted).toMatchObject({ count: 2, mailboxes: [{ path: 'INBOX', count: 2 }] })
    expect(counted.sample.map((one) => one.subject)).toEqual(['letter b', 'letter a'])
    expect(await subjects('INBOX')).toEqual(['letter a', 'letter b', 'other'])
    const done = await run((session) => archive.organize(session, 2))
    expect(done).toMatchObject({ count: 2, changed: 2, mailboxes: [{ path: 'INBOX', count: 2, changed: 2 }] })
    expect(await subjects('INBOX')).toEqual(['other'])
    expect(await subjects('Archive')).toEqual(['letter a', 'letter b'])
    if (done.changed === undefined) throw new Error('It was done')
    await run((session) => undoChanges(session, done.undo.steps))
    expect(await subjects('INBOX')).toEqual(['letter a', 'letter b', 'other'])
  })

  test('where another number than the expected one matches, it does nothing and says how many there are', async () => {
    await put('INBOX', ['count 1', 'count 2', 'count 3'])
    const remove = organizer('subject:count', { name: 'delete' })
    expect(await run((session) => remove.organize(session, 2))).toEqual({ count: 3 })
    expect(await subjects('Trash')).toEqual([])
    expect((await subjects('INBOX')).filter((one) => one.startsWith('count'))).toHaveLength(3)
  })

  test('`all` is every mailbox but Junk and Trash; what was sent is not moved away, nor what is there already', async () => {
    for (const mailbox of ['INBOX', 'News', 'Sent', 'Drafts', 'Trash', 'Junk', 'Old'])
      await put(mailbox, [`everywhere ${mailbox}`])
    const done = await organized('subject:everywhere', { name: 'move', destination: 'Old' }, 'all')
    expect(done.mailboxes.map(({ path, changed }) => [path, changed])).toEqual([
      ['INBOX', 1],
      ['News', 1],
    ])
    expect(await subjects('Old')).toEqual(['everywhere INBOX', 'everywhere News', 'everywhere Old'])
    // In the query it means the same.
    const aside = organizer('subject:everywhere in:anywhere', { name: 'move', destination: 'News' })
    expect((await run(aside.count)).mailboxes.map(({ path }) => path).sort()).toEqual([
      'Junk',
      'Old',
      'Trash',
    ])
    const elsewhere = organizer('subject:everywhere -in:old', { name: 'flag' })
    expect((await run(elsewhere.count)).mailboxes.map(({ path }) => path).sort()).toEqual(['Drafts', 'Sent'])
    const flagged = await organized('subject:everywhere', { name: 'flag' }, 'all')
    expect(flagged.mailboxes.map(({ path }) => path).sort()).toEqual(['Drafts', 'Old', 'Sent'])
    await run((session) => undoChanges(session, flagged.undo.steps))
    expect(await flagsOf('Sent', 'everywhere Sent')).not.toContain('\\Flagged')
  })

  test('what another program has deleted and not yet expunged does not count', async () => {
    await put('Paper', ['sheet a'])
    await put('Paper', ['sheet b'], ['\\Deleted'])
    expect(await run(organizer('subject:sheet', { name: 'flag' }, 'Paper').count)).toMatchObject({ count: 1 })
  })

  test.each(['\\Draft', '\\Inbox', '\\Important', '\\Deleted'])(
    '%s is no label that a clean-up sets',
    (label) => {
      expect(() => organizer('subject:x', { name: 'label', label })).toThrow(
        expect.objectContaining({ code: 'invalid_input', field: 'label' }),
      )
    },
  )

  test('what is so already does not count, so that the same call goes on', async () => {
    await put('Paper', ['seen before'], ['\\Seen', 'Work'])
    await put('Paper', ['not seen'])
    const actions: [OrganizeAction, string][] = [
      [{ name: 'mark_read' }, 'not seen'],
      [{ name: 'label', label: 'Work' }, 'not seen'],
      [{ name: 'label', label: 'starred' }, 'both'],
    ]
    for (const [action, which] of actions) {
      const done = await organized('subject:seen', action, 'Paper')
      expect(done, action.name).toMatchObject({ changed: which === 'both' ? 2 : 1 })
      expect(await run(organizer('subject:seen', action, 'Paper').count)).toMatchObject({ count: 0 })
      await run((session) => undoChanges(session, done.undo.steps))
    }
    expect(await flagsOf('Paper', 'seen before')).toEqual(expect.arrayContaining(['\\Seen', 'Work']))
    expect(await flagsOf('Paper', 'not seen')).toEqual([])
  })

  test('what no server can search is judged, and counted alike', async () => {
    const file =
      'MIME-Version: 1.0\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n'
    await put('Paper', ['judged with'], [], file)
    await put('Paper', ['judged without'])
    const done = await organized('subject:judged has:attachment', { name: 'delete' }, 'Paper')
    expect(done.changed).toBe(1)
    expect(await subjects('Paper')).toContain('judged without')
    expect(await subjects('Paper')).not.toContain('judged with')
    const others = await organized('subject:judged -filename:a.pdf', { name: 'mark_read' }, 'Paper')
    expect(others.changed).toBe(1)
  })

  test.each([
    [{ name: 'move', destination: 'sent' }, 'mailbox_protected', 'destination'],
    [{ name: 'move', destination: 'Nowhere' }, 'mailbox_not_found', 'destination'],
    [{ name: 'label', label: 'two words' }, 'invalid_input', 'label'],
    [{ name: 'label', label: '\\Deleted' }, 'invalid_input', 'label'],
  ] as const)('%j is refused by the dry run', async (action, code, field) => {
    await put('INBOX', ['refused'])
    const counting = Promise.resolve().then(() => run(organizer('subject:refused', action).count))
    await expect(counting).rejects.toMatchObject({ code, field })
  })

  test('R89: 2,000 scattered emails of a mailbox of 4,000 in at most 12 round trips, and back completely', async () => {
    const client = new ImapFlow({
      host: 'localhost',
      port: dovecot.imapsPort,
      secure: true,
      auth: { user: dovecot.alice.login, pass: dovecot.alice.password },
      tls: { ca: dovecot.ca },
      logger: false,
    })
    client.on('error', () => {})
    await client.connect()
    // Copies of two emails in turn: every other one is meant.
    await client.append('News', 'Subject: bulk yes\r\n\r\nx\r\n')
    await client.append('News', 'Subject: bulk no\r\n\r\nx\r\n')
    await client.mailboxOpen('News')
    const first = await client.search({ subject: 'bulk' }, { uid: true })
    for (let count = 2; count < 4_000; ) {
      const more = Math.min(count, 4_000 - count)
      const [low = 0] = first || []
      await client.messageCopy(`${low}:${low + more - 1}`, 'News', { uid: true })
      await client.noop()
      count += more
    }
    const matching = async (subject: string) => {
      await client.noop()
      return ((await client.search({ subject })) || []).length
    }
    expect([await matching('bulk yes'), await matching('bulk no')]).toEqual([2_000, 2_000])

    const archive = organizer('subject:"bulk yes"', { name: 'archive' }, 'News')
    proxy.restart()
    const done = await run((session) => archive.organize(session, 2_000), proxy.port)
    expect(proxy.roundTrips()).toBeLessThanOrEqual(12)
    if (done.changed === undefined) throw new Error('They are as many as expected')
    expect(done.changed).toBe(2_000)
    expect([await matching('bulk yes'), await matching('bulk no')]).toEqual([0, 2_000])
    proxy.restart()
    const undone = await run((session) => undoChanges(session, done.undo.steps), proxy.port)
    expect(proxy.roundTrips()).toBeLessThanOrEqual(12)
    expect(undone.filter(({ ok }) => ok)).toHaveLength(2_000)
    expect([await matching('bulk yes'), await matching('bulk no')]).toEqual([2_000, 2_000])
    client.close()
  })
})

describe.skipIf(!findDovecot())('clean-ups on a server with an INBOX alone', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot({ folders: [] })
  })
  afterAll(() => dovecot?.stop())

  test.each([
    ['archive', 'Archive'],
    ['delete', 'Trash'],
  ] as const)(
    'R89: %s makes %s when emails are moved, not when they are counted, and is undone',
    async (name, path) => {
      const account = accountOn({ host: 'localhost', port: dovecot.imapsPort }, dovecot.alice)
      const run = <T>(use: (session: ImapSession) => Promise<T>) =>
        withImapSession(account, depsFor(dovecot.ca), use)
      const reader = dovecot.reader(dovecot.alice)
      const paths = async () => (await reader.mailboxes()).map((one) => one.path)
      await reader.append('INBOX', [`From: a@b.example\nSubject: ${name}\n\nx\n`])
      const { query } = mergeFields({ query: `subject:${name}` }, today)
      const { count, organize } = prepareOrganizer({
        ...{
          query: query ?? expect.fail('It says something'),
          action: { name },
          timeZone: 'UTC',
          mailbox: 'all',
        },
      })
      expect(await run(count)).toMatchObject({ count: 1, mailboxes: [{ path: 'INBOX', count: 1 }] })
      expect(await paths()).not.toContain(path)
      const done = await run((session) => organize(session, 1))
      expect(done).toMatchObject({ changed: 1 })
      expect((await reader.messages(path)).map(({ subject }) => subject)).toEqual([name])
      if (done.changed === undefined) throw new Error('It was done')
      await run((session) => undoChanges(session, done.undo.steps))
      expect((await reader.messages('INBOX')).map(({ subject }) => subject)).toContain(name)
    },
  )

  test('a move to a mailbox that is not there says so before anything is counted', async () => {
    const account = accountOn({ host: 'localhost', port: dovecot.imapsPort }, dovecot.alice)
    const { query } = mergeFields({ query: 'subject:x' }, today)
    const action = { name: 'move', destination: 'Nowhere' } as const
    const { count } = prepareOrganizer({ query: query ?? expect.fail(), action, timeZone: 'UTC' })
    await expect(withImapSession(account, depsFor(dovecot.ca), count)).rejects.toMatchObject({
      code: 'mailbox_not_found',
    })
  })
})
