/** What every sending tool does with a message that is ready: ask, send it at most once, see to its copy in Sent. */
import { type ComposedMessage, composeMessage, type MailAddress, submitMessage } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall, ToolQuestion } from '../tool-call/tool.ts'
import { toEmailId, toRefName } from '../wire/email-id.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { confirm } from './confirmation.ts'
import type { PreparedMessage } from './outgoing.ts'
import { assertRecipients } from './recipients.ts'
import { createSendLedger } from './send-ledger.ts'
import { describeOutcome, type SendOutcome } from './send-outcome.ts'
import { fileSentCopy, type SentCopy } from './sent-copy.ts'

/** Of the time that is left: a server that goes silent after the final dot must leave some to look at Sent. */
const smtpShare = 0.75

export const delivery = z.object({
  account: z.string(),
  state: z.enum(['sent', 'rejected', 'unknown']),
  repeated: z.boolean(),
  message: z.string(),
  recipients: z.array(z.object({ address: z.string(), ok: z.boolean(), code: z.string().optional() })),
  message_id: z.string(),
  sent_copy: z.enum(['filed', 'found', 'by_provider', 'failed', 'none']),
  sent_copy_id: z.string().optional(),
})
export type Delivery = z.output<typeof delivery>

export interface DeliveryOptions {
  readonly idempotencyKey?: string | undefined
  /** Which email is answered or forwarded, where its id says more than the text. */
  readonly about?: string
  /** The draft that is sent. */
  readonly draftId?: string
  /** Who wrote and got the email that is answered: anybody else is shown as new. */
  readonly known?: readonly MailAddress[] | undefined
}

export async function deliver(
  call: ToolCall,
  { opened, draft }: PreparedMessage,
  { idempotencyKey, about = '', draftId, known }: DeliveryOptions = {},
): Promise<ToolResult<Delivery> | ToolQuestion> {
  assertRecipients(draft.to, draft.cc, draft.bcc)
  const toWords = contentOf(draft)
  const content = toWords(draftId ?? about)
  // From here on a client that goes away must not leave an email of which nobody knows whether it was sent.
  const sending = call.toCompletion()
  const ledger = createSendLedger(sending, {
    accountId: opened.accountId,
    sealedOwner: opened.sealedOwner,
    domain: draft.from.address.slice(draft.from.address.lastIndexOf('@') + 1),
    idempotencyKey,
    content: draftId === undefined ? content : { draftId },
    shared: draftId === undefined ? toWords(toRefName(about)) : [toRefName(draftId)],
  })
  const { messageId } = ledger
  const composed = await composeMessage({ ...draft, date: new Date(call.now() * 1000), messageId })
  // Last before anything leaves: nobody is asked about what cannot be sent.
  const question = await confirm(call, { opened, draft }, content, known)
  if (question) return question
  const submitted = ledger.sendOnce((beforeData) =>
    submitMessage(opened.account, sending.mailDeps(smtpShare), composed, { beforeData }),
  )
  return await answerDelivery(sending, opened, submitted, composed)
}

/** Files the copy and says what happened. `composed` is absent where an earlier call sent, or tried. */
export async function answerDelivery(
  call: ToolCall,
  opened: OpenedAccount,
  submitted: Promise<SendOutcome>,
  composed?: ComposedMessage,
): Promise<ToolResult<Delivery>> {
  const [sent, copy] = await Promise.all([submitted, fileSentCopy(call, opened, composed?.raw, submitted)])
  // A copy that we did not file was filed by the server that took the email: it went out.
  const outcome: SendOutcome =
    copy.state === 'found' ? { ...sent, state: 'sent', accepted: [...(composed?.envelope.to ?? [])] } : sent
  const recipients = [
    ...outcome.accepted.map((address) => ({ address, ok: true })),
    ...outcome.rejected.map(({ address, code }) => ({ address, ok: false, code })),
  ]
  const copyId = copy.ref === undefined ? {} : { sent_copy_id: toEmailId(opened.accountId, copy.ref) }
  const message = describeOutcome(outcome, call.now(), call.publicUrl)
  const structured = {
    account: opened.address,
    state: outcome.state,
    repeated: outcome.repeated,
    message,
    recipients,
    message_id: outcome.messageId,
    sent_copy: copy.state,
    ...copyId,
  }
  return { structured, text: toText(outcome, message, copy, copyId.sent_copy_id) }
}

/**
 * In a fixed order: each list of addresses ends with an empty one, which no address is, and each string has its length
 * before it in the MAC. No two messages share a content.
 */
function contentOf(draft: PreparedMessage['draft']): (about: string) => string[] {
  const lists = [[draft.from], draft.to, draft.cc, draft.bcc]
  const head = [
    ...lists.flatMap((list) => [...list.flatMap(({ address, name = '' }) => [address, name]), '']),
    draft.subject,
    draft.body,
    draft.inReplyTo ?? '',
    JSON.stringify(draft.references ?? []),
  ]
  const files = draft.attachments.flatMap((one) => [
    ...[one.filename, one.contentType, one.content.toString('base64')],
  ])
  return (about) => [...head, about, ...files]
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
    outcome.rejected.map(({ address, code }) => `Rejected: ${address} (${code})`),
    `Message-ID: ${outcome.messageId}`,
    `${outcome.state === 'unknown' && copy.state === 'failed' ? 'Sent could not be looked at' : copyText[copy.state]}${copyId === undefined ? '' : `, id ${copyId}`}.`,
  ]
  return lines.flat().join('\n')
}
