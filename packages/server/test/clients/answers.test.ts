/** What reaches the model of each client: emails to go on with, pictures, the sentence of an error, the way on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, startProduct, type TestProduct } from '../oauth/product.ts'
import { attachmentId, drafts, longText, picture } from './material.ts'
import { openSession, type ReplayedSession } from './replay.ts'
import { replayedCallers, replayedClients } from './replayed-clients.ts'
import { structuredOf, textAndPictures } from './results.ts'

interface Email {
  readonly id: string
  readonly subject: string
  readonly body: string
  readonly next_offset?: number
  readonly attachments: readonly { readonly attachment_id: string }[]
}

interface Caller {
  readonly session: ReplayedSession
  /** The same connection without what the client adds. */
  readonly plain: ReplayedSession
  /** Ids of the emails in Drafts, by their subjects: every connection has ids of its own. */
  readonly ids: Readonly<Record<keyof typeof drafts, string>>
  close(): Promise<void>
}

let product: TestProduct

beforeAll(async () => {
  product = await startProduct()
  const { plain, close } = await connectCaller()
  for (const draft of Object.values(drafts)) structuredOf(await plain.call('draft_email', draft))
  await close()
})
afterAll(() => product.close())

async function connectCaller(adds?: Record<string, unknown>): Promise<Caller> {
  // One connection may call 120 times a minute.
  const { tokens } = await connect(product)
  const session = await openSession(product.url, tokens.access_token, { adds })
  const plain = await openSession(product.url, tokens.access_token)
  const { emails } = structuredOf<{ emails: Email[] }>(
    await plain.call('get_recent_emails', { mailbox: 'drafts' }),
  )
  const idOf = (subject: string) => emails.find((email) => email.subject === subject)?.id ?? ''
  return {
    ...{ session, plain },
    ids: { picture: idOf('picture'), long: idOf('long'), report: idOf('report') },
    async close() {
      await session.close()
      await plain.close()
    },
  }
}

describe.each([...replayedClients, ...replayedCallers])('$name', ({ adds, read }) => {
  let caller: Caller
  beforeAll(async () => {
    caller = await connectCaller(adds)
  })
  afterAll(() => caller.close())

  test('R51: its model gets the newest emails, and an id that works in the next call', async () => {
    const { session } = caller
    const result = await session.call('get_recent_emails', { limit: 3 })
    const { emails } = structuredOf<{ emails: Email[] }>(result)
    const { text } = read(result)
    expect(emails).toHaveLength(3)
    for (const { id, subject } of emails) {
      expect(text).toContain(id)
      expect(text).toContain(subject)
    }
    const opened = read(await session.call('get_email', { id: emails[0]?.id }))
    expect(opened.text).toContain(emails[0]?.subject)
  })

  test('its model gets the whole sentence of an error, whatever went wrong', async () => {
    const { session, plain, ids } = caller
    const wrong: [string, Record<string, unknown>][] = [
      ['list_mailboxes', { account: 'nobody@example.com' }],
      ['get_email', { id: 'no-such-id' }],
      ['search_emails', { since: 'last week' }],
      ['get_attachment', { id: ids.picture, attachment_id: '99' }],
      ['move_email', { ids: [ids.picture], destination: 'No such mailbox' }],
    ]
    for (const [tool, given] of wrong) {
      const result = await session.call(tool, given)
      const sentence = textAndPictures(result).text
      expect(result.isError, tool).toBe(true)
      expect(sentence, tool).toMatch(/\w.{15,}\./)
      // What the client adds is no fault of its model: at most it is named afterwards.
      expect(sentence, tool).toContain(textAndPictures(await plain.call(tool, given)).text)
      // In JSON, a quote in it is escaped.
      const { text } = read(result)
      expect(
        text.includes(sentence) || text.includes(JSON.stringify(sentence).slice(1, -1)),
        `${tool}: ${text}`,
      ).toBe(true)
    }
  })

  test('its model sees a picture', async () => {
    const result = await caller.session.call('get_attachment', {
      id: caller.ids.picture,
      attachment_id: attachmentId,
    })
    expect(result.isError).not.toBe(true)
    expect(read(result).pictures).toEqual([picture])
  })

  test('its model is told how to go on with a long email and a long list, and can', async () => {
    const { session, ids } = caller
    const first = await session.call('get_email', { id: ids.long })
    const { body, next_offset: offset = 0 } = emailOf(first)
    expect(offset).toBeGreaterThan(0)
    expect(read(first).text).toContain(String(offset))
    const onwards = emailOf(await session.call('get_email', { id: ids.long, offset })).body
    expect(inOneLine(longText)).toContain(inOneLine(`${body.slice(-60)}${onwards.slice(0, 60)}`))

    const page = await session.call('search_emails', { mailbox: 'inbox', limit: 15 })
    const { next_cursor: cursor } = structuredOf<{ next_cursor: string }>(page)
    expect(read(page).text).toContain(cursor)
    const rest = await session.call('search_emails', { mailbox: 'inbox', limit: 15, cursor })
    expect(rest.isError).not.toBe(true)
  })
})

