/**
 * What a person answered on a review card, done once: the email is sent as they saw it, kept, or put into the bin. The
 * owner's settings and limits are read again, and the draft too: one that was changed since is shown again and not sent.
 */
import type { Submission } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall, ToolQuestion } from '../tool-call/tool.ts'
import { toEmailId } from '../wire/email-id.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { delivery } from './delivery.ts'
import { withEarlySubmission } from './early-submission.ts'
import { type KeptMailbox, withKeptMailbox } from './kept-mailbox.ts'
import { createPeople } from './people.ts'
import { nameDraft, readReviewed, toReviewMeta } from './review.ts'
import { openReview, type Reviewed } from './review-state.ts'
import { forgetHeld } from './send-ledger.ts'
import { answerEarlier, findEarlier, sendStored } from './send-stored.ts'
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
  return await withKeptMailbox(deciding, opened, (mailbox) =>
    withEarlySubmission(
      deciding,
      opened,
      (early) => decide({ call: deciding, mailbox, opened, review, answer, early }),
      answer === 'send',
    ),
  )
}

interface Deciding {
  readonly call: ToolCall
  readonly mailbox: KeptMailbox
  readonly opened: OpenedAccount
  readonly review: Reviewed
  readonly answer: (typeof answers)[number]
  readonly early: Submission | undefined
}

async function decide(deciding: Deciding): Promise<Released | ToolQuestion> {
  const { call, mailbox, opened, review, answer, early } = deciding
  const named = await nameDraft(mailbox, opened, review)
  if (named === undefined) throw gone()
  const earlier = await findEarlier(call, opened, named)
  if (earlier !== undefined) return await answerEarlier(call, opened, named, earlier)
  const read = await readReviewed(call, mailbox, opened, review)
  if (read === undefined) {
    // Another call may have sent it meanwhile.
    const meanwhile = await findEarlier(call, opened, named)
    if (meanwhile === undefined) throw gone()
    return await answerEarlier(call, opened, named, meanwhile)
  }
  if (read.ready.stored?.hash !== review.hash) return await askAgain(deciding, read)
  if (answer === 'discard') return await discard(deciding, read)
  return await sendStored(call, mailbox, read, { early, isReleased: true })
}

async function askAgain({ call, mailbox, opened, review }: Deciding, read: ReadDraft): Promise<Released> {
  const { ready, draft } = read
  const { messageId, claim } = review
  const found = { ready, messageId, ref: draft.ref, hash: ready.stored?.hash ?? '' }
  const text = 'Nothing was done: this email was changed after it was shown. It is in Drafts as it is now.'
  const people = createPeople(mailbox, ready.shown)
  return {
    ...toAnswer(opened, { messageId, ref: draft.ref }, 'held', text),
    meta: await toReviewMeta(call, found, { claim, people }),
  }
}

async function discard({ call, mailbox, opened, review }: Deciding, { draft }: ReadDraft): Promise<Released> {
  const fate = await mailbox.run((session) => binDraft(session, draft.ref))
  if (fate === 'kept') {
    const text = 'Not sent. The draft could not be moved to the bin: it is still in Drafts.'
    return toAnswer(opened, review, 'held', text)
  }
  if (review.claim !== undefined) await forgetHeld(call.once, review.claim)
  const text = 'Discarded: this email was not sent, and its draft is in the bin.'
  return toAnswer(opened, review, 'discarded', text)
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
