/** Sends an email at most once, says what became of it, and sees to its copy in Sent. */
import * as z from 'zod'
import { deliver, toReady } from '../sending/deliver.ts'
import { delivery } from '../sending/delivery.ts'
import { withEarlySubmission } from '../sending/early-submission.ts'
import { withKeptMailbox } from '../sending/kept-mailbox.ts'
import { openOutgoing, outgoingParameters } from '../sending/outgoing.ts'
import { assertRecipients } from '../sending/recipients.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

export const sendEmail = defineTool({
  name: 'send_email',
  title: 'Send email',
  description:
    'Sends an email. A repeat, by the same idempotency_key or content, answers the first outcome and sends nothing; a new key sends the same content again after 10 minutes.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({ ...outgoingParameters, idempotency_key: parameters.line.optional() }),
  output: delivery,
  async handle(input, call) {
    // Before a mailbox is read for it.
    assertRecipients(input.to, input.cc, input.bcc)
    const { idempotency_key: idempotencyKey, ...outgoing } = input
    const { opened, draft, parent, readsMailbox, complete } = await openOutgoing(call, outgoing)
    if (!readsMailbox) return await deliver(call, toReady({ opened, draft }), { idempotencyKey })
    return await withKeptMailbox(call, opened, (mailbox) =>
      withEarlySubmission(call, opened, async (early) => {
        const ready = toReady({ opened, draft: await mailbox.run(complete) })
        const mark = parent && { ref: parent, flag: '\\Answered' }
        return await deliver(call, ready, { idempotencyKey, mark, mailbox, early })
      }),
    )
  },
})