test('how to go on stands at the start of the text: some clients cut the end of a result, some its middle', async () => {
  const { plain, ids, close } = await connectCaller()
  const cutShort: [string, Record<string, unknown>, 'offset' | 'cursor'][] = [
    ['get_email', { id: ids.long }, 'offset'],
    ['get_attachment', { id: ids.report, attachment_id: attachmentId }, 'offset'],
    ['get_recent_emails', { limit: 12 }, 'cursor'],
    ['search_emails', { mailbox: 'inbox', limit: 12 }, 'cursor'],
  ]
  for (const [tool, given, parameter] of cutShort) {
    const result = await plain.call(tool, given)
    const { text } = textAndPictures(result)
    const way = nextOf(result, parameter)
    expect(way, tool).not.toBe('')
    expect(text.slice(0, 1_000), tool).toContain(way)
    expect(JSON.stringify(result).length, `${tool}: Copilot CLI puts more into a file`).toBeLessThan(60_000)
  }
  await close()
})

test('what any client adds to the arguments is dropped, whatever the tool', async () => {
  const adds = Object.assign({}, ...[...replayedClients, ...replayedCallers].map((one) => one.adds ?? {}))
  const { account, cursor, from, since, attachments, offset, unread_only, ...foreign } = adds
  expect(Object.keys(foreign)).toContain('wait_for_previous')
  const { session, ids, close } = await connectCaller(foreign)
  const id = ids.picture
  const calls: Record<string, Record<string, unknown>> = {
    list_providers: {},
    list_accounts: {},
    list_mailboxes: {},
    get_recent_emails: {},
    search_emails: { subject: 'Invoice' },
    get_email: { id },
    get_thread: { id },
    get_attachment: { id, attachment_id: attachmentId },
    mark_as_read: { ids: [id] },
    set_flags: { ids: [id], add: ['flagged'] },
    create_mailbox: { name: 'Made here' },
    draft_email: { to: ['ann@example.com'], subject: 'Draft', body: 'Text' },
  }
  for (const [tool, given] of Object.entries(calls)) {
    const result = await session.call(tool, given)
    expect(result.isError, `${tool}: ${textAndPictures(result).text}`).not.toBe(true)
  }
  await close()
})

test('a client that loads tools on demand has instructions to show', async () => {
  const { plain, close } = await connectCaller()
  expect(plain.instructions).toMatch(/email/)
  await close()
})

function nextOf(result: Parameters<typeof structuredOf>[0], parameter: 'offset' | 'cursor'): string {
  const { email, ...rest } = structuredOf<Record<string, unknown> & { email?: Record<string, unknown> }>(
    result,
  )
  return String((email ?? rest)[`next_${parameter}`] ?? '')
}

function emailOf(result: Parameters<typeof structuredOf>[0]): Email {
  return structuredOf<{ email: Email }>(result).email
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
