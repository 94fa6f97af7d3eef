/**
 * The review card of a held email: what a person sees in it, and the sealed state by which their answer comes back. Both
 * are in the result's `_meta` and nowhere else (R100). The email lies in Drafts meanwhile, so that nothing is lost when
 * nobody answers. A client gets a card only if it shows cards and the owner lets apps ask; else the email is held as ever.
 */
import { type ComposedMessage, type MailAddress, type MessageRef, toDraftTag } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { reviewKey } from '../cards/review-card.ts'
import { fits } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { orNothing } from './answered-mark.ts'
import { type Reviewed, sealReview } from './card-state.ts'
import { letsAppsAsk } from './confirmation.ts'
import type { Delivery } from './delivery.ts'
import type { KeptMailbox } from './kept-mailbox.ts'
import type { People } from './people.ts'
import { toShownEmail } from './question.ts'
import type { ReadyMessage } from './ready-message.ts'
import type { SendOutcome } from './send-outcome.ts'
import type { SendingCall } from './sending-call.ts'
import { hashOfBytes } from './shown-hash.ts'
import { nameDraft, readDraft } from './stored-draft.ts'

/** Of the text: the rest of an answer has room beside it. */
const maxShownChars = 40_000

const shownText =
  'The person can send, keep or discard it in the card shown with this answer, within five minutes.'
const goneText =
  'Not sent now. An earlier call put this email into Drafts, and it is no longer there: sent, discarded or moved. Ask the person before it is written once more.'

/** What lies in Drafts, as it was put or found there. */
interface InDrafts {
  readonly ready: ReadyMessage
  readonly ref: MessageRef | undefined
  readonly messageId: string
  readonly hash: string
}

export interface Held {
  readonly outcome: SendOutcome
  readonly composed: ComposedMessage
  readonly known?: readonly MailAddress[] | undefined
  readonly people: People
  readonly mailbox: KeptMailbox
}

/** The client shows cards, and the owner lets them decide. */
function isReviewed({ asking }: SendingCall, opened: OpenedAccount): boolean {
  return asking.showsCards && letsAppsAsk(opened)
}

/** The answer about a held email, with its card where there is one. */
export async function withReview(
  call: SendingCall,
  ready: ReadyMessage,
  { outcome, composed, known, people, mailbox }: Held,
  result: ToolResult<Delivery>,
): Promise<ToolResult<Delivery>> {
  const { opened } = ready
  if (result.structured.state !== 'held' || !isReviewed(call, opened)) return result
  const { messageId, claim } = outcome
  const found = await findInDrafts().catch(orNothing)
  if (found === undefined) return result
  if (found === 'gone') return withMessage(result, goneText)
  const meta = await toReviewMeta(call, found, { known, people, claim })
  const { message } = result.structured
  const answer = { ...withMessage(result, `${message} ${shownText}`), meta }
  return fits(answer) ? answer : result

  async function findInDrafts(): Promise<InDrafts | 'gone'> {
    const { stored } = ready
    if (stored !== undefined) return { ready, ref: stored.ref, messageId, hash: stored.hash }
    const named = { accountId: opened.accountId, messageId, ref: toRef(outcome) }
    // What this call has put there is what it composed; of an earlier call only Drafts can tell.
    if (!outcome.repeated && messageId === composed.messageId) {
      return { ...named, ready, hash: hashOfBytes(composed.bytesWithBcc) }
    }
    const read = await readReviewed(call, mailbox, opened, named)
    if (read === undefined) return 'gone'
    return { ready: read.ready, ref: read.draft.ref, messageId, hash: read.ready.stored?.hash ?? '' }
  }
}

function toRef({ draft, messageId }: Pick<SendOutcome, 'draft' | 'messageId'>) {
  return draft === undefined ? undefined : { ...draft, draft: toDraftTag(messageId) }
}

/** `_meta` of a result, for the card. */
export async function toReviewMeta(
  call: SendingCall,
  { ready, ref, messageId, hash }: InDrafts,
  more: {
    readonly known?: readonly MailAddress[] | undefined
    readonly people: People
    readonly claim: Reviewed['claim']
  },
): Promise<Record<string, unknown>> {
  const { opened, shown } = ready
  const { known, people, claim } = more
  const writtenTo = await people.writtenTo().catch(orNothing)
  const sealed = sealReview(call, { accountId: opened.accountId, messageId, ref, hash, claim })
  return { [reviewKey]: { ...sealed, ...toShownEmail(shown, { inThread: known, writtenTo }, maxShownChars) } }
}

/** The draft as it is now; undefined where it is no longer in Drafts. `hash`: of the bytes that a person was shown. */
async function readReviewed(
  call: SendingCall,
  mailbox: KeptMailbox,
  opened: OpenedAccount,
  { ref, messageId, hash }: Pick<Reviewed, 'ref' | 'messageId'> & { readonly hash?: string },
) {
  const named = await nameDraft(mailbox, opened, { ref, messageId })
  if (named === undefined) return undefined
  return await readDraft(call, mailbox, opened, named, hash).catch((error: unknown) => {
    if (error instanceof ToolError && error.code === 'stale_id') return undefined
    throw error
  })
}

function withMessage(result: ToolResult<Delivery>, message: string): ToolResult<Delivery> {
  return {
    ...result,
    structured: { ...result.structured, message },
    text: result.text.replace(result.structured.message, () => message),
  }
}
