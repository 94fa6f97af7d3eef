/** What every sending tool does with a message that is ready: ask, send it at most once or hold it, see to its copy in Sent. */
import { createHash } from 'node:crypto'
import {
  type ComposedMessage,
  composeMessage,
  type MailAddress,
  type Mark,
  type Submission,
} from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolQuestion } from '../tool-call/tool.ts'
import { toEmailId, toRefName } from '../wire/email-id.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { orNothing } from './answered-mark.ts'
import { openConfirmation } from './confirmation.ts'
import type { Delivery } from './delivery.ts'
import { findSendOutcome } from './earlier-send.ts'
import { openNow } from './early-submission.ts'
import { withReview } from './held-card.ts'
import { followHeld, hold, toHeldRef, toHeldText } from './hold.ts'
import { type KeptMailbox, withKeptMailbox } from './kept-mailbox.ts'
import { assertWithinLimits } from './limits.ts'
import { type PreparedMessage, toShown } from './outgoing.ts'
import { createPeople } from './people.ts'
import { toQuestion } from './question.ts'
import type { ReadyMessage } from './ready-message.ts'
import { assertRecipients } from './recipients.ts'
import { createSendLedger } from './send-ledger.ts'
import { describeOutcome, type SendOutcome } from './send-outcome.ts'
import type { ReleasedBy, SendingCall } from './sending-call.ts'
import { fileSentCopy, type SentCopy } from './sent-copy.ts'

/** `about`: which email is answered or forwarded, where its id says more than the text. */
export function toReady({ opened, draft }: PreparedMessage, about = ''): ReadyMessage {
  return {
    opened,
    shown: toShown(draft),
    ...toContents(draft, about),
    compose: (made) => composeMessage({ ...draft, ...made }),
  }
}

export interface DeliveryOptions {
  readonly idempotencyKey?: string | undefined
  /** Who wrote and got the email that is answered: anybody else is shown as new. */
  readonly known?: readonly MailAddress[] | undefined
  /** Addresses of that email that nothing can be sent to, each with the reason. */
  readonly skipped?: readonly string[]
  /** On the email that is answered, once this one is out. */
  readonly mark?: Mark | undefined
  /** The connections of this call, where it has opened them by now. */
  readonly mailbox?: KeptMailbox | undefined
  readonly early?: Submission | undefined
  readonly releasedBy?: ReleasedBy | undefined
  /** Asked once more right before DATA: throws where the sender may no longer send. */
  readonly assertMaySend?: (() => Promise<void>) | undefined
}

export async function deliver(
  call: SendingCall,
  ready: ReadyMessage,
  options: DeliveryOptions = {},
): Promise<ToolResult<Delivery> | ToolQuestion> {
  const { mailbox } = options
  if (mailbox !== undefined) return await deliverOver(mailbox, call, ready, options)
  return await withKeptMailbox(call.toCompletion(), ready.opened, (own) =>
    deliverOver(own, call, ready, options),
  )
}

async function deliverOver(
  mailbox: KeptMailbox,
  call: SendingCall,
  ready: ReadyMessage,
  { idempotencyKey, known, skipped = [], mark, early, releasedBy, assertMaySend }: DeliveryOptions,
): Promise<ToolResult<Delivery> | ToolQuestion> {
  const { opened, shown, content, shared, stored } = ready
  const { from, to, cc, bcc } = shown
  const isToNobody = [to, cc, bcc].every((list) => list.length === 0)
  if (isToNobody && skipped.length > 0) throw nobodyLeft(skipped)
  assertRecipients(to, cc, bcc)
  // From here on a client that goes away must not leave an email of which nobody knows whether it was sent.
  const sending = call.toCompletion()
  const people = createPeople(mailbox, shown)
  const reservation = await assertWithinLimits(sending, opened, { shown, people })
  const confirmation = openConfirmation(call, opened, releasedBy)
  const { attempt, madeAt } = confirmation
  const request = {
    ...{ accountId: opened.accountId, sealedOwner: opened.sealedOwner, idempotencyKey, shared },
    content: stored === undefined ? content : { draftId: stored.draftId, revision: content },
  }
  const ledger = createSendLedger(sending, {
    ...{ ...request, attempt, messageId: stored?.messageId },
    domain: from.address.slice(from.address.lastIndexOf('@') + 1),
  })
  const composed = await ready.compose({ date: new Date(madeAt * 1000), messageId: ledger.messageId })
  // Nobody is asked about an email that lies in Drafts by now: its draft has an id of its own.
  const earlier = confirmation.asksNow ? await findSendOutcome(sending, request) : undefined
  if (earlier?.state === 'held') return await answerHeld(earlier)
  // Last before anything leaves: nobody is asked about what cannot be sent.
  const decided = await confirmation.decide(composed, async () => {
    const writtenTo = await people.writtenTo().catch(orNothing)
    return toQuestion(shown, { inThread: known, writtenTo })
  })
  if (typeof decided !== 'string') return decided
  if (decided === 'hold') return await answerHeld(await hold(ready, { ledger, madeAt, mailbox }))
  const submitted = ledger.sendOnce((beforeData) =>
    (early ?? openNow(sending, opened)).submit(composed, {
      async beforeData() {
        await assertMaySend?.()
        await reservation.reserve()
        const mayLeave = await beforeData()
        if (!mayLeave) await reservation.giveBack()
        return mayLeave
      },
    }),
  )
  const result = await answerDelivery(sending, opened, mailbox, submitted, { composed, mark })
  return withSkipped(withFrom(result, from), skipped)

  async function answerHeld(outcome: SendOutcome): Promise<ToolResult<Delivery>> {
    const result = await answerDelivery(sending, opened, mailbox, Promise.resolve(outcome))
    const held = { outcome, composed, known, people, mailbox }
    return withSkipped(await withReview(sending, ready, held, result), skipped)
  }
}

