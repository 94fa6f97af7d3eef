/** What models and clients really send: read in one place, for every tool, and never where it says who gets what. */
import type { Connector, MailAccount } from '@email-connector/mail'
import { MailError } from '@email-connector/mail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { readArguments } from '../../src/tool-call/lenient-arguments.ts'
import * as parameters from '../../src/tool-call/parameters.ts'
import { composes, parseArguments, toUnknownText } from '../../src/tool-call/tool-schema.ts'
import { toolDefinitions, tools } from '../../src/tools/catalog.ts'
import { type OpenTools, openTools } from '../tools/open-tools.ts'

const connector: Connector = {
  async connect() {
    throw new MailError('host_unreachable', { protocol: 'imap' })
  },
  tlsOptions: () => ({}),
}
const account: MailAccount = {
  provider: 'generic',
  address: 'alice@test.example',
  aliases: [],
  login: 'alice@test.example',
  imap: { host: 'imap.test.example', port: 993, tls: 'implicit' },
  smtp: { host: 'smtp.test.example', port: 465, tls: 'implicit' },
  credential: { type: 'password', password: 'x' },
}

let one: OpenTools
beforeAll(async () => {
  let seconds = 1_800_000_000
  // Every call in a minute of its own: the limit of calls is another test's.
  const now = () => {
    seconds += 61
    return seconds
  }
  one = await openTools({ accounts: [account], connector, now, lifeDays: 3650 })
})
afterAll(() => one?.close())

const schema = z.strictObject({
  words: parameters.line.optional(),
  needed: parameters.line,
  plain: z.string().default('as it is'),
  limit: parameters.limit(50, 10),
  at_least: z.int().min(0).exactOptional(),
  flag: z.boolean().default(true),
  pages: parameters.pages,
  size: parameters.size.exactOptional(),
  list: z.array(parameters.line).max(3).optional(),
  objects: z.array(z.strictObject({ name: parameters.line.optional() })).default([]),
})
const read = (given: object) => parseArguments(schema, { needed: 'x', ...given }).input

