/** Plain mailboxes that are named like a special use, beside the real ones: nothing is filed there by us. */
import {
  type Dovecot,
  findDovecot,
  type Submission,
  startDovecot,
  startSubmission,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from '../tools/open-tools.ts'

const words = ['drafts', 'sent', 'trash', 'archive', 'junk']
const real: Record<string, string> = {
  drafts: 'Drafts',
  sent: 'Sent',
  trash: 'Trash',
  archive: 'Archive',
  junk: 'Junk',
}

describe.skipIf(!findDovecot())('beside plain mailboxes of the same names', () => {
  let dovecot: Dovecot
  let submission: Submission
  let tools: OpenTools
  const alice = () => dovecot.reader(dovecot.alice)
  const subjectsIn = async (mailbox: string) =>
    (await alice().messages(mailbox)).map(({ subject }) => subject)
  const put = async (subject: string) => {
    await dovecot.appendRaw(
      dovecot.alice,
      'INBOX',
      `From: bob@test.example\r\nSubject: ${subject}\r\n\r\nx\r\n`,
    )
    return (await tools.call('search_emails', { subject, mailbox: 'INBOX' })).structured.emails[0]
      .id as string
  }

  beforeAll(async () => {
    dovecot = await startDovecot()
    submission = await startSubmission({ mailServer: dovecot })
    for (const word of words) await alice().createMailbox(word)
    const account = toAccount(dovecot.alice, dovecot, submission.smtpsPort)
    tools = await openTools({ accounts: [account], connector: loopbackConnector(dovecot.ca) })
  })
  afterAll(async () => {
    await tools?.close()
    await submission?.stop()
    await dovecot?.stop()
  })

  test('what is sent, drafted, deleted, archived or marked as spam lands in the special use', async () => {
    const letter = { to: ['bob@test.example'], body: 'x' }
    await tools.call('send_email', { ...letter, subject: 'sent' })
    const saved = await tools.call('draft_email', { ...letter, subject: 'drafts' })
    expect(saved.structured.mailbox).toBe('Drafts')
    await tools.call('delete_email', { ids: [await put('trash')] })
    await tools.call('archive_email', { ids: [await put('archive')] })
    await tools.call('mark_as_spam', { ids: [await put('junk')] })
    for (const word of words) {
      expect(await subjectsIn(real[word] ?? ''), word).toEqual([word])
      expect(await subjectsIn(word), word).toEqual([])
    }
    // Its id says where it is, and that is where a draft is looked for.
    const sent = await tools.call('send_draft', { id: saved.structured.id })
    expect(sent.structured).toMatchObject({ state: 'sent' })
    expect(await subjectsIn('Trash')).toEqual(['trash', 'drafts'])
  })

  test('a caller who names the word means the special use; the plain mailbox is renamed by its path', async () => {
    const { structured } = await tools.call('move_email', { ids: [await put('named')], destination: 'trash' })
    expect(structured.results).toMatchObject([{ ok: true }])
    expect(await subjectsIn('Trash')).toContain('named')
    expect((await tools.call('rename_mailbox', { name: 'trash', new_name: 'Old bin' })).isError).toBe(false)
    await tools.call('move_email', { ids: [await put('by path')], destination: 'Old bin' })
    expect(await subjectsIn('Old bin')).toEqual(['by path'])
    expect((await tools.call('delete_mailbox', { name: 'junk' })).isError).toBe(false)
    expect((await tools.call('delete_mailbox', { name: 'Junk' })).structured.code).toBe('invalid_input')
  })
})
