/** Renames a mailbox, or moves it below another. Those with a special use keep their names. */
import { renameMailbox as rename } from '@email-connector/mail'
import * as z from 'zod'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { toLine } from '../wire/fit.ts'

export const renameMailbox = defineTool({
  name: 'rename_mailbox',
  title: 'Rename mailbox',
  description:
    'Renames a mailbox, with all it holds. Ids of its emails go stale. Not for INBOX, Sent and the like.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    name: parameters.mailboxPath,
    new_name: parameters.mailboxPath,
  }),
  output: z.object({ account: z.string(), mailbox: z.string() }),
  async handle(input, call) {
    const opened = await call.accounts.open(input.account)
    const { path } = await call.withSession(opened, (session) => rename(session, input.name, input.new_name))
    const text = `Mailbox ${toLine(input.name, 1000)} of ${opened.address} is now ${toLine(path, 1000)}.`
    return { structured: { account: opened.address, mailbox: path }, text }
  },
})
