/** Sets and clears flags, keywords and Gmail's labels. \Deleted is not among them: deleting is delete_email. */
import { assertFlagNames, setFlags as storeFlags, toFlagChange } from '@email-connector/mail'
import * as z from 'zod'
import { changeEmails } from '../tool-call/change-emails.ts'
import { explainFlagNames } from '../tool-call/flag-names.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage } from '../wire/results-by-id.ts'
import { ToolError } from '../wire/tool-error.ts'

const names = z.array(parameters.line).max(20).default([]).describe('At most 20')

export const setFlags = defineTool({
  name: 'set_flags',
  title: 'Set flags and labels',
  description:
    'Adds and removes flagged (starred), answered, seen, and labels: Gmail labels, on other servers keywords such as Work.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({ account: parameters.account, ids: parameters.ids, add: names, remove: names }),
  output: z.object(resultPage),
  async handle(input, call) {
    const { add, remove } = toFlagChange(input)
    return await explainFlagNames(async () => {
      assertFlagNames(add, 'add')
      assertFlagNames(remove, 'remove')
      if (add.length + remove.length === 0) {
        throw new ToolError('invalid_input', '"add" or "remove" must name a flag.', { field: 'add' })
      }
      return await changeEmails(call, input, 'changed', (session, refs) =>
        storeFlags(session, refs, { add, remove }),
      )
    })
  },
})
