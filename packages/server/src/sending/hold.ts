/**
 * What becomes of an email that nobody released: it is *held*. It lies in the owner's own Drafts, in the bytes that were
 * to go out, and the ledger knows it for a day, so that a retry answers the same and files no second draft. This is the
 * one place where an email is held. The link to the page that releases it comes with every answer about it (deliver.ts).
 */
import { findByMessageId, type MessageRef, toDraftTag } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { assertReadable } from '../accounts/owner-settings.ts'
import { findSendOutcome } from './earlier-send.ts'
import type { KeptMailbox } from './kept-mailbox.ts'
import type { ReadyMessage } from './ready-message.ts'
import type { SendLedger } from './send-ledger.ts'
import { held, type SendOutcome } from './send-outcome.ts'
import type { SendingCall } from './sending-call.ts'
import { saveDraft } from './stored-draft.ts'

/** A draft that is stored stays where it is. */
export async function hold(
  { stored, compose }: ReadyMessage,
  {
    ledger,
    madeAt,
    mailbox,
  }: { readonly ledger: SendLedger; readonly madeAt: number; readonly mailbox: KeptMailbox },
): Promise<SendOutcome> {
  if (stored !== undefined) {
    return { ...held(stored.messageId ?? ledger.messageId, { draft: stored.ref }), repeated: false }
  }
  return await ledger.holdOnce(async ({ messageId, again }) => {
    const { bytesWithBcc } = await compose({ date: new Date(madeAt * 1000), messageId })
    // A connection that broke off in the middle may have put it there as well.
    return await mailbox.run(async (session, isAgain) => {
      const there = again || isAgain ? await findByMessageId(session, 'drafts', messageId) : undefined
      return there ?? (await saveDraft(session, bytesWithBcc, { messageId })).ref
    })
  })
}

/** The outcome of the draft, where it was sent since by its own id. */
export async function followHeld(
  call: SendingCall,
  { accountId, sealedOwner }: OpenedAccount,
  outcome: SendOutcome,
): Promise<SendOutcome> {
  if (outcome.state !== 'held' || !outcome.repeated) return outcome
  const draftId = `draft ${toDraftTag(outcome.messageId)}`
  const request = { accountId, sealedOwner, content: { draftId }, shared: [draftId] }
  const later = await findSendOutcome(call, request)
  return later === undefined || later.state === 'rejected' ? outcome : later
}

/** What the owner can do with it; a model passes it on. */
export function toHeldText(
  { settings }: OpenedAccount,
  { draftId, reviewUrl }: { readonly draftId: string | undefined; readonly reviewUrl: string | undefined },
): string {
  const { ask, trust } = assertReadable(settings).grant
  const link = reviewUrl && `or at ${reviewUrl} (24 hours, in a browser paired with this mailbox)`
  const program = ['The owner can send it from any mail program', link].filter(Boolean).join(', ')
  if (ask === 'always' && !trust) return `${program}; no app may send it for them.`
  const id = draftId === undefined ? '' : ` with the id ${draftId}`
  return `${program}. In an app that can ask the owner first, send_draft${id} sends it once they say yes.`
}

export function toHeldRef({ draft, messageId }: SendOutcome): MessageRef | undefined {
  return draft === undefined ? undefined : { ...draft, draft: toDraftTag(messageId) }
}
