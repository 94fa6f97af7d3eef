/** Every tool through a client over HTTP against a real server; a second IMAP connection of ours confirms each effect. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConnectedClient, connectClient, type ToolAnswer } from '../clients.ts'
import { type Running, signInFields } from '../product.ts'
import { postToolCall } from '../raw-client.ts'

export function describeTools(name: string, running: () => Running) {
  describe.each(['sdk 1, 2025 era', 'sdk 2, 2026 era'] as const)(`${name}: every tool (%s)`, (era) => {
    let client: ConnectedClient
    const mark = randomBytes(5).toString('hex')
    const received = { subject: `Harvest plan ${mark}`, body: `The orchard opens at nine, code ${mark}-in.` }
    const written = { subject: `Late apples ${mark}`, body: `We keep twelve crates, code ${mark}-out.` }

    beforeAll(async () => {
      const { product, mail, canaries } = running()
      const { alice } = mail.dovecot
      canaries.add('subject', received.subject, written.subject)
      canaries.add('body', received.body, written.body)
      await mail.dovecot.appendRaw(alice, 'INBOX', toRaw(received))
      client = await connectClient(signInFields(product, alice), { url: product.url, era, canaries })
    })
    afterAll(() => client?.close())

    const alicesReader = () => running().mail.dovecot.reader(running().mail.dovecot.alice)
    const withSubject = async (mailbox: string, subject: string) =>
      (await alicesReader().messages(mailbox)).filter((message) => message.subject === subject)

    async function succeed(tool: string, parameters: Record<string, unknown> = {}) {
      const answer = await client.call(tool, parameters)
      expect(answer.isError, answer.text).toBe(false)
      return answer
    }
    const findReceived = async () => {
      const { structured } = await succeed('search_emails', { subject: received.subject })
      return (structured.emails as { id: string; subject: string; preview: string; unread: boolean }[])[0]
    }

    test('list_providers, list_accounts, list_mailboxes say what can be and what is connected', async () => {
      const { alice } = running().mail.dovecot
      expect((await succeed('list_providers')).text).toContain('iCloud')
      expect((await succeed('list_accounts')).structured.accounts).toMatchObject([{ address: alice.address }])
      const { mailboxes } = (await succeed('list_mailboxes')).structured
      expect(mailboxes).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ path: 'INBOX', total: expect.any(Number), unread: expect.any(Number) }),
          expect.objectContaining({ path: 'Sent', special_use: expect.stringMatching(/sent/i) }),
        ]),
      )
    })

    test('get_recent_emails, search_emails and get_email find what arrived, and leave it unread', async () => {
      const recent = await succeed('get_recent_emails', { limit: 5 })
      expect((recent.structured.emails as { subject: string }[]).map((email) => email.subject)).toContain(
        received.subject,
      )
      const found = await findReceived()
      expect(found).toMatchObject({ ...{ subject: received.subject, preview: received.body }, unread: true })
      const email = await succeed('get_email', { id: found?.id })
      expect(email.text).toContain(received.body)
      const [stored] = await withSubject('INBOX', received.subject)
      expect(stored?.flags).not.toContain('\\Seen')
    })

    test('mark_as_read sets the flag on the server, and takes it off again', async () => {
      const id = (await findReceived())?.id
      await succeed('mark_as_read', { ids: [id] })
      expect((await withSubject('INBOX', received.subject))[0]?.flags).toContain('\\Seen')
      await succeed('mark_as_read', { ids: [id], read: false })
      expect((await withSubject('INBOX', received.subject))[0]?.flags).not.toContain('\\Seen')
    })

    test('move_email puts the message into the other mailbox and nowhere else; its new id works', async () => {
      const id = (await findReceived())?.id
      const { structured } = await succeed('move_email', { ids: [id], destination: 'archive' })
      const [result] = structured.results as { ok: boolean; new_id: string }[]
      expect(await withSubject('INBOX', received.subject)).toHaveLength(0)
      expect(await withSubject('Archive', received.subject)).toHaveLength(1)
      expect((await succeed('get_email', { id: result?.new_id })).text).toContain(received.body)
      expect(await client.call('get_email', { id })).toMatchObject({
        isError: true,
        structured: { code: 'message_not_found' },
      })
    })

    test('draft_email puts one draft into Drafts and sends nothing', async () => {
      const { mail } = running()
      const before = mail.submission.dataCount()
      await succeed('draft_email', { to: [mail.dovecot.bob.address], ...written })
      const drafts = await withSubject('Drafts', written.subject)
      expect(drafts.map(({ flags }) => flags)).toEqual([expect.arrayContaining(['\\Draft'])])
      expect(drafts[0]?.raw.toString()).toContain(written.body)
      expect(mail.submission.dataCount()).toBe(before)
    })

    test("R57: send_email arrives once in the other user's INBOX, with exactly one copy of the same bytes in Sent", async () => {
      const { mail } = running()
      const { bob } = mail.dovecot
      const before = mail.submission.dataCount()
      const send = () => succeed('send_email', { to: [bob.address], ...written })
      const answer: ToolAnswer = await send()
      expect(answer.structured).toMatchObject({ state: 'sent', repeated: false, sent_copy: 'filed' })
      expect((await send()).structured).toMatchObject({ state: 'sent', repeated: true })
      expect(mail.submission.dataCount()).toBe(before + 1)

      const isIt = (message: { subject: string }) => message.subject === written.subject
      const arrived = (await mail.dovecot.reader(bob).messages('INBOX')).filter(isIt)
      const copies = await withSubject('Sent', written.subject)
      expect(arrived.map(({ messageId }) => messageId)).toEqual([answer.structured.message_id])
      expect(copies.map(({ messageId }) => messageId)).toEqual([answer.structured.message_id])
      expect(arrived[0]?.raw.includes(mail.submission.messages.at(-1)?.raw ?? '-')).toBe(true)
      expect(copies[0]?.raw.toString().trimEnd()).toBe(
        mail.submission.messages.at(-1)?.raw.toString().trimEnd(),
      )
    })

    test('R51: a grant to read lists only what reads; the rest is refused with the missing scope', async () => {
      const { product, mail } = running()
      const fields = signInFields(product, mail.dovecot.alice, 'read')
      const reader = await connectClient(fields, { url: product.url, era, canaries: running().canaries })
      const tools = await reader.listTools()
      expect(tools).toContain('get_email')
      expect(tools).not.toContain('mark_as_read')
      expect(tools).not.toContain('send_email')
      const response = await postToolCall(product.url, reader.tokens.access_token, 'mark_as_read', {
        ids: ['x'],
      })
      expect(response.status).toBe(403)
      expect(response.headers.get(product.challengeHeader)).toContain('error="insufficient_scope"')
      await reader.close()
    })
  })
}

function toRaw({ subject, body }: { subject: string; body: string }): string {
  return [
    'From: Orchard <orchard@elsewhere.example>',
    'To: alice@test.example',
    `Subject: ${subject}`,
    `Message-ID: <${randomBytes(6).toString('hex')}@elsewhere.example>`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    body,
    '',
  ].join('\n')
}
