/** Moves emails to another mailbox of the same account. */
import { moveMessages } from '@email-connector/mail'
import * as z from 'zod'
import { openEmails } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage, toResults } from '../wire/results-by-id.ts'

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
  async handle(input, call) {
    const { opened, messages } = await openEmails(call, input.ids, { account: input.account, field: 'ids' })
    const refs = messages.map((message) => message.ref)
    const outcomes = await call.withSession(opened, (session) =>
      moveMessages(session, refs, input.destination),
    )
    return toResults(opened, messages, outcomes, `moved to ${input.destination}`)
  },
})
