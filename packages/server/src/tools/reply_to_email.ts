/** Answers an email: its thread, its sender, the words it said quoted below. */
import type { MailAccount, MailAddress, MessageDetail } from '@email-connector/mail'
import * as z from 'zod'
import { delivery } from '../sending/deliver.ts'
import { toThread } from '../sending/outgoing.ts'
import { parseRecipients } from '../sending/recipients.ts'
import { answerParameters, ownOf, sendAnswer, toPeople, toQuotedText, toSubject } from '../sending/reply.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

export const replyToEmail = defineTool({
  name: 'reply_to_email',
  title: 'Reply to email',
  description:
    'Sends a reply in the thread of an email, its text quoted below, from the address that received it. Repeats as send_email.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    ...answerParameters,
    reply_all: z.boolean().default(false),
    to: parameters.addresses.default([]).describe('Instead of the sender, at most 100'),
  }),
  output: delivery,
  handle(input, call) {
    const to = parseRecipients(input.to, 'to')
    return sendAnswer(call, input, '\\Answered', async ({ email, opened }) => ({
      ...toRecipients(email, opened.account, { to, replyAll: input.reply_all }),
      ...toThread(email),
      bcc: [],
      subject: toSubject(/^\s*(re|aw|sv|antw)(\[\d+\])?:/i, 'Re', email.subject),
      body: `${input.body}\n\n${toQuote(email)}\n`,
      attachments: [],
      known: [...email.from, ...email.to, ...email.cc],
    }))
  },
})

/**
 * Never to oneself where there is anybody else. RFC 5322 §3.6.2: Reply-To says where answers go, which a contact form
 * relies on that writes in its owner's own name. An answer to one's own email without it goes to whom that went to.
 */
function toRecipients(
  email: MessageDetail,
  account: MailAccount,
  { to, replyAll }: { to: readonly MailAddress[]; replyAll: boolean },
): { to: MailAddress[]; cc: MailAddress[] } {
  const isOwn = ownOf(account)
  const othersIn = (list: readonly MailAddress[]) => list.filter((one) => !isOwn(one))
  const { from, replyTo, cc } = email
  const targets = [to, othersIn(replyTo), othersIn(from), othersIn(email.to), othersIn(cc), email.to, from]
  // Never Bcc, whose others do not know of each other. The last two: a note to oneself has nobody else.
  const first = unique(targets.find((list) => list.length > 0) ?? [])
  const taken = new Set(first.map(toKey))
  const rest = othersIn([...email.to, ...cc]).filter((one) => !taken.has(toKey(one)))
  return { to: first, cc: replyAll ? unique(rest) : [] }
}

function unique(addresses: readonly MailAddress[]): MailAddress[] {
  return [...new Map(addresses.map((one) => [toKey(one), one])).values()]
}

function toKey({ address }: MailAddress): string {
  return address.toLowerCase()
}

function toQuote(email: MessageDetail): string {
  const lines = toQuotedText(email).split('\n')
  const quoted = lines.map((line) => (line === '' || line.startsWith('>') ? `>${line}` : `> ${line}`))
  return [`On ${email.date}, ${toPeople(email.from)} wrote:`, '', ...quoted].join('\n')
}
