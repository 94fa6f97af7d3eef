/** R92, R100: the sealed state of a review card, over the real endpoint and real mailboxes. */
import { join } from 'node:path'
import {
  createTempFolder,
  findDovecot,
  findDynamoDb,
  type LocalDynamoDb,
  startDynamoDb,
} from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sealSettings } from '../../src/accounts/sealed-settings.ts'
import { defaultGrantSettings, type GrantSettings, grantSettings } from '../../src/accounts/settings.ts'
import { reviewKey } from '../../src/cards/review-card.ts'
import { derivePolicyKey } from '../../src/keys/owner-keys.ts'
import { createDynamoStores } from '../../src/store/dynamodb/stores.ts'
import { createLevelStores } from '../../src/store/level/stores.ts'
import { ofGrant } from '../../src/store/owner-room-store.ts'
import type { Stores } from '../../src/store/stores.ts'
import { createTables } from '../store/dynamodb-tables.ts'
import {
  type Answer,
  type CardClient,
  type Mailboxes,
  reviewOf,
  startMailboxes,
  stateOf,
} from './card-clients.ts'

/** Of DynamoDB what the two stores do each in their own way: a state used up, rows let go, a race. */
const stores = findDynamoDb() === undefined ? ['level'] : ['level', 'DynamoDB']
const refused = { isError: true, structuredContent: { code: 'not_confirmed' } }

