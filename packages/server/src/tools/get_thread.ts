/** The conversation an email belongs to, in one call. */
import { getThread as readThread } from '@email-connector/mail'
import * as z from 'zod'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { conversationPage, toConversation } from '../wire/conversation.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'

const tool = 'get_thread'

export const getThread = defineTool({
  name: tool,
  title: 'Get conversation',
  description:
    "The conversation an email belongs to, from every mailbox but junk and trash, oldest first: each email's own words once.",
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    max_chars: parameters.maxChars,
    quotes: z
      .enum(['folded', 'shown'])
      .default('folded')
      .describe('What emails repeat of each other; default folded'),
    cursor: parameters.cursor,
  }),
  output: z.object(conversationPage),
  async handle(input, call) {
    const { opened, message } = await openEmail(call, input.id, input.account)
    const { max_chars: maxChars, quotes } = input
    const question = { tool, accountId: opened.accountId, parameters: { id: input.id, quotes } }
    const from = input.cursor === undefined ? {} : { cursor: parseCursor(input.cursor, question) }
    const page = await call.withSession(opened, (session) =>
      readThread(session, message.ref, { maxChars, quotes, ...from }),
    )
    return toConversation(page, {
      account: opened.address,
      accountId: opened.accountId,
      makeMark: call.makeMark,
      toCursor: (next) => toCursor(next, question),
    })
  },
})
