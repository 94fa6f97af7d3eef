/** Takes the answer that a person gave on a review card. Cards call it; models are given nothing that it would open. */
import * as z from 'zod'
import { answerReview, answers, released } from '../sending/card-answer.ts'
import { defineTool } from '../tool-call/tool.ts'

/** A sealed state has about 700. */
const maxStateChars = 4_000

export const approveSend = defineTool({
  name: 'approve_send',
  title: 'Answer a review',
  description:
    "Sends, keeps or discards the held email of a review card. It takes the card's sealed state once, within 5 minutes.",
  permission: 'send',
  forCards: true,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    state: z
      .string()
      .max(maxStateChars)
      .regex(/^[\w-]+$/),
    answer: z.enum(answers),
  }),
  output: released,
  handle: (input, call) => answerReview(call, input),
})
