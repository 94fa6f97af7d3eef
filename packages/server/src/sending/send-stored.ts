/**
 * A draft on its way out, for send_draft, the review card and the owner's page alike: what became of it before, the sending, the bin.
 */
import { MailError, type MessageRef, readStoredHeaders, type Submission } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolQuestion } from '../tool-call/tool.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { markParentOf } from './answered-mark.ts'
import { answerDelivery, deliver } from './deliver.ts'
import type { Delivery } from './delivery.ts'
import { findSendOutcome } from './earlier-send.ts'
import { type KeptMailbox, withKeptMailbox } from './kept-mailbox.ts'
import type { SendOutcome } from './send-outcome.ts'
import type { ReleasedBy, SendingCall } from './sending-call.ts'
import { binDraft, type NamedDraft, type ReadDraft, toDraftKeys } from './stored-draft.ts'

interface Options {
  readonly idempotencyKey?: string | undefined
  readonly early?: Submission | undefined
  readonly releasedBy?: ReleasedBy
  readonly assertMaySend?: (() => Promise<void>) | undefined
}

/** Asked before the mailbox is: a draft that was sent is no longer in Drafts. */
export async function findEarlier(
  call: SendingCall,
  { accountId, sealedOwner }: OpenedAccount,
  named: NamedDraft,
  idempotencyKey?: string,
): Promise<SendOutcome | undefined> {
  const { draftId, shared } = toDraftKeys(named)
  const request = { accountId, sealedOwner, idempotencyKey, content: { draftId }, shared }
  const earlier = await findSendOutcome(call, request)
  // A draft that was refused may have been changed since.
  return earlier?.state === 'rejected' ? undefined : earlier
}

export async function answerEarlier(
  call: SendingCall,
  opened: OpenedAccount,
  { ref }: NamedDraft,
  earlier: SendOutcome,
): Promise<ToolResult<Delivery>> {
  return await withKeptMailbox(call.toCompletion(), opened, async (mailbox) => {
    const result = await answerDelivery(call, opened, mailbox, Promise.resolve(earlier))
    return await withDraftBinned(mailbox, { ref }, result)
  })
}

export async function sendStored(
  call: SendingCall,
  mailbox: KeptMailbox,
  { ready, draft }: ReadDraft,
  options: Options,
): Promise<ToolResult<Delivery> | ToolQuestion> {
  const result = await deliver(call, ready, { ...options, mailbox })
  if ('question' in result) return result
  const sent = result.structured.repeated ? {} : { raw: draft.raw }
  return await withDraftBinned(mailbox, { ref: draft.ref, ...sent }, result)
}

/** Sent is sent: a draft that stays behind is told, and no failure. A repeat puts right what a crash left undone. */
async function withDraftBinned(
  mailbox: KeptMailbox,
  { ref, raw }: { readonly ref: MessageRef; readonly raw?: Buffer },
  result: ToolResult<Delivery>,
): Promise<ToolResult<Delivery>> {
  if (result.structured.state !== 'sent') return result
  const fate = await mailbox
    .run(async (session) => {
      const fate = await binDraft(session, ref)
      if (raw !== undefined) await markParentOf(session, readStoredHeaders(raw))
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
