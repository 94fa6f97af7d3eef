/** Replies and forwards over a real submission server, read where they arrive. */
import {
  type Dovecot,
  findDovecot,
  type Submission,
  startDovecot,
  startSubmission,
} from '@email-connector/testing'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import type { Transport } from '@modelcontextprotocol/server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

const mail = (subject: string, fields: string[] = [], body = 'Well?\r\n\r\n> Older words.') =>
  [
    'From: Bob Doe <bob@test.example>',
    'Date: Fri, 20 Nov 2026 10:00:00 +0100',
    `Subject: ${subject}`,
    `Message-ID: <${subject.replaceAll(/\W+/g, '-').toLowerCase()}@test.example>`,
    ...fields,
    '',
    body,
    '',
  ].join('\r\n')

describe.skipIf(!findDovecot())('over a real submission server', () => {
  let dovecot: Dovecot
  let submission: Submission
  let tools: OpenTools
  const alice = () => dovecot.reader(dovecot.alice)
  const idOf = async (subject: string, mailbox = 'INBOX') => {
    const { structured } = await tools.call('search_emails', { subject, mailbox })
    return structured.emails[0].id as string
  }
  const put = async (subject: string, fields: string[] = [], body?: string) => {
    await dovecot.appendRaw(dovecot.alice, 'INBOX', mail(subject, fields, body))
    return idOf(subject)
  }
  const lastSent = () => {
    const sent = submission.messages.at(-1)
    if (!sent) throw new Error('Nothing was sent')
    return { ...sent, text: sent.raw.toString().replaceAll('=\r\n', '') }
  }

  beforeAll(async () => {
    dovecot = await startDovecot()
    submission = await startSubmission({ mailServer: dovecot })
    const account = {
      ...toAccount(dovecot.alice, dovecot, submission.smtpsPort),
      aliases: ['sales@test.example'],
    }
    tools = await openTools({ accounts: [account], connector: loopbackConnector(dovecot.ca) })
  })
  afterEach(() => {
    expect(tools.logged.filter((line) => line.event === 'bug')).toEqual([])
  })
  afterAll(async () => {
    await tools?.close()
    await submission?.stop()
    await dovecot?.stop()
  })

  test('a reply threads, quotes, goes to the sender from the address that got it, and marks the email as answered', async () => {
    const id = await put('Question one', ['To: sales@test.example', 'References: <root@test.example>'])
    const { structured } = await tools.call('reply_to_email', { id, body: 'Yes.' })
    expect(structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
    const { from, to, text } = lastSent()
    expect({ from, to }).toEqual({ from: 'sales@test.example', to: ['bob@test.example'] })
    expect(text).toMatch(/^Subject: Re: Question one\r$/m)
    expect(text).toMatch(/^In-Reply-To: <question-one@test\.example>\r$/m)
    expect(text).toMatch(/^References: <root@test\.example>\s+<question-one@test\.example>\r$/m)
    expect(text).toMatch(/Yes\.\r\n\r\nOn Fri, 20 Nov 2026 at 10:00, Bob Doe <bob@test\.example> wrote:/)
    expect(text).toMatch(/^> Well\?\r$/m)
    expect(text).toMatch(/^>> Older words\.\r$/m)
    const original = (await alice().messages('INBOX')).find((one) => one.subject === 'Question one')
    expect(original?.flags).toContain('\\Answered')
    const again = await tools.call('reply_to_email', { id, body: 'Yes.' })
    expect(again.structured).toMatchObject({ repeated: true, message_id: structured.message_id })
  })

  test('reply_all reaches everyone else once, and not oneself', async () => {
    const id = await put('Re: Round', [
      'Reply-To: desk@test.example',
      'To: ALICE@test.example, Carol <carol@test.example>',
      'Cc: sales@test.example, dave@test.example, carol@test.example, desk@test.example',
    ])
    await tools.call('reply_to_email', { id, body: 'All.', reply_all: true })
    const { to, from, text } = lastSent()
    expect(to).toEqual(['desk@test.example', 'carol@test.example', 'dave@test.example'])
    expect(from).toBe('alice@test.example')
    expect(text).toMatch(/^Subject: Re: Round\r$/m)
    await tools.call('reply_to_email', { id, body: 'One.', to: ['dave@test.example'] })
    expect(lastSent().to).toEqual(['dave@test.example'])
  })

  test('R52: the question before a reply names every recipient, and those who are new to the conversation', async () => {
    await put('Bait', ['To: alice@test.example', 'Reply-To: dave@test.example'])
    const own = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, submission.smtpsPort)],
      connector: loopbackConnector(dovecot.ca),
      grantSettings: { ask: 'ask' },
    })
    const [{ id }] = (await own.call('search_emails', { query: 'subject:Bait' })).structured.emails
    const client = new Client({ name: 'asks', version: '1' }, { capabilities: { elicitation: {} } })
    const asked: string[] = []
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked.push(params.message)
      return { action: 'decline' as const }
    })
    const over = new AbortController()
    const server = own.application.buildServer(own.caller, { signal: over.signal })
    const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
    await server.connect(serverSide as unknown as Transport)
    await client.connect(clientSide)
    const before = submission.dataCount()
    const reply = { name: 'reply_to_email', arguments: { id, body: 'x' } }
    const answer = await client.callTool(reply)
    expect(answer).toMatchObject({ isError: true, structuredContent: { code: 'declined' } })
    expect(asked[0]).toContain('dave@test.example [NEW, not in the email this answers]')
    await client.callTool({ ...reply, arguments: { ...reply.arguments, to: ['bob@test.example'] } })
    expect(asked[1]).toContain('To: bob@test.example')
    expect(asked[1]).not.toContain('[NEW')
    expect(submission.dataCount()).toBe(before)
    await client.close()
    await own.close()
  })

  test("an answer to one's own email goes to whom it went to", async () => {
    await dovecot.appendRaw(
      dovecot.alice,
      'Sent',
      mail('Mine', ['To: carol@test.example']).replace('Bob Doe <bob@', 'Alice <alice@'),
    )
    await tools.call('reply_to_email', { id: await idOf('Mine', 'Sent'), body: 'One more thing.' })
    expect(lastSent().to).toEqual(['carol@test.example'])
  })

  const formMail = (subject: string, fields: string[], from = 'Website <alice@test.example>') =>
    mail(subject, fields).replace('Bob Doe <bob@test.example>', from)
  const own = 'alice@test.example'

  test.each([
    [
      'a contact form in one\u2019s own name',
      own,
      [`To: ${own}`, 'Reply-To: Customer <cust@shop.example>'],
      ['cust@shop.example'],
      [],
    ],
    [
      'an alias that writes to oneself for a customer',
      'sales@test.example',
      [`To: ${own}`, 'Reply-To: SALES@test.example, cust@shop.example'],
      ['cust@shop.example'],
      [],
    ],
    [
      'a form with more readers',
      own,
      [`To: ${own}, carol@test.example`, 'Cc: sales@test.example', 'Reply-To: cust@shop.example'],
      ['cust@shop.example'],
      ['carol@test.example'],
    ],
    [
      'one\u2019s own email with a Reply-To of one\u2019s own',
      own,
      ['To: carol@test.example', `Reply-To: ${own}`],
      ['carol@test.example'],
      [],
    ],
    [
      'one\u2019s own email to oneself with readers',
      own,
      [`To: ${own}`, 'Cc: carol@test.example'],
      ['carol@test.example'],
      [],
    ],
    [
      'a stranger whose Reply-To is oneself',
      'bob@test.example',
      [`To: ${own}`, `Reply-To: ${own}`],
      ['bob@test.example'],
      [],
    ],
    ['a note to oneself', own, [`To: ${own}`], [own], []],
  ] as const)('RFC 5322 §3.6.2: a reply to %s does not go to oneself', async (kind, from, fields, to, cc) => {
    const subject = kind.replaceAll(/\W+/g, ' ')
    await dovecot.appendRaw(dovecot.alice, 'INBOX', formMail(subject, [...fields], `Someone <${from}>`))
    const id = await idOf(subject)
    await tools.call('reply_to_email', { id, body: 'One.' })
    expect(lastSent().to).toEqual(to)
    await tools.call('reply_to_email', { id, body: 'All.', reply_all: true })
    expect(lastSent().to).toEqual([...to, ...cc])
  })

  test('R82: a drafted reply, reply to all or forward is the message that the sending tool sends, and marks the email too', async () => {
    const question = [
      'From: Bob Doe <bob@test.example>',
      'To: sales@test.example, Carol <carol@test.example>',
      'Cc: dave@test.example',
      'Subject: Drafted',
      'Message-ID: <drafted@test.example>',
      'References: <root@test.example>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b\r\nContent-Type: text/plain\r\n\r\nJoin https://x.example/j?pwd=aB_c*d_e*f\r\n--b',
      'Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf',
      'Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n--b--',
      '',
    ].join('\r\n')
    await dovecot.appendRaw(dovecot.alice, 'INBOX', question)
    const [row] = (await tools.call('search_emails', { subject: 'Drafted' })).structured.emails
    const body = 'See **below**.'
    const stable = (raw: string) =>
      raw.replace(/^(?:Date|Message-ID): .*\r\n/gm, '').replaceAll(/--_NmP-[\w-]+/g, 'boundary')
    const kinds = [
      ['reply_to_email', { body }, { in_reply_to: row.id, body }],
      ['reply_to_email', { body, reply_all: true }, { in_reply_to: row.id, reply_all: true, body }],
      [
        'forward_email',
        { body, to: ['eve@relayed.example'] },
        { forward_of: row.id, body, to: ['eve@relayed.example'] },
      ],
      [
        'forward_email',
        { body, to: ['eve@relayed.example'], as_attachment: true },
        { forward_of: row.id, body, to: ['eve@relayed.example'], as_attachment: true },
      ],
    ] as const
    for (const [tool, sending, drafting] of kinds) {
      await tools.call(tool, { id: row.id, ...sending })
      const sent = stable(submission.messages.at(-1)?.raw.toString() ?? '')
      expect(sent).toContain('https://x.example/j?pwd')
      const flag = tool === 'forward_email' ? '$Forwarded' : '\\Answered'
      await tools.call('set_flags', { ids: [row.id], remove: [flag] })
      const saved = await tools.call('draft_email', drafting)
      expect(saved.isError, saved.text).toBe(false)
      const gone = await tools.call('send_draft', { id: saved.structured.id })
      expect(gone.structured, JSON.stringify([tool, drafting, gone.structured])).toMatchObject({
        state: 'sent',
      })
      expect(stable(submission.messages.at(-1)?.raw.toString() ?? '')).toBe(sent)
      const { flags } = (await tools.call('get_email', { id: row.id })).structured.email
      expect(flags, tool).toContain(flag)
    }
    const both = await tools.call('draft_email', { in_reply_to: row.id, forward_of: row.id, body })
    expect(both.structured).toEqual({ code: 'invalid_input', field: 'forward_of' })
  })

  test('R83: an answer to HTML quotes it as people read it: whole targets, lines of tables, no form of a model', async () => {
    const letter = [
      'From: bob@test.example',
      'To: alice@test.example',
      'Subject: Rich',
      'Message-ID: <rich@test.example>',
      'MIME-Version: 1.0',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>Read <a href="https://shop.example/a?id=2#x">all *boats*</a></p><p style="display:none">unseen</p>',
      '<table><tr><td>Rope</td><td>12.00</td></tr></table>',
      '',
    ].join('\r\n')
    await dovecot.appendRaw(dovecot.alice, 'INBOX', letter)
    const [row] = (await tools.call('search_emails', { subject: 'Rich' })).structured.emails
    await tools.call('reply_to_email', { id: row.id, body: '**Fine.**' })
    const text = lastSent().text.replaceAll('=3D', '=')
    expect(text).toContain('> Read all *boats* <https://shop.example/a?id=2#x>')
    expect(text).toContain('> Rope | 12.00')
    expect(text).toContain('<strong>Fine.</strong>')
    expect(text).toContain('<a href="https://shop.example/a?id=2#x">all *boats*</a>')
    expect(text).toContain('<tr><td>Rope</td><td>12.00</td></tr>')
    expect(text).not.toMatch(/unseen|\(shop\.example\)/)
  })

  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  const illustrated = (subject: string) =>
    [
      'From: Ann Lee <ann@test.example>',
      'To: alice@test.example',
      'Cc: dave@test.example',
      `Subject: ${subject}`,
      'Date: Fri, 27 Nov 2026 10:15:00 +0100',
      `Message-ID: <${subject.toLowerCase()}@test.example>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=m',
      '',
      '--m',
      'Content-Type: multipart/related; boundary=r',
      '',
      '--r',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<style>p{color:red}</style><script>x()</script><p id="a">See <img src="cid:logo@x" alt="Logo"> and <img src="cid:lost@x" alt="Lost"></p><p style="display:none">unseen</p>',
      '--r',
      'Content-Type: image/png; name=logo.png',
      'Content-ID: <logo@x>',
      'Content-Disposition: inline',
      'Content-Transfer-Encoding: base64',
      '',
      picture.toString('base64'),
      '--r--',
      '--m',
      'Content-Type: image/jpeg; name=phone.jpg',
      'Content-Disposition: inline; filename=phone.jpg',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('a phone photo').toString('base64'),
      '--m',
      'Content-Type: application/pdf; name=plan.pdf',
      'Content-Disposition: attachment; filename=plan.pdf',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('%PDF-1.4 plan').toString('base64'),
      '--m--',
      '',
    ].join('\r\n')

  test('R83: pictures of the text go along in a reply and a forward, every file in a forward, nothing hidden or styled', async () => {
    await dovecot.appendRaw(dovecot.alice, 'INBOX', illustrated('Illustrated'))
    const id = await idOf('Illustrated')
    const cidOf = (text: string) => /<img src=3D"cid:([0-9a-f]{32}@picture)" alt=3D"Logo">/.exec(text)?.[1]
    await tools.call('reply_to_email', { id, body: 'Nice.' })
    const reply = lastSent().text
    expect(reply).toContain('On Fri, 27 Nov 2026 at 10:15, Ann Lee <ann@test.example> wrote:')
    expect(reply).toMatch(/^Content-Type: multipart\/related; type="text\/html"/m)
    expect(reply).toContain(`Content-ID: <${cidOf(reply)}>`)
    expect(reply).toContain('and [Lost]</p>')
    expect(reply).toContain(picture.toString('base64').slice(0, 60))
    expect(reply).not.toMatch(/unseen|<style|<script|id=3D"a"|plan\.pdf|phone\.jpg/)
    await tools.call('forward_email', { id, to: ['carol@test.example'] })
    const forward = lastSent().text
    expect(forward).toMatch(/Subject: Illustrated\r\nTo: alice@test\.example\r\nCc: dave@test\.example/)
    expect(forward).toContain(`Content-ID: <${cidOf(forward)}>`)
    for (const name of ['plan.pdf', 'phone.jpg']) expect(forward).toContain(`filename=${name}`)
    expect(forward).toContain(Buffer.from('a phone photo').toString('base64').replace(/=+$/, ''))
    expect(forward.match(/Content-Type: image\/png/g)).toHaveLength(1)
  })

  test('R83: a quote in a draft stays when its words are changed, with its pictures', async () => {
    await dovecot.appendRaw(dovecot.alice, 'INBOX', illustrated('Kept'))
    const id = await idOf('Kept')
    const saved = await tools.call('draft_email', { in_reply_to: id, body: 'First words' })
    const changed = await tools.call('update_draft', { id: saved.structured.id, body: '**Second** words' })
    expect(changed.isError, changed.text).toBe(false)
    await tools.call('send_draft', { id: changed.structured.id })
    const { text } = lastSent()
    expect(text).toContain('<strong>Second</strong> words')
    expect(text).toContain('*Second* words\r\n\r\nOn Fri, 27 Nov 2026 at 10:15, Ann Lee')
    expect(text).toContain('<blockquote class=3D"gmail_quote"')
    expect(text).toMatch(/<img src=3D"cid:[0-9a-f]{32}@picture"/)
    expect(text).toContain('Content-ID: <')
    expect(text).not.toContain('First words')
    expect(text.match(/wrote:/g)).toHaveLength(2)
  })

  test.each([
    [
      'a plus address',
      ['To: Alice <alice+shop@test.example>'],
      'alice+shop@test.example',
      ['bob@test.example'],
    ],
    [
      'an alias that is named nowhere but where it was delivered',
      ['To: list@lists.example', 'Delivered-To: sales@test.example'],
      'sales@test.example',
      ['bob@test.example', 'list@lists.example'],
    ],
    [
      'an original address',
      ['X-Original-To: sales@test.example'],
      'sales@test.example',
      ['bob@test.example'],
    ],
    [
      'a list that names where its answers go',
      [
        'To: alice@test.example, carol@test.example',
        'Mail-Followup-To: list@lists.example, Bob <bob@test.example>',
      ],
      'alice@test.example',
      ['list@lists.example', 'bob@test.example'],
    ],
    [
      'a list that got it unseen',
      ['To: alice@test.example', 'List-Post: <mailto:list@lists.example>'],
      'alice@test.example',
      ['bob@test.example', 'list@lists.example'],
    ],
    [
      'own addresses in every form',
      ['To: ALICE+x@test.example, sales@test.example, carol@test.example'],
      'ALICE+x@test.example',
      ['bob@test.example', 'carol@test.example'],
    ],
  ] as const)('R84: an answer to all of %s', async (kind, fields, from, to) => {
    const id = await put(`Routed ${kind}`, [...fields])
    const { structured, text } = await tools.call('reply_to_email', { id, body: 'Yes.', reply_all: true })
    expect(lastSent().to).toEqual(to)
    expect(lastSent().from).toBe(from)
    expect(structured.from).toBe(from)
    expect(text).toContain(`From: ${from}`)
  })

  test('an email that is sent with in_reply_to marks what it answers', async () => {
    const [row] = (await tools.call('search_emails', { subject: 'Drafted' })).structured.emails
    await tools.call('set_flags', { ids: [row.id], remove: ['\\Answered'] })
    await tools.call('send_email', {
      to: ['bob@test.example'],
      subject: 'Re: Drafted',
      body: 'Own words',
      in_reply_to: row.id,
    })
    const { flags } = (await tools.call('get_email', { id: row.id })).structured.email
    expect(flags).toContain('\\Answered')
  })

  test('R39: a sender that is no address is refused, and nothing is sent', async () => {
    const before = submission.dataCount()
    const id = await put('Odd', ['To: alice@test.example', 'Reply-To: "a, b"@[10.0.0.1]'])
    expect((await tools.call('reply_to_email', { id, body: 'x' })).structured.code).toBe('invalid_input')
    expect(submission.dataCount()).toBe(before)
  })

  test('a forward carries headers, text and attachments, and leaves attachments out when asked to', async () => {
    const boundary = [
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'The words.',
      '--b',
      'Content-Type: application/pdf; name="a.pdf"',
      'Content-Disposition: attachment; filename="a.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('%PDF-1.4 bytes!').toString('base64'),
      '--b--',
    ].join('\r\n')
    const fields = [
      'To: alice@test.example',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
    ]
    const id = await put('Papers', fields, boundary)
    await tools.call('forward_email', { id, to: ['carol@test.example'], body: 'See below.' })
    const { to, text } = lastSent()
    expect(to).toEqual(['carol@test.example'])
    expect(text).toMatch(/^Subject: Fwd: Papers\r$/m)
    expect(text).toMatch(
      /See below\.\r\n\r\n-{10} Forwarded message -{10}\r\nFrom: Bob Doe <bob@test\.example>/,
    )
    expect(text).toContain('The words.')
    expect(text).toContain(Buffer.from('%PDF-1.4 bytes!').toString('base64'))
    expect(text).not.toMatch(/^In-Reply-To:/m)
    const without = { id, to: ['carol@test.example'], include_attachments: false }
    await tools.call('forward_email', without)
    expect(lastSent().text).toContain('Attachments left out: a.pdf')
    expect(lastSent().text).not.toContain('filename=a.pdf')
    const nobody = await tools.call('forward_email', { id, to: [] })
    expect(nobody.structured).toEqual({ code: 'invalid_input', field: 'to' })
  })

  test('R83: a forwarded file says what it is where its email did not: charset, ending, invitation', async () => {
    const parts = [
      'Content-Type: text/plain\r\n\r\nThe words.',
      'Content-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n\r\nGr\u00fc\u00dfe',
      'Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF-1.4',
      'Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR',
    ]
    const boundary = [...parts.flatMap((part) => ['--b', part]), '--b--'].join('\r\n')
    const fields = ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b']
    const id = await put('Files', fields, boundary)
    await tools.call('forward_email', { id, to: ['carol@test.example'] })
    const { text } = lastSent()
    expect(text).toMatch(/^Content-Type: text\/csv; charset=utf-8; name=a\.csv/m)
    expect(text).toMatch(/^Content-Type: application\/pdf; name=attachment\.pdf/m)
    expect(text).toMatch(
      /^Content-Type: text\/calendar; method=REQUEST; charset=us-ascii;\s+name=invite\.ics/m,
    )
  })

  test('R83: an encrypted email goes on whole or not at all', async () => {
    const types = ['application/pgp-encrypted\r\n\r\nVersion: 1', 'application/octet-stream\r\n\r\nSECRET']
    const boundary = [...types.map((type) => `--b\r\nContent-Type: ${type}`), '--b--'].join('\r\n')
    const type = 'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b'
    const id = await put('Sealed', ['MIME-Version: 1.0', type], boundary)
    const before = submission.dataCount()
    const forward = { id, to: ['carol@test.example'] }
    const refused = await tools.call('forward_email', forward)
    expect(refused.structured).toEqual({ code: 'invalid_input', field: 'as_attachment' })
    expect(refused.text).toContain('This email is encrypted')
    expect(submission.dataCount()).toBe(before)
    await tools.call('forward_email', { ...forward, as_attachment: true })
    expect(lastSent().text).toContain(boundary)
  })

  test('a file that is named by a subject keeps all of it', async () => {
    const id = await put('Plan 11//2026', ['To: alice@test.example'])
    await tools.call('forward_email', { id, to: ['carol@test.example'], as_attachment: true })
    expect(lastSent().text).toContain('filename="Plan 11--2026.eml"')
  })

  test('a forward has copies as a reply has', async () => {
    const id = await put('With a copy', ['To: alice@test.example'])
    await tools.call('forward_email', { id, to: ['carol@test.example'], cc: ['dave@test.example'] })
    expect(lastSent().to).toEqual(['carol@test.example', 'dave@test.example'])
    expect(lastSent().text).toMatch(/^Cc: dave@test\.example\r$/m)
  })

  test.each([
    ['reply_to_email', { bcc: ['dave@test.example'] }],
    ['reply_to_email', { subject: 'Another' }],
    ['reply_to_email', { from: 'desk@test.example' }],
    ['forward_email', { to: ['carol@test.example'], bcc: 'dave@test.example' }],
  ])('%s takes no %j: what would leave without it does not', async (tool, given) => {
    const id = await put(`Asked for more by ${tool}`, ['To: alice@test.example'])
    const before = submission.dataCount()
    const { structured, text } = await tools.call(tool, { id, body: 'x', ...given })
    expect(structured.code).toBe('invalid_input')
    expect(text).toContain('draft_email and update_draft take it')
    expect(submission.dataCount()).toBe(before)
  })

  test("a draft of one's own is neither answered nor forwarded", async () => {
    const draft = { to: ['bob@test.example'], subject: 'Half written', body: 'Unfit words' }
    const { id } = (await tools.call('draft_email', draft)).structured
    const before = submission.dataCount()
    for (const [tool, given] of [
      ['reply_to_email', { body: 'x' }],
      ['forward_email', { to: ['carol@test.example'] }],
      ['forward_email', { to: ['carol@test.example'], as_attachment: true }],
    ] as const) {
      const { structured, text } = await tools.call(tool, { id, ...given })
      expect(structured).toEqual({ code: 'invalid_input', field: 'id' })
      expect(text).toBe('This is a draft, which was never sent: send_draft sends it.')
    }
    expect(submission.dataCount()).toBe(before)
  })

  test('R83: plain words of others are quoted and sent on as they were typed, links whole', async () => {
    const typed = [
      'Meet: https://meet.example/j/123?pwd=xY_z*a_b*c&u=1#in',
      'Page: <https://wiki.example/p/2/edit#row=3>',
      '4*6*9 boards, 3*M6 bolts and 2_x_4',
      'In \\\\files\\team\\_old and D:\\!old\\*.txt',
      '# of parts: 7',
      '1984. A novel',
      '```open',
    ]
    const id = await put('As typed', ['To: alice@test.example'], typed.join('\r\n'))
    await tools.call('reply_to_email', { id, body: 'See ``` and **this**' })
    expect(lastSent().text).toContain(typed.map((line) => `> ${line}`).join('\r\n'))
    await tools.call('forward_email', { id, to: ['carol@test.example'] })
    expect(lastSent().text).toContain(typed.join('\r\n'))
  })

  test('R86: an answer to all of 130, and to a local part of more than 64 characters, leaves nobody out', async () => {
    const people = Array.from({ length: 129 }, (_, at) => `p${at}@crowd.example`)
    const long = `reply+${'x'.repeat(70)}@in.app.example`
    const to = ['alice@test.example', ...people].join(',\r\n ')
    const id = await put('To a crowd', [`To: ${to}`, `Reply-To: <${long}>`])
    const before = submission.messages.length
    const { structured } = await tools.call('reply_to_email', { id, body: 'Yes.', reply_all: true })
    const reached = submission.messages.slice(before).flatMap((message) => message.to)
    expect(reached).toEqual([long, ...people])
    expect(structured.recipients).toEqual(reached.map((address) => ({ address, ok: true })))
    const [, cc = ''] = /^Cc: ((?:.*\r\n )*.*)/m.exec(lastSent().text) ?? []
    expect(cc.split(/,\s+/)).toEqual(people)
  })
})
