/** Sends a draft as it is stored in Drafts, then puts it into the bin. */
import * as z from 'zod'
import { delivery } from '../sending/delivery.ts'
import { findEarlier, sendStored } from '../sending/send-stored.ts'
import { readDraft } from '../sending/stored-draft.ts'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

export const sendDraft = defineTool({
  name: 'send_draft',
  title: 'Send draft',
  description:
    'Sends a draft as it is stored, whichever program wrote it, and moves it to the bin. Any earlier id of it works. Repeats as send_email.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    idempotency_key: parameters.line.optional(),
  }),
  output: delivery,
  async handle({ id, account, idempotency_key: idempotencyKey }, call) {
    const { opened, message } = await openEmail(call, id, account)
    const earlier = await findEarlier(call, opened, message, { idempotencyKey })
    if (earlier !== undefined) return earlier
    return await sendStored(call, await readDraft(call, opened, message), { idempotencyKey })
  },
})
