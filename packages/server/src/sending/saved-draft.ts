/** What the tools that store a draft answer: where it is, whom it goes to, and that it was not sent. */
import type { MessageRef } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { permits } from '../caller.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { toEmailId } from '../wire/email-id.ts'
import { toLine } from '../wire/fit.ts'
import type { ToolResult } from '../wire/tool-result.ts'
import { quoteUntrusted } from '../wire/untrusted.ts'
import { type ShownMessage, toRecipientLines } from './outgoing.ts'

export const savedDraft = {
  account: z.string(),
  id: z.string().optional(),
  mailbox: z.string(),
  message_id: z.string(),
  from: z.string(),
  recipients: z.array(z.string()),
  review_url: z.string().optional(),
}

export async function toSavedDraft(
  call: ToolCall,
  opened: OpenedAccount,
  shown: Omit<ShownMessage, 'body' | 'attachments'> & {
    readonly attachments: readonly Pick<ShownMessage['attachments'][number], 'filename' | 'size'>[]
  },
  saved: { ref: MessageRef | undefined; mailbox: string; messageId: string },
): Promise<ToolResult<z.output<z.ZodObject<typeof savedDraft>>>> {
  const { ref, mailbox, messageId } = saved
  const reviewUrl = await call.createReviewLink(opened, { messageId, ref })
  const verb = permits(call.caller.permission, 'send') ? 'read and send' : 'read'
  const id = ref === undefined ? {} : { id: toEmailId(opened.accountId, ref) }
  const structured = {
    account: opened.address,
    ...id,
    mailbox,
    message_id: messageId,
    from: shown.from.address,
    recipients: [...shown.to, ...shown.cc, ...shown.bcc].map((one) => one.address),
    ...(reviewUrl !== undefined && { review_url: reviewUrl }),
  }
  const attached = shown.attachments.map(
    (one) => `Attachment: ${toLine(one.filename, 200)}, ${one.size} bytes`,
  )
  const lines = [
    `Draft saved in ${toLine(mailbox, 200)} of ${opened.address}${id.id === undefined ? '' : `, id ${id.id}`}; not sent.`,
    `From: ${shown.from.name === undefined ? shown.from.address : `${toLine(shown.from.name, 200)} <${shown.from.address}>`}`,
    toRecipientLines(shown),
    `Message-ID: ${toLine(messageId, 998)}`,
    reviewUrl === undefined
      ? []
      : `The owner can ${verb} it at ${reviewUrl} (24 hours, in a browser paired with this mailbox).`,
    // A subject and a file name may come from an email that someone else wrote.
    quoteUntrusted([`Subject: ${toLine(shown.subject, 998)}`, ...attached].join('\n'), call.makeMark),
  ]
  return { structured, text: lines.flat().join('\n') }
}
