/**
 * What reply_to_email and forward_email share: an email that is there, and a new one that is made from it. Recipients
 * come from headers that a stranger wrote; the composer refuses what is no address, and the question before sending
 * shows every one of them.
 */
import {
  getMessage,
  type ImapSession,
  type MailAccount,
  type MailAddress,
  MailError,
  type MessageDetail,
  setFlags,
} from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { assertOfAccount, openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { sliceWhole } from '../wire/fit.ts'
import { type Delivery, type DeliveryOptions, deliver } from './deliver.ts'
import { type PreparedMessage, parseFrom } from './outgoing.ts'
import { attachments, parseAttachments, parseSources, readAttachments } from './outgoing-attachments.ts'

export const answerParameters = {
  account: parameters.account,
  id: parameters.emailId,
  body: parameters.text(parameters.maxBodyChars).describe('Markdown'),
  attachments,
  idempotency_key: parameters.line.optional(),
}
const answer = z.object(answerParameters)

type Draft = PreparedMessage['draft']

/** Of the email that is quoted; what is longer is cut, and says so. */
const maxQuotedChars = 100_000

interface Parent {
  readonly email: MessageDetail
  readonly opened: OpenedAccount
  readonly session: ImapSession
}

export async function sendAnswer(
  call: ToolCall,
  input: z.output<typeof answer>,
  /** What is set on the parent once the answer is out. */
  flag: string,
  toDraft: (parent: Parent) => Promise<Omit<Draft, 'from'> & Pick<DeliveryOptions, 'known'>>,
): Promise<Awaited<ReturnType<typeof deliver>>> {
  const given = parseAttachments(input.attachments)
  const sources = parseSources(given)
  const { opened, message: parent } = await openEmail(call, input.id, input.account)
  assertOfAccount(sources, opened, 'attachments')
  const options = { format: 'text', offset: 0, maxChars: maxQuotedChars } as const
  const { draft, known } = await call.withSession(opened, async (session) => {
    const email = await getMessage(session, parent.ref, options)
    const from = parseFrom(opened, findReceiver(email, opened.account))
    const { known, ...draft } = await toDraft({ email, opened, session })
    const attachments = await readAttachments(session, given, sources, draft.attachments)
    return { draft: { ...draft, from, attachments }, known }
  })
  const result = await deliver(
    call,
    { opened, draft },
    { idempotencyKey: input.idempotency_key, about: input.id, known },
  )
  if ('question' in result || !isSentNow(result.structured)) return result
  await call
    .toCompletion()
    .withSession(opened, (session) => setFlags(session, [parent.ref], { add: [flag], remove: [] }))
    .catch((error: unknown) => {
      // The email is out: a mark that cannot be set takes nothing back.
      if (!(error instanceof MailError)) throw error
    })
  return result
}

function isSentNow({ state, repeated }: Delivery): boolean {
  return state === 'sent' && !repeated
}

/** The address of the account that got the email, so that an alias answers under its own name. */
function findReceiver(email: MessageDetail, account: MailAccount): string | undefined {
  const isOwn = ownOf(account)
  const received = [...email.to, ...email.cc, ...email.bcc].find(isOwn)
  return (received ?? email.from.find(isOwn))?.address
}

export function ownOf({ address, aliases }: MailAccount): (one: MailAddress) => boolean {
  const own = new Set([address, ...aliases].map((one) => one.toLowerCase()))
  return (one) => own.has(one.address.toLowerCase())
}

export function toPeople(addresses: readonly MailAddress[]): string {
  return addresses.map(({ name, address }) => (name ? `${name} <${address}>` : address)).join(', ')
}

export function toQuotedText({ body }: MessageDetail): string {
  return body.text.length < body.totalChars ? `${body.text}\n[…]` : body.text
}

/** RFC 5322 §2.1.1: under what the composer takes. */
const maxSubjectChars = 900

export function toSubject(prefix: RegExp, added: string, subject: string): string {
  return sliceWhole(prefix.test(subject) ? subject : `${added}: ${subject}`, maxSubjectChars)
}
