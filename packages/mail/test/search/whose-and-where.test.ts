/** Which mailboxes a search means by their names, and whose mail it is: over a real server with folders of odd names. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ImapSession, mergeFields, prepareOrganizer, withImapSession } from '../../src/index.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { searchFor } from '../imap/search-for.ts'

const alias = 'Alias@Reef.example'

const mail = (subject: string, { from = 'bo@example.net', to = 'team@example.org', headers = '' } = {}) =>
  `From: Somebody <${from}>\nTo: ${to}\nSubject: ${subject}\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMessage-ID: <${subject.replaceAll(' ', '.')}@example.net>\n${headers}\nwords\n`

describe.skipIf(!findDovecot())('R88: whose mail is found, and where', () => {
  let dovecot: Dovecot
  beforeAll(async () => {
    dovecot = await startDovecot()
    const reader = dovecot.reader(dovecot.alice)
    for (const name of ['Spam', 'Bin', 'Draft', 'All']) {
      await reader.createMailbox(name)
      await reader.append(name, [mail(`kept in ${name}`)])
    }
    for (const name of ['Junk', 'Trash', 'Drafts', 'Archive'])
      await reader.append(name, [mail(`put in ${name}`)])
    await reader.append('INBOX', [
      mail('written to us', { to: 'alice@test.example' }),
      mail('written to the other', { headers: 'Cc: Us <alias@reef.example>\n' }),
      mail('me in a subject'),
      mail('note to team', { from: 'alice@test.example' }),
      mail('answer', { headers: 'In-Reply-To: <second.question@example.net>\n' }),
    ])
    await reader.append('Archive', [mail('filed question', { from: 'ALIAS@reef.example' })])
    await reader.append('Sent', [
      mail('first question', { from: 'unknown@reef.example' }),
      mail('second question', { from: 'alice@test.example' }),
    ])
    await reader.append('Drafts', [mail('not sent', { from: 'alice@test.example' })])
    await reader.append('Junk', [mail('forged', { from: 'alice@test.example' })])
  })
  afterAll(() => dovecot?.stop())

  const run = <T>(use: (session: ImapSession) => Promise<T>) => {
    const account = accountOn({ host: dovecot.host, port: dovecot.imapsPort }, dovecot.alice)
    return withImapSession({ ...account, aliases: [alias] }, depsFor(dovecot.ca), use)
  }
  const found = async (query: string, mailbox = 'all') =>
    (await run((session) => searchFor(session, { mailbox, limit: 50, query }))).items
      .map(({ subject }) => subject)
      .sort()
  const counted = async (asked: string, mailbox?: string) => {
    const query = mergeFields({ query: asked }, '2026-11-27').query ?? expect.fail('It says something')
    const where = mailbox === undefined ? {} : { mailbox }
    const { count } = prepareOrganizer({ query, action: { name: 'flag' }, timeZone: 'UTC', ...where })
    const { mailboxes, sample } = await run(count)
    return { paths: mailboxes.map(({ path }) => path), subjects: sample.map(({ subject }) => subject).sort() }
  }

  test.each([
    ['Spam', 'kept in Spam'],
    ['Bin', 'kept in Bin'],
    ['Draft', 'kept in Draft'],
    ['All', 'kept in All'],
    ['spam', 'put in Junk'],
    ['bin', 'put in Trash'],
    ['draft', 'put in Drafts'],
    ['SPAM', 'put in Junk'],
  ])('%s is the mailbox of that very name before it is a word for another', async (name, subject) => {
    const words = 'subject:kept OR subject:put'
    expect(await found(words, name)).toEqual([subject])
    expect(await found(`in:${name} (${words})`)).toEqual([subject])
    expect((await counted(words, name)).subjects).toEqual([subject])
    expect((await counted(`in:${name} (${words})`)).subjects).toEqual([subject])
    if (name === 'Draft') expect(await found('-in:Draft subject:put')).toContain('put in Drafts')
  })

  test.each(['all', 'ALL'])('%s is every mailbox where none has this name', async (name) => {
    expect(await found('subject:kept OR subject:put', name)).toHaveLength(6)
    expect((await counted('subject:kept', name)).subjects).toHaveLength(4)
  })

  test.each([
    ['INBOX', 'in:inbox subject:note', ['note to team']],
    ['Trash', 'in:bin subject:put', ['put in Trash']],
    ['ALL', 'in:trash subject:put', ['put in Trash']],
    ['all', 'label:inbox subject:note', ['note to team']],
  ])('a mailbox %s beside %s is no fault where both mean the same', async (mailbox, query, subjects) => {
    expect(await found(query, mailbox)).toEqual(subjects)
    expect((await counted(query, mailbox)).subjects).toEqual(subjects)
  })

  test.each(['in:trash x', 'in:inbox OR in:trash', 'in:anywhere x'])(
    'INBOX beside %s is refused',
    async (query) => {
      const refused = {
        code: 'invalid_input',
        field: 'mailbox',
        reason: 'the query has in: as well: leave one of them out',
      }
      await expect(found(query, 'INBOX')).rejects.toMatchObject(refused)
      await expect(counted(query, 'INBOX')).rejects.toMatchObject(refused)
    },
  )

  test.each([
    ['from:me', ['filed question', 'note to team', 'not sent', 'second question']],
    ['to:ME', ['written to the other', 'written to us']],
    ['cc:me', ['written to the other']],
    ['with:me -from:me', ['written to the other', 'written to us']],
    ['subject:me', ['me in a subject']],
    ['from:meg OR from:(me) subject:note', ['note to team']],
  ])('%s is the owner, by any of their addresses', async (query, subjects) => {
    expect(await found(query)).toEqual([...subjects].sort())
    expect((await counted(query, 'all')).subjects).toEqual([...subjects].sort())
  })

  test('me stands in the separate fields as well', async () => {
    const page = await run((session) => searchFor(session, { mailbox: 'INBOX', limit: 9, from: 'me' }))
    expect(page.items.map(({ subject }) => subject)).toEqual(['note to team'])
  })

  test.each([
    ['is:awaiting', 'INBOX', ['note to team']],
    ['is:awaiting', 'Sent', ['first question']],
    ['is:awaiting', 'all', ['first question']],
    ['is:awaiting in:anywhere', 'all', ['filed question', 'first question', 'note to team']],
    [
      'is:awaiting OR subject:me',
      'all',
      ['filed question', 'first question', 'me in a subject', 'note to team'],
    ],
    ['-is:awaiting subject:question', 'all', ['second question']],
  ])('%s in %s is what the owner sent and nobody answered', async (query, mailbox, subjects) => {
    expect(await found(query, mailbox)).toEqual(subjects)
    // A clean-up looks where it is told to.
    if (mailbox !== 'all') expect((await counted(query, mailbox)).subjects).toEqual(subjects)
  })

  test('a clean-up of INBOX leaves what others wrote alone, though nobody answered it', async () => {
    expect((await counted('is:awaiting')).subjects).toEqual(['note to team'])
  })
})
