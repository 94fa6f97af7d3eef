/** R93: a mailbox that the owner hides answers, through every tool, as one that is not there. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tools as allTools } from '../../src/tools/catalog.ts'
import { parseEmailId, toEmailId } from '../../src/wire/email-id.ts'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

const canary = 'canaryword'

describe.skipIf(!findDovecot())('R93: hidden mailboxes', () => {
  let dovecot: Dovecot
  let tools: OpenTools
  let idOf: (mailbox: string) => string
  /** So that no call is one of too many in its minute. */
  let now = 1_800_000_000
  beforeAll(async () => {
    dovecot = await startDovecot()
    const reader = dovecot.reader(dovecot.alice)
    const plain = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
    })
    for (const name of ['Private', 'Private/Deep', 'Work', 'Work/Secret', 'Privately'])
      await plain.call('create_mailbox', { name })
    const mail = (id: string, more = '') =>
      Buffer.from(
        `From: ${canary}@test.example\r\nTo: alice@test.example\r\nMessage-ID: <${id}@x>\r\n${more}Subject: ${canary}\r\n\r\n${canary}`,
      )
    for (const name of ['Private', 'Private/Deep', 'Work/Secret']) await reader.append(name, [mail(name)], [])
    const answer =
      'From: bob@test.example\r\nMessage-ID: <b@x>\r\nIn-Reply-To: <Private@x>\r\nSubject: Re: open\r\n\r\nWords'
    await reader.append('INBOX', [Buffer.from(answer)], [])
    const found = (await plain.call('search_emails', { query: canary })).structured.emails
    expect(found).toHaveLength(3)
    await plain.close()
    tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, 1)],
      connector: loopbackConnector(dovecot.ca),
      accountSettings: { hidden: ['Private', 'work/SECRET'] },
      now: () => (now += 1),
    })
    const [account] = (await tools.call('list_accounts')).structured.accounts
    const refs = found.map((one: { id: string }) => parseEmailId(one.id)?.ref)
    idOf = (mailbox) => {
      const ref = refs.find((one: { mailbox: string }) => one.mailbox.toLowerCase() === mailbox.toLowerCase())
      return toEmailId(account.id, { uidValidity: '1', uid: 1, ...ref, mailbox })
    }
  })
  afterAll(async () => {
    await tools?.close()
    await dovecot?.stop()
  })

  test('R93: lists, searches and threads leave it out; one that only begins with its name stays', async () => {
    const listed = (await tools.call('list_mailboxes')).structured.mailboxes.map(
      (one: { path: string }) => one.path,
    )
    expect(listed).toEqual(expect.arrayContaining(['Work', 'Privately', 'INBOX']))
    expect(listed).not.toEqual(expect.arrayContaining(['Private']))
    expect(listed.join()).not.toMatch(/Private\/|Private,|Secret/)
    for (const given of [
      { query: canary },
      { query: canary, mailbox: 'all' },
      { query: `in:anywhere ${canary}` },
    ])
      expect((await tools.call('search_emails', given)).structured.emails).toEqual([])
    const [open] = (await tools.call('get_recent_emails')).structured.emails
    const thread = await tools.call('get_thread', { id: open.id })
    expect(JSON.stringify(thread)).not.toContain(canary)
  })

  test('R93: every tool that takes a mailbox or an id answers as for one that is not there', async () => {
    const pairs = [
      ['Private', 'Nowhere'],
      ['private', 'nowhere'],
      ['Private/Deep', 'Nowhere/Deep'],
      ['Work/Secret', 'Work/Nowhere'],
      ['WORK/secret', 'WORK/nowher'],
    ] as const
    const [inbox] = (await tools.call('get_recent_emails')).structured.emails
    for (const tool of allTools) {
      const fields = Object.keys((tool.input as unknown as { shape: object }).shape)
      for (const [hidden, absent] of pairs) {
        const given = (mailbox: string) => {
          const id = idOf(mailbox)
          const all: Record<string, unknown> = {
            ...{ mailbox, destination: mailbox, name: mailbox, new_name: 'Elsewhere', id, ids: [id] },
            ...{
              in_reply_to: id,
              to: ['bob@test.example'],
              body: 'x',
              subject: 'x',
              query: `in:"${mailbox}" x`,
            },
            ...{ attachment_id: '1', add: ['flagged'] },
          }
          if (fields.includes('destination')) all.ids = [inbox.id]
          return Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)))
        }
        // To be made, a name that is not there is a good one.
        if (tool.name === 'create_mailbox') continue
        const [one, other] = [
          await tools.call(tool.name, given(hidden)),
          await tools.call(tool.name, given(absent)),
        ]
        const clean = (answer: object, id: string) =>
          JSON.stringify(answer)
            .replaceAll(id, 'ID')
            .replaceAll(/[0-9a-f]{16}/g, 'MARK')
            .replaceAll(/\d{4}-\S+?"/g, 'TIME')
        if (
          ['mailbox', 'destination', 'id', 'ids', 'name', 'in_reply_to'].some((name) => fields.includes(name))
        ) {
          const names = (text: string, name: string) => text.replaceAll(name, 'NAME')
          expect(names(clean(one, idOf(hidden)), hidden), `${tool.name} ${hidden}`).toBe(
            names(clean(other, idOf(absent)), absent),
          )
        }
        expect(one.structured.code, tool.name).not.toBe('rate_limited')
        expect(JSON.stringify(one)).not.toContain(canary)
      }
    }
    for (const name of ['Private', 'Private/Deep', 'Work/Secret'])
      expect(await dovecot.reader(dovecot.alice).messages(name), name).toHaveLength(1)
  })

  test('R93: nothing is made in its place, renamed out of it, or moved into it', async () => {
    expect((await tools.call('create_mailbox', { name: 'Private/New' })).isError).toBe(true)
    expect((await tools.call('rename_mailbox', { name: 'Work', new_name: 'Open' })).isError).toBe(true)
    expect((await tools.call('rename_mailbox', { name: 'Privately', new_name: 'Private/x' })).isError).toBe(
      true,
    )
    expect((await tools.call('delete_mailbox', { name: 'Work' })).isError).toBe(true)
    const listed = JSON.stringify((await tools.call('list_mailboxes')).structured)
    expect(listed).toContain('"Work"')
  })
})
