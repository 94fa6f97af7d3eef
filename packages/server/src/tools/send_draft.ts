/** Sends a draft as it lies in Drafts, then puts it into the bin. */
import { MailError } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { answerDelivery, type Delivery, deliver, delivery } from '../sending/deliver.ts'
import { findSendOutcome } from '../sending/send-ledger.ts'
import { binDraft, readDraft } from '../sending/stored-draft.ts'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool, type ToolCall } from '../tool-call/tool.ts'
import { type NamedMessage, toRefName } from '../wire/email-id.ts'
import type { ToolResult } from '../wire/tool-result.ts'

export const sendDraft = defineTool({
  name: 'send_draft',
  title: 'Send draft',
  description:
    'Sends a draft and moves it to the bin. Formatting of other programs becomes plain text. Repeats as send_email.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    idempotency_key: parameters.line.optional(),
  }),
  output: delivery,
  async handle(input, call) {
    const { id, idempotency_key: idempotencyKey } = input
    const { opened, message } = await openEmail(call, id, input.account)
    // Asked before the mailbox is: a draft that was sent is no longer in Drafts.
    const { accountId, sealedOwner } = opened
    const earlier = await findSendOutcome(call, {
      ...{ accountId, sealedOwner, idempotencyKey },
      content: { draftId: id },
      shared: [toRefName(id)],
    })
    if (earlier !== undefined) {
      const result = await answerDelivery(call, opened, Promise.resolve(earlier))
      return await withDraftBinned(call, opened, message, result)
    }
    const draft = await call.withSession(opened, (session) =>
      readDraft(session, opened, message, { isBodyKept: true }),
    )
    const result = await deliver(call, { opened, draft }, { idempotencyKey, draftId: id })
    return 'question' in result ? result : await withDraftBinned(call, opened, message, result)
  },
})

/** Sent is sent: a draft that stays behind is told, and no failure. A repeat puts right what a crash left undone. */
async function withDraftBinned(
  call: ToolCall,
  opened: OpenedAccount,
  { ref }: NamedMessage,
  result: ToolResult<Delivery>,
): Promise<ToolResult<Delivery>> {
  if (result.structured.state !== 'sent') return result
  const fate = await call
    .toCompletion()
    .withSession(opened, (session) => binDraft(session, ref))
    .catch((error: unknown) => {
      if (error instanceof MailError) return 'kept' as const
      throw error
    })
  return { ...result, text: `${result.text}\n${fateText[fate]}` }
}

const fateText = {
  in_bin: 'The draft is in the bin.',
  kept: 'The draft is still in Drafts.',
  gone: 'The draft is no longer in Drafts.',
}
