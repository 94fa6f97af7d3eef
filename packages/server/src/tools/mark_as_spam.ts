/** Moves emails to the spam folder, or back to INBOX: providers learn from both. */
import * as z from 'zod'
import { moveTo } from '../tool-call/move-emails.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage } from '../wire/results-by-id.ts'

export const markAsSpam = defineTool({
  name: 'mark_as_spam',
  title: 'Mark as spam or not',
  description: 'Moves emails to the spam folder, or with spam false back to INBOX; new_id is the id there.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    ids: parameters.ids,
    spam: z.boolean().default(true).describe('Default true'),
  }),
  output: z.object(resultPage),
  handle: (input, call) =>
    moveTo(
      call,
      input,
      input.spam
        ? { destination: 'junk', done: 'marked as spam' }
        : { destination: 'INBOX', done: 'moved to INBOX' },
    ),
})
