/** The real clocks, for the entry points; everything else is handed one. */
import type { EpochSeconds } from '@email-connector/oauth'
import type { Clock } from './sign-in/account-login.ts'

export function nowSeconds(): EpochSeconds {
  return Math.floor(Date.now() / 1000)
}

/** For durations and pauses. */
export const clock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
