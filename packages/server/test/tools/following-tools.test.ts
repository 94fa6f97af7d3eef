/** A mailbox as a client follows it, on a real Dovecot. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

const day = (n: number) => new Date(Date.UTC(2026, 9, n, 9))

const mail = (subject: string, n: number) =>
  [
    'From: Ann Archer <ann@elsewhere.example>',
    'To: alice@test.example',
    `Subject: ${subject}`,
    `Date: ${day(n).toUTCString().replace('GMT', '+0000')}`,
    '',
    `Body of ${subject}.`,
    '',
  ].join('\r\n')

describe.skipIf(!findDovecot())('following a mailbox', () => {
  let dovecot: Dovecot
  let tools: OpenTools

  beforeAll(async () => {
    dovecot = await startDovecot()
    tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
    })
  })
  afterAll(async () => {
    await tools?.close()
    await dovecot?.stop()
  })

  const put = (mailbox: string, subject: string, n: number) =>
    dovecot.reader(dovecot.alice).append(mailbox, [mail(subject, n)], [], day(n))
  const subjects = (emails: readonly { subject: string }[]) => emails.map((one) => one.subject)

  test('R78: get_recent_emails is by date received; after its bookmark comes what arrived since', async () => {
    await put('INBOX', 'third', 3)
    await put('INBOX', 'fourth', 4)
    await put('INBOX', 'first, moved back', 1)
    const recent = await tools.call('get_recent_emails')
    expect(subjects(recent.structured.emails)).toEqual(['fourth', 'third', 'first, moved back'])
    expect(subjects((await tools.call('get_recent_emails', { limit: 1 })).structured.emails)).toEqual([
      'fourth',
    ])
    const { bookmark } = recent.structured
    expect(recent.text).toContain(`Bookmark: ${bookmark}`)

    for (const [subject, n] of [
      ['sixth', 6],
      ['second', 2],
      ['fifth', 5],
    ] as const)
      await put('INBOX', subject, n)
    const some = await tools.call('get_recent_emails', { after: bookmark, limit: 2 })
    expect(subjects(some.structured.emails)).toEqual(['sixth', 'second'])
    expect(some.structured.more).toBe(true)
    expect(some.text).toContain('More arrived: go on after this bookmark.')
    const rest = await tools.call('get_recent_emails', { after: some.structured.bookmark })
    expect([subjects(rest.structured.emails), rest.structured.more]).toEqual([['fifth'], false])
    const none = await tools.call('get_recent_emails', { after: rest.structured.bookmark })
    expect(none.structured).toMatchObject({ emails: [], bookmark: rest.structured.bookmark })
  })

  test('a bookmark of another mailbox, one that is none, and one beside a cursor are refused by name', async () => {
    const { bookmark } = (await tools.call('get_recent_emails')).structured
    for (const input of [
      { after: bookmark, mailbox: 'sent' },
      { after: 'none' },
      { after: bookmark, cursor: 'none' },
    ])
      expect((await tools.call('get_recent_emails', input)).structured).toEqual({
        code: 'invalid_input',
        field: 'after',
      })
  })
})
