/** Deletes an empty mailbox; one that holds anything stays. */
import { MailError, deleteMailbox as remove } from '@email-connector/mail'
import * as z from 'zod'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { toLine } from '../wire/fit.ts'
import { ToolError } from '../wire/tool-error.ts'

export const deleteMailbox = defineTool({
  name: 'delete_mailbox',
  title: 'Delete mailbox',
  description: 'Deletes a mailbox that holds neither emails nor mailboxes. Not for INBOX, Sent and the like.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({ account: parameters.account, name: parameters.mailboxPath }),
  output: z.object({ account: z.string(), mailbox: z.string() }),
  async handle(input, call) {
    const opened = await call.accounts.open(input.account)
    await call
      .withSession(opened, (session) => remove(session, input.name))
      .catch((error: unknown) => {
        if (!(error instanceof MailError && error.code === 'server_refused' && error.field === 'name'))
          throw error
        const sentence = 'This mailbox is not empty: move or delete what it holds first.'
        throw new ToolError('server_refused', sentence, { field: 'name', cause: error })
      })
    const text = `Mailbox ${toLine(input.name, 1000)} of ${opened.address} deleted.`
    return { structured: { account: opened.address, mailbox: input.name }, text }
  },
})
