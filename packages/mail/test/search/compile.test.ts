/** What a query becomes for a server: one X-GM-RAW for Gmail, keys of SEARCH elsewhere. */
import { compiler } from 'imapflow/lib/handler/imap-handler.js'
import { describe, expect, test } from 'vitest'
import { startOfDay } from '../../src/search/days.ts'
import { takeMailboxes } from '../../src/search/mailboxes.ts'
import { parseQuery } from '../../src/search/parse.ts'
import { planSearch } from '../../src/search/plan.ts'
import { printQuery } from '../../src/search/print.ts'
import { toGmailSearch, toRaw } from '../../src/search/to-gmail.ts'
import { type ImapSearch, isJudgedByStructure, toImapSearch } from '../../src/search/to-imap.ts'

const today = '2026-11-27'
const queryOf = (text: string) => parseQuery(text, today).query

async function wire({ tokens }: ImapSearch): Promise<string> {
  const line = await compiler({ tag: 'A', command: 'SEARCH', attributes: tokens })
  return line.toString().replace('A SEARCH ', '')
}

describe('R87: a query for IMAP', () => {
  test.each([
    ['', 'ALL'],
    ['blue whale', 'TEXT "blue" TEXT "whale"'],
    ['"blue whale"', 'TEXT "blue whale"'],
    ['a OR b OR c', 'OR (TEXT "a") (OR (TEXT "b") (TEXT "c"))'],
    ['-(a b)', 'NOT (TEXT "a" TEXT "b")'],
    ['from:ann -subject:x', 'FROM "ann" NOT (SUBJECT "x")'],
    ['to:ann', 'OR (TO "ann") (CC "ann")'],
    ['with:ann', 'OR (FROM "ann") (OR (TO "ann") (CC "ann"))'],
    ['list:dev.reef.example', 'HEADER "List-Id" "dev.reef.example"'],
    ['list:*', 'OR (HEADER "List-Id" "") (HEADER "List-Unsubscribe" "")'],
    [
      'is:newsletter -has:unsubscribe',
      'OR (HEADER "List-Id" "") (HEADER "List-Unsubscribe" "") NOT (OR (HEADER "List-Id" "") (HEADER "List-Unsubscribe" ""))',
    ],
    ['rfc822msgid:<a@b.example>', 'HEADER "Message-ID" "<a@b.example>"'],
    ['is:unread is:starred', 'UNSEEN FLAGGED'],
    ['-is:read OR is:answered', 'OR (NOT SEEN) ANSWERED'],
    ['larger:1k smaller:5M', 'LARGER 1024 SMALLER 5242880'],
    ['after:2026-03-01 before:2026-04-01', 'SENTSINCE 1-Mar-2026 SENTBEFORE 1-Apr-2026'],
    ['newer_than:3d', 'SENTSINCE 24-Nov-2026'],
    ['older_than:9m', 'SENTBEFORE 27-Feb-2026'],
    ['label:urgent', 'KEYWORD urgent'],
    ['label:"no atom"', 'NOT ALL'],
    ['label:unread', 'OR UNSEEN (KEYWORD unread)'],
    ['subject:"x) ALL"', 'SUBJECT "x) ALL"'],
  ])('%s', async (text, keys) => {
    expect(await wire(toImapSearch(queryOf(text), today))).toBe(keys)
  })

  test('sends what is not ASCII as UTF-8', () => {
    const { tokens, utf8 } = toImapSearch(queryOf('subject:Grüße'), today)
    expect(utf8).toBe(true)
    expect(tokens).toEqual([
      { type: 'ATOM', value: 'SUBJECT' },
      { type: 'LITERAL', value: Buffer.from('Grüße') },
    ])
  })
})

