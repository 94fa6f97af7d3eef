/** Drafts that are changed and sent: read in Drafts, in the bin and where they arrive. */
import { findDovecot } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openSendingTools, type SendingTools } from './sending-tools.ts'

describe.skipIf(!findDovecot())('over a real submission server', () => {
  let opened: SendingTools
  let dovecot: SendingTools['dovecot']
  let submission: SendingTools['submission']
  let tools: SendingTools['tools']
  const alice = () => dovecot.reader(dovecot.alice)
  const found = async (mailbox: string, subject: string) =>
    (await alice().messages(mailbox)).filter((message) => message.subject === subject)

  beforeAll(async () => {
    opened = await openSendingTools({ aliases: ['sales@test.example'] })
    ;({ dovecot, submission, tools } = opened)
  })
  afterEach(() => {
    expect(tools.logged.filter((line) => line.event === 'bug')).toEqual([])
  })
  afterAll(() => opened?.close())

  const longLine = `https://shop.example/?utm_source=kept and ${'words '.repeat(40)}ümlaut`
  const draft = (subject: string) => ({
    to: ['Bob <bob@test.example>'],
    bcc: ['carol@test.example'],
    from: 'sales@test.example',
    subject,
    body: `Dear Bob,\n\n**${subject}** ${longLine}\n  indented`,
    attachments: [{ filename: 'a.txt', content_type: 'text/plain', content: 'five!' }],
  })

  test('update_draft changes what is given, keeps the rest as it was typed, and bins the old draft', async () => {
    const { structured: first } = await tools.call('draft_email', draft('First words'))
    const { structured, text } = await tools.call('update_draft', {
      id: first.id,
      subject: 'Second words',
      to: ['dave@test.example'],
    })
    expect(structured).toMatchObject({
      mailbox: 'Drafts',
      from: 'sales@test.example',
      recipients: ['dave@test.example', 'carol@test.example'],
      old_draft: 'in_bin',
    })
    expect(text).toContain('not sent')
    expect(await found('Drafts', 'First words')).toHaveLength(0)
    expect(await found('Trash', 'First words')).toHaveLength(1)
    const [stored] = await found('Drafts', 'Second words')
    expect(stored?.flags).toContain('\\Draft')
    expect(stored?.raw.toString()).toMatch(/^Bcc: carol@test\.example\r$/m)
    expect(stored?.raw.toString()).toContain(Buffer.from('five!').toString('base64'))
    const emptied = await tools.call('update_draft', { id: structured.id, body: 'New.', attachments: [] })
    const { email } = (await tools.call('get_email', { id: emptied.structured.id })).structured
    expect(email).toMatchObject({ subject: 'Second words', body: 'New.', attachments: [] })
  })

  test.each([
    ['to', ['carol@test.example']],
    ['body', 'Other words'],
    ['attachments', [{ filename: 'a.txt', content: 'x' }]],
  ])('send_draft takes no %s: it would be sent without', async (name, value) => {
    const draft = { to: ['bob@test.example'], subject: `Sent as it is, ${name}`, body: 'Words' }
    const { id } = (await tools.call('draft_email', draft)).structured
    const before = submission.dataCount()
    const { structured } = await tools.call('send_draft', { id, [name]: value })
    expect(structured).toEqual({ code: 'invalid_input', field: name })
    expect(submission.dataCount()).toBe(before)
  })

  test('send_draft sends the draft as it was typed, to its Bcc too, once, and bins it', async () => {
    const { structured: saved } = await tools.call('draft_email', draft('Ready'))
    const before = submission.dataCount()
    const { structured, text } = await tools.call('send_draft', { id: saved.id })
    expect(structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
    expect(text).toContain('The draft is in the bin.')
    const sent = submission.messages.at(-1)
    expect(sent?.to).toEqual(['bob@test.example', 'carol@test.example'])
    expect(sent?.from).toBe('sales@test.example')
    const raw = sent?.raw.toString().replaceAll('=\r\n', '').replaceAll('=3D', '=') ?? ''
    expect(raw).not.toMatch(/^bcc:/im)
    expect(raw).toContain('https://shop.example/?utm_source=kept and')
    expect(raw).toContain('\r\nindented')
    expect(raw).toContain('<strong>Ready</strong>')
    expect(raw).toContain('name=a.txt')
    expect(await found('Drafts', 'Ready')).toHaveLength(0)
    expect(await found('Sent', 'Ready')).toHaveLength(1)
    expect(submission.dataCount() - before).toBe(1)
  })

  test.each([
    ['without a key', undefined, [undefined, 'another']],
    ['with a key', 'key', ['key', undefined, 'another']],
  ])(
    'R55: send_draft %s, repeated after the draft went to the bin, answers the first outcome',
    async (kind, key, repeats) => {
      const { structured: saved } = await tools.call('draft_email', draft(`Once ${kind}`))
      const send = (idempotencyKey?: string) =>
        tools.call('send_draft', {
          id: saved.id,
          ...(idempotencyKey === undefined ? {} : { idempotency_key: `${kind} ${idempotencyKey}` }),
        })
      const before = submission.dataCount()
      const first = await send(key)
      for (const repeat of repeats) {
        const { structured, text } = await send(repeat)
        expect(structured).toEqual({
          ...first.structured,
          // Of the first call's message; the ledger keeps its outcome alone.
          from: undefined,
          repeated: true,
          message: structured.message,
          sent_copy: 'none',
          sent_copy_id: undefined,
        })
        expect(structured.message).toMatch(
          /^This email was sent at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ by an earlier call; nothing was sent now\. A draft is sent once/,
        )
        expect(text).toContain('The draft is no longer in Drafts.')
      }
      expect(submission.dataCount() - before).toBe(1)
      const { structured: other } = await tools.call('draft_email', draft(`Other ${kind}`))
      const reused = await tools.call('send_draft', { id: other.id, idempotency_key: `${kind} key` })
      if (key !== undefined) expect(reused.structured.code).toBe('key_reused')
      expect(submission.dataCount() - before).toBe(key === undefined ? 2 : 1)
    },
  )

  test('R55: of twelve parallel calls of send_draft, with keys and without, one sends', async () => {
    const { structured: saved } = await tools.call('draft_email', draft('At once'))
    const before = submission.dataCount()
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        tools.call('send_draft', {
          id: saved.id,
          ...(index % 3 === 0 ? {} : { idempotency_key: index % 3 === 1 ? 'shared' : `own ${index}` }),
        }),
      ),
    )
    expect(submission.dataCount() - before).toBe(1)
    expect(answers.filter(({ structured }) => structured.repeated === false)).toHaveLength(1)
    for (const { structured } of answers) {
      // One that starts late may find the draft gone after its own look into the ledger.
      expect(structured.code ?? structured.state).toMatch(/^(send_in_progress|sent)$/)
    }
    expect((await tools.call('send_draft', { id: saved.id })).structured).toMatchObject({
      state: 'sent',
      repeated: true,
    })
    expect(await found('Sent', 'At once')).toHaveLength(1)
  })

  test('a reply that was drafted keeps its thread when it is changed and sent', async () => {
    const question = [
      'From: bob@test.example',
      'To: alice@test.example',
      'Subject: Thread',
      'Message-ID: <thread@test.example>',
      'References: <root@test.example>',
      '',
      'Well?',
      '',
    ].join('\r\n')
    await dovecot.appendRaw(dovecot.alice, 'INBOX', question)
    const [row] = (await tools.call('search_emails', { subject: 'Thread' })).structured.emails
    const saved = await tools.call('draft_email', { ...draft('Re: Thread'), in_reply_to: row.id })
    const changed = await tools.call('update_draft', { id: saved.structured.id, body: 'Well.' })
    await tools.call('send_draft', { id: changed.structured.id })
    const raw = submission.messages.at(-1)?.raw.toString() ?? ''
    expect(raw).toMatch(/^In-Reply-To: <thread@test\.example>\r$/m)
    expect(raw).toMatch(/^References: <root@test\.example>\s+<thread@test\.example>\r$/m)
  })

  test('what is no draft, or has nobody to go to, is not sent', async () => {
    const before = submission.dataCount()
    await dovecot.appendRaw(dovecot.alice, 'INBOX', 'From: a@test.example\r\nSubject: Not one\r\n\r\nx\r\n')
    const [row] = (await tools.call('search_emails', { subject: 'Not one' })).structured.emails
    for (const tool of ['send_draft', 'update_draft'])
      expect((await tools.call(tool, { id: row.id })).structured).toEqual({
        code: 'invalid_input',
        field: 'id',
      })
    const empty = await tools.call('draft_email', { subject: 'Nobody', body: 'x' })
    const nobody = await tools.call('send_draft', { id: empty.structured.id })
    expect(nobody.structured).toEqual({ code: 'invalid_input', field: 'to' })
    expect(submission.dataCount()).toBe(before)
  })
})
