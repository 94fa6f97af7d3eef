/** Moves emails to another mailbox of the same account. */
import { moveMessages } from '@email-connector/mail'
import * as z from 'zod'
import { changeEmails } from '../tool-call/change-emails.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage } from '../wire/results-by-id.ts'

export const moveEmail = defineTool({
  name: 'move_email',
  title: 'Move emails',
  description: 'Moves emails to another mailbox of their account; new_id is the id there.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    ids: parameters.ids,
    destination: parameters.mailbox,
  }),
  output: z.object(resultPage),
  handle: (input, call) =>
    changeEmails(call, input, `moved to ${input.destination}`, (session, refs) =>
      moveMessages(session, refs, input.destination),
    ),
})
