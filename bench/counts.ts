/**
 * The committed counts and what may become of them: a count that got worse is a failure, not a new number. Times are
 * kept for the page that shows them and never compared.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { BundleSize } from '../scripts/bundle-sizes.ts'
import type { AwsCost } from './aws-calls.ts'
import type { StartTime } from './bundles.ts'
import type { GrowthRow } from './growth.ts'
import type { FamilyReading, Reading } from './reading/figures.ts'
import type { RivalRow } from './side-by-side.ts'
import type { CallCost, ToolCost } from './tool-calls.ts'
import type { ToolsListCost } from './tools-list.ts'

export interface Counts {
  readonly tools: Record<string, ToolCost>
  readonly toolsList: ToolsListCost
  readonly aws: Record<string, AwsCost>
  readonly bundles: Record<string, BundleSize>
  readonly starts: Record<string, StartTime>
  readonly growth: readonly GrowthRow[]
  readonly reading: Reading
  readonly sideBySide: readonly RivalRow[]
}

const file = new URL('counts.json', import.meta.url)
/** TLS session tickets and ids differ from run to run. */
const byteTolerance = 1.2
/** Ids are random, and random text has no fixed number of tokens. */
const tokenTolerance = 1.1
/** A short answer is mostly ids. */
const idTokens = 10
const definitionTolerance = 1.05
const shareTolerance = 1.05
const bundleTolerance = 0.05

export function readCounts(): Counts {
  return JSON.parse(readFileSync(file, 'utf8')) as Counts
}

export function writeCounts(counts: Counts): void {
  writeFileSync(file, `${JSON.stringify(counts, undefined, 2)}\n`)
}

/** A sentence for everything that got worse; what was never counted before cannot. */
export function findWorse(committed: Counts, measured: Partial<Counts>): string[] {
  const worse: string[] = []
  const check = (what: string, before: number | undefined, now: number, tolerance = 1) => {
    if (before !== undefined && now > before * tolerance) worse.push(`${what}: ${now}, was ${before}`)
  }
  const checkCall = (what: string, before: CallCost | undefined, now: CallCost) => {
    if (before === undefined) return
    check(`${what}, round trips`, before.roundTrips, now.roundTrips)
    check(`${what}, bytes down`, before.bytesDown, now.bytesDown, byteTolerance)
    check(`${what}, bytes up`, before.bytesUp, now.bytesUp, byteTolerance)
    check(`${what}, tokens`, before.tokens + idTokens, now.tokens, tokenTolerance)
    if (before.trace !== now.trace) worse.push(`${what}, commands: ${now.trace}, were ${before.trace}`)
  }

  for (const [name, now] of Object.entries(measured.tools ?? {})) {
    const before = committed.tools[name]
    checkCall(`${name}, cold`, before?.cold, now.cold)
    checkCall(`${name}, warm`, before?.warm, now.warm)
  }
  for (const [name, tokens] of Object.entries(measured.toolsList?.tools ?? {}))
    check(`${name}, tokens of its definition`, committed.toolsList.tools[name], tokens, definitionTolerance)
  for (const [name, now] of Object.entries(measured.aws ?? {})) {
    check(`${name}, DynamoDB calls`, committed.aws[name]?.dynamoDb, now.dynamoDb)
    check(`${name}, KMS calls`, committed.aws[name]?.kms, now.kms)
  }
  for (const [name, now] of Object.entries(measured.reading ?? {})) {
    const before: FamilyReading | undefined = committed.reading[name as keyof Reading]
    for (const key of ['missing', 'empty', 'leaked', 'marked'] as const)
      check(`reading of ${name} emails, ${key}`, before?.[key], now[key])
    check(`reading of ${name} emails, size`, before?.share, now.share, shareTolerance)
  }
  for (const [name, now] of Object.entries(measured.bundles ?? {})) {
    for (const key of ['bytes', 'eagerBytes'] as const) {
      const before = committed.bundles[name]?.[key]
      // Much less is worth a look too: something may be missing.
      if (before !== undefined && Math.abs(now[key] - before) > before * bundleTolerance)
        worse.push(`${name} bundle, ${key}: ${now[key]}, was ${before}`)
    }
  }
  return worse
}

/**
 * Each of the two calls of a scenario as the try had it that no machine disturbed. A stall adds trips; where it uses up the
 * time of a call, it takes some away. So what was asked decides before how often.
 */
export function bestOfTries(
  committed: Counts,
  earlier: Counts['tools'],
  later: Counts['tools'],
): Counts['tools'] {
  const best = Object.entries(later).map(([name, now]) => {
    const bestCall = (call: 'cold' | 'warm') => {
      const tries = [earlier[name]?.[call] ?? now[call], now[call]]
      const same = tries.filter(({ trace }) => trace === committed.tools[name]?.[call].trace)
      return same.sort((one, other) => one.roundTrips - other.roundTrips)[0] ?? now[call]
    }
    return [name, { cold: bestCall('cold'), warm: bestCall('warm') }] as const
  })
  return Object.fromEntries(best)
}
