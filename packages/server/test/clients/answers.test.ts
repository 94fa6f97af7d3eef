/** What reaches the model of each client: emails to go on with, pictures, the sentence of an error, the way on. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, startProduct, type TestProduct } from '../oauth/product.ts'
import { attachmentId, drafts, longText, picture } from './material.ts'
import { openSession, type ReplayedSession } from './replay.ts'
import { modelHabits, replayedCallers, replayedClients } from './replayed-clients.ts'
import { structuredOf, textAndPictures } from './results.ts'

interface Email {
  readonly id: string
  readonly subject: string
  readonly body: string
  readonly next_offset?: number
}

/** Calls that fail, some with the id of an email that is there. */
const wrongCalls = (id: string): readonly [tool: string, given: Record<string, unknown>][] => [
  ['list_mailboxes', { account: 'nobody@example.com' }],
  ['get_email', { id: 'no-such-id' }],
  ['search_emails', { since: 'last week' }],
  ['get_attachment', { id, attachment_id: '99' }],
  ['move_email', { ids: [id], destination: 'No such mailbox' }],
]

interface Caller {
  readonly session: ReplayedSession
  /** Ids of the drafts, by their subjects: every connection has ids of its own. */
  readonly ids: Readonly<Record<keyof typeof drafts, string>>
}

let product: TestProduct
/** Of a client that adds nothing. */
let plain: Caller
/** What it is told of each wrong call. */
const sentences = new Map<string, string>()

beforeAll(async () => {
  product = await startProduct()
  const { session } = await connectCaller()
  for (const draft of Object.values(drafts)) structuredOf(await session.call('draft_email', draft))
  await session.close()
  plain = await connectCaller()
  for (const [tool, result] of await failures(plain)) sentences.set(tool, textAndPictures(result).text)
})
afterAll(async () => {
  await plain.session.close()
  await product.close()
})

/** With a sign-in of its own: one connection may call 120 times a minute. */
async function connectCaller(adds?: Record<string, unknown>): Promise<Caller> {
  const { tokens } = await connect(product)
  const session = await openSession(product.url, tokens.access_token, { adds })
  const listed = await session.call('get_recent_emails', { mailbox: 'drafts' })
  const { emails } = structuredOf<{ emails: Email[] }>(listed)
  const idOf = (subject: string) => emails.find((email) => email.subject === subject)?.id ?? ''
  return { session, ids: { picture: idOf('picture'), long: idOf('long'), report: idOf('report') } }
}

async function failures({ session, ids }: Caller): Promise<[string, CallToolResult][]> {
  const results: [string, CallToolResult][] = []
  for (const [tool, given] of wrongCalls(ids.picture)) results.push([tool, await session.call(tool, given)])
  return results
}

describe.each([...replayedClients, ...replayedCallers, ...modelHabits])('$name', ({ adds, read }) => {
  let caller: Caller
  beforeAll(async () => {
    caller = await connectCaller(adds)
  })
  afterAll(() => caller.session.close())

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
    for (const [tool, result] of await failures(caller)) {
      expect(result.isError, tool).toBe(true)
      const sentence = textAndPictures(result).text
      // What the client adds is no fault of its model: at most it is named afterwards.
      expect(sentence, tool).toContain(sentences.get(tool))
      // In JSON, a quote in it is escaped.
      const { text } = read(result)
      const isWhole = text.includes(sentence) || text.includes(JSON.stringify(sentence).slice(1, -1))
      expect(isWhole, `${tool}: ${text}`).toBe(true)
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
  const { session, ids } = plain
  const cutShort: [string, Record<string, unknown>, 'offset' | 'cursor'][] = [
    ['get_email', { id: ids.long }, 'offset'],
    ['get_attachment', { id: ids.report, attachment_id: attachmentId }, 'offset'],
    ['get_recent_emails', { limit: 12 }, 'cursor'],
    ['search_emails', { mailbox: 'inbox', limit: 12 }, 'cursor'],
  ]
  for (const [tool, given, parameter] of cutShort) {
    const result = await session.call(tool, given)
    const { text } = textAndPictures(result)
    const way = nextOf(result, parameter)
    expect(way, tool).not.toBe('')
    expect(text.slice(0, 1_000), tool).toContain(way)
    expect(JSON.stringify(result).length, `${tool}: Copilot CLI puts more into a file`).toBeLessThan(60_000)
  }
})

test('what any client adds to the arguments is dropped, whatever the tool', async () => {
  const foreign = Object.assign({}, ...[...replayedClients, ...replayedCallers].map(({ adds }) => adds ?? {}))
  expect(Object.keys(foreign)).toContain('wait_for_previous')
  const { session, ids } = await connectCaller(foreign)
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
  await session.close()
})

test('a client that loads tools on demand has instructions to show', () => {
  expect(plain.session.instructions).toMatch(/email/)
})

function nextOf(result: CallToolResult, parameter: 'offset' | 'cursor'): string {
  const { email, ...rest } = structuredOf<Record<string, unknown> & { email?: Record<string, unknown> }>(
    result,
  )
  return String((email ?? rest)[`next_${parameter}`] ?? '')
}

function emailOf(result: CallToolResult): Email {
  return structuredOf<{ email: Email }>(result).email
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
