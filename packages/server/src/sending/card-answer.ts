/**
 * What a person answered on a review card (held-card.ts), done once: the email is sent as they saw it, kept, or put into the
 * bin. The owner's settings and limits are read again, and the draft too: one that was changed since is shown again and
 * not sent. It lies here and not with the card, which knows no mailbox: everything it does is done to a draft.
 */
import type { StoredDraft, Submission } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { toEmailId } from '../wire/email-id.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { openReview, type Reviewed } from './card-state.ts'
import { decideDraft } from './decide-draft.ts'
import { delivery } from './delivery.ts'
import { withEarlySubmission } from './early-submission.ts'
import { toReviewMeta } from './held-card.ts'
import { type KeptMailbox, withKeptMailbox } from './kept-mailbox.ts'
import { createPeople } from './people.ts'
import type { SendingCall } from './sending-call.ts'
import { hashOf } from './shown-hash.ts'
import { readyDraft } from './stored-draft.ts'

export const answers = ['send', 'keep', 'discard'] as const

export const released = delivery.extend({
  state: z.enum([...delivery.shape.state.options, 'discarded']),
})
type Released = ToolResult<z.output<typeof released>>

export async function answerReview(
  call: ToolCall,
  { state, answer }: { readonly state: string; readonly answer: (typeof answers)[number] },
): Promise<Released> {
  const review = await openReview(call, state)
  const opened = await call.accounts.open(review.accountId)
  if (answer === 'keep') return toAnswer(opened, review, 'held', 'Kept in Drafts: not sent.')
  // A person has decided: a client that goes away no longer ends it.
  const deciding = call.toCompletion()
  return await withKeptMailbox(deciding, opened, (mailbox) =>
    withEarlySubmission(
      deciding,
      opened,
      (early) => decide(deciding, { mailbox, opened }, { review, answer, early }),
      answer === 'send',
    ),
  )
}

async function decide(
  call: SendingCall,
  places: { readonly mailbox: KeptMailbox; readonly opened: OpenedAccount },
  decided: {
    readonly review: Reviewed
    readonly answer: 'send' | 'discard'
    readonly early: Submission | undefined
  },
): Promise<Released> {
  const { review, answer, early } = decided
  const { opened } = places
  const isShown = (draft: StoredDraft) => hashOf(draft) === review.hash
  const decision = { answer, draft: review, isShown, releasedBy: 'card', early } as const
  const outcome = await decideDraft(call, places, decision)
  switch (outcome.state) {
    case 'delivered':
      return outcome.result
    case 'changed':
      return await askAgain(call, places, review, outcome.draft)
    case 'discarded': {
      const text = 'Discarded: this email was not sent, and its draft is in the bin.'
      return toAnswer(opened, review, 'discarded', text)
    }
    case 'kept': {
      const text = 'Not sent. The draft could not be moved to the bin: it is still in Drafts.'
      return toAnswer(opened, review, 'held', text)
    }
    case 'gone':
      throw gone()
  }
}

async function askAgain(
  call: SendingCall,
  { mailbox, opened }: { readonly mailbox: KeptMailbox; readonly opened: OpenedAccount },
  { messageId, claim }: Reviewed,
  draft: StoredDraft,
): Promise<Released> {
  const { ref } = draft
  const id = toEmailId(opened.accountId, ref)
  const ready = await mailbox.run((session) => readyDraft(call, session, opened, { id, draft }))
  const found = { ready, messageId, ref, hash: hashOf(draft) }
  const text = 'Nothing was done: this email was changed after it was shown. It is in Drafts as it is now.'
  const people = createPeople(mailbox, ready.shown)
  return {
    ...toAnswer(opened, { messageId, ref }, 'held', text),
    meta: await toReviewMeta(call, found, { claim, people }),
  }
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
