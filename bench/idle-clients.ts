/**
 * What a client costs that is connected and asks for nothing: what the endpoint's own pauses and the counted AWS calls make of
 * a day, at list prices. Memory and times of functions are those of stacks/api/functions.ts.
 */
import { createTiming } from '@email-connector/server/timing'

/** Of counted calls only which they were: `1 Query grants, …`. */
interface CountedCalls {
  readonly calls: string
}

export interface IdleClient {
  readonly name: string
  readonly requestsPerDay: number
  readonly gbSecondsPerDay: number
  readonly dollarsPerDay: number
  /** Of a thousand such clients at once. */
  readonly concurrentPerThousand: number
}

/** US dollars, us-east-1, from AWS's public price pages, November 2026. DynamoDB: on demand, strongly consistent reads. */
const prices = {
  restRequest: 3.5e-6,
  lambdaRequest: 0.2e-6,
  gbSecond: 13.33334e-6,
  readUnit: 0.125e-6,
  writeUnit: 0.625e-6,
} as const

const secondsPerDay = 86_400
/** One GB; the authorizer is a quarter of it for 30 ms. */
const authorizerGbSeconds = 0.25 * 0.03

export const streamRequest = 'GET stream, 2025 era'

export function idleClients(aws: Readonly<Record<string, CountedCalls>>): readonly IdleClient[] {
  const { holdMs, retryMs } = createTiming({})
  const held = holdMs / 1_000
  const authorizer = aws.authorizer
  const stream = aws[streamRequest]
  if (authorizer === undefined || stream === undefined) throw new Error('The AWS calls were not counted')
  const client = (
    name: string,
    requestsPerDay: number,
    heldSeconds: number,
    calls: readonly CountedCalls[],
  ) => {
    const gbSecondsPerDay = requestsPerDay * (heldSeconds + authorizerGbSeconds)
    const perRequest =
      prices.restRequest + 2 * prices.lambdaRequest + calls.reduce((sum, cost) => sum + dollarsOf(cost), 0)
    return {
      name,
      requestsPerDay,
      gbSecondsPerDay: Math.round(gbSecondsPerDay),
      dollarsPerDay: Number((requestsPerDay * perRequest + gbSecondsPerDay * prices.gbSecond).toFixed(4)),
      concurrentPerThousand: Math.round((1_000 * requestsPerDay * heldSeconds) / secondsPerDay),
    }
  }
  const cycles = Math.floor(secondsPerDay / (held + retryMs / 1_000))
  return [
    client('2026 era', 0, 0, []),
    client('2026 era, `subscriptions/listen` all day', secondsPerDay / held, held, [authorizer]),
    // The SDK asks for its stream once, hears 405, and does not ask again.
    client('2025 era, cannot be asked (405)', 1, 0.01, [authorizer, stream]),
    client('2025 era, can be asked', cycles, held, [authorizer, stream]),
  ]
}

function dollarsOf({ calls }: CountedCalls): number {
  return calls
    .split(', ')
    .filter((entry) => entry !== '')
    .reduce((sum, entry) => {
      const [count = '', operation = ''] = entry.split(' ')
      const isRead = operation === 'GetItem' || operation === 'Query'
      return sum + Number(count) * (isRead ? prices.readUnit : prices.writeUnit)
    }, 0)
}