describe('R87: a query for Gmail', () => {
  test.each([
    ['blue whale', 'blue whale'],
    ['"blue whale" -draft', '"blue whale" -draft'],
    ['a OR b c', '(a OR b) c'],
    ['a OR b', 'a OR b'],
    ['from:uwe@reef.example', 'from:uwe@reef.example'],
    ['-from:(ann OR bob)', '-(from:ann OR from:bob)'],
    ['to:ann', '(to:ann OR cc:ann)'],
    ['with:ann', '(from:ann OR to:ann OR cc:ann)'],
    // Gmail knows all the addresses of its owner
    ['from:me', 'from:me'],
    ['is:unread is:starred', 'is:unread is:starred'],
    ['has:attachment filename:pdf', 'has:attachment filename:pdf'],
    ['has:invitation', 'filename:ics'],
    ['list:dev.reef.example', 'list:dev.reef.example'],
    ['list:* older_than:1m', 'label:^unsub older_than:1m'],
    ['rfc822msgid:<a@b.example>', 'rfc822msgid:a@b.example'],
    ['larger:1k', 'larger:1024'],
    ['older_than:2w newer_than:1y', 'older_than:14d newer_than:1y'],
    ['after:2026-03-01', 'after:1772319600'],
    // a word of the language as a word of a mail
    ['"OR" "is:unread" {x "AROUND"}', '"OR" "is:unread" (x OR "AROUND")'],
  ])('%s', (text, raw) => {
    const query = queryOf(text)
    expect(query && toRaw(query, 'Europe/Berlin')).toBe(raw)
  })

  test.each([
    ['from:ann is:answered', 'X-GM-RAW "from:ann" ANSWERED'],
    ['from:ann subject:x is:unanswered', 'X-GM-RAW "from:ann subject:x" UNANSWERED'],
    ['is:answered OR from:ann', 'OR ANSWERED (X-GM-RAW "from:ann")'],
    ['-is:answered', 'NOT ANSWERED'],
    ['label:unread', 'OR (X-GM-RAW "is:unread") (X-GM-LABELS "unread")'],
    ['label:"Next year"', 'X-GM-LABELS "Next year"'],
    ['body:x from:ann', 'X-GM-RAW "from:ann" BODY "x"'],
  ])('says beside it what its language has no word for: %s', async (text, keys) => {
    expect(await wire(toGmailSearch(queryOf(text), { today, timeZone: 'UTC' }))).toBe(keys)
  })
})

describe('the days of a search', () => {
  test.each([
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-03-30', 'Pacific/Kiritimati', '2026-03-29T10:00:00.000Z'],
    ['2026-03-30', 'Etc/GMT+12', '2026-03-30T12:00:00.000Z'],
    ['2026-03-30', 'Asia/Kathmandu', '2026-03-29T18:15:00.000Z'],
  ])('%s starts in %s at %s', (day, timeZone, moment) => {
    expect(new Date(startOfDay(day, timeZone) * 1000).toISOString()).toBe(moment)
  })
})

describe('the mailboxes of a query', () => {
  test.each([
    ['in:inbox x', ['inbox'], [], 'x'],
    ['in:a OR in:b', ['a', 'b'], [], ''],
    ['x -in:spam -(in:a OR in:b)', [], ['spam', 'a', 'b'], 'x'],
  ])('%s', (text, within, without, rest) => {
    const asked = takeMailboxes(queryOf(text))
    expect(asked).toMatchObject({ within, without })
    expect(printQuery(asked?.query)).toBe(rest)
  })

  test.each(['in:a OR x', '-(in:a x)', 'in:a in:b'])('cannot be asked for by %s', (text) => {
    expect(takeMailboxes(queryOf(text))).toBeUndefined()
  })
})

describe('what is judged by the structure of a message', () => {
  const casesOf = (text: string) =>
    planSearch(queryOf(text), isJudgedByStructure)?.cases.map(({ assumed, query }) => [
      assumed.map((one) => (one ? 'yes' : 'no')).join(' '),
      printQuery(query),
    ])

  test.each([
    ['from:ann', [['', 'from:ann']]],
    ['from:ann has:attachment', [['yes', 'from:ann']]],
    ['from:ann -has:attachment', [['no', 'from:ann']]],
    ['has:attachment', [['yes', '']]],
    ['has:attachment filename:pdf', [['yes yes', '']]],
    [
      'has:attachment OR from:ann',
      [
        ['yes', ''],
        ['no', 'from:ann'],
      ],
    ],
    [
      '(has:attachment from:ann) OR (subject:x -has:attachment)',
      [
        ['yes', 'from:ann'],
        ['no', 'subject:x'],
      ],
    ],
    ['has:attachment -has:attachment', []],
  ])('%s', (text, cases) => {
    expect(casesOf(text)).toEqual(cases)
  })

  test('has a bound', () => {
    expect(casesOf('filename:a OR filename:b OR filename:c OR filename:d')).toBeUndefined()
  })
})
