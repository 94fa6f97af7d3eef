/**
 * A draft on its way out, for send_draft and for the review card alike: what became of it before, its bytes, the sending,
 * the bin.
 */
import { MailError, type MessageRef, readStoredHeaders } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall, ToolQuestion } from '../tool-call/tool.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { markParentOf } from './answered-mark.ts'
import { answerDelivery, deliver } from './deliver.ts'
import type { Delivery } from './delivery.ts'
import { findSendOutcome } from './send-ledger.ts'
import { binDraft, type NamedDraft, type ReadDraft, toDraftKeys } from './stored-draft.ts'

interface Options {
  readonly idempotencyKey?: string | undefined
  /** A person has seen these very bytes on a review card and said yes. */
  readonly isReleased?: boolean
}

/** Asked before the mailbox is: a draft that was sent is no longer in Drafts. */
export async function findEarlier(
  call: ToolCall,
  opened: OpenedAccount,
  named: NamedDraft,
  { idempotencyKey }: Options = {},
): Promise<ToolResult<Delivery> | undefined> {
  const { accountId, sealedOwner } = opened
  const { draftId, shared } = toDraftKeys(named)
  const request = { accountId, sealedOwner, idempotencyKey, content: { draftId }, shared }
  const earlier = await findSendOutcome(call, request)
  // A draft that was refused may have been changed since.
  if (earlier === undefined || earlier.state === 'rejected') return undefined
  const result = await answerDelivery(call, opened, Promise.resolve(earlier))
  return await withDraftBinned(call, opened, { ref: named.ref }, result)
}

export async function sendStored(
  call: ToolCall,
  { ready, draft }: ReadDraft,
  options: Options = {},
): Promise<ToolResult<Delivery> | ToolQuestion> {
  const result = await deliver(call, ready, options)
  if ('question' in result) return result
  const sent = result.structured.repeated ? {} : { raw: draft.raw }
  return await withDraftBinned(call, ready.opened, { ref: draft.ref, ...sent }, result)
}

/** Sent is sent: a draft that stays behind is told, and no failure. A repeat puts right what a crash left undone. */
async function withDraftBinned(
  call: ToolCall,
  opened: OpenedAccount,
  { ref, raw }: { readonly ref: MessageRef; readonly raw?: Buffer },
  result: ToolResult<Delivery>,
): Promise<ToolResult<Delivery>> {
  if (result.structured.state !== 'sent') return result
  const fate = await call
    .toCompletion()
    .withSession(opened, async (session) => {
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
