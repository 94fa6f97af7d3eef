/** Sends a draft as it is stored in Drafts, then puts it into the bin. */
import { MailError, type MessageRef, readStoredHeaders, type StoredHeaders } from '@email-connector/mail'
import * as z from 'zod'
import { markParentOf } from '../sending/answered-mark.ts'
import { answerDelivery, type Delivery, deliver, delivery } from '../sending/deliver.ts'
import { withEarlySubmission } from '../sending/early-submission.ts'
import { type KeptMailbox, withKeptMailbox } from '../sending/kept-mailbox.ts'
import { findSendOutcome } from '../sending/send-ledger.ts'
import type { SendOutcome } from '../sending/send-outcome.ts'
import { binDraft, findDraft, readyDraft, toDraftKeys } from '../sending/stored-draft.ts'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'

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
  async handle(input, call) {
    const { id, idempotency_key: idempotencyKey } = input
    const { opened, message } = await openEmail(call, id, input.account)
    // Asked before the mailbox is: a draft that was sent is no longer in Drafts.
    const { accountId, sealedOwner } = opened
    const known = toDraftKeys(message)
    const findEarlier = async () => {
      const earlier = await findSendOutcome(call, {
        ...{ accountId, sealedOwner, idempotencyKey },
        content: { draftId: known.draftId },
        shared: known.shared,
      })
      // A draft that was refused may have been changed since.
      return earlier?.state === 'rejected' ? undefined : earlier
    }
    const answerEarlier = (earlier: SendOutcome) =>
      withKeptMailbox(call.toCompletion(), opened, async (mailbox) => {
        const result = await answerDelivery(call, opened, mailbox, Promise.resolve(earlier))
        return await withDraftBinned(mailbox, { ref: message.ref }, result)
      })
    const earlier = await findEarlier()
    if (earlier !== undefined) return await answerEarlier(earlier)
    return await withKeptMailbox(call, opened, (mailbox) =>
      withEarlySubmission(call, opened, async (early) => {
        const { ready, draft } = await mailbox.run(async (session) => {
          const draft = await findDraft(call, session, opened, message)
          return { draft, ready: await readyDraft(call, session, opened, { id, draft }) }
        })
        const result = await deliver(call, ready, { idempotencyKey, mailbox, early })
        if ('question' in result) return result
        const sent = result.structured.repeated ? {} : { headers: readStoredHeaders(draft.raw) }
        return await withDraftBinned(mailbox, { ref: draft.ref, ...sent }, result)
      }),
    ).catch(async (error: unknown) => {
      if (!(error instanceof ToolError) || error.code !== 'stale_id') throw error
      // It may be gone because another call has sent it meanwhile.
      const meanwhile = await findEarlier()
      if (meanwhile === undefined) throw error
      return await answerEarlier(meanwhile)
    })
  },
})

/** Sent is sent: a draft that stays behind is told, and no failure. A repeat puts right what a crash left undone. */
async function withDraftBinned(
  mailbox: KeptMailbox,
  { ref, headers }: { readonly ref: MessageRef; readonly headers?: StoredHeaders },
  result: ToolResult<Delivery>,
): Promise<ToolResult<Delivery>> {
  if (result.structured.state !== 'sent') return result
  const fate = await mailbox
    .run(async (session) => {
      const fate = await binDraft(session, ref)
      if (headers !== undefined) await markParentOf(session, headers)
      return fate
    })
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
