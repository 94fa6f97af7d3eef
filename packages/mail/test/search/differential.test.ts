/**
 * Three hundred queries over two thousand mails, asked of real servers and of a plain evaluator: the same mails in the
 * same order. What a server reads in its own way is in the table below, with its reason; nothing else may differ. Cyrus
 * takes a second for many of them, so it is asked a share, and all of them in a long run.
 */
import {
  findCyrus,
  findDovecot,
  type MailboxReader,
  startCyrus,
  startDovecot,
  type TestUser,
} from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mergeFields, searchMessages, withImapSession } from '../../src/index.ts'
import { parseQuery } from '../../src/search/parse.ts'
import type { Query } from '../../src/search/query.ts'
import { accountOn, depsFor } from '../imap/imap-account.ts'
import { matches, type Rules } from './plain-evaluator.ts'
import {
  createRandom,
  fileNames,
  generateMails,
  groupSize,
  lists,
  type PlainMail,
  people,
  topics,
  words,
} from './plain-mails.ts'

const today = '2026-06-30'
const mails = generateMails(2_000)
const limit = 50

/** Joined once: the same string is found again by its hash. */
const whole = new Map(mails.map((mail) => [mail, [...Object.values(mail.headers), mail.body].join('\n')]))
const everything = (mail: PlainMail) => whole.get(mail) ?? ''

