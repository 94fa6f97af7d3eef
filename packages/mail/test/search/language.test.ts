/** The search language: what is understood, what is said about the rest, and that printing gives the same tree again. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxQueryChars, parseQuery } from '../../src/search/parse.ts'
import { printQuery } from '../../src/search/print.ts'
import { allOf, anyOf, notOf, type Query, type Term } from '../../src/search/query.ts'

const today = '2026-11-27'
const understood = (query: string) => printQuery(parseQuery(query, today).query)

describe('R87: the search language', () => {
  test.each([
    ['from:ann is:unread', 'from:ann is:unread'],
    ['invoice "blue whale" -draft', 'invoice "blue whale" -draft'],
    // OR binds tighter than a space, as in Gmail
    ['a OR b c', '(a OR b) c'],
    ['a AND b', 'a b'],
    ['NOT from:x', '-from:x'],
    ['{a b} c', '(a OR b) c'],
    ['from:(ann OR bob) -subject:"out of office"', '(from:ann OR from:bob) -subject:"out of office"'],
    ['-(a b)', '-(a b)'],
    ['--a', '"--a"'],
    // names and addresses as they stand in our own rows
    ['from:Uwe Brandt <uwe@reef.example> invoice', 'from:uwe@reef.example invoice'],
    ['from:"Uwe Brandt <uwe@reef.example>"', 'from:uwe@reef.example'],
    ['to:mailto:a@reef.example', 'to:a@reef.example'],
    // what phones and models type
    ['“blue whale” –draft', '"blue whale" -draft'],
    ['from：ann', 'from:ann'],
    ['from: ann', 'from:ann'],
    ['subject:(re: OR fwd:)', 'subject:re OR subject:fwd'],
    ['subject:(Re: invoice) x', 'subject:Re subject:invoice x'],
    // the stars of other languages, outside of quotation marks
    ['filename:*.pdf from:*@reef.example inv* -*draft**', 'filename:".pdf" from:"@reef.example" inv -draft'],
    ['a*b "inv*" subject:"*x*"', '"a*b" "inv*" subject:"*x*"'],
    ['list:* list:*.reef.example', 'list:"*" list:".reef.example"'],
    // Gmail's own labels
    ['label:Inbox -label:spam', 'in:inbox -in:spam'],
    ['label:unread tag:Starred', '(is:unread OR label:unread) (is:starred OR label:Starred)'],
    ['label:important label:constructor', 'label:important label:constructor'],
    ['subject: Re: invoice', 'subject:Re invoice'],
    ['subject:Re: invoice', 'subject:"Re:" invoice'],
    ['well-known a - b :)', 'well-known a b'],
    ['http://reef.example/a:b', '"http://reef.example/a:b"'],
    // other names for the same
    ['since:2026-03-01 until:2026-04-01', 'after:2026-03-01 before:2026-04-01'],
    ['is:flagged is:seen has:attachments', 'is:starred is:read has:attachment'],
    ['folder:Projects/2026', 'in:"Projects/2026"'],
    ['larger:5M smaller:1.5MB larger_than:100', 'larger:5242880 smaller:1572864 larger:100'],
    ['older_than:2w newer_than:3months', 'older_than:14d newer_than:3m'],
    // days as people write them
    ['after:2026/3/1 before:1.4.2026', 'after:2026-03-01 before:2026-04-01'],
    ['after:2026-03 before:2027', 'after:2026-03-01 before:2027-01-01'],
    ['after:yesterday before:12/31/2026', 'after:2026-11-26 before:2026-12-31'],
    ['after:2026-03-01T10:00:00Z', 'after:2026-03-01'],
    ['', ''],
    ['() "" -', ''],
  ])('reads %j as %j', (query, meaning) => {
    expect(parseQuery(query, today).faults).toEqual([])
    expect(understood(query)).toBe(meaning)
  })

  test.each([
    ['x from:', 3, 'from: has no value'],
    ['is:important', 4, 'is: takes read, unread, starred, answered, unanswered or awaiting'],
    ['is:constructor', 4, 'is: takes read, unread, starred, answered, unanswered or awaiting'],
    ['has:constructor', 5, 'has: takes attachment or invitation'],
    ['x from:*', 8, 'from: has no value'],
    ['has:drive', 5, 'has: takes attachment or invitation'],
    ['after:03/04/2026', 7, 'after: 03/04/2026 can be two days, write it as YYYY-MM-DD'],
    ['after:2026-02-31', 7, 'after: 2026-02-31 is no day of the calendar'],
    ['before:soon', 8, 'before: takes a day as YYYY-MM-DD'],
    ['larger:big', 8, 'larger: takes a size such as 500k, 5M or a number of bytes'],
    ['newer_than:soon', 12, 'newer_than: takes a number with d, w, m or y, such as 14d or 3m'],
    [`${'('.repeat(22)}a`, 22, 'is nested deeper than 20 levels'],
    ['a '.repeat(101), 201, 'has more than 100 words'],
    ['a'.repeat(maxQueryChars + 1), maxQueryChars + 1, 'is longer than 2000 characters'],
  ])('refuses %j at its place', (query, position, text) => {
    expect(parseQuery(query, today)).toMatchObject({ faults: [{ position, text }] })
    expect(parseQuery(query, today).query).toBeUndefined()
  })

  test.each([
    ['sender:ann', 'sender ann', 'from'],
    ['subjct:x', 'subjct x', 'subject'],
    ['sbuject:x', 'sbuject x', 'subject'],
    ['form:x', 'form x', 'from'],
    ['category:promotions', 'category promotions', 'label'],
  ])('searches the unknown operator of %j as words and names the nearest', (query, meaning, nearest) => {
    const { warnings } = parseQuery(query, today)
    expect(understood(query)).toBe(meaning)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({
      position: 1,
      text: expect.stringContaining(`nearest is ${nearest}:`),
    })
  })

  test.each([
    ['from:ann or from:bob', 10],
    ['from:(ann Or bob)', 11],
    ['from:(ann bob) or -is:read', undefined],
    ['is:unread or to:(ann bob)', 11],
    ['trick or treat', undefined],
    ['from:ann trick or treat', undefined],
    ['from:ann "or" from:bob', undefined],
    ['from:or subject:(or)', undefined],
    ['from:ann OR from:bob', undefined],
  ])('says of a small or in %j that it is a word, where either was meant', (query, position) => {
    const { warnings } = parseQuery(query, today)
    expect(warnings.map((one) => one.position)).toEqual(position === undefined ? [] : [position])
    for (const { text } of warnings)
      expect(text).toMatch(/^or was searched .*; OR in capitals means either$/i)
  })

  test.each([') a (b', 'a OR', 'OR a', '(a'])('says what it left out of %j', (query) => {
    const { faults, warnings, query: found } = parseQuery(query, today)
    expect(faults).toEqual([])
    expect(warnings.length).toBeGreaterThan(0)
    expect(found).toBeDefined()
  })

  test('never throws, whatever is typed', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'from:',
        'is:',
        '(',
        ')',
        '{',
        '}',
        'OR',
        '-',
        '"',
        ' ',
        'after:',
        '\u201c',
        '<a@b>',
        'in:x',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { query, faults } = parseQuery(pieces.join(''), today)
        expect(query === undefined || faults.length === 0).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('gives the same tree again when a printed query is read', () => {
    fc.assert(
      fc.property(queries, (query) => {
        expect(parseQuery(printQuery(query), today)).toEqual({ query, warnings: [], faults: [] })
      }),
      { numRuns: 2_000 },
    )
  })

  test('is linear in what is typed', async () => {
    for (const token of ['(', '-', '"', 'OR ', 'or ', 'from:', '<', 'a:', '{', ')', '*']) {
      const typed = token.repeat(maxQueryChars / token.length)
      expect(await leastCpuMs(100, () => parseQuery(typed, today))).toBeLessThan(100)
    }
  })
})

const value = fc
  .string({
    unit: fc.constantFrom('a', 'B', '7', 'é', '鯨', '-', '.', '@', ' ', ':', '(', '|', '*', '&'),
    minLength: 1,
    maxLength: 8,
  })
  .map((text) => text.trim().replace(/\s+/g, ' '))
  .filter((text) => text !== '')
const day = fc
  .integer({ min: 0, max: 20_000 })
  .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10))

const terms: fc.Arbitrary<Term> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    in: fc.constantFrom(
      ...([
        'any',
        'from',
        'to',
        'cc',
        'bcc',
        'with',
        'subject',
        'body',
        'list',
        'filename',
        'message-id',
      ] as const),
    ),
    value,
  }),
  fc.record({
    kind: fc.constant('is' as const),
    state: fc.constantFrom(...(['read', 'unread', 'starred', 'answered', 'unanswered', 'awaiting'] as const)),
  }),
  fc.record({
    kind: fc.constant('has' as const),
    what: fc.constantFrom('attachment' as const, 'invitation' as const),
  }),
  fc.record({ kind: fc.constant('in' as const), mailbox: value }),
  fc.record({ kind: fc.constant('label' as const), label: value }),
  fc.record({
    kind: fc.constant('size' as const),
    is: fc.constantFrom('larger' as const, 'smaller' as const),
    bytes: fc.integer({ min: 0, max: 0xffff_ffff }),
  }),
  fc.record({
    kind: fc.constant('date' as const),
    is: fc.constantFrom('after' as const, 'before' as const),
    day,
  }),
  fc.record({
    kind: fc.constant('age' as const),
    is: fc.constantFrom('older' as const, 'newer' as const),
    count: fc.integer({ min: 0, max: 9_999 }),
    unit: fc.constantFrom('day' as const, 'month' as const, 'year' as const),
  }),
)

/** Trees in normal form, small enough for the bounds of the language. */
const queries: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    terms,
    fc.array(tie('query'), { minLength: 2, maxLength: 3 }).map((of) => allOf(of) as Query),
    fc.array(tie('query'), { minLength: 2, maxLength: 3 }).map((of) => anyOf(of) as Query),
    tie('query').map((of) => notOf(of) as Query),
  ),
})).query
