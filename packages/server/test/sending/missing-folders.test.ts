/** A server that begins with an INBOX alone, and folders that somebody deletes: what is filed finds its place. */
import { withImapSession } from '@email-connector/mail'
import { findDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, toAccount } from '../tools/open-tools.ts'
import { openSendingTools, type SendingTools } from './sending-tools.ts'

describe.skipIf(!findDovecot())('in a mailbox with an INBOX alone', () => {
  let opened: SendingTools
  let dovecot: SendingTools['dovecot']
  let submission: SendingTools['submission']
  let tools: SendingTools['tools']
  const subjectsIn = async (mailbox: string) =>
    (await dovecot.reader(dovecot.alice).messages(mailbox)).map(({ subject }) => subject)
  const letter = (subject: string) => ({ to: ['bob@test.example'], subject, body: 'x' })
  const put = async (subject: string) => {
    await dovecot.appendRaw(
      dovecot.alice,
      'INBOX',
      `From: bob@test.example\r\nSubject: ${subject}\r\n\r\nx\r\n`,
    )
    const { structured } = await tools.call('search_emails', { subject, mailbox: 'INBOX' })
    return structured.emails[0].id as string
  }
  /** As another program does, with what the connector remembers left as it is. */
  const remove = (mailbox: string) =>
    withImapSession(
      toAccount(dovecot.alice, dovecot, submission.smtpsPort),
      { connector: loopbackConnector(dovecot.ca), now: () => 0 },
      (session) => session.run('DELETE', [session.path(mailbox)]),
    )

  beforeAll(async () => {
    opened = await openSendingTools({ folders: [] })
    ;({ dovecot, submission, tools } = opened)
  })
  afterAll(() => opened?.close())

  test('R57: the copy, drafts, the bin, spam and the archive are made when they are needed, once', async () => {
    for (const subject of ['first', 'second']) {
      const sent = await tools.call('send_email', letter(subject))
      expect(sent.structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
      const saved = await tools.call('draft_email', letter(subject))
      expect(saved.structured).toMatchObject({ mailbox: 'Drafts' })
      for (const tool of ['delete_email', 'archive_email', 'mark_as_spam']) {
        const { structured } = await tools.call(tool, { ids: [await put(`${tool} ${subject}`)] })
        expect(structured.results, tool).toMatchObject([{ ok: true }])
      }
    }
    expect(await subjectsIn('Sent')).toEqual(['first', 'second'])
    expect(await subjectsIn('Drafts')).toEqual(['first', 'second'])
    expect(await subjectsIn('Trash')).toEqual(['delete_email first', 'delete_email second'])
    expect(await subjectsIn('Archive')).toEqual(['archive_email first', 'archive_email second'])
    expect(await subjectsIn('Junk')).toEqual(['mark_as_spam first', 'mark_as_spam second'])
    const { structured } = await tools.call('list_mailboxes')
    expect(structured.mailboxes.map((one: { special_use?: string }) => one.special_use).sort()).toEqual([
      'archive',
      'drafts',
      'inbox',
      'junk',
      'sent',
      'trash',
    ])
  })

  test('R57: one that was deleted since is made once more (TRYCREATE), and nothing is filed twice', async () => {
    await remove('Sent')
    await remove('Trash')
    const sent = await tools.call('send_email', letter('after'))
    expect(sent.structured).toMatchObject({ state: 'sent', sent_copy: 'filed' })
    expect(await subjectsIn('Sent')).toEqual(['after'])
    const { structured } = await tools.call('delete_email', { ids: [await put('binned')] })
    expect(structured.results).toMatchObject([{ ok: true }])
    expect(await subjectsIn('Trash')).toEqual(['binned'])
  })
})
