/**
 * R55, R56, R57, R85: every way in which a send can be repeated, crossed with every way in which it can go wrong. Whatever
 * happens, no recipient gets the email twice, Sent holds it once at most, and what is answered is true or `unknown`.
 */
import { randomUUID } from 'node:crypto'
import { createTempFolder, type SmtpFault, type SmtpStage } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createInstanceSecrets, parseInstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import { loopbackConnector, type OpenTools, openTools, type ToolAnswer } from '../tools/open-tools.ts'
import { type CountingServers, startCountingServers } from './counting-servers.ts'

const folder = createTempFolder('send-matrix')
let stores: LevelStores
let servers: CountingServers
/** Seconds that the product's clock is ahead: a minute's calls are counted. */
let ahead = 0
/** Two connections of one mailbox: the second is what an owner gets who connects the same client once more. */
let grant: OpenTools
let newGrant: OpenTools

beforeAll(async () => {
  const now = () => Math.floor(Date.now() / 1000) + ahead
  stores = await createLevelStores({ dir: folder.path, now })
  servers = await startCountingServers()
  const shared = {
    accounts: [servers.account],
    connector: loopbackConnector(servers.ca),
    ...{ now, stores, secrets: parseInstanceSecrets(createInstanceSecrets()), deadlineMs: 4_000 },
  }
  grant = await openTools(shared)
  newGrant = await openTools(shared)
})
afterAll(async () => {
  await grant?.close()
  await newGrant?.close()
  await servers?.stop()
  await stores?.close()
  await folder.remove()
})

interface Trouble {
  readonly name: string
  readonly fault?: readonly [SmtpStage, SmtpFault]
  readonly append?: CountingServers['append']
  readonly filesOwnCopy?: true
  readonly to?: readonly string[]
  /** What the call is told that meets the trouble, and one that comes when it is over. */
  readonly first: string
  readonly later: string
  readonly dots: number
  readonly copies: number
}

const sent = { first: 'sent', later: 'sent', dots: 1, copies: 1 }
const retried = { first: 'connection_lost', later: 'sent', dots: 1, copies: 1 }
const lost = { first: 'unknown', later: 'unknown', dots: 1, copies: 0 }
const refused = { first: 'rejected', later: 'rejected', dots: 0, copies: 0 }

const troubles: readonly Trouble[] = [
  // First, while nobody knows the server: once it has filed no copy, it is not looked at each time (docs/architecture.md).
  { name: 'a server that files its own copy', filesOwnCopy: true, ...sent },
  {
    name: 'a drop after the dot, at a server that files its copy',
    fault: ['final-dot', 'reset'],
    filesOwnCopy: true,
    ...{ first: 'sent', later: /unknown|sent/.source, dots: 1, copies: 1 },
  },
  { name: 'nothing', ...sent },
  { name: 'a drop at the greeting', fault: ['greeting', 'close'], ...retried },
  { name: 'a drop at EHLO', fault: ['EHLO', 'reset'], ...retried },
  { name: 'a drop at AUTH', fault: ['AUTH', 'reset'], ...retried },
  { name: 'a drop at MAIL', fault: ['MAIL', 'reset'], ...retried },
  { name: 'a drop at RCPT', fault: ['RCPT', 'reset'], ...retried },
  { name: 'a drop at DATA', fault: ['DATA', 'reset'], ...retried },
  // What is on its way may have arrived: the server alone knows that it did not.
  { name: 'a drop in the message', fault: ['body', 'reset'], ...lost, dots: 0 },
  { name: 'a drop after the dot', fault: ['final-dot', 'reset'], ...lost },
  { name: 'silence after the dot', fault: ['final-dot', 'silence'], ...lost },
  { name: '4xx to the dot', fault: ['final-dot', { reply: '451 4.3.0 no' }], ...refused, dots: 1 },
  { name: '5xx to the dot', fault: ['final-dot', { reply: '554 5.7.1 no' }], ...refused, dots: 1 },
  { name: '4xx to MAIL', fault: ['MAIL', { reply: '451 4.7.1 greylisted' }], ...refused },
  { name: '5xx to DATA', fault: ['DATA', { reply: '554 5.7.1 no' }], ...refused },
  { name: '4xx to every recipient', to: ['later@test.example'], ...refused },
  { name: '5xx to every recipient', to: ['nobody@test.example'], ...refused },
  { name: '4xx and 5xx to some', to: ['later@x.example', 'nobody@x.example', 'bob@x.example'], ...sent },
  { name: 'a copy that is refused', append: 'refused', ...sent, copies: 0 },
  { name: 'a copy whose answer is lost', append: 'lost', ...sent },
]

