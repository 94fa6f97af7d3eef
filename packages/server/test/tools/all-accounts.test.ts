/** One call over every connected mailbox: one list, and what is wrong with one of them never in the way of the others. */
import { createConnector, createHostPolicy } from '@email-connector/mail'
import {
  type Dovecot,
  findDovecot,
  type ScriptedImap,
  startDovecot,
  startScriptedImap,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OpenTools, openTools, toAccount } from './open-tools.ts'

const mail = (subject: string, headers: Record<string, string> = {}) =>
  Object.entries({
    From: 'Bo <bo@elsewhere.example>',
    To: 'alice@test.example',
    Subject: subject,
    Date: 'Mon, 5 Jan 2026 10:00:00 +0000',
    'Message-ID': `<${subject.replaceAll(' ', '.')}@elsewhere.example>`,
    ...headers,
  })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
    .concat('\n\nwords\n')

const at = (day: number, hour: number) => new Date(Date.UTC(2026, 0, day, hour))

describe.skipIf(!findDovecot())('R88: all accounts at once', () => {
  let dovecot: Dovecot
  let other: Dovecot
  let silent: ScriptedImap
  let well: OpenTools
  let broken: OpenTools

  beforeAll(async () => {
    ;[dovecot, other] = await Promise.all([startDovecot(), startDovecot()])
    silent = await startScriptedImap({
      tls: 'implicit',
      certificate: await dovecot.authority.issue({ names: testHosts }),
      misbehave: { at: 'LOGIN', how: 'silent' },
    })
    const carol = { ...other.alice, address: 'carol@test.example' }
    const accounts = [
      toAccount(dovecot.alice, dovecot, 1),
      toAccount(dovecot.bob, dovecot, 1),
      toAccount(carol, other, 1),
    ]
    const connector = createConnector({
      policy: createHostPolicy({ allowPrivate: true }),
      ca: [dovecot.ca, other.ca],
    })
    well = await openTools({ accounts, connector })
    const hanging = toAccount(
      { ...dovecot.alice, address: 'dave@test.example' },
      { imapsPort: silent.port },
      1,
    )
    const refused = toAccount({ ...dovecot.alice, address: 'eve@test.example', password: 'old' }, dovecot, 1)
    broken = await openTools({ accounts: [hanging, ...accounts, refused], connector })
    const readers = [dovecot.reader(dovecot.alice), dovecot.reader(dovecot.bob), other.reader(other.alice)]
    for (const [whose, reader] of readers.entries())
      for (let day = 1; day <= 4; day++) {
        const mailbox = day % 2 === 0 ? 'Archive' : 'INBOX'
        await reader.append(mailbox, [mail(`row ${day}.${whose}`)], [], at(day, whose))
      }
  })
  afterAll(async () => {
    await well?.close()
    await broken?.close()
    await silent?.stop()
    await Promise.all([dovecot?.stop(), other?.stop()])
  })

  const days = [4, 3, 2, 1]
  const inOrder = days.flatMap((day) => [2, 1, 0].map((whose) => `row ${day}.${whose}`))
  const subjects = (structured: { emails: { subject: string }[] }) =>
    structured.emails.map(({ subject }) => subject)

  test.each([1, 4, 50])(
    'a search gives every match of every account once, in order, %s a page',
    async (limit) => {
      const shown: string[] = []
      const whose = new Set<string>()
      let cursor: string | undefined
      do {
        const asked = { account: 'all', query: 'subject:row', limit, ...(cursor && { cursor }) }
        const { structured } = await well.call('search_emails', asked)
        expect(structured.account).toBe('all')
        shown.push(...subjects(structured as never))
        for (const row of structured.emails) whose.add(row.account)
        cursor = structured.next_cursor
      } while (cursor !== undefined)
      expect(shown).toEqual(inOrder)
      expect([...whose].sort()).toEqual(['alice@test.example', 'bob@test.example', 'carol@test.example'])
    },
  )

  test('pages go on where they ended while mail arrives in one account', async () => {
    const ask = (cursor?: string) =>
      well.call('search_emails', {
        account: 'all',
        query: 'subject:row -subject:late',
        limit: 5,
        ...(cursor && { cursor }),
      })
    const first = await ask()
    await dovecot.reader(dovecot.bob).append('INBOX', [mail('row 9.1')], [], at(9, 0))
    const second = await ask(first.structured.next_cursor)
    const third = await ask(second.structured.next_cursor)
    const all = [first, second, third].flatMap(({ structured }) => subjects(structured as never))
    expect(all.filter((one) => one !== 'row 9.1')).toEqual(inOrder)
    const found = await well.call('search_emails', { account: 'all', query: 'subject:9.1' })
    await well.call('delete_email', { ids: [found.structured.emails[0].id] })
  })

  test('the newest emails of every INBOX are one list, page by page', async () => {
    const first = await well.call('get_recent_emails', { account: 'ALL', limit: 4 })
    expect(subjects(first.structured as never)).toEqual(['row 3.2', 'row 3.1', 'row 3.0', 'row 1.2'])
    expect(first.text).toContain('in carol@test.example')
    const second = await well.call('get_recent_emails', {
      account: 'all',
      limit: 4,
      cursor: first.structured.next_cursor,
    })
    expect(subjects(second.structured as never)).toEqual(['row 1.1', 'row 1.0'])
    expect(second.structured.next_cursor).toBeUndefined()
    const stray = await well.call('get_recent_emails', {
      account: 'all',
      unread_only: true,
      cursor: first.structured.next_cursor,
    })
    expect(stray.structured).toMatchObject({ code: 'invalid_input', field: 'cursor' })
  })

  test('R88: the invoice of last spring, in whatever mailbox of whichever account, takes one call', async () => {
    const bill = (name: string, month: string) =>
      mail(name, { Date: `Tue, 14 ${month} 2026 10:00:00 +0000` }).replace(
        'words',
        'Your invoice is attached.',
      )
    const [alice, carol] = [dovecot.reader(dovecot.alice), other.reader(other.alice)]
    for (const path of ['Paper', 'Paper/2026']) await carol.createMailbox(path)
    await carol.append('Paper/2026', [bill('Water works', 'Apr')])
    await carol.append('Junk', [bill('Prize', 'Apr')])
    await alice.append('Archive', [bill('Winter coat', 'Jan'), bill('Summer hat', 'Jul')])
    const { structured, text } = await well.call('search_emails', {
      account: 'all',
      query: 'invoice after:2026-03-01 before:2026-06-01',
    })
    expect(structured).toMatchObject({
      emails: [{ subject: 'Water works', account: 'carol@test.example', mailbox: 'Paper/2026' }],
      total: 1,
    })
    for (const more of ['left', 'next_cursor', 'failed', 'warnings'])
      expect(structured).not.toHaveProperty(more)
    expect(text).toContain('Water works')
  })

  test('an account that has no such mailbox did answer, and alone is told by its address', async () => {
    const { structured, text } = await well.call('search_emails', { account: 'all', query: 'in:Paper/2026' })
    const others = structured.failed.map((one: { account: string }) => one.account)
    expect(others).toContain('alice@test.example')
    expect(others).not.toContain('carol@test.example')
    expect(structured.warnings).toContain('alice@test.example has no such mailbox')
    expect(text).not.toContain('did not answer')
    const alone = await well.call('get_recent_emails', { mailbox: 'Paper/2026' })
    expect(alone.structured).toEqual({ code: 'mailbox_not_found', field: 'mailbox' })
    expect(alone.text).toBe('alice@test.example has no mailbox "Paper/2026": list_mailboxes shows the names.')
  })

  test('mailboxes of every account name theirs', async () => {
    const { structured, text } = await well.call('list_mailboxes', { account: 'all' })
    const inboxes = structured.mailboxes.filter((one: { path: string }) => one.path === 'INBOX')
    expect(inboxes.map((one: { account: string; total: number }) => [one.account, one.total])).toEqual([
      ['alice@test.example', 2],
      ['bob@test.example', 2],
      ['carol@test.example', 2],
    ])
    expect(text).toContain('carol@test.example: INBOX')
  })

  describe('of five accounts one hangs and one refuses', () => {
    test.each([
      ['search_emails', { query: 'subject:row' }],
      ['get_recent_emails', {}],
      ['list_mailboxes', {}],
      ['find_people', {}],
    ])('%s answers with the other three and names both', async (tool, args) => {
      const startedAt = performance.now()
      const { structured, text } = await broken.call(tool, { account: 'all', ...args })
      // The deadline of the call is 24 s; the contract says 3, on a machine that has nothing else to do.
      expect(performance.now() - startedAt).toBeLessThan(15_000)
      expect(structured.failed).toEqual([
        { account: 'dave@test.example', code: 'timeout' },
        { account: 'eve@test.example', code: 'login_refused' },
      ])
      expect(structured.warnings[0]).toContain('dave@test.example did not answer')
      expect(text).toContain('eve@test.example did not answer')
      if (tool === 'search_emails') expect(subjects(structured as never)).toEqual(inOrder)
    })

    test('the connection that hangs is closed with the answer', async () => {
      await broken.call('get_recent_emails', { account: 'all' })
      await expect.poll(() => silent.openCount()).toBe(0)
    })

    test('an account that was too slow is kept in the cursor', async () => {
      const first = await broken.call('search_emails', { account: 'all', query: 'subject:row', limit: 50 })
      expect(first.structured.next_cursor).toBeDefined()
      expect(first.structured.total).toBeUndefined()
    })
  })

  test('ids of several accounts are read and changed in one call', async () => {
    const { structured } = await well.call('search_emails', { account: 'all', query: 'subject:"row 1"' })
    const ids = structured.emails.map(({ id }: { id: string }) => id)
    const read = await well.call('get_email', { ids })
    expect(read.structured.emails.map((one: { subject: string }) => one.subject)).toEqual([
      'row 1.2',
      'row 1.1',
      'row 1.0',
    ])
    expect(read.structured.account).toBe('carol@test.example, bob@test.example, alice@test.example')
    const moved = await well.call('move_email', { ids, destination: 'Archive' })
    expect(moved.structured.results.map((one: { ok: boolean }) => one.ok)).toEqual([true, true, true])
    expect(moved.structured.results.map((one: { id: string }) => one.id)).toEqual(ids)
    const carols = await other.reader(other.alice).messages('Archive')
    expect(carols.map(({ subject }) => subject)).toContain('row 1.2')
    const newIds = moved.structured.results.map((one: { new_id: string }) => one.new_id)
    const marked = await well.call('mark_as_read', { ids: newIds, account: 'all' })
    expect(marked.text).toMatch(/^3 of 3 emails of /)
    const stray = await well.call('mark_as_read', { ids: newIds, account: 'bob@test.example' })
    expect(stray.structured).toMatchObject({ code: 'invalid_input', field: 'account' })
  })

  test('an account that fails does not hide what became of the ids of another', async () => {
    const { structured } = await broken.call('search_emails', {
      account: 'alice@test.example',
      query: 'subject:"row 2"',
    })
    const { structured: known } = await broken.call('list_accounts')
    const eve = known.accounts.find((one: { address: string }) => one.address === 'eve@test.example')
    const { toEmailId } = await import('../../src/wire/email-id.ts')
    const lost = toEmailId(eve.id, { mailbox: 'INBOX', uidValidity: '1', uid: 1 })
    const ids = [lost, structured.emails[0].id]
    const marked = await broken.call('mark_as_read', { ids })
    expect(marked.structured.results).toEqual([
      { id: ids[0], ok: false, code: 'login_refused' },
      { id: ids[1], ok: true },
    ])
    const read = await broken.call('get_email', { ids })
    expect(read.structured.emails[0]).toEqual({ id: lost, code: 'login_refused' })
    expect(read.structured.emails[1].subject).toBe('row 2.0')
    const alone = await broken.call('get_email', { id: lost })
    expect(alone.structured.code).toBe('login_refused')
  })

  test('find_people ranks by how often and how lately, over all accounts, without the owner', async () => {
    const now = Date.now()
    const ago = (days: number) => new Date(now - days * 86_400_000)
    const alice = dovecot.reader(dovecot.alice)
    const to = (who: string, number: number) =>
      mail(`to ${who} ${number}`, { From: 'alice@test.example', To: `${who}, bob@test.example` })
    for (const number of [1, 2, 3])
      await alice.append('Sent', [to('"Jürgen Meyer" <jm@reef.example>', number)], ['\\Seen'], ago(number))
    await alice.append('Sent', [to('old@reef.example', 4)], ['\\Seen'], ago(900))
    const from = mail('from him', { From: '=?utf-8?Q?J=C3=BCrgen?= <JM@reef.example>' })
    await other.reader(other.alice).append('INBOX', [from], [], ago(0))
    const { structured } = await well.call('find_people', { account: 'all' })
    const [best] = structured.people
    expect(best).toMatchObject({ name: 'Jürgen', sent: 3, received: 1 })
    expect(best.address.toLowerCase()).toBe('jm@reef.example')
    const addresses = structured.people.map((one: { address: string }) => one.address)
    expect(addresses).not.toContain('bob@test.example')
    expect(addresses.indexOf('old@reef.example')).toBeGreaterThan(0)
    const found = await well.call('find_people', { query: 'jurgen mey', limit: 1 })
    expect(found.structured.people).toHaveLength(1)
    expect(found.structured.people[0]).toMatchObject({ name: 'Jürgen Meyer', sent: 3, received: 0 })
    expect((await well.call('find_people', { query: 'nobody' })).structured.people).toEqual([])
  })
})
