/** R93: in a mailbox that the owner lets be read only, and in what lies in it, no tool changes anything. */
import { type Dovecot, findDovecot, startDovecot } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, type OpenTools, openTools, toAccount } from './open-tools.ts'

describe.skipIf(!findDovecot())('R93: read-only mailboxes', () => {
  let dovecot: Dovecot
  let tools: OpenTools
  let inside: string
  let outside: string
  const folders = ['Contracts', 'Contracts/Old', 'Contracts/Empty', 'Notes'] as const

  beforeAll(async () => {
    dovecot = await startDovecot()
    const account = toAccount(dovecot.alice, dovecot, 1)
    const connector = loopbackConnector(dovecot.ca)
    const plain = await openTools({ accounts: [account], connector })
    for (const name of folders) await plain.call('create_mailbox', { name })
    await plain.close()
    const reader = dovecot.reader(dovecot.alice)
    for (const name of ['Contracts/Old', 'Notes'])
      await reader.append(name, [
        `From: bob@test.example\nMessage-ID: <${name}@x>\nSubject: ${name}\n\nWords\n`,
      ])
    tools = await openTools({ accounts: [account], connector, accountSettings: { readOnly: ['contracts'] } })
    const idIn = async (mailbox: string) =>
      (await tools.call('get_recent_emails', { mailbox })).structured.emails[0].id
    inside = await idIn('Contracts/Old')
    outside = await idIn('Notes')
  })
  afterAll(async () => {
    await tools?.close()
    await dovecot?.stop()
  })

  async function state() {
    const reader = dovecot.reader(dovecot.alice)
    const rows = await Promise.all(
      folders.map(async (name) =>
        (await reader.messages(name)).map(({ messageId, flags }) => [
          name,
          messageId,
          [...flags].filter((flag) => flag !== '\\Recent').sort(),
        ]),
      ),
    )
    const { structured } = await tools.call('list_mailboxes', { include_counts: false })
    return JSON.stringify([rows, structured.mailboxes])
  }

  test.each([
    ['mark_as_read', () => ({ ids: [inside] })],
    ['set_flags', () => ({ ids: [inside], add: ['flagged'] })],
    ['move_email', () => ({ ids: [inside], destination: 'Notes' })],
    ['move_email', () => ({ ids: [outside], destination: 'Contracts' })],
    ['move_email', () => ({ ids: [outside], destination: 'CONTRACTS/Old' })],
    ['archive_email', () => ({ ids: [inside] })],
    ['delete_email', () => ({ ids: [inside] })],
    ['mark_as_spam', () => ({ ids: [inside] })],
    ['create_mailbox', () => ({ name: 'Contracts/New' })],
    ['rename_mailbox', () => ({ name: 'Contracts/Old', new_name: 'Loose' })],
    ['rename_mailbox', () => ({ name: 'Notes', new_name: 'Contracts/Notes' })],
    ['delete_mailbox', () => ({ name: 'Contracts/Empty' })],
    [
      'organize_emails',
      () => ({ query: 'subject:Old', mailbox: 'Contracts/Old', action: 'flag', dry_run: false, expected: 1 }),
    ],
  ])('R93: %s changes nothing there', async (tool, given) => {
    const before = await state()
    const { structured, text } = await tools.call(tool, given())
    expect(JSON.stringify([structured, text])).toMatch(/mailbox_read_only|mailbox_not_found/)
    expect(await state()).toBe(before)
  })

  test('R93: it is read, and the refusal says where the owner allows more', async () => {
    expect((await tools.call('get_email', { id: inside })).text).toContain('Words')
    const { text } = await tools.call('mark_as_read', { ids: [inside] })
    expect(text).toMatch(/nothing in it be changed.*\/oauth\/connections/)
    expect(
      (await tools.call('set_flags', { ids: [outside], add: ['flagged'] })).structured.results[0].ok,
    ).toBe(true)
  })
})
