/** Moves emails to the archive; on Gmail, which has none, to all mail, which is the same. */
import * as z from 'zod'
import { moveTo } from './move-to.ts'
import * as parameters from './parameters.ts'
import { resultPage } from './per-id.ts'
import { defineTool } from './tool.ts'

export const archiveEmail = defineTool({
  name: 'archive_email',
  title: 'Archive emails',
  description: 'Moves emails to the archive of their account; new_id is the id there.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({ account: parameters.account, ids: parameters.ids }),
  output: z.object(resultPage),
  handle: (input, call) => moveTo(call, input, { destinations: ['archive', 'all'], done: 'archived' }),
})
