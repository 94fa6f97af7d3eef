/**
 * What a person answered on a review card, done once: the email is sent as they saw it, kept, or put into the bin. The
 * owner's settings and limits are read again, and the draft too: one that was changed since is shown again and not sent.
 */
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall, ToolQuestion } from '../tool-call/tool.ts'
import { toEmailId } from '../wire/email-id.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { delivery } from './delivery.ts'
import { nameDraft, readReviewed, toReviewMeta } from './review.ts'
import { openReview, type Reviewed } from './review-state.ts'
import { forgetHeld } from './send-ledger.ts'
import { findEarlier, sendStored } from './send-stored.ts'
import { binDraft, type ReadDraft } from './stored-draft.ts'

export const answers = ['send', 'keep', 'discard'] as const

export const released = delivery.extend({
  state: z.enum([...delivery.shape.state.options, 'discarded']),
})
type Released = ToolResult<z.output<typeof released>>

export async function answerReview(
  call: ToolCall,
  { state, answer }: { readonly state: string; readonly answer: (typeof answers)[number] },
): Promise<Released | ToolQuestion> {
  const review = await openReview(call, state)
  const opened = await call.accounts.open(review.accountId)
  if (answer === 'keep') return toAnswer(opened, review, 'held', 'Kept in Drafts: not sent.')
  // A person has decided: a client that goes away no longer ends it.
  const deciding = call.toCompletion()
  const named = await nameDraft(deciding, opened, review)
  if (named === undefined) throw gone()
  const earlier = await findEarlier(deciding, opened, named)
  if (earlier !== undefined) return earlier
  const read = await readReviewed(deciding, opened, review)
  if (read === undefined) throw gone()
  if (read.ready.stored?.hash !== review.hash) return await askAgain(deciding, opened, read, review)
  if (answer === 'discard') return await discard(deciding, opened, read, review)
  return await sendStored(deciding, read, { isReleased: true })
}

async function askAgain(
  call: ToolCall,
  opened: OpenedAccount,
  { ready, draft }: ReadDraft,
  { messageId, claim }: Reviewed,
): Promise<Released> {
  const found = { ready, messageId, ref: draft.ref, hash: ready.stored?.hash ?? '' }
  const text = 'Nothing was done: this email was changed after it was shown. It is in Drafts as it is now.'
  return {
    ...toAnswer(opened, { messageId, ref: draft.ref }, 'held', text),
    meta: await toReviewMeta(call, found, { claim }),
  }
}

async function discard(
  call: ToolCall,
  opened: OpenedAccount,
  { draft }: ReadDraft,
  review: Reviewed,
): Promise<Released> {
  const fate = await call.withSession(opened, (session) => binDraft(session, draft.ref))
  if (fate === 'kept') {
    const text = 'Not sent. The draft could not be moved to the bin: it is still in Drafts.'
    return toAnswer(opened, review, 'held', text)
  }
  if (review.claim !== undefined) await forgetHeld(call.once, review.claim)
  return toAnswer(
    opened,
    review,
    'discarded',
    'Discarded: this email was not sent, and its draft is in the bin.',
  )
}

function toAnswer(
  { accountId, address }: OpenedAccount,
  { ref, messageId }: Pick<Reviewed, 'ref' | 'messageId'>,
  state: 'held' | 'discarded',
  message: string,
): Released {
  const draftId = ref === undefined || state === 'discarded' ? {} : { draft_id: toEmailId(accountId, ref) }
  const structured = {
    ...{ account: address, state, repeated: false, message, recipients: [] },
    ...{ message_id: messageId, sent_copy: 'none' as const, ...draftId },
  }
  return { structured, text: message }
}

function gone(): ToolError {
  const sentence = 'Nothing was done: this email is no longer in Drafts. It was sent, deleted or moved.'
  return new ToolError('stale_id', sentence, { field: 'state' })
}
