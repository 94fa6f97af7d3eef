/**
 * A mailbox as a list of messages in the order of their UIDs, and what people do to it: mail arrives with any date, goes,
 * is moved out and back in. A reader that pages or follows a bookmark is judged against that list.
 */
import * as fc from 'fast-check'

export type Step =
  | { readonly kind: 'arrive'; readonly hour: number }
  | { readonly kind: 'go'; readonly pick: number }
  | { readonly kind: 'return'; readonly pick: number }
  | { readonly kind: 'page' }
  | { readonly kind: 'follow'; readonly limit: number }

const pick = fc.nat({ max: 1_000 })

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: 400 }).map((hour): Step => ({ kind: 'arrive', hour })) },
    { weight: 2, arbitrary: pick.map((one): Step => ({ kind: 'go', pick: one })) },
    { weight: 2, arbitrary: pick.map((one): Step => ({ kind: 'return', pick: one })) },
    { weight: 4, arbitrary: fc.constant<Step>({ kind: 'page' }) },
    {
      weight: 3,
      arbitrary: fc.integer({ min: 1, max: 4 }).map((limit): Step => ({ kind: 'follow', limit })),
    },
  ),
  { minLength: 8, maxLength: 20 },
)
