/** Whether a call costs the same on a mailbox of any size: the same round trips, and bytes within 20 % of 500 messages. */
import { peakBytes } from '@email-connector/testing'
import { startMailServers } from './mail-servers.ts'
import { scenarios } from './scenarios.ts'
import { measureTools } from './tool-calls.ts'

export interface GrowthRow {
  readonly messages: number
  /** By scenario. */
  readonly calls: Record<
    string,
    { readonly roundTrips: number; readonly bytesDown: number; readonly ms: number }
  >
  /** Of the process that holds client, tools and proxies, up to then. */
  readonly peakMegabytes: number
}

export async function measureGrowth(
  sizes: readonly number[],
  report: (line: string) => void,
): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = []
  for (const messages of sizes) {
    const startedAt = performance.now()
    const servers = await startMailServers(messages)
    report(`${messages} messages in INBOX after ${Math.round((performance.now() - startedAt) / 1000)} s`)
    try {
      const costs = await measureTools(
        servers,
        scenarios.filter(({ growsNot }) => growsNot),
      )
      const calls = Object.entries(costs).map(([name, { warm }]) => {
        const { roundTrips, bytesDown, ms } = warm
        return [name, { roundTrips, bytesDown, ms }] as const
      })
      const peakMegabytes = Math.round(peakBytes('self') / 1024 ** 2)
      rows.push({ messages, calls: Object.fromEntries(calls), peakMegabytes })
    } finally {
      await servers.stop()
    }
  }
  return rows
}

/** A sentence for every call that grew with its mailbox. */
export function findGrown(rows: readonly GrowthRow[]): string[] {
  const [smallest, ...larger] = rows
  return larger.flatMap(({ messages, calls }) =>
    Object.entries(calls).flatMap(([name, { roundTrips, bytesDown }]) => {
      const before = smallest?.calls[name]
      if (before === undefined) return []
      const same = roundTrips <= before.roundTrips && bytesDown <= before.bytesDown * 1.2
      const now = `${roundTrips} round trips and ${bytesDown} bytes`
      return same
        ? []
        : [
            `${name}, ${messages} messages: ${now}, with ${smallest?.messages}: ${before.roundTrips} and ${before.bytesDown}`,
          ]
    }),
  )
}
