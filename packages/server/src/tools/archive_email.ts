/** Moves emails to the archive; on Gmail, which has none, to all mail, which is the same. */
import * as z from 'zod'
import { moveTo } from '../tool-call/move-emails.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage } from '../wire/results-by-id.ts'

export const archiveEmail = defineTool({
  name: 'archive_email',
  title: 'Archive emails',
  description: 'Moves emails to the archive of their account; new_id is the id there.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({ account: parameters.account, ids: parameters.ids }),
  output: z.object(resultPage),
  handle: (input, call) => moveTo(call, input, { destination: 'archive', done: 'archived' }),
})
