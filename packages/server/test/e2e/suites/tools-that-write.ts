/** Conversations, attachments, drafts and answers: read on the server, and where they arrive. */
import { describe, expect, test } from 'vitest'
import type { Running } from '../product.ts'
import type { ToolSession } from './tool-session.ts'

export function describeWriting(
  running: () => Running,
  session: () => ToolSession,
  { prefix }: { prefix: string },
) {
  const bobs = async (subject: string) => {
    const { imap } = running().mail
    return (await imap.reader(imap.bob).messages('INBOX')).filter((message) => message.subject === subject)
  }
  const toText = (raw: Buffer | undefined) => String(raw).replaceAll('=\r\n', '')

  describe('conversations, drafts and answers', () => {
    test('get_attachment reads what get_email lists', async () => {
      const { receive, succeed, mark } = session()
      const row = `apples;twelve;${mark}-row`
      const lines = [
        '--b',
        'Content-Type: text/plain',
        '',
        `The table is attached, code ${mark}-table.`,
        '--b',
        'Content-Type: text/csv',
        'Content-Disposition: attachment; filename="stock.csv"',
        'Content-Transfer-Encoding: base64',
        '',
        Buffer.from(`${row}\r\n`).toString('base64'),
        '--b--',
      ]
      const headers = ['Content-Type: multipart/mixed; boundary=b']
      const id = await receive(`Stock table ${mark}`, lines.join('\n'), headers)
      const { email } = (await succeed('get_email', { id })).structured as {
        email: { attachments: { attachment_id: string; filename: string }[] }
      }
      expect(email.attachments).toMatchObject([{ filename: 'stock.csv' }])
      const attachment = { id, attachment_id: email.attachments[0]?.attachment_id }
      expect((await succeed('get_attachment', attachment)).structured.text).toBe(row.replaceAll(';', '\t'))
    })

    test('reply_to_email arrives, marks what it answers, and get_thread shows both, oldest first', async () => {
      const { mail, canaries } = running()
      const { receive, succeed, stored, mark } = session()
      const subject = `Frost tonight ${mark}`
      const id = await receive(subject, `Cover the seedlings, code ${mark}-frost.`)
      const body = `They are covered, code ${mark}-covered.`
      canaries.add('body', body)
      const answer = await succeed('reply_to_email', { id, body, to: [mail.imap.bob.address] })
      expect(answer.structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
      const [arrived] = await bobs(`Re: ${subject}`)
      expect(arrived?.messageId).toBe(answer.structured.message_id)
      expect(toText(arrived?.raw)).toContain(`> Cover the seedlings, code ${mark}-frost.`)
      expect((await stored('INBOX', subject))[0]?.flags).toContain('\\Answered')
      expect(await stored(`${prefix}Sent`, `Re: ${subject}`)).toHaveLength(1)
      const thread = (await succeed('get_thread', { id })).structured.emails as { subject: string }[]
      expect(thread.map((email) => email.subject)).toEqual([subject, `Re: ${subject}`])
    })

    test('forward_email arrives with the text of the original', async () => {
      const { mail } = running()
      const { receive, succeed, stored, mark } = session()
      const subject = `Cider press ${mark}`
      const id = await receive(subject, `It is oiled, code ${mark}-press.`)
      const answer = await succeed('forward_email', { id, to: [mail.imap.bob.address] })
      expect(answer.structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
      expect(toText((await bobs(`Fwd: ${subject}`))[0]?.raw)).toContain(`It is oiled, code ${mark}-press.`)
      expect(await stored(`${prefix}Sent`, `Fwd: ${subject}`)).toHaveLength(1)
    })

    test('update_draft leaves one draft, the changed one; send_draft sends it once, and it is in Sent, no longer in Drafts', async () => {
      const { mail, canaries } = running()
      const { succeed, stored, mark } = session()
      const subject = `Honey for sale ${mark}`
      const first = `Ten jars are ready, code ${mark}-ten.`
      const second = `Nine jars are ready, code ${mark}-nine.`
      canaries.add('subject', subject)
      canaries.add('body', first, second)
      const to = [mail.imap.bob.address]
      const drafted = await succeed('draft_email', { to, subject, body: first })
      const updated = await succeed('update_draft', { id: drafted.structured.id, body: second })
      expect(updated.structured.old_draft).toBe('in_bin')
      const drafts = await stored(`${prefix}Drafts`, subject)
      expect(drafts).toHaveLength(1)
      expect(drafts[0]?.flags).toContain('\\Draft')
      expect(toText(drafts[0]?.raw)).toContain(second)
      expect(await stored(`${prefix}Trash`, subject)).toHaveLength(1)

      const before = mail.submission.dataCount()
      const sent = await succeed('send_draft', { id: updated.structured.id })
      expect(sent.structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
      expect(mail.submission.dataCount()).toBe(before + 1)
      const arrived = await bobs(subject)
      expect(arrived).toHaveLength(1)
      expect(toText(arrived[0]?.raw)).toContain(second)
      expect(await stored(`${prefix}Drafts`, subject)).toHaveLength(0)
      expect(await stored(`${prefix}Sent`, subject)).toHaveLength(1)
    })
  })
}
