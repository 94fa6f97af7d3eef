/** R93: the owner's limits on what leaves, over a real mailbox and a server that counts what it was given. */
import { join } from 'node:path'
import {
  createTempFolder,
  type Dovecot,
  findDovecot,
  type Submission,
  startDovecot,
  startSubmission,
} from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type AccountSettings,
  defaultAccountSettings,
  type OwnerLimits,
} from '../../src/accounts/settings.ts'
import { createInstanceSecrets, parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import type { Stores } from '../../src/store/stores.ts'
import { loopbackConnector, type OpenTools, openTools, toAccount } from '../tools/open-tools.ts'

const noLimits = defaultAccountSettings.limits

describe.skipIf(!findDovecot())('R93: limits', () => {
  let dovecot: Dovecot
  let submission: Submission
  let stores: Stores & { close(): Promise<void> }
  let folder: ReturnType<typeof createTempFolder>
  let secrets = parseInstanceSecrets(createInstanceSecrets())
  const open: OpenTools[] = []
  let now = 1_800_000_000

  beforeAll(async () => {
    dovecot = await startDovecot()
    submission = await startSubmission({ mailServer: dovecot })
    folder = createTempFolder('limits')
    stores = await createLevelStores({ dir: join(folder.path, 'store'), now: () => now })
    const sent =
      'From: alice@test.example\r\nTo: Friend <friend@test.example>\r\nCc: bob@test.example\r\n\r\nHi'
    await dovecot.reader(dovecot.alice).append('Sent', [Buffer.from(sent)], ['\\Seen'])
    // What anybody can write into a mail: no envelope of the owner's.
    const forged = 'From: eve@evil.example\r\nTo: mallory@evil.example\r\n\r\nTo: mallory@evil.example'
    await dovecot.reader(dovecot.alice).append('INBOX', [Buffer.from(forged)], [])
  })
  beforeEach(() => {
    // A mailbox's counters are the deployment's: another deployment counts from none.
    secrets = parseInstanceSecrets(createInstanceSecrets())
    submission.refusals.recipients.clear()
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  afterAll(async () => {
    await stores?.close()
    await folder?.remove()
    await submission?.stop()
    await dovecot?.stop()
  })

  async function connect(
    limits: Partial<OwnerLimits>,
    account: Partial<AccountSettings> = {},
    ask: 'ask' | 'never' = 'never',
  ): Promise<OpenTools> {
    const tools = await openTools({
      accounts: [toAccount(dovecot.alice, dovecot, submission.smtpsPort)],
      connector: loopbackConnector(dovecot.ca),
      ...{ stores, secrets, now: () => now },
      grantSettings: { ask, limits: { ...noLimits, ...limits } },
      accountSettings: account,
    })
    open.push(tools)
    return tools
  }
  let count = 0
  const send = (tools: OpenTools, to: string | readonly string[], more: object = {}) => {
    count += 1
    const recipients = [to].flat()
    return tools.call('send_email', { to: recipients, subject: `Limit ${count}`, body: 'x', ...more })
  }
  const stateOf = async (answer: ReturnType<typeof send>) => {
    const { structured } = await answer
    return structured.code ?? structured.state
  }

  test.each([
    ['known', {}, ['bob@test.example', 'FRIEND@test.example'], ['mallory@evil.example', 'end@test.example']],
    ['own_domain', {}, ['bob@test.example', 'new@TEST.example'], ['a@sub.test.example', 'a@nottest.example']],
    [
      'listed',
      { listed: ['friend@test.example', '@ok.example', 'fine.example'] },
      ['friend@test.example'],
      ['bob@test.example', 'x@sub.ok.example'],
    ],
  ] as const)('R93: recipients %s', async (recipients, more, allowed, refused) => {
    const listed = 'listed' in more ? [...more.listed] : []
    const limits = { recipients, listed }
    for (const tools of [await connect(limits), await connect({}, { limits: { ...noLimits, ...limits } })]) {
      // The server of the test takes no stranger: refused by it, the email was let go.
      for (const one of allowed) expect(await stateOf(send(tools, one)), one).toMatch(/^(sent|rejected)$/)
      expect(await stateOf(send(tools, 'alice@test.example')), 'oneself').toBe('sent')
      const before = submission.dataCount()
      for (const one of refused) {
        const { structured, text } = await send(tools, allowed[0], { bcc: [one] })
        expect(structured, one).toEqual({ code: 'owner_limit', field: 'to' })
        expect(text).toContain(one)
        expect(text).toContain('/oauth/connections')
      }
      expect(submission.dataCount()).toBe(before)
    }
  })

  test('R93: without attachments neither a file, nor a forward, nor a stored draft with one leaves', async () => {
    const tools = await connect({ attachments: false })
    const file = { attachments: [{ filename: 'a.txt', content_type: 'text/plain', content: 'five!' }] }
    const before = submission.dataCount()
    expect(await stateOf(send(tools, 'bob@test.example', file))).toBe('owner_limit')
    const draft = await tools.call('draft_email', {
      to: ['bob@test.example'],
      subject: 'F',
      body: 'x',
      ...file,
    })
    expect((await tools.call('send_draft', { id: draft.structured.id })).structured.code).toBe('owner_limit')
    const { emails } = (await tools.call('get_recent_emails')).structured
    const forward = { id: emails[0].id, to: ['bob@test.example'], as_attachment: true }
    expect((await tools.call('forward_email', forward)).structured.code).toBe('owner_limit')
    expect(submission.dataCount()).toBe(before)
    expect(await stateOf(send(tools, 'bob@test.example'))).toBe('sent')
  })

  test('R93: sends an hour are counted over all connections of a mailbox, and the next hour is new', async () => {
    const [first, second, free] = [
      await connect({ sendsPerHour: 2 }),
      await connect({ sendsPerHour: 2 }),
      await connect({}),
    ]
    expect(await stateOf(send(free, 'bob@test.example'))).toBe('sent')
    expect(await stateOf(send(first, 'bob@test.example'))).toBe('sent')
    for (const tools of [first, second])
      expect(await stateOf(send(tools, 'bob@test.example'))).toBe('owner_limit')
    expect(await stateOf(send(free, 'bob@test.example'))).toBe('sent')
    now += 3600
    const answers = await Promise.all(
      [first, second, first, second].map((one) => stateOf(send(one, 'bob@test.example'))),
    )
    expect(answers.sort()).toEqual(['owner_limit', 'owner_limit', 'sent', 'sent'])
    const none = await connect({ sendsPerHour: 0 })
    expect(await stateOf(send(none, 'bob@test.example'))).toBe('owner_limit')
  })

  test('R93: of the limits of the mailbox and of the connection the lower one holds', async () => {
    for (const [connection, own] of [
      [1, 5],
      [5, 1],
    ] as const) {
      now += 3600
      const limits = { ...noLimits, sendsPerHour: own }
      const tools = await connect({ sendsPerHour: connection }, { limits })
      expect(await stateOf(send(tools, 'bob@test.example'))).toBe('sent')
      expect(await stateOf(send(tools, 'bob@test.example'))).toBe('owner_limit')
    }
  })

  test('R93: where nothing may go out, nobody is asked about it and nothing is held', async () => {
    const tools = await connect({ sendsPerHour: 0 }, {}, 'ask')
    expect(await stateOf(send(tools, 'bob@test.example'))).toBe('owner_limit')
    const others = await connect({ sendsPerHour: 1 }, {}, 'ask')
    expect(await stateOf(send(others, 'bob@test.example'))).toBe('held')
  })

  test('R93: new recipients a day: one twice is one, and who is refused uses up nothing', async () => {
    now += 86_400
    const tools = await connect({ newRecipientsPerDay: 2 })
    for (const one of ['n1@test.example', 'n2@test.example', 'n3@test.example'])
      submission.refusals.recipients.set(one, { code: 550, text: 'no' })
    expect(await stateOf(send(tools, ['n1@test.example', 'n2@test.example', 'n3@test.example']))).toBe(
      'owner_limit',
    )
    expect(await stateOf(send(tools, ['bob@test.example', 'n1@test.example']))).toBe('sent')
    expect(await stateOf(send(tools, ['bob@test.example', 'n1@test.example']))).toBe('sent')
    expect(await stateOf(send(tools, ['bob@test.example', 'n2@test.example']))).toBe('sent')
    const other = await connect({ newRecipientsPerDay: 2 })
    expect(await stateOf(send(other, ['bob@test.example', 'n3@test.example']))).toBe('owner_limit')
    expect(await stateOf(send(tools, 'bob@test.example'))).toBe('sent')
    now += 86_400
    expect(await stateOf(send(other, ['bob@test.example', 'n3@test.example']))).toBe('sent')
  })

  test('R93: what the limit of a day refuses uses up nothing of the hour', async () => {
    now += 86_400
    for (const one of ['p1@test.example', 'p2@test.example'])
      submission.refusals.recipients.set(one, { code: 550, text: 'no' })
    const tools = await connect({ sendsPerHour: 3, newRecipientsPerDay: 1 })
    expect(await stateOf(send(tools, ['bob@test.example', 'p1@test.example']))).toBe('sent')
    for (let time = 0; time < 2; time++)
      expect(await stateOf(send(tools, ['bob@test.example', 'p2@test.example']))).toBe('owner_limit')
    for (const state of ['sent', 'sent', 'owner_limit'])
      expect(await stateOf(send(tools, 'bob@test.example'))).toBe(state)
  })

  test('R93: whom an email went to is counted once a day, however written, also where Sent keeps no copy', async () => {
    const tools = await openTools({
      accounts: [toAccount(dovecot.bob, dovecot, submission.smtpsPort)],
      connector: loopbackConnector(dovecot.ca),
      ...{ stores, secrets, now: () => now },
      grantSettings: { ask: 'never', limits: { ...noLimits, newRecipientsPerDay: 2 } },
    })
    open.push(tools)
    const written = 'From: bob@test.example\r\nTo: alice@test.example\r\nSubject: Kept\r\n\r\nHi'
    await dovecot.reader(dovecot.bob).append('Sent', [Buffer.from(written)], ['\\Seen'])
    const forget = async () => {
      const { structured } = await tools.call('search_emails', { mailbox: 'sent', query: '-subject:kept' })
      await tools.call('delete_email', { ids: structured.emails.map(({ id }: { id: string }) => id) })
    }
    for (const one of ['q1@test.example', 'q2@test.example', 'q3@test.example'])
      submission.refusals.recipients.set(one, { code: 550, text: 'no' })
    // A server that takes one of them takes the email.
    const also = (...strangers: string[]) => stateOf(send(tools, ['alice@test.example', ...strangers]))
    for (const spelling of ['q1@test.example', 'Q1@TEST.example']) {
      expect(await also(spelling, 'q2@test.example'), spelling).toBe('sent')
      await forget()
    }
    // What the limit refuses does not forget whom it counted before.
    expect(await also('q1@test.example', 'q3@test.example')).toBe('owner_limit')
    expect(await also('q3@test.example')).toBe('owner_limit')
  })
})
