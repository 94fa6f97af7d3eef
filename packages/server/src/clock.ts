/** The real clocks, for composition and the entry points; everything else is handed one. */
import type { EpochSeconds } from '@email-connector/oauth'

/** Time that passes, for durations, pauses and the floor under refusals; tests pass their own. Milliseconds. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<void>
}

export const daySeconds = 86_400

export function nowSeconds(): EpochSeconds {
  return Math.floor(Date.now() / 1000)
}

export const clock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