describe('the arguments of a call', () => {
  test('an empty string or null for an optional means that it is absent', () => {
    const nothing = read({})
    for (const absent of ['', null]) {
      const names = ['words', 'plain', 'limit', 'at_least', 'flag', 'pages', 'size', 'list', 'objects']
      expect(read(Object.fromEntries(names.map((name) => [name, absent])))).toEqual(nothing)
    }
    expect(read({ needed: '' })).toMatchObject({ needed: '' })
    expect(() => read({ needed: null })).toThrow('"needed" is missing.')
  })

  test.each([
    [100, 50],
    [51, 50],
    [0, 1],
    [-7, 1],
    ['100', 50],
    ['20', 20],
    ['0', 1],
    ['20.0', 20],
    [1e300, 50],
    ['999999999999999999999', 50],
  ])('limit %j is taken as %j', (given, taken) => {
    expect(read({ limit: given })).toMatchObject({ limit: taken })
  })

  test('what is no whole number is refused', () => {
    for (const given of [1.5, '1.5'])
      expect(() => read({ limit: given })).toThrow('"limit" must be a whole number.')
    for (const given of ['ten', '1e1', ' 5', '٣', [5], {}, true, '1'.repeat(1_000_000)])
      expect(() => read({ limit: given })).toThrow('"limit" must be a number.')
  })

  test('a whole number where a text is wanted is its digits; no other number is a text', () => {
    expect(read({ words: 2, needed: 2026 })).toMatchObject({ words: '2', needed: '2026' })
    for (const given of [1.5, 1e300, true, ['2']])
      expect(() => read({ words: given })).toThrow('"words" must be a text.')
    expect(() => read({ list: [2] })).toThrow('"list[0]" must be a text.')
  })

  test('a bound on one side clamps on that side alone', () => {
    expect(read({ at_least: -1 })).toMatchObject({ at_least: 0 })
    expect(read({ at_least: 7_000_000_000 })).toMatchObject({ at_least: 7_000_000_000 })
  })

  test('a boolean may come as a word, and no other word is one', () => {
    for (const word of ['false', 'False', 'FALSE'])
      expect(read({ flag: word })).toMatchObject({ flag: false })
    expect(read({ flag: 'true' })).toMatchObject({ flag: true })
    for (const other of ['yes', '0', 0, 1, 'constructor', 'toString'])
      expect(() => read({ flag: other })).toThrow('"flag" must be true or false.')
  })

  test('a number of pages is that page, and what is no range says what one is', () => {
    expect(read({ pages: 2 })).toMatchObject({ pages: { from: 2, to: 2 } })
    expect(read({ pages: '2-4' })).toMatchObject({ pages: { from: 2, to: 4 } })
    for (const given of ['1,2', '0', 'all'])
      expect(() => read({ pages: given })).toThrow('"pages" must be a page or a range such as 2-4.')
  })

  test.each([
    ['1M', 1_048_576],
    ['500 kB', 512_000],
    ['7000', 7000],
    [7000, 7000],
    [-1, 0],
  ])('a size may come as `larger:` takes it: %j is %s', (given, bytes) => {
    expect(read({ size: given })).toMatchObject({ size: bytes })
    expect(() => read({ size: 'big' })).toThrow('"size" must be a number.')
  })

  test('one string where a list is wanted is a list of one, and a list that came as its JSON is that list', () => {
    expect(read({ list: 'a' })).toMatchObject({ list: ['a'] })
    expect(read({ list: '["a","b"]' })).toMatchObject({ list: ['a', 'b'] })
    expect(read({ list: '[a, b' })).toMatchObject({ list: ['[a, b'] })
    expect(read({ objects: '[{"name":"a"}]' })).toMatchObject({ objects: [{ name: 'a' }] })
    expect(() => read({ list: '["a",7]' })).toThrow('"list[1]" must be a text.')
    expect(() => read({ list: '["a","b","c","d"]' })).toThrow('"list" must hold at most 3.')
  })

  test('nothing below the top level is read leniently', () => {
    expect(() => read({ list: ['a', null] })).toThrow('"list[1]" must be a text.')
    expect(() => read({ objects: [{ name: null }] })).toThrow('"objects[0].name" must be a text.')
    expect(() => read({ objects: [{}, { nme: 'a' }] })).toThrow('"objects[1].nme" is not known here.')
    expect(() => read({ objects: { name: 'a' } })).toThrow('"objects" must be a list.')
  })

  test('unknown keys are dropped, and told unless clients add them to every call', () => {
    const given = JSON.parse(
      '{"needed":"x","wait_for_previous":true,"__proto__":{"limit":5},"constructor":1,"neded":2}',
    )
    const { input, unknown } = readArguments(schema, given)
    expect(input).toEqual({ needed: 'x' })
    expect(unknown).toEqual(['constructor', 'neded'])
    // What is missing may be what was spelt wrong.
    expect(() => parseArguments(schema, { neded: 'x' })).toThrow(
      '"needed" is missing. Not a parameter of this tool, so ignored: "neded".',
    )
  })

  test('a long or hostile name of a key does not grow or break the sentence', () => {
    const keys = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`${index}\n\0${'k'.repeat(500)}`, 1]),
    )
    const told = toUnknownText(readArguments(schema, keys).unknown)
    expect(told.length).toBeLessThan(1000)
    expect(told).not.toMatch(/\p{Cc}/u)
    expect(told).toContain('and 990 more')
  })
})

const clientsOwn = {
  wait_for_previous: false,
  toolCallId: 'x',
  sessionId: 'x',
  chatInput: 'x',
  random_string: 'x',
  action: 'x',
  tool: 'x',
  _meta: {},
}

