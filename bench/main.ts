/** `pnpm bench`: counts what the product costs, compares it with what is committed, prints tables. Needs no network. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { findChromium, findDovecot, findDynamoDb } from '@email-connector/testing'
import { measureAwsCalls } from './aws-calls.ts'
import { measureBundles } from './bundles.ts'
import { type Counts, findWorse, readCounts, writeCounts } from './counts.ts'
import { findGrown, measureGrowth } from './growth.ts'
import { startMailServers } from './mail-servers.ts'
import { renderPerformancePage } from './performance-page.ts'
import { toReading } from './reading/figures.ts'
import { readSamples } from './reading/measure.ts'
import { renderReadingPage } from './reading/reading-page.ts'
import { scenarios } from './scenarios.ts'
import { measureSideBySide } from './side-by-side.ts'
import { measureTools } from './tool-calls.ts'
import { measureToolsList } from './tools-list.ts'

const usage = `Usage: pnpm bench [--only <part>] [--large] [--write]

Counts what a call costs and compares it with bench/counts.json. Ends with 1 if anything got worse.

  tools     round trips, bytes, commands, result size and tokens of every tool
  list      tokens of tools/list
  aws       DynamoDB and KMS calls per request
  bundles   bytes of the deployed functions, and cold starts on Node 24
  growth    the same calls on 500 and 20,000 messages
  rivals    the same calls by other clients
  reading   the text of 2,000 emails against what Chromium shows (minutes)

  --only    one of these parts; may be repeated
  --large   growth on 100,000 and 1,000,000 messages too (minutes)
  --write   accepts the counts: writes bench/counts.json, docs/performance.md and docs/reading.md
`

const notInstalled = (what: string) => process.stdout.write(`  not run: ${what} is not installed\n`)
const report = (line: string) => process.stdout.write(`  ${line}\n`)

type Part = (large: boolean) => Promise<Partial<Counts>>

/** Each needs a real mail server unless it says otherwise. */
const withDovecot =
  (part: Part): Part =>
  async (large) => {
    if (findDovecot()) return part(large)
    notInstalled('Dovecot 2.3')
    return {}
  }

const parts: Record<string, Part> = {
  list: async () => ({ toolsList: measureToolsList() }),
  tools: withDovecot(async () => {
    const servers = await startMailServers()
    try {
      return { tools: await measureTools(servers, scenarios, report) }
    } finally {
      await servers.stop()
    }
  }),
  aws: withDovecot(async () => {
    if (findDynamoDb()) return { aws: await measureAwsCalls() }
    notInstalled('@dynoxide/linux-x64')
    return {}
  }),
  bundles: () => measureBundles(report),
  growth: withDovecot(async (large) => {
    const sizes = [500, 20_000, ...(large ? [100_000, 1_000_000] : [])]
    return { growth: await measureGrowth(sizes, report) }
  }),
  rivals: withDovecot(async () => ({ sideBySide: await measureSideBySide(report) })),
  reading: async () => {
    if (findChromium()) return { reading: toReading(await readSamples(undefined, report)) }
    notInstalled('Chromium')
    return {}
  },
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    large: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const unknown = values.only.filter((name) => !(name in parts))
if (values.help || unknown.length > 0) {
  process.stdout.write(usage)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const committed = readCounts()
let measured: Partial<Counts> = {}
for (const [name, part] of Object.entries(parts)) {
  if (values.only.length > 0 && !values.only.includes(name)) continue
  process.stdout.write(`${name}\n`)
  measured = { ...measured, ...(await part(values.large)) }
}
// Sizes that were not run now stay as they were.
const growth = [...(measured.growth ?? []), ...committed.growth]
  .filter(({ messages }, index, rows) => rows.findIndex((row) => row.messages === messages) === index)
  .sort((a, b) => a.messages - b.messages)
const counts: Counts = { ...committed, ...measured, growth }
process.stdout.write(`\n${renderPerformancePage(counts)}\n`)

const worse = [...findWorse(committed, measured), ...findGrown(measured.growth ?? [])]
if (values.write) {
  writeCounts(counts)
  writeFileSync(new URL('../docs/performance.md', import.meta.url), renderPerformancePage(counts))
  writeFileSync(new URL('../docs/reading.md', import.meta.url), renderReadingPage(counts.reading))
  process.stdout.write('Written: bench/counts.json, docs/performance.md, docs/reading.md\n')
}
if (worse.length > 0) process.stdout.write(`Worse than committed:\n- ${worse.join('\n- ')}\n`)
// The clients of the AWS SDK keep idle sockets.
process.exit(worse.length > 0 && !values.write ? 1 : 0)
