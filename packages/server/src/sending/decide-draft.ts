/**
 * What a person decided about a draft that they were shown, done once: it is sent as they saw it, or put into the bin. The
 * ledger is asked first and decides last, so that a card, the owner's page and send_draft send one email between them. A
 * draft that was changed since it was shown is neither.
 */
import type { StoredDraft, Submission } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import type { Reviewed } from './card-state.ts'
import type { Delivery } from './delivery.ts'
import type { KeptMailbox } from './kept-mailbox.ts'
import { forgetHeld } from './send-ledger.ts'
import type { SendOutcome } from './send-outcome.ts'
import { answerEarlier, findEarlier, sendStored } from './send-stored.ts'
import type { ReleasedBy, SendingCall } from './sending-call.ts'
import { hashOf } from './shown-hash.ts'
import { binDraft, findDraft, type NamedDraft, nameDraft, readyDraft } from './stored-draft.ts'

export interface Decision {
  readonly answer: 'send' | 'discard'
  readonly draft: Pick<Reviewed, 'ref' | 'messageId' | 'claim'>
  /** Whether these are the bytes that the person was shown. */
  readonly isShown: (found: StoredDraft) => boolean
  readonly releasedBy: ReleasedBy
  /** Asked right before DATA: throws where the person may no longer send. */
  readonly assertMaySend?: () => Promise<void>
  readonly early: Submission | undefined
}

interface Places {
  readonly mailbox: KeptMailbox
  readonly opened: OpenedAccount
}

type Ended =
  /** By this decision, or by an earlier one: the ledger remembers. */
  { readonly state: 'delivered'; readonly result: ToolResult<Delivery> } | { readonly state: 'gone' }

export type Decided =
  | Ended
  /** Nothing was done. */
  | { readonly state: 'changed'; readonly draft: StoredDraft }
  | { readonly state: 'discarded' }
  /** It could not be moved to the bin. */
  | { readonly state: 'kept' }

/** Throws ToolError where it may not go out, and what a sending throws. */
export async function decideDraft(
  call: SendingCall,
  places: Places,
  { answer, isShown, releasedBy, assertMaySend, early, ...decision }: Decision,
): Promise<Decided> {
  const looked = await lookAtDraft(call, places, decision.draft)
  if (looked.state !== 'found') return looked
  const { mailbox, opened } = places
  const { draft, id } = looked
  if (!isShown(draft)) return { state: 'changed', draft }
  if (answer === 'discard') return await discard(call, mailbox, draft, decision.draft.claim)
  const ready = await mailbox.run((session) =>
    readyDraft(call, session, opened, { id, draft }, hashOf(draft)),
  )
  const result = await sendStored(call, mailbox, { ready, draft }, { early, releasedBy, assertMaySend })
  if ('question' in result) throw new Error('Nobody is asked about what was released')
  return { state: 'delivered', result }
}

/** The draft as it is now, or what became of it. */
export async function lookAtDraft(
  call: SendingCall,
  { mailbox, opened }: Places,
  wanted: Pick<Reviewed, 'ref' | 'messageId'>,
): Promise<Ended | { readonly state: 'found'; readonly draft: StoredDraft; readonly id: string }> {
  const named = await nameDraft(mailbox, opened, wanted)
  if (named === undefined) return { state: 'gone' }
  const earlier = await findEarlier(call, opened, named)
  if (earlier !== undefined) return await toDelivered(earlier, named)
  const draft = await findNamed(call, mailbox, opened, named)
  if (draft !== undefined) return { state: 'found', draft, id: named.id }
  // Another call may have sent it meanwhile.
  const meanwhile = await findEarlier(call, opened, named)
  return meanwhile === undefined ? { state: 'gone' } : await toDelivered(meanwhile, named)

  async function toDelivered(outcome: SendOutcome, known: NamedDraft): Promise<Ended> {
    return { state: 'delivered', result: await answerEarlier(call, opened, known, outcome) }
  }
}

/** The draft as it is now; undefined where it is no longer in Drafts. */
async function findNamed(
  call: SendingCall,
  mailbox: KeptMailbox,
  opened: OpenedAccount,
  named: NamedDraft,
): Promise<StoredDraft | undefined> {
  return await mailbox
    .run((session) => findDraft(call, session, opened, named))
    .catch((error: unknown) => {
      if (error instanceof ToolError && error.code === 'stale_id') return undefined
      throw error
    })
}

async function discard(
  call: SendingCall,
  mailbox: KeptMailbox,
  { ref }: StoredDraft,
  claim: Reviewed['claim'],
): Promise<Decided> {
  const fate = await mailbox.run((session) => binDraft(session, ref))
  if (fate === 'kept') return { state: 'kept' }
  if (claim !== undefined) await forgetHeld(call.once, claim)
  return { state: 'discarded' }
}
