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
    expect(text).toMatch(/Yes\.\r\n\r\nOn 2026-11-20T10:00:00\+01:00, Bob Doe <bob@test\.example> wrote:/)
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
    await tools.call('reply_to_email', { id, body: 'One.', to: ['eve@test.example'] })
    expect(lastSent().to).toEqual(['eve@test.example'])
  })

  test('R52: the question before a reply names every recipient, and those who are new to the conversation', async () => {
    const id = await put('Bait', ['To: alice@test.example', 'Reply-To: eve@test.example'])
    const client = new Client({ name: 'asks', version: '1' }, { capabilities: { elicitation: {} } })
    const asked: string[] = []
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked.push(params.message)
      return { action: 'decline' as const }
    })
    const over = new AbortController()
    const server = tools.application.buildServer(tools.caller, { signal: over.signal })
    const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
    await server.connect(serverSide as unknown as Transport)
    await client.connect(clientSide)
    const before = submission.dataCount()
    const reply = { name: 'reply_to_email', arguments: { id, body: 'x' } }
    const answer = await client.callTool(reply)
    expect(answer).toMatchObject({ isError: true, structuredContent: { code: 'declined' } })
    expect(asked[0]).toContain('New recipient, not in the email this answers: eve@test.example')
    await client.callTool({ ...reply, arguments: { ...reply.arguments, to: ['bob@test.example'] } })
    expect(asked[1]).toContain('To: bob@test.example')
    expect(asked[1]).not.toContain('New recipient')
    expect(submission.dataCount()).toBe(before)
    await client.close()
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
    expect(text).toMatch(/See below\.\r\n\r\nForwarded message:\r\nFrom: Bob Doe <bob@test\.example>/)
    expect(text).toContain('The words.')
    expect(text).toContain(Buffer.from('%PDF-1.4 bytes!').toString('base64'))
    expect(text).not.toMatch(/^In-Reply-To:/m)
    const without = { id, to: ['carol@test.example'], include_attachments: false }
    await tools.call('forward_email', without)
    expect(lastSent().text).not.toContain('a.pdf')
    const nobody = await tools.call('forward_email', { id, to: [] })
    expect(nobody.structured).toEqual({ code: 'invalid_input', field: 'to' })
  })
})