type Call = (tools: OpenTools, key?: string) => Promise<ToolAnswer>

/** How the same email is asked for: at first, and once the trouble is over. */
const ways: Record<
  string,
  { first(call: Call): Promise<ToolAnswer>[]; later(call: Call): Promise<ToolAnswer> }
> = {
  'no key, twice': { first: (call) => [call(grant)], later: (call) => call(grant) },
  'the same key': { first: (call) => [call(grant, 'one')], later: (call) => call(grant, 'one') },
  'another key': { first: (call) => [call(grant, 'one')], later: (call) => call(grant, 'two') },
  'a key, then none': { first: (call) => [call(grant, 'one')], later: (call) => call(grant) },
  'a new grant': { first: (call) => [call(grant, 'one')], later: (call) => call(newGrant, 'one') },
  parallel: {
    first: (call) => [
      call(grant),
      call(grant, 'one'),
      call(grant, 'two'),
      call(newGrant),
      call(newGrant, 'one'),
    ],
    later: (call) => call(grant, 'three'),
  },
}

const wordOf = ({ structured: { state, code } }: ToolAnswer): string => String(state ?? code)

describe.each(troubles)('$name', (trouble) => {
  test('R55, R56, R57, R85: one DATA, one copy and a true answer, whichever way it is repeated', async () => {
    const { fault, append = 'stored', filesOwnCopy = false, to = ['bob@test.example'] } = trouble
    ahead += 61
    servers.append = append
    servers.filesOwnCopy = filesOwnCopy
    if (fault !== undefined) servers.sink.faults[fault[0]] = fault[1]
    const emails = Object.entries(ways).map(([way, { first, later }]) => {
      const subject = `${way} ${randomUUID()}`
      const call: Call = (tools, key) =>
        tools.call('send_email', {
          ...{ to, subject, body: 'x' },
          ...(key === undefined ? {} : { idempotency_key: `${subject} ${key}` }),
        })
      return { way, subject, firsts: first(call), later: () => later(call) }
    })
    // All ways at once: each is another email, and a silent server costs its deadline once.
    const firsts = await Promise.all(emails.map((one) => Promise.all(one.firsts)))
    if (fault !== undefined) delete servers.sink.faults[fault[0]]
    servers.append = 'stored'
    for (const [at, { way, subject, later }] of emails.entries()) {
      const answers = firsts[at] ?? []
      const own = answers.filter(
        ({ structured: { repeated, code } }) => repeated === false || code !== undefined,
      )
      const working = own.filter((one) => wordOf(one) !== 'send_in_progress')
      for (const one of working) expect(wordOf(one), way).toBe(trouble.first)
      // Of those that ran into each other one has tried, and none has told another story.
      if (trouble.first !== 'connection_lost') expect(working, way).toHaveLength(1)
      expect(working.length, way).toBeGreaterThan(0)
      const last = await later()
      expect(wordOf(last), way).toMatch(new RegExp(`^(?:${trouble.later})$`))
      expect([servers.dots(subject), servers.copies(subject)], way).toEqual([trouble.dots, trouble.copies])
      for (const { structured } of [...answers, last]) {
        if (structured.state === 'sent' && structured.sent_copy === 'filed')
          expect(servers.copies(subject), way).toBe(1)
        if (structured.sent_copy === 'failed') expect(servers.copies(subject), way).toBe(0)
      }
    }
  })
})
