/**
 * The work that one mail's styles may cost, counted in steps of some 100 ns. Matching and colour arithmetic are what a
 * hostile mail drives up, each by a rule or an element of a few octets; one count bounds them together.
 */
export interface Budget {
  /** Throws `OutOfBudget` when nothing is left. */
  spend(steps: number): void
  readonly isSpent: () => boolean
}

export class OutOfBudget extends Error {}

/** A newsletter of 100 kB with 300 rules takes about 300,000. */
const maxSteps = 1_500_000

export function createBudget(): Budget {
  let left = maxSteps
  return {
    spend(steps) {
      left -= steps
      if (left < 0) throw new OutOfBudget()
    },
    isSpent: () => left < 0,
  }
}