/** Known differences. */
const servers: readonly {
  readonly name: string
  readonly isHere: boolean
  start(): Promise<RunningServer>
  readonly rules: Rules
  readonly reasons: readonly string[]
  /** How many of the queries, over as large a share of the mails. */
  readonly asked: number
}[] = [
  {
    name: 'Dovecot',
    isHere: findDovecot() !== undefined,
    start: startDovecot,
    rules: {
      fold: (text) => text.normalize('NFKD').toUpperCase(),
      wholeMail: everything,
      dayWithoutDate: () => '1970-01-01',
    },
    asked: 300,
    reasons: [
      'letters are taken apart before they are compared (RFC 5051): Gro finds Größe, and ß is SS',
      'a mail without a Date is older than any other',
    ],
  },
  {
    name: 'Cyrus',
    isHere: findCyrus() !== undefined,
    start: startCyrus,
    rules: {
      fold: (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase().replace(/\s+/gu, ' '),
      wholeMail: everything,
      dayWithoutDate: (mail) => mail.receivedAt.toISOString().slice(0, 10),
    },
    asked: inLongRun(300, 20),
    reasons: [
      'accents are left out and runs of spaces are one: Grosse finds Größe',
      'a mail without a Date has the day it was received',
    ],
  },
]

interface RunningServer {
  readonly host: string
  readonly imapsPort: number
  readonly ca: string
  readonly alice: TestUser
  reader(user: TestUser): MailboxReader
  stop(): Promise<void>
}

const written = [
  '',
  'invoice',
  'INVOICE budget',
  '"budget and"',
  'invoice -budget',
  'invoice OR minutes',
  '(invoice OR minutes) is:unread',
  'from:ann',
  'from:"Ann Archer <ann@reef.example>"',
  'from:müller',
  'from:MÜLLER',
  'from:"Lee, Bob"',
  'from:chloé',
  'from:орлов',
  'from:田中',
  'to:bob.lee@shop.example',
  'cc:ann',
  'with:reef.example',
  '-with:reef.example',
  'subject:größe',
  'subject:Größe -is:read',
  'subject:(invoice budget)',
  'subject:"Re: Lunch"',
  'subject:"50% off"',
  'subject:a_b',
  'subject:会議',
  'body:straße',
  'body:東京 OR body:привет',
  "body:O'Neil",
  'body:x+y',
  'well-known',
  'is:starred is:answered',
  'is:unanswered -is:starred',
  'label:Work',
  '-label:Work label:$Important',
  'has:attachment',
  '-has:attachment is:unread',
  'has:invitation',
  'filename:plan',
  'filename:март OR filename:märz',
  'filename:pdf -is:read',
  'larger:2k',
  'smaller:1k',
  'larger:1000 smaller:2000',
  'after:2026-01-15 before:2026-01-16',
  'before:2025-12-05',
  '-after:2026-01-01',
  'list:dev.lists.example',
  '-list:example',
  'list:* after:2026-01-01',
  'is:unread -list:*',
  'rfc822msgid:17.mail@gen.example',
  'rfc822msgid:<18.mail@gen.example>',
  '(has:attachment OR is:starred) after:2026-03-01',
  '-(from:ann OR has:attachment)',
  'subject:naïve',
  'émigré',
]

function generateQueries(count: number): string[] {
  const random = createRandom(3)
  const quoted = (text: string) => `"${text}"`
  const day = () => new Date(Date.UTC(2025, 11, 1 + random.below(130))).toISOString().slice(0, 10)
  const terms: (() => string)[] = [
    () => quoted(random.pick(words)),
    () => `subject:${quoted(random.pick(topics))}`,
    () => `subject:${quoted(random.pick(words).slice(0, 4))}`,
    () => `body:${quoted(random.pick(words))}`,
    () => `from:${quoted(random.pick(people).name || 'bank')}`,
    () => `to:${random.pick(people).address}`,
    () => `cc:${random.pick(people).address.split('@')[1]}`,
    () => `with:${quoted(random.pick(people).address.slice(0, 4))}`,
    () => `is:${random.pick(['read', 'unread', 'starred', 'answered', 'unanswered'])}`,
    () => `label:${random.pick(['Work', '$Important', 'work', 'None'])}`,
    () => `larger:${500 + random.below(3_000)}`,
    () => `smaller:${500 + random.below(3_000)}`,
    () => `after:${day()}`,
    () => `before:${day()}`,
    () => `list:${random.pick(lists)}`,
  ]
  const judged = [
    () => 'has:attachment',
    () => 'has:invitation',
    () => `filename:${quoted(random.pick(fileNames).slice(0, 3))}`,
  ]
  const tree = (depth: number): string => {
    if (depth === 0 || random.chance(0.3)) return random.pick(terms)()
    const [a, b] = [tree(depth - 1), tree(depth - 1)]
    return random.pick([`${a} ${b}`, `(${a} OR ${b})`, `(${a} OR ${b})`, `-(${a} ${b})`, `${a} -${b}`])
  }
  return Array.from({ length: count }, () =>
    random.chance(0.2)
      ? random.pick([
          `${tree(2)} ${random.pick(judged)()}`,
          `(${random.pick(judged)()} OR ${tree(1)}) ${tree(1)}`,
          `${tree(1)} -${random.pick(judged)()}`,
        ])
      : tree(3),
  )
}

function queryOf(text: string): Query | undefined {
  const { query, faults } = parseQuery(text, today)
  if (faults.length > 0) throw new Error(`${text}: ${faults[0]?.text}`)
  return query
}

describe.each(servers)('R87: $name and a plain evaluator', ({ isHere, start, rules, reasons, asked }) => {
  let server: RunningServer
  const all = [...written, ...generateQueries(300 - written.length)]
  const queries = all.filter((_, at) => at % Math.ceil(all.length / asked) === 0)
  /** In whole groups, as they are stored. */
  const held = mails.slice(0, Math.ceil((mails.length * asked) / all.length / groupSize) * groupSize)

  beforeAll(async () => {
    if (!isHere) return
    server = await start()
    const reader = server.reader(server.alice)
    for (let at = 0; at < held.length; at += groupSize) {
      const group = held.slice(at, at + groupSize)
      const [first] = group
      if (first)
        await reader.append(
          'INBOX',
          group.map(({ raw }) => raw),
          first.flags,
          first.receivedAt,
        )
    }
  })
  afterAll(() => server?.stop())

  test.skipIf(!isHere)(
    `the same mails in the same order, but: ${reasons.join('; ')}`,
    async () => {
      const account = accountOn({ host: server.host, port: server.imapsPort }, server.alice)
      const different: unknown[] = []
      await withImapSession(account, { ...depsFor(server.ca), deadlineMs: 900_000 }, async (session) => {
        for (const text of queries) {
          const query = queryOf(text)
          const expected = held
            .filter((mail) => matches(query, mail, held, rules))
            .sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime() || b.uid - a.uid)
            .map(({ uid }) => uid)
          const found: number[] = []
          let total: number | undefined
          let cursor: string | undefined
          do {
            const page = await searchMessages(session, {
              ...(query === undefined ? {} : { query }),
              ...(cursor === undefined ? {} : { cursor }),
              mailbox: 'INBOX',
              limit,
              timeZone: 'UTC',
            })
            found.push(...page.items.map(({ ref }) => ref.uid))
            total ??= page.total
            cursor = page.next
          } while (cursor !== undefined && found.length < limit)
          const [wanted, shown] = [expected.slice(0, limit), found.slice(0, limit)]
          const isSame = JSON.stringify(wanted) === JSON.stringify(shown)
          if (isSame && (total === undefined || total === expected.length)) continue
          const missing = wanted.filter((uid) => !shown.includes(uid)).slice(0, 3)
          const stray = shown.filter((uid) => !wanted.includes(uid)).slice(0, 3)
          different.push({ text, total, expected: expected.length, missing, stray })
        }
      })
      expect(different.map((one) => JSON.stringify(one))).toEqual([])
    },
    600_000,
  )
})

test('the queries are as many as promised, and none is refused or changed by the separate fields', () => {
  const queries = [...written, ...generateQueries(300 - written.length)]
  expect(new Set(queries).size).toBeGreaterThan(280)
  for (const query of queries) expect(mergeFields({ query }, today).faults).toEqual([])
  const some = mails.filter((_, at) => at % 8 === 0)
  const { rules } = servers[0] ?? expect.fail('There is a server')
  const sizes = queries.map((text) => {
    const query = queryOf(text)
    return some.filter((mail) => matches(query, mail, mails, rules)).length
  })
  // Most of them tell mails apart.
  expect(sizes.filter((size) => size > 0 && size < some.length).length).toBeGreaterThan(150)
})
