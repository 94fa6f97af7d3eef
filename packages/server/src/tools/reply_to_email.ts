/** Answers an email: its thread, its sender, the words it said quoted below. */
import * as z from 'zod'
import { toReply } from '../sending/answers.ts'
import { delivery } from '../sending/delivery.ts'
import { parseRecipients } from '../sending/recipients.ts'
import { answerParameters, sendAnswer } from '../sending/reply.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'

export const replyToEmail = defineTool({
  name: 'reply_to_email',
  title: 'Reply to email',
  description:
    'Sends a reply in the thread of an email, its text quoted below, from the address that received it. Safe to repeat, like send_email.',
  permission: 'send',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    ...answerParameters,
    reply_all: z.boolean().default(false),
    to: parameters.to.default([]).describe('Instead of the sender, at most 1000'),
    cc: parameters.addresses.default([]),
  }),
  output: delivery,
  handle(input, call) {
    const { body, reply_all: replyAll } = input
    const to = parseRecipients(input.to, 'to')
    const cc = parseRecipients(input.cc, 'cc')
    return sendAnswer(call, input, '\\Answered', (session, parent) =>
      toReply(session, parent, { body, replyAll, to, cc }),
    )
  },
})
