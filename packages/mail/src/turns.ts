/**
 * Long work in pieces: others get their turn of the event loop whenever so much of it is done. For work that is too
 * small, or too entangled, for a thread of its own.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** `amount` of what the caller counts (characters, octets) is some milliseconds of work. */
export function createTurns(amount: number): (done: number) => Promise<void> | undefined {
  let left = amount
  return (done) => {
    left -= done
    if (left > 0) return undefined
    left = amount
    return nextTurn()
  }
}
