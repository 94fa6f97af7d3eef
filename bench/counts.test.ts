/** The counts that are cheap to take, against bench/counts.json. All of them, and large mailboxes: `pnpm bench`. */
import { readFileSync } from 'node:fs'
import { findDovecot, findDynamoDb } from '@email-connector/testing'
import { expect, test } from 'vitest'
import { awsBudgets } from './aws-budgets.ts'
import { measureAwsCalls } from './aws-calls.ts'
import { bestOfTries, type Counts, findWorse, readCounts } from './counts.ts'
import { findGrown, measureGrowth } from './growth.ts'
import { idleClients } from './idle-clients.ts'
import { startMailServers } from './mail-servers.ts'
import { renderPerformancePage } from './performance-page.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { measureTools } from './tool-calls.ts'
import { countInstructions, measureToolsList } from './tools-list.ts'

const committed = readCounts()
const advice = 'Worse than bench/counts.json. If it has to be so, `pnpm bench --write` accepts it'

function expectNoWorse(measured: Partial<Counts>) {
  expect(findWorse(committed, measured), advice).toEqual([])
}

async function countTools(some: readonly Scenario[]) {
  const servers = await startMailServers()
  try {
    return await measureTools(servers, some)
  } finally {
    await servers.stop()
  }
}

test.skipIf(!findDovecot())(
  'every tool sends the same commands in the same round trips as committed, and within 20 % of the bytes',
  async () => {
    let tools: Counts['tools'] = {}
    // A machine that stalls for longer than the distance makes one flight look like two: those are asked again. From further
    // away they are not, since the tools' own time-outs would begin to matter.
    for (let tries = 1; tries <= 5; tries += 1) {
      const isStalled = ({ name }: Scenario) => {
        const cost = tools[name]
        return cost === undefined || findWorse(committed, { tools: { [name]: cost } }).some(isOfTrips)
      }
      const asked = scenarios.filter(isStalled)
      if (asked.length > 0) tools = { ...tools, ...bestOfTries(committed, tools, await countTools(asked)) }
    }
    expectNoWorse({ tools })
  },
  900_000,
)

test('of two tries the one counts that asked what is committed, in fewer trips', () => {
  const [name = '', committedCost] = Object.entries(committed.tools)[0] ?? []
  if (committedCost === undefined) throw new Error('Nothing is committed')
  const good = { [name]: committedCost }
  const { cold } = committedCost
  const withCold = (changed: Partial<typeof cold>) => ({
    [name]: { ...committedCost, cold: { ...cold, ...changed } },
  })
  const stalled = withCold({ roundTrips: cold.roundTrips + 1 })
  const outOfTime = withCold({ roundTrips: cold.roundTrips - 1, trace: 'imap: LOGIN' })
  for (const other of [stalled, outOfTime]) {
    expect(bestOfTries(committed, good, other)).toEqual(good)
    expect(bestOfTries(committed, other, good)).toEqual(good)
  }
  expect(bestOfTries(committed, {}, outOfTime)).toEqual(outOfTime)
})

function fewerCalls(earlier: Counts['aws'], later: Counts['aws']): Counts['aws'] {
  const fewer = Object.entries(later).map(([name, cost]) => {
    const before = earlier[name] ?? cost
    return [name, before.dynamoDb + before.kms < cost.dynamoDb + cost.kms ? before : cost] as const
  })
  return Object.fromEntries(fewer)
}

function isOfTrips(worse: string): boolean {
  return /, (?:round trips|commands): /.test(worse)
}

test.skipIf(!findDovecot())(
  'R59: on 20,000 messages a call takes the same round trips as on 500, and bytes within 20 %',
  async () => {
    const large = await measureGrowth([20_000], () => {})
    expect(findGrown([...committed.growth.slice(0, 1), ...large])).toEqual([])
  },
  900_000,
)

test('every call is within its budget of round trips', () => {
  const over = scenarios.filter(({ name, budget }) => (committed.tools[name]?.warm.roundTrips ?? 0) > budget)
  expect(over.map(({ name }) => name)).toEqual([])
  expect(Object.keys(committed.tools).sort()).toEqual(scenarios.map(({ name }) => name).sort())
})

test.skipIf(!findDovecot() || !findDynamoDb())(
  'R27: a request makes no more AWS calls than committed',
  async () => {
    let aws = await measureAwsCalls()
    // A client asks again what a stalled machine did not answer in time: what our code asks for, it asks for each time.
    for (let tries = 1; tries < 3 && findWorse(committed, { aws }).length > 0; tries += 1)
      aws = fewerCalls(aws, await measureAwsCalls())
    expectNoWorse({ aws })
  },
)

test('an idle client holds a function only where it can be asked, and then no more than committed', () => {
  const busy = idleClients(committed.aws).map(({ name, concurrentPerThousand }) => [
    name,
    concurrentPerThousand,
  ])
  expect(busy).toEqual([
    ['2026 era', 0],
    ['2026 era, `subscriptions/listen` all day', 1_000],
    ['2025 era, cannot be asked (405)', 0],
    ['2025 era, can be asked', 400],
  ])
})

/** Counting sign-in attempts takes a row for each limit; the page shows both sums. */
const overBudget = ['connect', 'revoke']

test('R27: a request makes no more AWS calls than the storage page allows', () => {
  for (const [name, budget] of Object.entries(awsBudgets)) {
    const { dynamoDb, kms } = committed.aws[name] ?? { dynamoDb: Number.NaN, kms: Number.NaN }
    if (!overBudget.includes(name)) expect(dynamoDb, name).toBeLessThanOrEqual(budget.dynamoDb)
    expect(kms, name).toBeLessThanOrEqual(budget.kms)
  }
})

test('listing the tools takes no more tokens than committed, and at most 9,500, of a reader 3,600', () => {
  const toolsList = measureToolsList()
  expectNoWorse({ toolsList })
  expect(toolsList.total).toBeLessThanOrEqual(9_500)
  expect(toolsList.readOnly).toBeLessThanOrEqual(3_600)
})

test('an ordinary email takes at most 1,500 tokens, text and structured content together', () => {
  expect(committed.tools.get_email?.warm.tokens).toBeLessThanOrEqual(1_500)
})

test('the instructions of the server take at most 150 tokens', () => {
  expect(countInstructions()).toBeLessThanOrEqual(150)
})

test('docs/performance.md is what bench/counts.json says', () => {
  const page = readFileSync(new URL('../docs/performance.md', import.meta.url), 'utf8')
  expect(page, 'Run `pnpm bench --write`').toBe(renderPerformancePage(committed))
})
