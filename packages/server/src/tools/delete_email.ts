/** Moves emails to the bin; nothing is deleted for good here. */
import * as z from 'zod'
import { moveTo } from '../tool-call/move-emails.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage } from '../wire/results-by-id.ts'

export const deleteEmail = defineTool({
  name: 'delete_email',
  title: 'Delete emails',
  description: 'Moves emails to the bin, from where they can be moved back; new_id is the id there.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({ account: parameters.account, ids: parameters.ids }),
  output: z.object(resultPage),
  handle: (input, call) => moveTo(call, input, { destination: 'trash', done: 'moved to the bin' }),
})