test.each(tools.map((tool) => [tool.name, tool] as const))(
  '%s takes what clients add of their own: the answer is the same, and says nothing of it',
  async (name, tool) => {
    const given = { ids: [], id: 'x', name: 'x' }
    const known = Object.fromEntries(
      Object.entries(given).filter(([key]) => key in (tool.input as z.ZodObject).shape),
    )
    const own = Object.fromEntries(
      Object.entries(clientsOwn).filter(([key]) => !(key in (tool.input as z.ZodObject).shape)),
    )
    const plain = await one.call(name, known)
    const answer = await one.call(name, { ...known, ...own })
    expect([answer.isError, answer.structured.code]).toEqual([plain.isError, plain.structured.code])
    expect(answer.text).not.toContain('Not a parameter')
    // What is spelt wrong is named, in an error about the arguments as well.
    const misspelt = parseMessage(tool, { ...known, attachment: 'x' })
    expect(misspelt).toContain('"attachment"')
  },
)

function parseMessage(tool: (typeof tools)[number], given: object): string {
  try {
    return toUnknownText(parseArguments(tool.input, given, tool.misplaced).unknown)
  } catch (error) {
    return String(error)
  }
}

test.each([
  ['organize_emails', { since: '2026-11-01' }, 'put it in "query", as after:2026-11-01'],
  ['organize_emails', { unread: false }, 'put it in "query", as is:unread or as is:read'],
  [
    'organize_emails',
    { hasAttachment: 'true' },
    'put it in "query", as has:attachment or as -has:attachment',
  ],
  ['organize_emails', { ids: ['x'] }, 'the tools that change single emails take them'],
  ['organize_emails', { folder: 'Spam', dry_run: false, expected: 1 }, 'give "mailbox"'],
  ['mark_as_read', { unread: true }, 'give "read", true or false'],
])('%s with %j is refused, since it would change more or the opposite', async (name, given, sentence) => {
  const wanted = name === 'mark_as_read' ? { ids: ['x'] } : { query: 'subject:x', action: 'delete' }
  const [field = ''] = Object.keys(given)
  const { isError, structured, text } = await one.call(name, { ...wanted, ...given })
  expect([isError, structured]).toMatchObject([true, { code: 'invalid_input', field }])
  expect(text).toBe(`"${field}" is not known here: ${sentence}.`)
  // Without a value it says nothing; the connector of this test reaches no server.
  const empty = await one.call(name, { ...wanted, [field]: null })
  expect(empty.structured.code).not.toBe(name === 'mark_as_read' ? undefined : 'invalid_input')
})

test('a clean-up refuses every condition of a search that it does not have itself', () => {
  const shapeOf = (name: string) => {
    const input = tools.find((tool) => tool.name === name)?.input
    return Object.keys((input as z.ZodObject).shape)
  }
  const { misplaced = {} } = tools.find(({ name }) => name === 'organize_emails') ?? {}
  const own = [...shapeOf('organize_emails'), ...Object.keys(misplaced)]
  // A cursor says where a page begins, and narrows nothing.
  expect(shapeOf('search_emails').filter((name) => !own.includes(name))).toEqual(['cursor'])
})

test('the listing of every tool that makes an email says that its answer may name what it does without, and of no other', () => {
  expect(tools.filter(composes).map(({ name }) => name)).toEqual([
    'draft_email',
    'update_draft',
    'send_draft',
    'send_email',
    'reply_to_email',
    'forward_email',
  ])
  for (const { name, outputSchema } of toolDefinitions) {
    const makesOne = tools.some((tool) => tool.name === name && composes(tool))
    if (makesOne) expect(outputSchema?.properties, name).toHaveProperty('warnings')
  }
})

interface Listed {
  readonly description?: string
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
}

test.each(toolDefinitions.map((tool) => [tool.name, tool] as const))(
  '%s says ranges and defaults in words too, since converters of some clients strip them',
  (_, { inputSchema }) => {
    for (const [name, one] of Object.entries((inputSchema.properties ?? {}) as Record<string, Listed>)) {
      const { description = '', minimum, maximum, maxItems } = one
      for (const bound of [minimum, maximum, maxItems])
        if (bound !== undefined) expect(description, name).toMatch(new RegExp(`\\b${bound}\\b`))
      const silent = [undefined, '', false]
      if (!silent.includes(one.default as string) && !Array.isArray(one.default))
        expect(description, name).toContain(`efault ${one.default}`)
    }
  },
)
