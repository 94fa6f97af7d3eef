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
