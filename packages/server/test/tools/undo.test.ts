/** Clean-ups and the way back of every changing tool, on a real Dovecot; what is there is seen by another connection. */
import { changeCharacter, type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

const start = 1_764_230_000

describe.skipIf(!findDovecot())('undo and organize_emails on a real Dovecot', () => {
  let dovecot: Dovecot
  let tools: OpenTools
  let rows = 0
  let clock = start
  const reader = () => dovecot.reader(dovecot.alice)

  beforeAll(async () => {
    dovecot = await startDovecot()
    tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1), toAccount(dovecot.bob, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
      now: () => clock,
      once: (once) => ({
        ...once,
        keepUndo(id, row) {
          rows += 1
          return once.keepUndo(id, row)
        },
      }),
    })
  })
  afterEach(() => {
    expect(tools.logged.filter((line) => line.event === 'bug')).toEqual([])
    clock = start
    rows = 0
  })
  afterAll(async () => {
    await tools?.close()
    await dovecot?.stop()
  })

  const put = async (subjects: readonly string[], mailbox = 'INBOX', flags: readonly string[] = []) => {
    await reader().append(
      mailbox,
      subjects.map((subject) => `From: bob@test.example\nSubject: ${subject}\n\nx\n`),
      flags,
    )
  }
  const idsOf = async (subject: string, mailbox = 'INBOX'): Promise<string[]> => {
    const { structured } = await tools.call('search_emails', { subject, mailbox, limit: 50 })
    return structured.emails.map((one: { id: string }) => one.id)
  }
  const state = async () => {
    const found: string[] = []
    for (const { path } of await reader().mailboxes())
      for (const { subject, flags } of await reader().messages(path))
        found.push(`${path} ${subject} ${flags.filter((flag) => flag !== '\\Recent').sort()}`)
    return found.sort()
  }

  test.each([
    ['mark_as_read', { read: true }],
    ['set_flags', { add: ['flagged', 'Work'], remove: ['answered'] }],
    ['move_email', { destination: 'Archive' }],
    ['archive_email', {}],
    ['delete_email', {}],
    ['mark_as_spam', {}],
  ])(
    'R89: %s answers an `undo` that leaves everything as it was, and can itself be undone',
    async (tool, more) => {
      await put([`way ${tool}`])
      await put([`way ${tool}`], 'INBOX', ['\\Seen', '\\Answered'])
      const before = await state()
      const changed = await tools.call(tool, { ids: await idsOf(`way ${tool}`), ...more })
      const after = await state()
      expect(after).not.toEqual(before)
      const token: string = changed.structured.undo
      expect(changed.text.split('\n')[0]).toContain(token)
      expect(token.length).toBeLessThan(160)
      // The token holds it all.
      expect(rows).toBe(0)
      const undone = await tools.call('undo', { undo: token })
      expect(undone.structured).toMatchObject({ failed: [] })
      expect(await state()).toEqual(before)
      for (const { new_id } of undone.structured.results)
        if (new_id !== undefined) expect((await tools.call('get_email', { id: new_id })).isError).toBe(false)
      await tools.call('undo', { undo: undone.structured.undo })
      expect(await state()).toEqual(after)
    },
  )

  test('R89: changes of one email are undone together, whichever token comes first', async () => {
    await put(['together'])
    const before = await state()
    const [id] = await idsOf('together')
    const read = await tools.call('mark_as_read', { ids: [id] })
    clock += 5
    const moved = await tools.call('archive_email', { ids: [id] })
    const tokens = [read.structured.undo, moved.structured.undo]
    const undone = await tools.call('undo', { undo: tokens })
    expect(undone.structured).toMatchObject({ undone: 2, failed: [] })
    expect(await state()).toEqual(before)
  })

  test('R89: what cannot be put back any more is named with its reason, and nothing else is touched', async () => {
    await put(['gone 1', 'gone 2'])
    const moved = await tools.call('archive_email', { ids: await idsOf('gone') })
    const [first] = moved.structured.results
    await tools.call('delete_email', { ids: [first.new_id] })
    const undone = await tools.call('undo', { undo: moved.structured.undo })
    expect(undone.structured).toMatchObject({
      undone: 1,
      failed: [{ mailbox: 'Archive', code: 'message_not_found', count: 1 }],
    })
    expect(undone.text).toContain('moved, deleted or put back since')
    const again = await tools.call('undo', { undo: moved.structured.undo })
    expect(again.structured).toMatchObject({ undone: 0, failed: [{ count: 2 }] })
  })

  test('R89: a change of Sent says at once that it has no way back', async () => {
    await put(['was sent'], 'Sent')
    const deleted = await tools.call('delete_email', { ids: await idsOf('was sent', 'Sent') })
    expect(deleted.structured.undo).toBeUndefined()
    expect(deleted.structured.warnings).toEqual(['1 cannot be undone: nothing is moved into Sent or Drafts'])
    const refused = await tools.call('move_email', { ids: await idsOf('gone'), destination: 'sent' })
    expect(refused.structured).toEqual({ code: 'mailbox_protected', field: 'destination' })
  })

  test('a token of another connection, an old one and one that a mail brought along open nothing', async () => {
    await put(['token'])
    const ids = await idsOf('token')
    const { structured } = await tools.call('mark_as_read', { ids })
    const token: string = structured.undo
    const changed = changeCharacter(token, Math.floor(token.length / 2))
    const other = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
      now: () => clock,
    })
    try {
      const refused = await other.call('undo', { undo: token })
      expect(refused.structured).toEqual({ code: 'invalid_input', field: 'undo[0]' })
    } finally {
      await other.close()
    }
    for (const odd of [changed, 'x', 'A'.repeat(23), 'A'.repeat(60)])
      expect((await tools.call('undo', { undo: odd })).structured).toEqual({
        code: 'invalid_input',
        field: 'undo[0]',
      })
    clock += 24 * 3600
    expect((await tools.call('undo', { undo: token })).isError).toBe(true)
    clock -= 1
    expect((await tools.call('undo', { undo: token })).structured.undone).toBe(1)
  })

  test('organize_emails: a dry run tells count and sample, and the second call does exactly that', async () => {
    await put(['news 1', 'news 2', 'news 3'])
    const before = await state()
    const asked = { query: 'subject:news', action: 'archive' }
    const dry = await tools.call('organize_emails', asked)
    expect(dry.structured).toMatchObject({ count: 3, mailboxes: [{ path: 'INBOX', count: 3 }] })
    expect(dry.structured.sample).toHaveLength(3)
    expect(dry.text).toContain('expected 3')
    expect(await state()).toEqual(before)
    const wrong = await tools.call('organize_emails', { ...asked, dry_run: false, expected: 2 })
    expect(wrong.structured).toEqual({ code: 'count_changed', field: 'expected' })
    expect(wrong.text).toContain('3 emails match now')
    expect(await state()).toEqual(before)
    const done = await tools.call('organize_emails', { ...asked, dry_run: false, expected: 3 })
    expect(done.structured).toMatchObject({ count: 3, changed: 3, remaining: 0 })
    await tools.call('undo', { undo: done.structured.undo })
    expect(await state()).toEqual(before)
  })

  test('R89: newsletters older than a month are archived by a dry run and one call, and no other email is', async () => {
    const letter = (subject: string, month: string, header = 'List-Id: <a.example>') =>
      `From: bob@test.example\nSubject: ${subject}\nDate: Wed, 1 ${month} 2025 10:00:00 +0000\n${header}\n\nx\n`
    await reader().append('INBOX', [
      letter('Weekly', 'Oct'),
      letter('Sale', 'Sep', 'List-Unsubscribe: <https://shop.example/leave>'),
      letter('Weekly of now', 'Nov'),
      letter('From a friend', 'Sep', 'X-Mailer: list-unsubscribe'),
    ])
    const before = await state()
    const asked = { query: 'list:* older_than:1m', action: 'archive' }
    const dry = await tools.call('organize_emails', asked)
    expect(dry.structured.sample.map(({ subject }: { subject: string }) => subject)).toEqual([
      'Sale',
      'Weekly',
    ])
    const expected: number = dry.structured.count
    const done = await tools.call('organize_emails', { ...asked, dry_run: false, expected })
    expect(done.structured).toMatchObject({ count: 2, changed: 2, remaining: 0 })
    const moved = (await state()).filter((one) => !before.includes(one))
    expect(moved).toEqual(['Archive Sale ', 'Archive Weekly '])
    await tools.call('undo', { undo: done.structured.undo })
    expect(await state()).toEqual(before)
  })

  test('a clean-up too long for a token is kept in a row, which any later call opens', async () => {
    const subjects = Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? 'row yes' : 'row no'))
    await put(subjects)
    const before = await state()
    const asked = {
      query: 'subject:"row yes"',
      action: 'label',
      label: 'Later',
      dry_run: false,
      expected: 200,
    }
    const done = await tools.call('organize_emails', asked)
    expect(done.structured).toMatchObject({ changed: 200 })
    expect(rows).toBe(1)
    expect(done.structured.undo).toHaveLength(23)
    clock += 24 * 3600 - 1
    const undone = await tools.call('undo', { undo: done.structured.undo })
    expect(undone.structured).toMatchObject({ undone: 200, failed: [] })
    expect(undone.structured.results).toHaveLength(100)
    expect(await state()).toEqual(before)
    clock += 1
    expect((await tools.call('undo', { undo: done.structured.undo })).isError).toBe(true)
  })

  test.each([
    [{ query: '', action: 'archive' }, 'query'],
    [{ query: 'x', action: 'move' }, 'destination'],
    [{ query: 'x', action: 'archive', destination: 'Trash' }, 'destination'],
    [{ query: 'x', action: 'label' }, 'label'],
    [{ query: 'x', action: 'label', label: 'two words' }, 'label'],
    [{ query: 'x', action: 'flag', label: 'y' }, 'label'],
    [{ query: 'x', action: 'archive', dry_run: false }, 'expected'],
    [{ query: 'x', action: 'burn' }, 'action'],
    [{ query: 'in:inbox x', action: 'archive', mailbox: 'Archive' }, 'mailbox'],
    [{ query: 'after:never', action: 'archive' }, 'query'],
  ])('organize_emails refuses %j and names the field', async (asked, field) => {
    const { structured, text } = await tools.call('organize_emails', asked)
    expect(structured).toEqual({ code: 'invalid_input', field })
    expect(text).toContain(`"${field}"`)
  })
})
