/** Forwards an email: its headers and text below the new ones, its attachments along; or the email itself as a file. */
import * as z from 'zod'
import { toForward } from '../sending/answers.ts'
import { delivery } from '../sending/delivery.ts'
import { assertRecipients, parseRecipients } from '../sending/recipients.ts'
import { answerParameters, sendAnswer } from '../sending/reply.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

export const forwardEmail = defineTool({
  name: 'forward_email',
  title: 'Forward email',
  description:
    'Sends an email on as its reader sees it, pictures and attachments included. Safe to repeat, like send_email.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    ...answerParameters,
    body: answerParameters.body.default(''),
    to: parameters.to,
    cc: parameters.addresses.default([]),
    include_attachments: z.boolean().default(true).describe('Default true'),
    as_attachment: z.boolean().default(false).describe('The email itself as an .eml file'),
  }),
  output: delivery,
  handle(input, call) {
    const to = parseRecipients(input.to, 'to')
    assertRecipients(to)
    const options = {
      body: input.body,
      to,
      cc: parseRecipients(input.cc, 'cc'),
      includeAttachments: input.include_attachments,
      asAttachment: input.as_attachment,
    }
    return sendAnswer(call, input, '$Forwarded', (session, parent) => toForward(session, parent, options))
  },
})
