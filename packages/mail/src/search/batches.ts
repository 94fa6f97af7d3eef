/**
 * How many mailboxes are searched in one flight: few at first, more while the server is quick. A flight that is under
 * way cannot be cut, so none may take what is left of the call's time.
 */

/** A line of commands for each; a server answers them one after the other anyway. */
const maxTogether = 16
const growth = 4
/** Messages of one flight whose bodies are read by the server. */
const maxSlowMessages = 20_000
/** Of the time until no further mailbox is begun, for one flight. */
const shareOfFlight = 0.5

export interface Batches {
  /** Of `paths` from their start; at least one. */
  next(paths: readonly string[], msLeft: number): readonly string[]
  /** The flight of `paths` took so long. */
  took(paths: readonly string[], ms: number): void
}

/** `sizes`: messages of each mailbox, where the search reads bodies. */
export function createBatches(options: {
  together: boolean
  sizes: ReadonlyMap<string, number> | undefined
}): Batches {
  const { together, sizes } = options
  let allowed = 1
  /** Milliseconds for a mailbox, or for a thousand of its messages and the mailbox. */
  let pace = 0
  const weightOf = (path: string) => 1 + (sizes?.get(path) ?? 0) / 1000
  return {
    next(paths, msLeft) {
      if (!together) return paths.slice(0, 1)
      const batch: string[] = []
      let weight = 0
      let messages = 0
      for (const path of paths.slice(0, allowed)) {
        weight += weightOf(path)
        messages += sizes?.get(path) ?? 0
        const isTooMuch = weight * pace > msLeft * shareOfFlight || messages > maxSlowMessages
        if (batch.length > 0 && isTooMuch) break
        batch.push(path)
      }
      return batch
    },
    took(paths, ms) {
      pace = ms / paths.reduce((sum, path) => sum + weightOf(path), 0)
      allowed = Math.min(allowed * growth, maxTogether)
    },
  }
}
