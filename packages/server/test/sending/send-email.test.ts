/** Drafting and sending: real delivery where a polite server will do, a scripted one where it would be too polite. */
import type { MailAccount } from '@email-connector/mail'
import {
  type Dovecot,
  findDovecot,
  type SmtpSink,
  type Submission,
  startDovecot,
  startSmtpSink,
  startSubmission,
  testHosts,
} from '@email-connector/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defaultAccountSettings } from '../../src/accounts/settings.ts'
import { loopbackConnector, type OpenTools, openTools, toAccount } from '../tools/open-tools.ts'

describe.skipIf(!findDovecot())('over a real submission server', () => {
  let dovecot: Dovecot
  let submission: Submission
  let tools: OpenTools
  /** Seconds that the product's clock is ahead. */
  let ahead = 0
  const now = () => Math.floor(Date.now() / 1000) + ahead
  const alice = () => dovecot.reader(dovecot.alice)
  const bob = () => dovecot.reader(dovecot.bob)

  beforeAll(async () => {
    dovecot = await startDovecot()
    submission = await startSubmission({ mailServer: dovecot })
    const account = {
      ...toAccount(dovecot.alice, dovecot, submission.smtpsPort),
      aliases: ['sales@test.example'],
    }
    tools = await openTools({
      accounts: [account, toAccount(dovecot.bob, dovecot, submission.smtpsPort)],
      connector: loopbackConnector(dovecot.ca),
      now,
    })
  })
  afterAll(async () => {
    await tools?.close()
    await submission?.stop()
    await dovecot?.stop()
  })
  beforeEach(() => {
    ahead = 0
    submission.refusals.recipients.clear()
    delete submission.refusals.data
  })

  const letter = (subject: string) => ({
    to: ['Bob <bob@test.example>'],
    subject,
    body: `Dear Bob,\n\n**${subject}**.`,
  })
  const found = async (reader: ReturnType<typeof alice>, mailbox: string, subject: string) =>
    (await reader.messages(mailbox)).filter((message) => message.subject === subject)

  test('R57: a sent email arrives, and Sent holds exactly one copy: the bytes and the Message-ID that were sent', async () => {
    const { structured, text } = await tools.call('send_email', {
      ...letter('Hello'),
      bcc: ['alice@test.example'],
    })
    expect(structured).toMatchObject({
      state: 'sent',
      repeated: false,
      sent_copy: 'filed',
      account: 'alice@test.example',
    })
    expect(structured.recipients).toEqual([
      { address: 'bob@test.example', ok: true },
      { address: 'alice@test.example', ok: true },
    ])
    expect(text).toContain('Sent.')
    const [arrived] = await bob().waitFor('INBOX', (messages) =>
      messages.some((one) => one.subject === 'Hello'),
    )
    expect(arrived?.messageId).toBe(structured.message_id)
    expect(arrived?.raw.toString()).not.toMatch(/^bcc:/im)
    const copies = await found(alice(), 'Sent', 'Hello')
    expect(copies).toHaveLength(1)
    expect(copies[0]?.messageId).toBe(structured.message_id)
    // the owner’s own copy says who else got it
    const copied = copies[0]?.raw.toString() ?? ''
    expect(copied).toMatch(/^Bcc: alice@test\.example\r$/m)
    expect(copied.replace('Bcc: alice@test.example\r\n', '')).toBe(submission.messages.at(-1)?.raw.toString())
    expect(copies[0]?.flags).toContain('\\Seen')
    const copy = await tools.call('get_email', { id: structured.sent_copy_id })
    expect(copy.structured.email).toMatchObject({ subject: 'Hello', message_id: structured.message_id })
  })

  test('R55: the same key again, or the same content again, answers the first outcome and sends nothing', async () => {
    const before = submission.dataCount()
    const keyed = { ...letter('Twice by key'), idempotency_key: 'order-1' }
    const first = await tools.call('send_email', keyed)
    const second = await tools.call('send_email', keyed)
    expect(second.structured).toMatchObject({
      state: 'sent',
      repeated: true,
      message_id: first.structured.message_id,
    })
    expect(second.text).toContain('nothing was sent now')
    const third = await tools.call('send_email', letter('Twice by content'))
    const fourth = await tools.call('send_email', letter('Twice by content'))
    expect(fourth.structured).toMatchObject({
      state: 'sent',
      repeated: true,
      message_id: third.structured.message_id,
    })
    expect(submission.dataCount() - before).toBe(2)
    expect(await found(alice(), 'Sent', 'Twice by key')).toHaveLength(1)
    expect(await found(alice(), 'Sent', 'Twice by content')).toHaveLength(1)
  })

  test('R55: eight calls at once make one DATA; the others say that it is being sent, or that it was', async () => {
    const before = submission.dataCount()
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => tools.call('send_email', letter('At once'))),
    )
    expect(submission.dataCount() - before).toBe(1)
    expect(answers.filter((one) => one.structured.repeated === false)).toHaveLength(1)
    for (const { structured } of answers) {
      expect(structured.code ?? structured.state).toMatch(/^(send_in_progress|sent)$/)
    }
    expect(await found(alice(), 'Sent', 'At once')).toHaveLength(1)
  })

  test('R55, R85: a key that was used for another email is refused; a new key sends the same words after ten minutes', async () => {
    const before = submission.dataCount()
    await tools.call('send_email', { ...letter('Key A'), idempotency_key: 'a' })
    const other = await tools.call('send_email', { ...letter('Key B'), idempotency_key: 'a' })
    expect(other.structured).toEqual({ code: 'key_reused', field: 'idempotency_key' })
    const early = await tools.call('send_email', { ...letter('Key A'), idempotency_key: 'b' })
    expect(early.structured).toMatchObject({ state: 'sent', repeated: true })
    expect(early.structured.message).toMatch(
      /^This email was sent at \S+Z by an earlier call; nothing was sent now\. To send it again, call with a new idempotency_key from \S+Z on\.$/,
    )
    expect(submission.dataCount() - before).toBe(1)
    ahead = 600
    const tooLate = await tools.call('send_email', { ...letter('Key A'), idempotency_key: 'b' })
    expect(tooLate.structured.message).toMatch(
      /nothing was sent now\. To send it again, call with a new idempotency_key\.$/,
    )
    await tools.call('send_email', { ...letter('Key A'), idempotency_key: 'c' })
    expect(submission.dataCount() - before).toBe(2)
    const ids = (await found(bob(), 'INBOX', 'Key A')).map((one) => one.messageId)
    expect(new Set(ids).size).toBe(2)
  })

  test('a refused recipient is named while the others get it; all refused is `rejected` and can be tried again', async () => {
    submission.refusals.recipients.set('nobody@test.example', { code: 550, text: '5.1.1 foreign words' })
    const partly = await tools.call('send_email', { ...letter('Partly'), cc: ['nobody@test.example'] })
    expect(partly.structured.recipients).toEqual([
      { address: 'bob@test.example', ok: true },
      { address: 'nobody@test.example', ok: false, code: 'no_such_recipient' },
    ])
    const before = submission.dataCount()
    const wholly = { ...letter('Wholly'), to: ['nobody@test.example'] }
    const refused = await tools.call('send_email', wholly)
    expect(refused.structured).toMatchObject({ state: 'rejected', sent_copy: 'none' })
    expect(refused.text).not.toContain('foreign words')
    expect(submission.dataCount()).toBe(before)
    expect(await found(alice(), 'Sent', 'Wholly')).toHaveLength(0)
  })

  test('a temporary refusal says when to try again, and a repeat within the minute that it repeats it', async () => {
    submission.refusals.recipients.set('bob@test.example', {
      code: 450,
      text: '4.2.0 foreign words: greylisted, come back in 40 minutes',
    })
    const grey = { ...letter('Grey'), to: ['bob@test.example'] }
    const refused = await tools.call('send_email', grey)
    expect(refused.structured).toMatchObject({
      state: 'rejected',
      repeated: false,
      recipients: [{ address: 'bob@test.example', ok: false, code: 'try_later' }],
    })
    expect(refused.structured.message).toMatch(
      /^Not sent: The outgoing mail server asks to try again later.* make the same call from \S+Z on\.$/,
    )
    const [, from = ''] = / from (\S+Z) on/.exec(refused.structured.message) ?? []
    expect((Date.parse(from) / 1000 - now()) / 60).toBeCloseTo(40, -1)
    expect(refused.text).toContain('Rejected: bob@test.example (try_later in 40 minutes)')
    submission.refusals.recipients.clear()
    const repeat = await tools.call('send_email', grey)
    expect(repeat.structured).toMatchObject({ state: 'rejected', repeated: true })
    expect(repeat.structured.message).toMatch(
      /This is the outcome of an earlier call at \S+Z; nothing was tried now\. To try again, make the same call from \S+Z on\.$/,
    )
    expect(repeat.text).toContain(repeat.structured.message)
    ahead = 61
    expect((await tools.call('send_email', grey)).structured).toMatchObject({
      state: 'sent',
      repeated: false,
    })
  })

  test('R55: messages that differ in anything share no content, a Bcc and a subject that look alike included', async () => {
    const before = submission.dataCount()
    const base = { to: ['bob@test.example'], subject: 'carol@test.example', body: 'x' }
    const emails = [
      base,
      { ...base, cc: ['carol@test.example'], subject: '' },
      { ...base, bcc: ['carol@test.example'], subject: '' },
      { ...base, bcc: ['carol@test.example'], subject: 'x', body: '' },
      { ...base, to: ['bob@test.example', 'carol@test.example'], subject: '' },
      { ...base, to: ['Robert <bob@test.example>'] },
      { ...base, subject: '', body: 'carol@test.example' },
    ]
    for (const email of emails) {
      expect((await tools.call('send_email', email)).structured, JSON.stringify(email)).toMatchObject({
        repeated: false,
      })
    }
    expect(submission.dataCount() - before).toBe(emails.length)
  })

  test('a reply threads: In-Reply-To and References come from the email it answers', async () => {
    const raw = [
      'From: bob@test.example',
      'To: alice@test.example',
      'Subject: Question',
      'Message-ID: <question@test.example>',
      'References: <root@test.example>',
      '',
      'Well?',
      '',
    ].join('\r\n')
    await dovecot.appendRaw(dovecot.alice, 'INBOX', raw)
    const [question] = (await tools.call('search_emails', { subject: 'Question' })).structured.emails
    await tools.call('send_email', { ...letter('Re: Question'), in_reply_to: question.id })
    const sent = submission.messages.at(-1)?.raw.toString() ?? ''
    expect(sent).toMatch(/^In-Reply-To: <question@test\.example>\r$/m)
    expect(sent).toMatch(/^References: <root@test\.example>\s+<question@test\.example>\r$/m)
  })

  test('attachments go along, given or taken from an email that is there', async () => {
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 13, 10])
    const given = { filename: 'dot.png', content_type: 'image/png', content: png.toString('base64') }
    const first = await tools.call('send_email', { ...letter('With a picture'), attachments: [given] })
    const { structured } = await tools.call('get_email', { id: first.structured.sent_copy_id })
    const [part] = structured.email.attachments
    expect(part).toMatchObject({ filename: 'dot.png', content_type: 'image/png' })
    const taken = { email_id: first.structured.sent_copy_id, attachment_id: part.attachment_id }
    await tools.call('send_email', { ...letter('The same picture'), attachments: [taken] })
    const sent = submission.messages.at(-1)?.raw.toString() ?? ''
    expect(sent).toContain('dot.png')
    expect(sent.replaceAll('\r\n', '')).toContain(png.toString('base64'))
  })

  test.each([
    ['text/calendar; method=REQUEST', 'text/calendar; method=REQUEST; charset=utf-8'],
    ['text/calendar;charset="utf-8"; method="cancel"', 'text/calendar; method=CANCEL; charset=utf-8'],
    ['text/html; charset=ISO-8859-1', 'text/html; charset=utf-8'],
  ])('a file of the type %s is what it says, its text in UTF-8', async (content_type, sentAs) => {
    const attachments = [{ filename: 'typed.txt', content_type, content: 'Grüße' }]
    await tools.call('send_email', { ...letter(`Typed ${content_type}`), attachments })
    const sent = (submission.messages.at(-1)?.raw.toString() ?? '').replaceAll(/\r\n[ \t]+/g, ' ')
    expect(sent).toContain(`Content-Type: ${sentAs}`)
    expect(sent).toMatch(/Gr=C3=BC=C3=9Fe|R3LDvMOfZQ==|Grüße/)
  })

  test('a file of 20 MB that is in the mailbox goes along without passing through the call', async () => {
    const content = Buffer.alloc(20 * 1024 * 1024, 'x')
    const lines = (content.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')
    const mail = [
      'From: bob@test.example\r\nSubject: Large file\r\nMIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b',
      'Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename=a.zip\r\n\r\n${lines}\r\n--b--\r\n`,
    ].join('\r\n')
    await dovecot.appendRaw(dovecot.alice, 'INBOX', mail)
    const [row] = (await tools.call('search_emails', { subject: 'Large file' })).structured.emails
    const attachments = [{ email_id: row.id, attachment_id: '2' }]
    const { structured, text } = await tools.call('send_email', {
      ...letter('With a large file'),
      attachments,
    })
    expect(structured, text).toMatchObject({ state: 'sent', sent_copy: 'filed' })
    const raw = submission.messages.at(-1)?.raw.toString('latin1') ?? ''
    expect(raw.replaceAll('\r\n', '').includes(content.toString('base64'))).toBe(true)
  })

  test.each([
    ['text', 'character 5 is none of its alphabet', 'abcd*efg'],
    ['a cut', 'it is cut short', 'abcde'],
  ])('base64 that holds %s is refused, and the answer says why', async (_, reason, content) => {
    const attachments = [{ filename: 'a.pdf', content_type: 'application/pdf', content }]
    const { structured, text } = await tools.call('send_email', { ...letter('Not base64'), attachments })
    expect(structured).toEqual({ code: 'invalid_input', field: 'attachments[0].content' })
    expect(text).toContain(reason)
  })

  test('attachments over 3 MB together are refused before a connection', async () => {
    const before = submission.connectionCount()
    const half = { filename: 'a.txt', content_type: 'text/plain', content: 'x'.repeat(1_700_000) }
    const { structured } = await tools.call('send_email', {
      ...letter('Too large'),
      attachments: [half, half],
    })
    expect(structured).toEqual({ code: 'too_large', field: 'attachments' })
    expect(submission.connectionCount()).toBe(before)
  })

  test('an alias of the account may stand in From', async () => {
    await tools.call('send_email', { ...letter('From sales'), from: 'Our Sales <Sales@test.example>' })
    expect(submission.messages.at(-1)).toMatchObject({
      from: 'sales@test.example',
      login: 'alice@test.example',
    })
  })

  test('R84: the address of another connected account goes out through that account, into its Sent and its ledger', async () => {
    const asBob = { to: ['alice@test.example'], subject: 'As Bob', body: 'x', from: 'Bob <BOB@test.example>' }
    const first = await tools.call('send_email', asBob)
    expect(first.structured).toMatchObject({ state: 'sent', account: 'bob@test.example', sent_copy: 'filed' })
    expect(first.text).toContain('From: bob@test.example')
    expect(submission.messages.at(-1)).toMatchObject({ from: 'bob@test.example', login: 'bob@test.example' })
    expect(await found(bob(), 'Sent', 'As Bob')).toHaveLength(1)
    expect(await found(alice(), 'Sent', 'As Bob')).toHaveLength(0)
    for (const account of ['bob@test.example', 'alice@test.example'])
      expect((await tools.call('send_email', { ...asBob, account })).structured, account).toMatchObject({
        repeated: true,
        message_id: first.structured.message_id,
      })
    const saved = await tools.call('draft_email', { ...asBob, subject: 'Draft of Bob' })
    expect(saved.structured).toMatchObject({ account: 'bob@test.example', from: 'bob@test.example' })
    expect(await found(bob(), 'Drafts', 'Draft of Bob')).toHaveLength(1)
    const sent = await tools.call('send_draft', { id: saved.structured.id })
    expect(sent.structured).toMatchObject({ state: 'sent', account: 'bob@test.example' })
  })

  test('R84: what one account holds is not answered, attached or redrafted as another, and the answer says so', async () => {
    const { structured: own } = await tools.call('draft_email', letter('Of Alice'))
    const before = submission.dataCount()
    const asBob = { ...letter('Mixed'), from: 'bob@test.example' }
    const answered = await tools.call('send_email', { ...asBob, in_reply_to: own.id })
    expect(answered.structured).toEqual({ code: 'invalid_input', field: 'in_reply_to' })
    const attachments = [{ email_id: own.id, attachment_id: '1' }]
    const attached = await tools.call('send_email', { ...asBob, attachments })
    expect(attached.structured).toEqual({ code: 'invalid_input', field: 'attachments' })
    const moved = await tools.call('update_draft', { id: own.id, from: 'bob@test.example' })
    expect(moved.structured).toEqual({ code: 'invalid_input', field: 'from' })
    expect(moved.text).toContain('draft_email with "from" makes one in another')
    const nobody = await tools.call('send_email', { ...asBob, from: 'eve@test.example' })
    expect(nobody.text).toContain('"from" must be one of alice@test.example, sales@test.example.')
    expect(submission.dataCount()).toBe(before)
  })

  test('R93: another account keeps limits of its own', async () => {
    const { limits } = defaultAccountSettings
    const limited = await openTools({
      accounts: [
        toAccount(dovecot.alice, dovecot, submission.smtpsPort),
        toAccount(dovecot.bob, dovecot, submission.smtpsPort),
      ],
      connector: loopbackConnector(dovecot.ca),
      accountSettings: { limits: { ...limits, sendsPerHour: 0 } },
    })
    expect((await limited.call('send_email', letter('Limited'))).structured.code).toBe('owner_limit')
    const asBob = { ...letter('Not limited'), from: 'bob@test.example' }
    expect((await limited.call('send_email', asBob)).structured).toMatchObject({ state: 'sent' })
    await limited.close()
  })

  test.each(['send_email', 'draft_email'])(
    '%s names what it did without: a misspelt attachment is not lost in silence',
    async (tool) => {
      const misspelt = { attachment: [{ filename: 'a.txt' }], wait_for_previous: true }
      const { isError, structured, text } = await tools.call(tool, {
        ...letter(`Misspelt ${tool}`),
        ...misspelt,
      })
      const warning = 'Not a parameter of this tool, so ignored: "attachment".'
      expect([isError, structured.warnings]).toEqual([false, [warning]])
      expect(text.split('\n')[0]).toBe(warning)
      expect((await tools.call(tool, letter(`Right ${tool}`))).structured).not.toHaveProperty('warnings')
    },
  )

  test.each([
    ['send_at', '2026-12-24T08:00:00Z', 'nothing here sends later'],
    ['scheduledTime', 'tomorrow', 'nothing here sends later'],
    ['dry_run', true, 'draft_email saves a draft instead'],
    ['replyTo', 'desk@test.example', 'Answers go to the address that the email is from'],
    ['html', '<p>Hi</p>', 'The body is Markdown'],
    ['BCC', ['dave@test.example'], 'It is spelt "bcc".'],
  ])('%s changes what leaves, so nothing does', async (name, value, way) => {
    const before = submission.dataCount()
    const { isError, structured, text } = await tools.call('send_email', {
      ...letter(`Not as meant ${name}`),
      [name]: value,
    })
    expect([isError, structured]).toEqual([true, { code: 'invalid_input', field: name }])
    expect(text).toContain(`"${name}" is no parameter of this tool, so nothing was sent.`)
    expect(text).toContain(way)
    expect(submission.dataCount()).toBe(before)
  })

  test('what says only what is done anyhow is dropped', async () => {
    const given = { ...letter('As meant'), dry_run: false, html: 'false', reply_to: [], send_at: null }
    expect((await tools.call('send_email', given)).structured).toMatchObject({ state: 'sent' })
  })

  test('recipients may come as one string, or as the JSON of a list; nobody is added and nobody is lost', async () => {
    await tools.call('send_email', {
      ...letter('One string'),
      to: 'Bob <bob@test.example>',
      cc: '',
      bcc: null,
    })
    expect(submission.messages.at(-1)?.to).toEqual(['bob@test.example'])
    await tools.call('send_email', { ...letter('JSON'), to: '["bob@test.example","carol@test.example"]' })
    expect(submission.messages.at(-1)?.to).toEqual(['bob@test.example', 'carol@test.example'])
    const before = submission.dataCount()
    for (const to of ['["bob@test.example",""]', '["bob@test.example"', ['bob@test.example', null]])
      expect((await tools.call('send_email', { ...letter('Refused'), to })).structured.code).toBe(
        'invalid_input',
      )
    expect(submission.dataCount()).toBe(before)
  })

  test('draft_email puts one draft with its Bcc into Drafts and sends nothing', async () => {
    const before = submission.connectionCount()
    const { structured, text } = await tools.call('draft_email', {
      ...letter('Draft'),
      bcc: ['carol@test.example'],
    })
    expect(structured).toMatchObject({
      mailbox: 'Drafts',
      recipients: ['bob@test.example', 'carol@test.example'],
    })
    expect(text).toContain('not sent')
    const drafts = await found(alice(), 'Drafts', 'Draft')
    expect(drafts).toHaveLength(1)
    expect(drafts[0]?.flags).toContain('\\Draft')
    expect(drafts[0]?.raw.toString()).toMatch(/^Bcc: carol@test\.example\r$/m)
    expect((await tools.call('get_email', { id: structured.id })).structured.email.subject).toBe('Draft')
    expect(submission.connectionCount()).toBe(before)
    const empty = await tools.call('draft_email', { body: 'No recipient yet' })
    expect(empty.structured.recipients).toEqual([])
  })

  test('R57: a copy that cannot be filed is a warning, and the email is sent', async () => {
    const small = await startDovecot({ quotaBytes: 64 * 1024 })
    const account: MailAccount = {
      ...toAccount(small.alice, small, submission.smtpsPort),
      address: dovecot.alice.address,
    }
    const both = loopbackConnector(`${small.ca}\n${dovecot.ca}`)
    const full = await openTools({ accounts: [account], connector: both })
    const attachments = [{ filename: 'a.txt', content_type: 'text/plain', content: 'x'.repeat(200_000) }]
    const { structured, text, isError } = await full.call('send_email', { ...letter('Full'), attachments })
    expect(isError).toBe(false)
    expect(structured).toMatchObject({ state: 'sent', sent_copy: 'failed' })
    expect(text).toContain('Warning: no copy could be filed in Sent')
    await bob().waitFor('INBOX', (messages) => messages.some((one) => one.subject === 'Full'))
    await full.close()
    await small.stop()
  })

  test('R57: a provider that files the copy itself gets none from us', async () => {
    const filing = await startSubmission({ mailServer: dovecot, filesSentCopy: true })
    const account: MailAccount = { ...toAccount(dovecot.alice, dovecot, filing.smtpsPort), provider: 'gmail' }
    const gmail = await openTools({ accounts: [account], connector: loopbackConnector(dovecot.ca) })
    const { structured } = await gmail.call('send_email', letter('Filed by them'))
    expect(structured).toMatchObject({ state: 'sent', sent_copy: 'by_provider' })
    expect(await found(alice(), 'Sent', 'Filed by them')).toHaveLength(1)
    await gmail.close()
    await filing.stop()
  })

  test('R57: a server that files the copy itself, which nobody knew, gets no second one from us', async () => {
    const filing = await startSubmission({ mailServer: dovecot, filesSentCopy: true })
    const account = toAccount(dovecot.alice, dovecot, filing.smtpsPort)
    const generic = await openTools({ accounts: [account], connector: loopbackConnector(dovecot.ca) })
    for (const subject of ['Filed unasked', 'Filed unasked again']) {
      const { structured } = await generic.call('send_email', letter(subject))
      expect(structured).toMatchObject({ state: 'sent', sent_copy: 'found' })
      expect(await found(alice(), 'Sent', subject)).toHaveLength(1)
    }
    await generic.close()
    await filing.stop()
  })

  describe('over a server that fails', () => {
    let sink: SmtpSink
    let failing: OpenTools
    let filesCopy = false
    let onTaken = () => {}
    const certificate = () => dovecot.authority.issue({ names: testHosts })

    beforeAll(async () => {
      sink = await startSmtpSink({
        tls: 'implicit',
        certificate: await certificate(),
        async onMessage({ raw }) {
          onTaken()
          if (filesCopy) await dovecot.appendRaw(dovecot.alice, 'Sent', raw)
        },
      })
      failing = await openTools({
        accounts: [toAccount(dovecot.alice, dovecot, sink.port)],
        connector: loopbackConnector(dovecot.ca),
        // A few seconds are for the silence, the rest for looking for a copy, on a busy machine as well.
        deadlineMs: 6_000,
      })
    })
    beforeEach(() => {
      filesCopy = false
      onTaken = () => {}
      for (const stage of Object.keys(sink.faults)) delete sink.faults[stage as keyof typeof sink.faults]
    })
    afterAll(async () => {
      await failing?.close()
      await sink?.stop()
    })

    test.each(['reset', 'close', 'half-reply', 'silence'] as const)(
      'R56: %s after the final dot is `unknown`, and never sent again',
      async (fault) => {
        sink.faults['final-dot'] = fault
        const before = sink.dataCount()
        const { structured, text, isError } = await failing.call('send_email', letter(`Lost by ${fault}`))
        expect(isError).toBe(false)
        expect(structured).toMatchObject({
          state: 'unknown',
          repeated: false,
          sent_copy: 'none',
          recipients: [],
        })
        expect(text).toContain('not sent again')
        delete sink.faults['final-dot']
        const again = await failing.call('send_email', letter(`Lost by ${fault}`))
        expect(again.structured).toMatchObject({ state: 'unknown', repeated: true })
        expect(again.structured.message_id).toBe(structured.message_id)
        expect(sink.dataCount() - before).toBe(1)
        expect(await found(alice(), 'Sent', `Lost by ${fault}`)).toHaveLength(0)
      },
    )

    test('R56: a copy that the server filed in Sent shows that the email of a lost answer went out', async () => {
      sink.faults['final-dot'] = 'reset'
      filesCopy = true
      const { structured } = await failing.call('send_email', letter('Lost and found'))
      expect(structured).toMatchObject({ state: 'sent', sent_copy: 'found' })
      expect(await found(alice(), 'Sent', 'Lost and found')).toHaveLength(1)
    })

    test('a client that goes away during DATA leaves no doubt: the email is sent, settled and copied', async () => {
      const settled: string[] = []
      const leaving = await openTools({
        accounts: [toAccount(dovecot.alice, dovecot, sink.port)],
        connector: loopbackConnector(dovecot.ca),
        once: (once) => ({
          ...once,
          async settleSend(...args) {
            const outcome = await once.settleSend(...args)
            settled.push(`${args[2].state} ${outcome}`)
            return outcome
          },
        }),
      })
      onTaken = () => leaving.leave()
      const { structured } = await leaving.call('send_email', letter('Gone'))
      expect(structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
      expect(settled).toEqual(['sent settled'])
      expect(await found(alice(), 'Sent', 'Gone')).toHaveLength(1)
      await leaving.close()
    })

    test('a failure before DATA is an error, and the next call sends', async () => {
      sink.faults.MAIL = 'reset'
      const before = sink.dataCount()
      const { structured } = await failing.call('send_email', letter('Second try'))
      expect(structured).toEqual({ code: 'connection_lost' })
      delete sink.faults.MAIL
      expect((await failing.call('send_email', letter('Second try'))).structured.state).toBe('sent')
      expect(sink.dataCount() - before).toBe(1)
    })

    test('a final refusal is `rejected`: nobody got it and nothing stands in Sent', async () => {
      sink.faults['final-dot'] = { reply: '552 5.2.2 foreign words' }
      const { structured, text } = await failing.call('send_email', letter('Refused'))
      expect(structured).toMatchObject({ state: 'rejected', sent_copy: 'none' })
      expect(text).not.toContain('foreign words')
      expect(await found(alice(), 'Sent', 'Refused')).toHaveLength(0)
    })
  })
})
