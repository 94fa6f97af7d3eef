/**
 * What the product stands on and that may be down for a while: the store and the key service. Every place that answers
 * for an outage reads this list, so that each is a 503 that clients repeat (R63) and the word that an alarm counts.
 */
import { StoreUnavailableError } from '@email-connector/oauth'
import { KeyUnavailableError } from '../keys/key-wrapper.ts'
import type { LogLine } from '../log.ts'

const outages = [
  { is: StoreUnavailableError, code: 'store' },
  { is: KeyUnavailableError, code: 'key_service' },
] as const

/** The line that says so; undefined where the error is something else. */
export function findOutage(error: unknown): LogLine | undefined {
  const found = outages.find(({ is }) => error instanceof is)
  return found && { event: 'unavailable', code: found.code }
}