function nobodyLeft(skipped: readonly string[]): ToolError {
  const sentence = `Nothing can be sent to whom this email names: ${skipped.join('; ')}. Give "to".`
  return new ToolError('invalid_input', sentence, { field: 'to' })
}

/** R84: under which name and address it went out. */
function withFrom(result: ToolResult<Delivery>, { name, address }: MailAddress): ToolResult<Delivery> {
  const line = `From: ${name === undefined ? address : `${toLine(name, 200)} <${address}>`}`
  return { structured: { ...result.structured, from: address }, text: `${result.text}\n${line}` }
}

/** R86: each one left out is named. */
function withSkipped(result: ToolResult<Delivery>, skipped: readonly string[]): ToolResult<Delivery> {
  if (skipped.length === 0) return result
  const lines = skipped.map((one) => `Left out, nothing can be sent to ${one}`)
  return {
    ...result,
    structured: { ...result.structured, skipped: [...skipped] },
    text: [result.text, ...lines].join('\n'),
  }
}

/** Files the copy and says what happened. `composed` is absent where an earlier call sent, or tried. */
export async function answerDelivery(
  call: SendingCall,
  opened: OpenedAccount,
  mailbox: KeptMailbox,
  given: Promise<SendOutcome>,
  { composed, mark }: { composed?: ComposedMessage; mark?: Mark | undefined } = {},
): Promise<ToolResult<Delivery>> {
  const submitted = given.then((one) => followHeld(call, opened, one))
  const [sent, copy] = await Promise.all([
    submitted,
    fileSentCopy(mailbox, opened, { raw: composed?.bytesWithBcc, outcome: submitted, mark }),
  ])
  // A copy that we did not file was filed by the server that took the email: it went out.
  const outcome: SendOutcome =
    copy.state === 'found' && sent.state === 'unknown'
      ? { ...sent, state: 'sent', accepted: [...(composed?.envelope.to ?? [])] }
      : sent
  const recipients = [
    ...outcome.accepted.map((address) => ({ address, ok: true })),
    ...outcome.rejected.map(({ address, code }) => ({ address, ok: false, code })),
  ]
  const copyId = copy.ref === undefined ? {} : { sent_copy_id: toEmailId(opened.accountId, copy.ref) }
  const draft = toHeldRef(outcome)
  const draftId = draft === undefined ? {} : { draft_id: toEmailId(opened.accountId, draft) }
  const described = describeOutcome(outcome, call.now(), call.publicUrl)
  const isHeld = outcome.state === 'held'
  const { messageId, claim } = outcome
  const reviewUrl = isHeld ? await call.createReviewLink(opened, { messageId, ref: draft, claim }) : undefined
  const heldText = { draftId: draftId.draft_id, reviewUrl }
  const message = isHeld ? `${described} ${toHeldText(opened, heldText)}` : described
  const structured = {
    account: opened.address,
    state: outcome.state,
    repeated: outcome.repeated,
    message,
    recipients,
    message_id: messageId,
    sent_copy: copy.state,
    ...copyId,
    ...draftId,
    ...(reviewUrl !== undefined && { review_url: reviewUrl }),
  }
  return { structured, text: toText(outcome, message, copy, copyId.sent_copy_id) }
}

/**
 * In a fixed order: each list of addresses ends with an empty one, which no address is, and each string has its length
 * before it in the MAC. No two messages share a content.
 */
function toContents(
  draft: PreparedMessage['draft'],
  about: string,
): Pick<ReadyMessage, 'content' | 'shared'> {
  const lists = [[draft.from], draft.to, draft.cc, draft.bcc]
  const head = [
    ...lists.flatMap((list) => [...list.flatMap(({ address, name = '' }) => [address, name]), '']),
    draft.subject,
    draft.body,
    draft.inReplyTo ?? '',
    JSON.stringify(draft.references ?? []),
    ...(draft.signature === undefined ? [] : ['signature', draft.signature.text, draft.signature.html ?? '']),
  ]
  const files = draft.attachments.flatMap((one) => [
    ...[one.filename, one.contentType, toContent(one.content)],
  ])
  return { content: [...head, about, ...files], shared: [...head, toRefName(about), ...files] }
}

/** What a call itself can hold. */
const maxNamedBytes = 3 * 1024 * 1024

/** By its hash where it is large: some copies of 25 MB in base64 would be held to the end. Base64 has no colon. */
function toContent(content: Buffer): string {
  if (content.length <= maxNamedBytes) return content.toString('base64')
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

const copyText: Record<SentCopy['state'], string> = {
  filed: 'A copy is in Sent',
  found: 'Sent already holds it',
  by_provider: 'The provider files the copy in Sent',
  failed: 'Warning: no copy could be filed in Sent',
  none: 'No copy was filed in Sent by this call',
}

function toText(outcome: SendOutcome, message: string, copy: SentCopy, copyId: string | undefined): string {
  const lines = [
    message,
    outcome.accepted.length === 0 ? [] : `Accepted: ${outcome.accepted.join(', ')}`,
    outcome.rejected.map(({ address, code, retryAfterSeconds }) => {
      const when = retryAfterSeconds === undefined ? '' : ` in ${Math.ceil(retryAfterSeconds / 60)} minutes`
      return `Rejected: ${address} (${code}${when})`
    }),
    `Message-ID: ${outcome.messageId}`,
    `${outcome.state === 'unknown' && copy.state === 'failed' ? 'Sent could not be looked at' : copyText[copy.state]}${copyId === undefined ? '' : `, id ${copyId}`}.`,
  ]
  return lines.flat().join('\n')
}
