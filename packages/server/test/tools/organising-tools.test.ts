/** Folders, flags, bin and spam on a real Dovecot; every effect is confirmed over a connection that is not ours. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

const mail = (subject: string, fields: string[] = []) =>
  [
    'From: bob@test.example',
    'To: alice@test.example',
    `Subject: ${subject}`,
    'Date: Fri, 20 Nov 2026 10:00:00 +0100',
    `Message-ID: <${subject.replaceAll(' ', '-').toLowerCase()}@test.example>`,
    ...fields,
    '',
    `Body of ${subject}.`,
    '',
  ].join('\r\n')

describe.skipIf(!findDovecot())('on a real Dovecot', () => {
  let dovecot: Dovecot
  let tools: OpenTools
  const alice = () => dovecot.reader(dovecot.alice)
  const subjects = async (mailbox: string) => (await alice().messages(mailbox)).map((one) => one.subject)
  const paths = async () => (await alice().mailboxes()).map(({ path }) => path)
  const idOf = async (subject: string, mailbox = 'INBOX') => {
    const { structured } = await tools.call('search_emails', { subject, mailbox })
    return structured.emails[0].id as string
  }
  const put = async (subject: string, mailbox = 'INBOX') => {
    await dovecot.appendRaw(dovecot.alice, mailbox, mail(subject))
    return idOf(subject, mailbox)
  }

  beforeAll(async () => {
    dovecot = await startDovecot()
    tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
    })
  })
  afterEach(() => {
    expect(tools.logged.filter((line) => line.event === 'bug')).toEqual([])
  })
  afterAll(async () => {
    await tools?.close()
    await dovecot?.stop()
  })

  test.each([
    ['archive_email', {}, 'Archive'],
    ['delete_email', {}, 'Trash'],
    ['mark_as_spam', {}, 'Junk'],
  ])('%s moves to where its name says, and new_id names the email there', async (tool, more, mailbox) => {
    const subject = `For ${tool}`
    const id = await put(subject)
    const { structured } = await tools.call(tool, { ids: [id], ...more })
    expect(structured.results).toMatchObject([{ id, ok: true }])
    expect(await subjects('INBOX')).not.toContain(subject)
    expect(await subjects(mailbox)).toContain(subject)
    const { new_id } = structured.results[0]
    expect((await tools.call('get_email', { id: new_id })).structured.email.subject).toBe(subject)
  })

  test('mark_as_spam with spam false brings an email back to INBOX', async () => {
    const id = await put('No spam', 'Junk')
    await tools.call('mark_as_spam', { ids: [id], spam: false })
    expect(await subjects('INBOX')).toContain('No spam')
    expect(await subjects('Junk')).not.toContain('No spam')
  })

  test('delete_email of an email in the bin leaves it there', async () => {
    const id = await put('Deleted twice', 'Trash')
    expect((await tools.call('delete_email', { ids: [id] })).structured.results).toMatchObject([{ ok: true }])
    expect(await subjects('Trash')).toContain('Deleted twice')
  })

  test('set_flags adds and removes flags and keywords; \\Deleted and nonsense are refused', async () => {
    const id = await put('Flagged')
    const flags = async () =>
      (await alice().messages('INBOX')).find((one) => one.subject === 'Flagged')?.flags
    await tools.call('set_flags', { ids: [id], add: ['\\Flagged', '$Important'] })
    expect(await flags()).toEqual(expect.arrayContaining(['\\Flagged', '$Important']))
    await tools.call('set_flags', { ids: [id], add: ['\\Answered'], remove: ['\\Flagged'] })
    expect(await flags()).toEqual(expect.arrayContaining(['\\Answered', '$Important']))
    expect(await flags()).not.toContain('\\Flagged')
    for (const add of [['\\Deleted'], ['two words'], ['(x']]) {
      const { structured } = await tools.call('set_flags', { ids: [id], add })
      expect(structured).toEqual({ code: 'invalid_input', field: 'add' })
    }
    expect((await tools.call('set_flags', { ids: [id] })).structured.code).toBe('invalid_input')
  })

  test.each([
    [{ add: ['unread'] }, ['\\Seen'], []],
    [{ add: ['Unseen', 'star'] }, ['\\Seen'], ['\\Flagged']],
    [{ remove: ['unread', 'unanswered'] }, [], ['\\Answered', '\\Seen']],
    [{ add: ['unflagged'], remove: ['read'] }, ['\\Flagged', '\\Seen'], []],
  ])(
    'set_flags %j means the flag that it is the opposite of, and is undone',
    async (change, before, after) => {
      const subject = `Opposite ${Object.values(change).flat().join(' ')}`
      await alice().append('INBOX', [mail(subject)], before)
      const kept = async () =>
        (await alice().messages('INBOX'))
          .find((one) => one.subject === subject)
          ?.flags.filter((one) => one !== '\\Recent')
          .toSorted()
      const id = await idOf(subject)
      const { structured, text } = await tools.call('set_flags', { ids: [id], ...change })
      expect(structured.results, text).toEqual([{ id, ok: true }])
      expect(await kept()).toEqual(after)
      await tools.call('undo', { undo: [structured.undo] })
      expect(await kept()).toEqual(before)
    },
  )

  test('a word for a mailbox is refused as a flag, with the tools that move; a name in capitals is not', async () => {
    const id = await put('Placed')
    const flags = async () => (await alice().messages('INBOX')).find((one) => one.subject === 'Placed')?.flags
    for (const name of ['spam', 'junk', 'archive', 'inbox', 'trash']) {
      const { structured, text } = await tools.call('set_flags', { ids: [id], add: [name] })
      expect(structured, text).toEqual({ code: 'invalid_input', field: 'add' })
      expect(text).toMatch(
        `"add" is not valid: ${name} is a mailbox and no flag. archive_email, delete_email, `,
      )
    }
    for (const label of ['unread', 'spam']) {
      const asked = { query: 'subject:placed', action: 'label', label }
      const { structured } = await tools.call('organize_emails', asked)
      expect(structured).toEqual({ code: 'invalid_input', field: 'label' })
    }
    expect((await flags())?.filter((one) => one !== '\\Recent')).toEqual([])
    await tools.call('set_flags', { ids: [id], add: ['Junk', '$NotJunk'], remove: ['spam'] })
    expect(await flags()).toEqual(expect.arrayContaining(['Junk', '$NotJunk']))
  })

  test('create_mailbox, rename_mailbox and delete_mailbox do what they say', async () => {
    expect((await tools.call('create_mailbox', { name: 'Räume' })).structured.mailbox).toBe('Räume')
    expect(await paths()).toContain('Räume')
    const renamed = await tools.call('rename_mailbox', { name: 'Räume', new_name: 'Rooms' })
    expect(renamed.structured.mailbox).toBe('Rooms')
    expect(await paths()).toContain('Rooms')
    expect(await paths()).not.toContain('Räume')
    expect((await tools.call('delete_mailbox', { name: 'Rooms' })).isError).toBe(false)
    expect(await paths()).not.toContain('Rooms')
  })

  test('a mailbox that is there, or a name that cannot be, is refused with what to do', async () => {
    await tools.call('create_mailbox', { name: 'Trips/Größe' })
    for (const [tool, input, field, sentence] of [
      [
        'create_mailbox',
        { name: 'Archive' },
        'name',
        /"name" is not valid: there is a mailbox with this name/,
      ],
      ['create_mailbox', { name: 'Bin' }, 'name', /it means the trash mailbox, which is there already/],
      ['create_mailbox', { name: 'x'.repeat(300) }, 'name', /takes no such name: make it shorter/],
      ['rename_mailbox', { name: 'Trips', new_name: 'Archive' }, 'new_name', /there is a mailbox with this/],
      ['rename_mailbox', { name: 'Sent', new_name: 'Out' }, 'name', /INBOX, Sent and others .* keep their/],
      ['delete_mailbox', { name: 'Trash' }, 'name', /INBOX, Sent and others with a special use stay/],
    ] as const) {
      const { structured, text } = await tools.call(tool, input)
      expect(structured, text).toEqual({ code: 'invalid_input', field })
      expect(text).toMatch(sentence)
    }
  })

  test('a mailbox is found as another server would write it', async () => {
    const id = await put('For the bin')
    const moved = await tools.call('move_email', { ids: [id], destination: 'INBOX/Trash/' })
    expect(moved.structured.results).toMatchObject([{ id, ok: true }])
    expect(await subjects('Trash')).toContain('For the bin')
    await tools.call('create_mailbox', { name: 'Levels/Lower' })
    expect((await tools.call('get_recent_emails', { mailbox: '/Levels.Lower' })).isError).toBe(false)
    expect((await tools.call('delete_mailbox', { name: 'INBOX.Levels.Lower' })).isError).toBe(false)
    expect(await paths()).not.toContain('Levels/Lower')
  })

  test('where a mailbox went other than its name looks like is said', async () => {
    await tools.call('create_mailbox', { name: 'Invoices/2025' })
    const created = await tools.call('create_mailbox', { name: 'invoices/2026' })
    expect(created.structured.mailbox).toBe('Invoices/2026')
    expect(created.text).toMatch(/created, in Invoices, which was there already in this spelling\.$/)
    const renamed = await tools.call('rename_mailbox', { name: 'Invoices/2026', new_name: 'Newest' })
    expect(renamed.text).toMatch(
      /is now Newest\. It left Invoices: to have it there, rename it to Invoices\/Newest\.$/,
    )
    const back = await tools.call('rename_mailbox', { name: 'Newest', new_name: 'Invoices/Newest' })
    expect(back.text).toMatch(/ is now Invoices\/Newest\.$/)
  })

  test('an email whose mailbox was renamed is to be searched for again', async () => {
    await tools.call('create_mailbox', { name: 'Passing' })
    const id = await put('Passed', 'Passing')
    await tools.call('rename_mailbox', { name: 'Passing', new_name: 'Past' })
    for (const tool of ['get_email', 'get_thread']) {
      const { structured, text } = await tools.call(tool, { id })
      expect(structured, text).toEqual({ code: 'mailbox_not_found' })
      expect(text).toMatch(/^This mailbox is gone or was renamed: search for its emails again/)
    }
  })

  test('"all" names no mailbox where none holds everything, and one that is called so where there is one', async () => {
    const id = await put('One of all')
    for (const [tool, input, field] of [
      ['get_recent_emails', { mailbox: 'all' }, 'mailbox'],
      ['move_email', { ids: [id], destination: 'All' }, 'destination'],
    ] as const) {
      const { structured, text } = await tools.call(tool, input)
      expect(structured, text).toEqual({ code: 'mailbox_not_found', field })
      expect(text).toMatch(/^alice@test\.example has no mailbox of all emails: search_emails without a query/)
    }
    expect((await tools.call('search_emails', {})).structured.emails.length).toBeGreaterThan(0)
    await tools.call('create_mailbox', { name: 'All' })
    const moved = await tools.call('move_email', { ids: [id], destination: 'all' })
    expect(moved.structured.results).toMatchObject([{ id, ok: true }])
    expect((await tools.call('get_recent_emails', { mailbox: 'all' })).structured.emails).toHaveLength(1)
  })

  test('a mailbox that holds an email, or has a special use, is not deleted', async () => {
    await tools.call('create_mailbox', { name: 'Full' })
    await put('Kept', 'Full')
    const full = await tools.call('delete_mailbox', { name: 'Full' })
    expect(full.structured).toEqual({ code: 'server_refused', field: 'name' })
    expect(full.text).toContain('not empty')
    expect(await subjects('Full')).toContain('Kept')
    for (const name of ['Sent', 'trash', 'INBOX']) {
      expect((await tools.call('delete_mailbox', { name })).isError, name).toBe(true)
      expect((await tools.call('rename_mailbox', { name, new_name: 'Gone' })).isError, name).toBe(true)
    }
    expect(await paths()).toEqual(expect.arrayContaining(['Sent', 'Trash', 'INBOX']))
    const nowhere = await tools.call('delete_mailbox', { name: 'Nowhere' })
    expect(nowhere.structured).toEqual({ code: 'mailbox_not_found', field: 'name' })
    expect(nowhere.text).toContain('alice@test.example has no mailbox "Nowhere"')
  })

  test('get_thread gives the conversation across mailboxes, oldest first', async () => {
    const root = mail('Plan').replace('Fri, 20', 'Wed, 18')
    const answer = mail('Re: Plan', ['References: <plan@test.example>', 'In-Reply-To: <plan@test.example>'])
    const later = mail('Re: Plan again', ['References: <plan@test.example> <re:-plan@test.example>'])
    await dovecot.appendRaw(dovecot.alice, 'Archive', root)
    await dovecot.appendRaw(dovecot.alice, 'Sent', answer.replace('Fri, 20', 'Thu, 19'))
    await dovecot.appendRaw(dovecot.alice, 'INBOX', later)
    await put('Another matter')
    const { structured, text } = await tools.call('get_thread', { id: await idOf('Re: Plan again') })
    expect(structured.emails.map((row: { subject: string }) => row.subject)).toEqual([
      'Plan',
      'Re: Plan',
      'Re: Plan again',
    ])
    expect(structured).toMatchObject({ subject: 'Plan', total: 3 })
    expect(structured.next_cursor).toBeUndefined()
    expect(text).toContain('oldest first')
    const id = await idOf('Re: Plan again')
    const first = await tools.call('get_thread', { id, max_chars: 200 })
    const cursor = first.structured.next_cursor
    expect(first.text).toContain(`More: cursor ${cursor}`)
    const second = await tools.call('get_thread', { id, max_chars: 30_000, cursor })
    expect([...first.structured.emails, ...second.structured.emails]).toEqual(structured.emails)
    const other = await tools.call('get_thread', { id: await idOf('Another matter'), cursor })
    expect(other.structured).toEqual({ code: 'invalid_input', field: 'cursor' })
  })
})

test.skipIf(!findDovecot())(
  'levels that a point made, on a server where it parts them, are said',
  async () => {
    const dovecot = await startDovecot({ prefix: 'INBOX.', format: 'maildir' })
    const tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
    })
    const created = await tools.call('create_mailbox', { name: 'Dr.Maier' })
    expect(created.text).toMatch(/^Mailbox INBOX\.Dr\.Maier of .* created: Maier in INBOX\.Dr\.$/)
    const refused = await tools.call('create_mailbox', { name: 'Dr. Maier' })
    expect(refused.text).toMatch(/\. and \/ part levels on this server/)
    const moved = await tools.call('rename_mailbox', { name: 'Dr/Maier', new_name: 'Meier' })
    expect(moved.text).toMatch(/is now INBOX\.Meier\. It left INBOX\.Dr: .* rename it to INBOX\.Dr\.Meier\.$/)
    await tools.close()
    await dovecot.stop()
  },
)
