/** Hosts differ: names below INBOX, no special uses, few capabilities, little space. The operations must not. */
import { type Dovecot, findDovecot, germanFolders, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  appendMessage,
  createMailbox,
  fetchSource,
  type ImapSession,
  listMailboxes,
  listRecent,
  moveMessages,
  resolveMailbox,
  setFlags,
  withImapSession,
} from '../../src/index.ts'
import { accountOn, depsFor } from './imap-account.ts'
import { searchFor } from './search-for.ts'

const mail = (subject: string, body = 'x') =>
  `From: a@example.org\nSubject: ${subject}\nMessage-ID: <${subject}@example.org>\n\n${body}\n`

describe.skipIf(!findDovecot())(
  'IMAP on a host with INBOX. names, German folders and bare capabilities',
  () => {
    let dovecot: Dovecot
    beforeAll(async () => {
      dovecot = await startDovecot({
        prefix: 'INBOX.',
        folders: germanFolders,
        capabilities: 'IMAP4rev1 UIDPLUS',
        format: 'maildir',
      })
    })
    afterAll(() => dovecot?.stop())
    const run = <T>(use: (session: ImapSession) => Promise<T>) =>
      withImapSession(
        accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice),
        depsFor(dovecot.ca),
        use,
      )

    test('finds special uses by name, and paths without the prefix', async () => {
      const listed = await run((session) => listMailboxes(session, { includeCounts: true }))
      expect(Object.fromEntries(listed.map((one) => [one.specialUse, one.path]))).toEqual({
        inbox: 'INBOX',
        drafts: 'INBOX.Entwürfe',
        sent: 'INBOX.Gesendet',
        trash: 'INBOX.Papierkorb',
        junk: 'INBOX.Spam',
        archive: 'INBOX.Archiv',
      })
      expect(listed.every((one) => one.total === 0 && one.unread === 0)).toBe(true)
      const paths = await run(async (session) => [
        (await resolveMailbox(session, 'trash')).path,
        (await resolveMailbox(session, 'papierkorb')).path,
        (await createMailbox(session, 'Projekte')).path,
      ])
      expect(paths).toEqual(['INBOX.Papierkorb', 'INBOX.Papierkorb', 'INBOX.Projekte'])
    })

    test("R61: moves without MOVE and leaves another client's deleted message alone", async () => {
      const reader = dovecot.reader(dovecot.alice)
      await reader.append('INBOX', [mail('theirs')], ['\\Deleted'])
      await reader.append('INBOX', [mail('mine')])
      const [row] = (
        await run((session) => listRecent(session, { mailbox: 'INBOX', limit: 1, unreadOnly: false }))
      ).items
      const ref = row?.ref ?? expect.fail('no row')
      const [outcome] = await run((session) => moveMessages(session, [ref], 'trash'))
      expect(outcome).toMatchObject({ ok: true, newRef: { mailbox: 'INBOX.Papierkorb' } })
      expect((await reader.messages('INBOX')).map((one) => one.subject)).toEqual(['theirs'])
      const [moved] = await reader.messages('INBOX.Papierkorb')
      expect(moved).toMatchObject({ subject: 'mine', uid: outcome?.newRef?.uid })
      expect(moved?.flags).not.toContain('\\Deleted')
    })

    test('stores large drafts with waiting literals, searches without ESEARCH, sets flags', async () => {
      const raw = Buffer.from(mail('Entwurf', 'ö'.repeat(100_000)).replaceAll('\n', '\r\n'))
      const { ref } = await run((session) =>
        appendMessage(session, { mailbox: 'drafts', raw, flags: ['\\Draft'] }),
      )
      expect((await dovecot.reader(dovecot.alice).messages('INBOX.Entwürfe'))[0]).toMatchObject({
        uid: ref?.uid,
      })
      expect(
        await run((session) => fetchSource(session, ref ?? expect.fail(), { maxBytes: 1_000_000 })),
      ).toEqual(raw)
      const found = await run((session) => searchFor(session, { mailbox: 'drafts', limit: 5, body: 'öööö' }))
      expect(found.items.map((one) => one.ref)).toEqual([
        { ...ref, draft: expect.stringMatching(/^[0-9a-f]{12}$/) },
      ])
      const outcomes = await run((session) =>
        setFlags(session, ref ? [ref] : [], { add: ['\\Flagged'], remove: [] }),
      )
      expect(outcomes).toEqual([{ ref, ok: true, changed: { add: ['\\Flagged'], remove: [] } }])
    })
  },
)

describe.skipIf(!findDovecot())('IMAP on a full mailbox', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot({ quotaBytes: 64 * 1024 })
  })
  afterAll(() => dovecot?.stop())

  test('says over_quota and stores nothing', async () => {
    const raw = Buffer.alloc(100_000, 'Subject: x\r\n')
    const stored = withImapSession(
      accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice),
      depsFor(dovecot.ca),
      (session) => appendMessage(session, { mailbox: 'drafts', raw, flags: ['\\Draft'] }),
    )
    await expect(stored).rejects.toMatchObject({ code: 'over_quota' })
    expect(await dovecot.reader(dovecot.alice).messages('Drafts')).toEqual([])
  })
})
