/** What every sending tool answers. */
import * as z from 'zod'

export const delivery = z.object({
  account: z.string(),
  from: z.string().optional(),
  state: z.enum(['sent', 'rejected', 'unknown', 'held']),
  repeated: z.boolean(),
  message: z.string(),
  recipients: z.array(z.object({ address: z.string(), ok: z.boolean(), code: z.string().optional() })),
  skipped: z.array(z.string()).optional(),
  message_id: z.string(),
  sent_copy: z.enum(['filed', 'found', 'by_provider', 'failed', 'none']),
  sent_copy_id: z.string().optional(),
  draft_id: z.string().optional(),
  review_url: z.string().optional(),
})
export type Delivery = z.output<typeof delivery>