describe.skipIf(!findDovecot())('a review card', () => {
  let mail: Mailboxes
  const clock = { ahead: 0 }
  const now = () => Math.floor(Date.now() / 1000) + clock.ahead
  let dynamoDb: LocalDynamoDb | undefined
  let onDynamoDb: Stores | undefined
  beforeAll(async () => {
    mail = await startMailboxes()
    if (!stores.includes('DynamoDB')) return
    dynamoDb = await startDynamoDb()
    onDynamoDb = createDynamoStores({
      ...dynamoDb.clientOptions,
      tables: await createTables(dynamoDb, 'test'),
    })
  })
  afterAll(async () => {
    await mail?.close()
    await dynamoDb?.stop()
  })
  const on = (store: string) => (store === 'DynamoDB' && onDynamoDb ? { stores: onDynamoDb } : {})

  const letter = (subject: string) => ({
    to: ['Bob <bob@test.example>'],
    bcc: ['dave@test.example'],
    subject,
    body: 'Dear Bob, *well*.',
    attachments: [{ filename: 'a.txt', content_type: 'text/plain', content: 'five!' }],
  })
  const open = async (options: Parameters<Mailboxes['open']>[0] = {}) => {
    clock.ahead = 0
    const tools = await mail.open({ now, ...options })
    return { tools, card: await tools.connect('2025', { cards: true }) }
  }
  const hold = async ({ call }: CardClient, subject: string): Promise<Answer> => {
    const held = await call('send_email', letter(subject))
    expect(held.structuredContent).toMatchObject({ state: 'held' })
    return held
  }

  test.each(stores)(
    'R92, R100: the state is in _meta alone; a yes sends the shown email once, and a retry says so (%s)',
    async (store) => {
      const { tools, card } = await open(on(store))
      const held = await hold(card, `Shown ${store}`)
      const review = reviewOf(held)
      expect(review).toMatchObject({
        people: [
          { name: 'From', values: [{ text: 'alice@test.example', marks: [] }] },
          { name: 'To', values: [{ text: 'bob@test.example', marks: store === 'level' ? ['NEW'] : [] }] },
          { name: 'Bcc', values: [{ text: 'dave@test.example' }] },
        ],
        subject: `Shown ${store}`,
        text: 'Dear Bob, *well*.',
        files: ['Attachment 1 of 1: "a.txt", text/plain, 5 bytes'],
      })
      const state = stateOf(held)
      const seen = JSON.stringify([held.content, held.structuredContent])
      expect(seen).not.toContain(state)
      expect(seen).toContain('card')
      expect(Buffer.from(state, 'base64url').toString('latin1')).not.toMatch(/test\.example|Shown|Drafts/)
      const [draft] = await mail.drafts(`Shown ${store}`)
      expect(mail.sentTo(`Shown ${store}`)).toHaveLength(0)

      const sent = await card.call('approve_send', { state, answer: 'send' })
      expect(sent.structuredContent).toMatchObject({ state: 'sent', repeated: false, sent_copy: 'filed' })
      expect(await card.call('approve_send', { state, answer: 'send' })).toMatchObject(refused)
      expect(await card.call('send_email', letter(`Shown ${store}`))).toMatchObject({
        structuredContent: { state: 'sent', repeated: true },
      })
      const [message, ...others] = mail.sentTo(`Shown ${store}`)
      expect(others).toEqual([])
      expect(message?.to).toEqual(['bob@test.example', 'dave@test.example'])
      // What lay in Drafts went out, but for Date and Bcc.
      const comparable = (raw: Buffer | undefined) =>
        raw
          ?.toString()
          .replace(/^(?:Date|Bcc): .*\r\n/gm, '')
          .trimEnd()
      expect(comparable(message?.raw)).toBe(comparable(draft?.raw))
      expect(await mail.drafts(`Shown ${store}`)).toEqual([])
      for (const text of [JSON.stringify(tools.logged), JSON.stringify(sent)])
        expect(text).not.toContain(state)
    },
  )

  test('R92: keep leaves the draft, and the next send_draft brings a card of its own', async () => {
    const { card } = await open()
    const held = await hold(card, 'Kept')
    const kept = await card.call('approve_send', { state: stateOf(held), answer: 'keep' })
    const { draft_id: id } = held.structuredContent
    expect(kept.structuredContent).toMatchObject({ state: 'held', draft_id: id })
    expect(await card.call('approve_send', { state: stateOf(held), answer: 'send' })).toMatchObject(refused)
    expect(await mail.drafts('Kept')).toHaveLength(1)
    const again = await card.call('send_draft', { id })
    expect(reviewOf(again)?.text).toContain('Dear Bob, _well_.')
    expect(mail.sentTo('Kept')).toHaveLength(0)
    const sent = await card.call('approve_send', { state: stateOf(again), answer: 'send' })
    expect(sent.structuredContent).toMatchObject({ state: 'sent' })
    expect(mail.sentTo('Kept')).toHaveLength(1)
  })

  test.each(stores)(
    'R92: discard puts the draft into the bin; the same email is put before the person once more (%s)',
    async (store) => {
      const { card } = await open(on(store))
      const key = { ...letter(`Discarded ${store}`), idempotency_key: 'discarded' }
      const held = await card.call('send_email', key)
      const gone = await card.call('approve_send', { state: stateOf(held), answer: 'discard' })
      expect(gone.structuredContent).toMatchObject({ state: 'discarded' })
      expect(await mail.drafts(`Discarded ${store}`)).toEqual([])
      const again = await card.call('send_email', key)
      expect(again.structuredContent).toMatchObject({ state: 'held', repeated: false })
      expect(await mail.drafts(`Discarded ${store}`)).toHaveLength(1)
      await card.call('approve_send', { state: stateOf(again), answer: 'send' })
      expect(mail.sentTo(`Discarded ${store}`)).toHaveLength(1)
    },
  )

  test('R92: a retry of a held email brings a card for the one that lies in Drafts, or says that none does', async () => {
    const { card } = await open()
    const held = await hold(card, 'Retried')
    const again = await card.call('send_email', letter('Retried'))
    expect(again.structuredContent).toMatchObject({ state: 'held', repeated: true })
    expect(stateOf(again)).not.toBe(stateOf(held))
    expect(await mail.drafts('Retried')).toHaveLength(1)
    await card.call('approve_send', { state: stateOf(again), answer: 'discard' })
    const late = await card.call('approve_send', { state: stateOf(held), answer: 'send' })
    expect(late).toMatchObject({ isError: true, structuredContent: { code: 'stale_id' } })
    expect(mail.sentTo('Retried')).toHaveLength(0)

    const another = await hold(card, 'Moved away')
    const { draft_id: id } = another.structuredContent
    await card.call('delete_email', { ids: [id] })
    const retried = await card.call('send_email', letter('Moved away'))
    expect(retried.structuredContent.message).toContain('no longer there')
    expect(reviewOf(retried)).toBeUndefined()
  })

  test('R100: a changed character, an invented state, one of a question, another grant or client opens nothing', async () => {
    const { tools, card } = await open()
    const other = await open()
    const state = stateOf(await hold(card, 'Forged'))
    const foreign = stateOf(await hold(other.card, 'Forged elsewhere'))
    for (const forged of [`${state.startsWith('A') ? 'B' : 'A'}${state.slice(1)}`, 'e30', foreign])
      expect(await card.call('approve_send', { state: forged, answer: 'send' })).toMatchObject(refused)
    Object.assign(tools.caller, { clientId: 'another client' })
    expect(await card.call('approve_send', { state, answer: 'send' })).toMatchObject(refused)
    for (const subject of ['Forged', 'Forged elsewhere']) {
      expect(mail.sentTo(subject)).toHaveLength(0)
      expect(await mail.drafts(subject)).toHaveLength(1)
    }
  })

  test('R100: ends after five minutes, and the email is still in Drafts', async () => {
    const { card } = await open()
    const early = stateOf(await hold(card, 'In time'))
    const late = stateOf(await hold(card, 'Too late'))
    // Far enough from the end for a slow machine.
    clock.ahead = 240
    expect(
      (await card.call('approve_send', { state: early, answer: 'send' })).structuredContent,
    ).toMatchObject({
      state: 'sent',
    })
    clock.ahead = 301
    expect(await card.call('approve_send', { state: late, answer: 'send' })).toMatchObject(refused)
    expect(await mail.drafts('Too late')).toHaveLength(1)
  })

  test.each(stores)(
    'R92: of 8 answers at once with one state, and of two cards of one draft, one email goes out (%s)',
    async (store) => {
      const { card } = await open(on(store))
      const held = await hold(card, `Raced ${store}`)
      const state = stateOf(held)
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => card.call('approve_send', { state, answer: 'send' })),
      )
      expect(answers.filter((one) => one.structuredContent.code === 'not_confirmed')).toHaveLength(7)
      expect(mail.sentTo(`Raced ${store}`)).toHaveLength(1)

      const first = stateOf(await hold(card, `Two cards ${store}`))
      const second = stateOf(await card.call('send_email', letter(`Two cards ${store}`)))
      const both = await Promise.all(
        [first, second].map((one) => card.call('approve_send', { state: one, answer: 'send' })),
      )
      expect(both.filter((one) => one.structuredContent.repeated === false)).toHaveLength(1)
      expect(mail.sentTo(`Two cards ${store}`)).toHaveLength(1)
    },
  )

  test('R92: a draft that was changed after it was shown is shown again and not sent', async () => {
    const { card } = await open()
    const held = await hold(card, 'Changed')
    const { draft_id: id } = held.structuredContent
    await card.call('update_draft', { id, body: 'Other words.' })
    for (const answer of ['send', 'discard']) {
      const state = stateOf(answer === 'send' ? held : await card.call('send_draft', { id }))
      if (answer === 'discard') await card.call('update_draft', { id, body: 'Others again.' })
      const asked = await card.call('approve_send', { state, answer })
      expect(asked.structuredContent).toMatchObject({ state: 'held' })
      expect(asked.structuredContent.message).toContain('was changed')
      expect(reviewOf(asked)?.text).toContain(answer === 'send' ? 'Other words.' : 'Others again.')
      expect(mail.sentTo('Changed')).toHaveLength(0)
      if (answer === 'send') continue
      const sent = await card.call('approve_send', { state: stateOf(asked), answer: 'send' })
      expect(sent.structuredContent).toMatchObject({ state: 'sent' })
    }
    expect(mail.sentTo('Changed')[0]?.raw.toString()).toContain('Others again.')
  })

  test('R92: a draft of another program that sends its answers elsewhere says so in the card', async () => {
    const { card } = await open()
    const [uid] = await mail.dovecot
      .reader(mail.dovecot.alice)
      .append(
        'Drafts',
        [
          'From: alice@test.example\r\nTo: bob@test.example\r\nReply-To: thief@evil.example\r\n' +
            'Subject: Redirected\r\nMessage-ID: <redirected@test.example>\r\n\r\nHello\r\n',
        ],
        ['\\Draft'],
      )
    expect(uid).toBeGreaterThan(0)
    const listed = await card.call('get_recent_emails', { mailbox: 'drafts', limit: 1 })
    const held = await card.call('send_draft', { id: listed.structuredContent.emails[0].id })
    expect(reviewOf(held)?.redirects).toEqual([
      'Reply-To: thief@evil.example [ANSWERS go there, not to From]',
    ])
    expect(mail.sentTo('Redirected')).toHaveLength(0)
  })

  test('R92, R93: what the owner has set since holds: no app may send, and the limits', async () => {
    const folder = createTempFolder('review')
    const stores = await createLevelStores({ dir: join(folder.path, 'store'), now })
    const { tools, card } = await open({ stores })
    const set = async (changed: Partial<GrantSettings>) => {
      const found = await stores.accounts.findGrantWithAccounts(tools.caller.grantId)
      const row = found?.settings.find(({ of }) => of === ofGrant)
      if (row === undefined) throw new Error('no settings')
      const place = { grantId: row.grantId, of: row.of, version: row.version + 1, expiresAt: row.expiresAt }
      const settings = { ...defaultGrantSettings, ...changed }
      const sealed = sealSettings(derivePolicyKey(tools.caller.secret), place, grantSettings, settings)
      await stores.accounts.putSettings(sealed, row.version)
    }
    const answers: Answer[] = []
    const { limits } = defaultGrantSettings
    for (const [subject, changed] of [
      ['Always', { ask: 'always' }],
      ['No files', { limits: { ...limits, attachments: false } }],
      ['None an hour', { limits: { ...limits, sendsPerHour: 0 } }],
    ] as const) {
      await set({})
      const state = stateOf(await hold(card, subject))
      await set(changed)
      answers.push(await card.call('approve_send', { state, answer: 'send' }))
      expect(mail.sentTo(subject)).toHaveLength(0)
      expect(await mail.drafts(subject)).toHaveLength(1)
    }
    expect(answers.map((one) => one.structuredContent.code)).toEqual([
      'not_confirmed',
      'owner_limit',
      'owner_limit',
    ])
    await set({ ask: 'always' })
    expect((await card.call('send_email', letter('Unasked'))).structuredContent.state).toBe('held')
    await set({})
    const trusted = stateOf(await hold(card, 'Trusted'))
    await set({ ask: 'always', trust: true })
    await card.call('approve_send', { state: trusted, answer: 'send' })
    expect(mail.sentTo('Trusted')).toHaveLength(1)
    await stores.close()
    await folder.remove()
  })

  test('R100: an email too long for an answer with its card is held without one', async () => {
    const { card } = await open()
    const long = { ...letter('Long'), body: `HEAD ${'wörd '.repeat(9_999)} TAIL` }
    const shown = reviewOf(await card.call('send_email', long))
    expect(shown?.text).toMatch(/^HEAD [\s\S]*characters are not shown here, but go out[\s\S]* TAIL$/)
    const quotes = { ...letter('Quotes'), body: '"'.repeat(45_000) }
    const held = await card.call('send_email', quotes)
    expect(held.structuredContent).toMatchObject({ state: 'held' })
    expect(held).not.toHaveProperty('_meta')
    expect(reviewKey).toBe('email-connector/review')
  })
})
