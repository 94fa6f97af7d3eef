/** Drafts that other programs made: sent as they are stored, changed where they are asked to be changed. */
import { findDovecot } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { expectedOf, foreignDrafts } from './foreign-drafts.ts'
import { openSendingTools, type SendingTools } from './sending-tools.ts'

describe.skipIf(!findDovecot())('a draft of another program', () => {
  let opened: SendingTools
  let dovecot: SendingTools['dovecot']
  let submission: SendingTools['submission']
  let tools: SendingTools['tools']
  let ahead = 0
  const alice = () => dovecot.reader(dovecot.alice)

  beforeAll(async () => {
    // so that no minute of the limit on calls gets full
    const now = () => Math.floor(Date.now() / 1000) + ahead
    opened = await openSendingTools({ aliases: ['sales@test.example'], now })
    ;({ dovecot, submission, tools } = opened)
  })
  afterEach(() => {
    expect(tools.logged.filter((line) => line.event === 'bug')).toEqual([])
  })
  afterAll(() => opened?.close())

  /** As a client finds it: by a list. */
  async function store(raw: string): Promise<string> {
    ahead += 60
    await dovecot.appendRaw(dovecot.alice, 'Drafts', raw)
    const { emails } = (await tools.call('get_recent_emails', { mailbox: 'drafts', limit: 1 })).structured
    return emails[0].id
  }
  const stored = async () => (await alice().messages('Drafts')).at(-1)?.raw.toString() ?? ''
  const letter = (changes: { head?: string; body?: string; id?: string } = {}) =>
    [
      'From: Alice <alice@test.example>',
      'To: Bob <bob@test.example>',
      'Subject: Letter',
      `Message-ID: <${changes.id ?? 'letter'}@test.example>`,
      'Date: Fri, 20 Nov 2026 10:00:00 +0100',
      'MIME-Version: 1.0',
      changes.head ?? 'Content-Type: text/plain; charset=utf-8',
      '',
      changes.body ?? 'Dear Bob,\r\nsee you on Monday.\r\n',
    ].join('\r\n')

  test('there are twenty kinds of them at least', () => {
    expect(foreignDrafts.length).toBeGreaterThanOrEqual(20)
  })

  test.each(foreignDrafts.map((draft) => [draft.program, draft] as const))(
    'R82: of %s goes out byte for byte but for Date, a missing Message-ID and fields for drafts only',
    async (_program, draft) => {
      const id = await store(draft.raw)
      const { structured, isError } = await tools.call('send_draft', { id })
      expect(isError).toBe(false)
      expect(structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
      const sent = submission.messages.at(-1)
      const raw = sent?.raw.toString() ?? ''
      expect(raw).toBe(expectedOf(draft, raw))
      expect([...(sent?.to ?? [])].sort()).toEqual([...draft.to].sort())
      expect(Date.parse(/^date: (.*)$/im.exec(raw)?.[1] ?? '')).toBeGreaterThan(Date.parse('2026-11-21'))
      const copy = (await alice().messages('Sent')).at(-1)?.raw.toString() ?? ''
      const withoutBcc = (text: string) => {
        const end = text.indexOf('\r\n\r\n')
        return text.slice(0, end).replace(/^Bcc:.*\r\n/im, '') + text.slice(end)
      }
      expect(withoutBcc(copy)).toBe(raw)
      expect(await alice().messages('Drafts')).toHaveLength(0)
    },
  )

  test('R82: ten edits with the first id, while another program edits in between, and one sending', async () => {
    const first = await store(letter())
    for (let edit = 1; edit <= 10; edit += 1) {
      if (edit % 3 === 0) {
        // another program stores it again under its Message-ID and removes the old one
        const raw = (await stored()).replace('Subject: ', 'Subject: edited elsewhere, ')
        await dovecot.appendRaw(dovecot.alice, 'Drafts', raw)
        const { emails } = (await tools.call('get_recent_emails', { mailbox: 'drafts' })).structured
        await tools.call('delete_email', { ids: [emails[1].id] })
      }
      const { isError, text } = await tools.call('update_draft', { id: first, body: `Words ${edit}` })
      expect(isError, text).toBe(false)
    }
    const raw = await stored()
    expect(raw).toContain('Words 10')
    expect(raw).toContain('Subject: edited elsewhere')
    expect(raw).toContain('Message-ID: <letter@test.example>')
    const before = submission.dataCount()
    for (const repeated of [false, true])
      expect((await tools.call('send_draft', { id: first })).structured).toMatchObject({
        state: 'sent',
        repeated,
        message_id: '<letter@test.example>',
      })
    expect(submission.dataCount() - before).toBe(1)
  })

  test('R82: an id whose draft got another Message-ID is stale, and the drafts that are there are listed', async () => {
    const id = await store(letter({ id: 'before' }))
    await tools.call('delete_email', { ids: [id] })
    const other = await store(letter({ id: 'after' }))
    for (const tool of ['send_draft', 'update_draft']) {
      const { structured, text } = await tools.call(tool, { id })
      expect(structured).toMatchObject({ code: 'stale_id', field: 'id' })
      expect(text).toContain(`${other} Letter`)
    }
    await tools.call('delete_email', { ids: [other] })
  })

  test('R82: a From that is not the account’s is refused with the way out, which works', async () => {
    const id = await store(
      letter({ id: 'foreign' })
        .replace('alice@', 'boss@')
        .replace('Subject', 'Sender: boss@test.example\r\nReply-To: office@test.example\r\nSubject'),
    )
    const before = submission.dataCount()
    const refused = await tools.call('send_draft', { id })
    expect(refused.structured).toEqual({ code: 'invalid_input', field: 'from' })
    expect(refused.text).toContain('boss@test.example')
    expect(refused.text).toContain('update_draft with "from"')
    expect(submission.dataCount()).toBe(before)
    await tools.call('update_draft', { id, from: 'sales@test.example' })
    expect((await tools.call('send_draft', { id })).structured.state).toBe('sent')
    const raw = submission.messages.at(-1)?.raw.toString() ?? ''
    expect(raw).toMatch(/^From: sales@test\.example\r$/m)
    expect(raw).toMatch(/^Reply-To: office@test\.example\r$/m)
    expect(raw).not.toMatch(/^Sender:/m)
  })

  test('R86: a recipient that cannot be read is named, and nobody is left out', async () => {
    const id = await store(
      letter({ id: 'fault' }).replace('To: Bob <bob@test.example>', 'To: bob@test.example, ann@'),
    )
    const before = submission.dataCount()
    const refused = await tools.call('send_draft', { id })
    expect(refused.structured).toEqual({ code: 'invalid_input', field: 'to' })
    expect(refused.text).toContain('"ann@" (number 2): nothing is behind the @')
    expect(submission.dataCount()).toBe(before)
    await tools.call('update_draft', { id, to: ['bob@test.example', 'ann@test.example'] })
    await tools.call('send_draft', { id })
    expect(submission.messages.at(-1)?.to).toEqual(['bob@test.example', 'ann@test.example'])
  })

  test.each(foreignDrafts.map((draft) => [draft.program, draft] as const))(
    'R82: a new subject for one of %s changes nothing but the subject and Date',
    async (_program, { raw }) => {
      const id = await store(raw)
      const { structured } = await tools.call('update_draft', { id, subject: 'New subject' })
      expect(structured.old_draft).toBe('in_bin')
      const unnamed = (text: string) =>
        text.replace(/^subject:.*\r\n(?:[ \t].*\r\n)*/im, '').replace(/^date:.*\r\n/im, '')
      const after = await stored()
      expect(after).toMatch(/^Subject: New subject\r$/m)
      if (/^message-id/im.test(raw)) expect(unnamed(after)).toBe(unnamed(raw))
      await tools.call('delete_email', { ids: [structured.id] })
    },
  )

  const html = (text: string, words: string) =>
    letter({
      id: 'html',
      head: 'Content-Type: multipart/alternative; boundary=b',
      body: `--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${words}\r\n--b--\r\n`,
    })

  test('R82: replace changes the words in text and HTML alike, and keeps every tag', async () => {
    const id = await store(
      html(
        'Dear Bob,\r\nsee you on Monday at 5 & 6.',
        '<div><i>Dear</i> Bob,<br>see you on <b>Mon</b>day at 5 &amp; 6.</div>',
      ),
    )
    const { isError, text } = await tools.call('update_draft', {
      id,
      replace: [
        { old_text: 'Monday', new_text: 'Friday <3' },
        { old_text: 'at 5 & 6', new_text: 'at 7' },
      ],
    })
    expect(isError, text).toBe(false)
    const raw = await stored()
    expect(raw).toContain('see you on Friday <3 at 7.')
    expect(raw).toContain('<div><i>Dear</i> Bob,<br>see you on <b>Friday &lt;3</b> at 7.</div>')
    for (const [old_text, reason] of [
      ['nowhere', 'it is not in the text of the draft'],
      ['e', 'times: give more of the words around it'],
    ]) {
      const refused = await tools.call('update_draft', { id, replace: [{ old_text, new_text: 'x' }] })
      expect(refused.structured).toEqual({ code: 'invalid_input', field: 'replace[0].old_text' })
      expect(refused.text).toContain(reason)
    }
    expect(await stored()).toBe(raw)
    await tools.call('delete_email', { ids: [id] })
  })

  test('R82: files are added and removed one by one, and the rest stays', async () => {
    const id = await store(letter({ id: 'files' }))
    const file = (filename: string) => ({ filename, content_type: 'text/plain', content: `in ${filename}` })
    await tools.call('update_draft', { id, add_attachments: [file('a.txt'), file('b.txt')] })
    const { structured } = await tools.call('update_draft', { id, add_attachments: [file('c.txt')] })
    const { email } = (await tools.call('get_email', { id: structured.id })).structured
    const names = email.attachments.map((one: { filename: string }) => one.filename)
    expect(names).toEqual(['a.txt', 'b.txt', 'c.txt'])
    expect(email.body).toContain('see you on Monday')
    const [, second] = email.attachments
    const removed = await tools.call('update_draft', { id, remove_attachments: [second.attachment_id] })
    const left = (await tools.call('get_email', { id: removed.structured.id })).structured.email
    expect(left.attachments.map((one: { filename: string }) => one.filename)).toEqual(['a.txt', 'c.txt'])
    const refused = await tools.call('update_draft', { id, remove_attachments: ['9'] })
    expect(refused.structured).toEqual({ code: 'invalid_input', field: 'remove_attachments[0]' })
    await tools.call('send_draft', { id })
    const raw = submission.messages.at(-1)?.raw.toString() ?? ''
    expect(raw).toContain('see you on Monday')
    expect(raw).toContain(Buffer.from('in c.txt').toString('base64'))
    expect(raw).not.toContain(Buffer.from('in b.txt').toString('base64'))
  })
})
