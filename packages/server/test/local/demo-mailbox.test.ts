/** What a newcomer sees with nothing but `npm start`: every tool on the embedded mailbox. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectedClient, connectClient } from '../e2e/clients.ts'
import { type LocalRunner, startLocalRunner } from '../e2e/local-runner.ts'
import { demoFields } from './demo-fields.ts'

interface Row {
  readonly id: string
  readonly subject: string
  readonly preview: string
  readonly unread: boolean
  readonly attachments: number
}

describe('the demo mailbox', () => {
  let runner: LocalRunner
  let client: ConnectedClient
  beforeAll(async () => {
    runner = await startLocalRunner()
    client = await connectClient(demoFields, { url: runner.url })
  })
  afterAll(async () => {
    await client.close()
    await runner.remove()
  })

  async function rows(tool: string, parameters: Record<string, unknown> = {}): Promise<Row[]> {
    const answer = await client.call(tool, parameters)
    expect(answer.isError, answer.text).toBe(false)
    return answer.structured.emails as Row[]
  }

  test('shows a few dozen mails, each with a preview, and none of the hidden orders', async () => {
    const inbox = await rows('get_recent_emails', { limit: 50 })
    expect(inbox.length).toBeGreaterThan(20)
    expect(inbox.filter(({ preview }) => preview === '').map(({ subject }) => subject)).toEqual([])
    expect(JSON.stringify(inbox)).not.toMatch(/ignore all previous|already agreed/)
    const parcel = inbox.find(({ subject }) => subject.includes('parcel'))
    const email = await client.call('get_email', { id: parcel?.id })
    expect(email.text).not.toMatch(/ignore all previous|already agreed/)
    expect(JSON.stringify(email.structured)).toContain('hidden_text_removed')
  })

  test.each([
    ...['invoice', '"still 20 %"', 'invoice -october', 'lisbon OR parcel', '(lisbon OR invoice) is:flagged'],
    ...['from:nora', 'to:nora', 'cc:tomas', 'with:"Priya Raman"', 'subject:launch', 'body:itinerary'],
    ...['in:archive invoice', 'label:travel', 'list:weekly', 'rfc822msgid:launch-1@mail.example'],
    ...['is:unread', 'is:read', 'is:starred', 'is:answered', 'is:unanswered', 'is:awaiting'],
    ...['has:attachment', 'has:invitation', 'filename:csv', 'larger:1k', 'smaller:1k'],
    ...['after:2020-01-01', 'before:2099-01-01', 'older_than:10d', 'newer_than:2d'],
  ])('a newcomer can try %s', async (query) => {
    const answer = await client.call('search_emails', { query, limit: 5 })
    expect(answer.isError, answer.text).toBe(false)
    expect((answer.structured.emails as Row[]).map(({ subject }) => subject)).not.toEqual([])
    expect(answer.structured.warnings ?? []).toEqual([])
  })

  test('cleans up by a query, counted first, and takes it back', async () => {
    const asked = { query: 'in:inbox from:billing', action: 'archive' }
    const before = await rows('search_emails', { query: asked.query })
    const counted = await client.call('organize_emails', asked)
    expect(counted.structured.count, counted.text).toBe(before.length)
    expect(before.length).toBeGreaterThan(0)
    const done = await client.call('organize_emails', { ...asked, dry_run: false, expected: before.length })
    expect(done.structured.changed, done.text).toBe(before.length)
    expect(await rows('search_emails', { query: asked.query })).toEqual([])
    const undone = await client.call('undo', { undo: done.structured.undo })
    expect(undone.isError, undone.text).toBe(false)
    const after = await rows('search_emails', { query: asked.query })
    expect(after.map(({ subject }) => subject).sort()).toEqual(before.map(({ subject }) => subject).sort())
  })

  test('finds by sender, marks, and moves', async () => {
    const [mail] = await rows('search_emails', { from: 'nora', unread: true })
    expect(mail?.subject).toContain('Launch on the 14th')
    const marked = await client.call('mark_as_read', { ids: [mail?.id] })
    expect(marked.structured.results).toEqual([{ id: mail?.id, ok: true }])
    expect(await rows('search_emails', { from: 'nora', unread: true })).toEqual([])
    const moved = await client.call('move_email', { ids: [mail?.id], destination: 'archive' })
    expect(moved.structured.results).toMatchObject([{ ok: true, new_id: expect.any(String) }])
    expect((await rows('get_recent_emails', { mailbox: 'archive' })).map(({ subject }) => subject)).toContain(
      mail?.subject,
    )
  })

  test('what is sent to itself arrives, with a copy in Sent, and a long body has its preview too', async () => {
    const subject = 'A long letter to myself'
    const body = 'The quick brown fox writes letters. '.repeat(60).trim()
    const draft = await client.call('draft_email', { to: [demoFields.address], subject, body })
    expect(draft.isError, draft.text).toBe(false)
    const sent = await client.call('send_email', { to: [demoFields.address], subject, body })
    expect(sent.structured, sent.text).toMatchObject({ state: 'sent', sent_copy: 'filed' })
    for (const mailbox of ['INBOX', 'sent', 'drafts']) {
      const [row] = (await rows('get_recent_emails', { mailbox })).filter((one) => one.subject === subject)
      // A page shares the room for previews among its rows; none gets less than 80.
      expect(row?.preview.length, mailbox).toBeGreaterThan(70)
    }
  })
})
