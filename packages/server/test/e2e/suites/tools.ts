/** Every tool through a client over HTTP against a real server; our own second IMAP connection confirms each effect. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectClient, type Era, type ToolAnswer } from '../clients.ts'
import { type Running, signInFields } from '../product.ts'
import { postToolCall } from '../raw-client.ts'
import { openToolSession, type ToolSession } from './tool-session.ts'
import { describeOrganising } from './tools-that-organise.ts'
import { describeWriting } from './tools-that-write.ts'

const bothEras: readonly Era[] = ['sdk 1, 2025 era', 'sdk 2, 2026 era']

/** @param prefix what stands before the name of every mailbox but INBOX on this server */
export function describeTools(
  name: string,
  running: () => Running,
  { prefix = '', eras = bothEras }: { prefix?: string; eras?: readonly Era[] } = {},
) {
  describe.each(eras)(`${name}: every tool (%s)`, (era) => {
    let session: ToolSession
    let received: { subject: string; body: string; id: string }
    let written: { subject: string; body: string }

    beforeAll(async () => {
      session = await openToolSession(running(), era)
      const { mark } = session
      const arriving = {
        subject: `Harvest plan ${mark}`,
        body: `The orchard opens at nine, code ${mark}-in.`,
      }
      received = { ...arriving, id: await session.receive(arriving.subject, arriving.body) }
      written = { subject: `Late apples ${mark}`, body: `We keep twelve crates, code ${mark}-out.` }
      running().canaries.add('subject', written.subject)
      running().canaries.add('body', written.body)
    })
    afterAll(() => session?.client.close())

    const mark = () => session.mark
    const at = (mailbox: string) => `${prefix}${mailbox}`

    test('list_providers, list_accounts, list_mailboxes say what can be and what is connected', async () => {
      const { alice } = running().mail.imap
      expect((await session.succeed('list_providers')).text).toContain('iCloud')
      expect((await session.succeed('list_accounts')).structured.accounts).toMatchObject([
        { address: alice.address },
      ])
      const { mailboxes } = (await session.succeed('list_mailboxes')).structured
      expect(mailboxes).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ path: 'INBOX', total: expect.any(Number), unread: expect.any(Number) }),
          ...['Drafts', 'Sent', 'Trash', 'Junk', 'Archive'].map((one) =>
            expect.objectContaining({ path: at(one), special_use: one.toLowerCase() }),
          ),
        ]),
      )
    })

    test('get_recent_emails, search_emails and get_email find what arrived, and leave it unread', async () => {
      const recent = await session.succeed('get_recent_emails', { limit: 5 })
      expect((recent.structured.emails as { subject: string }[]).map((email) => email.subject)).toContain(
        received.subject,
      )
      const found = (await session.succeed('search_emails', { subject: received.subject })).structured.emails
      expect(found).toMatchObject([{ subject: received.subject, preview: received.body, unread: true }])
      const email = await session.succeed('get_email', { id: received.id })
      expect(email.text).toContain(received.body)
      const [stored] = await session.stored('INBOX', received.subject)
      expect(stored?.flags).not.toContain('\\Seen')
    })

    test('R77: get_email reads an email that is laid out in a thread', async () => {
      const rows = Array.from({ length: 3_000 }, (_, row) => `<p>Row ${row} of the harvest ${mark()}</p>`)
      const html = ['Content-Type: text/html; charset=utf-8']
      const id = await session.receive(`Long list ${mark()}`, rows.join('\n'), html)
      const { structured } = await session.succeed('get_email', { id })
      const { warnings, body } = structured.email as { warnings: string[]; body: string }
      expect(warnings).not.toContain('body_not_rendered')
      expect(body).toContain(`Row 1 of the harvest ${mark()}`)
    })

    test('mark_as_read sets the flag on the server, and takes it off again', async () => {
      const ids = [received.id]
      await session.succeed('mark_as_read', { ids })
      expect((await session.stored('INBOX', received.subject))[0]?.flags).toContain('\\Seen')
      await session.succeed('mark_as_read', { ids, read: false })
      expect((await session.stored('INBOX', received.subject))[0]?.flags).not.toContain('\\Seen')
    })

    test('draft_email puts one draft into Drafts and sends nothing', async () => {
      const { mail } = running()
      const before = mail.submission.dataCount()
      await session.succeed('draft_email', { to: [mail.imap.bob.address], ...written })
      const drafts = await session.stored(at('Drafts'), written.subject)
      expect(drafts.map(({ flags }) => flags)).toEqual([expect.arrayContaining(['\\Draft'])])
      expect(drafts[0]?.raw.toString()).toContain(written.body)
      expect(mail.submission.dataCount()).toBe(before)
    })

    test("R57: send_email arrives once in the other user's INBOX, with exactly one copy of the same bytes in Sent", async () => {
      const { mail } = running()
      const { bob } = mail.imap
      const before = mail.submission.dataCount()
      const send = () => session.succeed('send_email', { to: [bob.address], ...written })
      const answer: ToolAnswer = await send()
      expect(answer.structured).toMatchObject({ state: 'sent', repeated: false, sent_copy: 'filed' })
      expect((await send()).structured).toMatchObject({ state: 'sent', repeated: true })
      expect(mail.submission.dataCount()).toBe(before + 1)

      const isIt = (message: { subject: string }) => message.subject === written.subject
      const arrived = (await mail.imap.reader(bob).messages('INBOX')).filter(isIt)
      const copies = await session.stored(at('Sent'), written.subject)
      expect(arrived.map(({ messageId }) => messageId)).toEqual([answer.structured.message_id])
      expect(copies.map(({ messageId }) => messageId)).toEqual([answer.structured.message_id])
      expect(arrived[0]?.raw.includes(mail.submission.messages.at(-1)?.raw ?? '-')).toBe(true)
      expect(copies[0]?.raw.toString().trimEnd()).toBe(
        mail.submission.messages.at(-1)?.raw.toString().trimEnd(),
      )
    })

    describeOrganising(() => session, { prefix })
    describeWriting(running, () => session, { prefix })

    test('no tool that is listed went untried', async () => {
      expect([...session.called].sort()).toEqual((await session.client.listTools()).sort())
    })

    test('R51: a grant to read lists only what reads; the rest is refused with the missing scope', async () => {
      const { product, mail } = running()
      const fields = signInFields(product, mail.imap.alice, 'read')
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
