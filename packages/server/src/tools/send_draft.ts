/** Sends a draft as it is stored in Drafts, then puts it into the bin. */
import * as z from 'zod'
import { delivery } from '../sending/delivery.ts'
import { withEarlySubmission } from '../sending/early-submission.ts'
import { withKeptMailbox } from '../sending/kept-mailbox.ts'
import { answerEarlier, findEarlier, sendStored } from '../sending/send-stored.ts'
import { readDraft } from '../sending/stored-draft.ts'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { ToolError } from '../wire/tool-error.ts'

export const sendDraft = defineTool({
  name: 'send_draft',
  title: 'Send draft',
  description:
    'Sends a draft as it is stored, whichever program wrote it, and moves it to the bin. Any earlier id of it works. Safe to repeat, like send_email.',
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
    const earlier = await findEarlier(call, opened, message, idempotencyKey)
    if (earlier !== undefined) return await answerEarlier(call, opened, message, earlier)
    return await withKeptMailbox(call, opened, (mailbox) =>
      withEarlySubmission(call, opened, async (early) => {
        const read = await readDraft(call, mailbox, opened, message)
        return await sendStored(call, mailbox, read, { idempotencyKey, early })
      }),
    ).catch(async (error: unknown) => {
      if (!(error instanceof ToolError) || error.code !== 'stale_id') throw error
      // It may be gone because another call has sent it meanwhile.
      const meanwhile = await findEarlier(call, opened, message, idempotencyKey)
      if (meanwhile === undefined) throw error
      return await answerEarlier(call, opened, message, meanwhile)
    })
  },
})
