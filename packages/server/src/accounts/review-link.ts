/** What a link to `/review` is about: one draft of one mailbox, and the key that opens the settings of its grant. */
import * as z from 'zod'

const place = z.strictObject({
  mailbox: z.string().min(1).max(1_000),
  uidValidity: z.string().max(20),
  uid: z.number().int().min(1),
  draft: z.string().max(200).optional(),
})

export const reviewSubject = z.strictObject({
  messageId: z.string().min(3).max(1_000),
  /** Where it was, if the mail server said so. */
  ref: place.optional(),
  policyKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** The ledger's rows of an email that is held: a discard lets them go. */
  claim: z.strictObject({ attempt: z.string(), keys: z.array(z.string()) }).optional(),
})
export type ReviewSubject = z.output<typeof reviewSubject>
