/** Forwards an email: its headers and text below the new ones, its attachments along. */
import type { AttachmentPart, MessageDetail } from '@email-connector/mail'
import * as z from 'zod'
import { delivery } from '../sending/deliver.ts'
import { readAttachments } from '../sending/outgoing-attachments.ts'
import { assertRecipients, parseRecipients } from '../sending/recipients.ts'
import { answerParameters, sendAnswer, toPeople, toQuotedText, toSubject } from '../sending/reply.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

export const forwardEmail = defineTool({
  name: 'forward_email',
  title: 'Forward email',
  description: 'Sends an email on as text, with its attachments up to 3 MB. Repeats as send_email.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    ...answerParameters,
    body: answerParameters.body.default(''),
    to: parameters.addresses,
    include_attachments: z.boolean().default(true).describe('Default true'),
  }),
  output: delivery,
  handle(input, call) {
    const to = parseRecipients(input.to, 'to')
    assertRecipients(to)
    return sendAnswer(call, input, '$Forwarded', async ({ email, session }) => {
      const parts = input.include_attachments ? email.attachments.filter(isFile) : []
      const named = parts.map((part) => ({ emailId: input.id, attachmentId: part.partId }))
      const source = { id: input.id, ref: email.ref }
      return {
        to,
        cc: [],
        bcc: [],
        subject: toSubject(/^\s*(fwd?|wg|tr)(\[\d+\])?:/i, 'Fwd', email.subject),
        body: `${input.body}\n\n${toForwarded(email)}\n`,
        attachments: await readAttachments(session, named, [source]),
      }
    })
  },
})

/** Pictures that belong to a text which goes on without them stay behind; a mail inside goes along with what it holds. */
function isFile({ inline, inPart, contentType }: AttachmentPart): boolean {
  return inPart === undefined && !(inline && contentType.startsWith('image/'))
}

function toForwarded(email: MessageDetail): string {
  return [
    'Forwarded message:',
    `From: ${toPeople(email.from)}`,
    `Date: ${email.date}`,
    `Subject: ${email.subject}`,
    `To: ${toPeople(email.to)}`,
    email.cc.length === 0 ? [] : `Cc: ${toPeople(email.cc)}`,
    '',
    toQuotedText(email),
  ]
    .flat()
    .join('\n')
}
