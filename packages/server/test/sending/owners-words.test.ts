/** R84: what the owner keeps on the page of connections is in what goes out: names, other addresses, signatures, days. */
import { findDovecot } from '@email-connector/testing'
import PostalMime from 'postal-mime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loopbackConnector, openTools, toAccount } from '../tools/open-tools.ts'
import { openSendingTools, type SendingTools } from './sending-tools.ts'

describe.skipIf(!findDovecot())('R84: what the owner keeps', () => {
  let opened: SendingTools
  let dovecot: SendingTools['dovecot']
  let submission: SendingTools['submission']
  let tools: SendingTools['tools']

  beforeAll(async () => {
    opened = await openSendingTools({
      accountSettings: {
        name: 'Alice Smith',
        aliases: [{ address: 'desk@test.example', name: 'The desk' }, { address: 'al@test.example' }],
        signatures: [
          { text: 'Alice\nGarden office', html: '<b>Alice</b><br>Garden office' },
          { address: 'desk@test.example', text: 'The desk' },
        ],
        timeZone: 'Pacific/Auckland',
      },
    })
    ;({ dovecot, submission, tools } = opened)
  })
  afterAll(() => opened?.close())

  async function sent(tool: string, given: object) {
    const { structured, text } = await tools.call(tool, { body: `Words ${crypto.randomUUID()}.`, ...given })
    expect(structured.state, text).toBe('sent')
    return await PostalMime.parse(submission.messages.at(-1)?.raw ?? '')
  }
  const to = ['bob@test.example']

  test.each([
    [undefined, { name: 'Alice Smith', address: 'alice@test.example' }, '-- \nAlice\nGarden office'],
    ['desk@test.example', { name: 'The desk', address: 'desk@test.example' }, '-- \nThe desk'],
    ['al@test.example', { name: 'Alice Smith', address: 'al@test.example' }, '-- \nAlice\nGarden office'],
  ])('an email from %s has its name and its signature', async (from, written, signature) => {
    const email = await sent('send_email', { to, subject: 'Hello', ...(from && { from }) })
    expect(email.from).toEqual(written)
    expect(email.text?.trimEnd()).toMatch(new RegExp(`${signature}$`))
  })

  test('the signature has its HTML where the words have none, and goes on request', async () => {
    const email = await sent('send_email', { to, subject: 'Hello' })
    expect(email.html).toContain('<b>Alice</b>')
    const bare = await sent('send_email', { to, subject: 'Hello', signature: false })
    expect(bare.text).not.toContain('Garden office')
    expect(bare.html).toBeUndefined()
  })

  test('a reply signs above what it quotes, from the address that was written to; its draft is the same', async () => {
    await dovecot
      .reader(dovecot.alice)
      .append('INBOX', ['From: bob@test.example\nTo: desk@test.example\nSubject: Roses\n\nPrune them?\n'])
    const { structured } = await tools.call('get_recent_emails', { limit: 1 })
    const id = structured.emails[0].id
    const reply = await sent('reply_to_email', { id })
    expect(reply.from).toEqual({ name: 'The desk', address: 'desk@test.example' })
    expect(reply.text?.replaceAll('\r', '')).toMatch(/Words .*\n\n-- \nThe desk\n\n[\s\S]*> Prune them\?/)
    const draft = await tools.call('draft_email', { in_reply_to: id, body: 'Yes.' })
    expect(draft.text).toContain('The desk')
  })

  test('a day is a day where the owner lives', async () => {
    const raw =
      'From: bob@test.example\nTo: alice@test.example\nSubject: Dawn\nDate: Tue, 30 Jun 2026 12:00:00 +0000\n\nx\n'
    await dovecot.reader(dovecot.alice).append('INBOX', [raw])
    // The first of July in London, the second in Auckland.
    const now = () => Date.parse('2026-07-01T20:00:00Z') / 1000
    const found: number[] = []
    for (const timeZone of ['Europe/London', 'Pacific/Auckland']) {
      const there = await openTools({
        accounts: [toAccount(dovecot.alice, dovecot, submission.smtpsPort)],
        connector: loopbackConnector(dovecot.ca),
        accountSettings: { timeZone },
        now,
      })
      for (const account of [undefined, 'all']) {
        const query = { query: 'subject:Dawn newer_than:1d', ...(account && { account }) }
        found.push((await there.call('search_emails', query)).structured.emails.length)
      }
      const clean = { query: 'subject:Dawn newer_than:1d', action: 'flag' }
      found.push((await there.call('organize_emails', clean)).structured.count)
      await there.close()
    }
    expect(found).toEqual([1, 1, 1, 0, 0, 0])
  })
})
