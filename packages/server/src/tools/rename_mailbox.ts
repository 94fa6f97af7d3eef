/** Renames a mailbox, or moves it below another. Those with a special use keep their names. */
import { type Renamed, renameMailbox as rename } from '@email-connector/mail'
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
    const renamed = await call.withSession(opened, (session) => rename(session, input.name, input.new_name))
    const { path } = renamed
    const moved = toMovedText(renamed, input.new_name)
    const text = `Mailbox ${toLine(input.name, 1000)} of ${opened.address} is now ${toLine(path, 1000)}.${moved}`
    return { structured: { account: opened.address, mailbox: path }, text }
  },
})

/** A new name is a whole path, and one without levels may have been meant to keep the mailbox where it was. */
function toMovedText({ before, path, name, delimiter }: Renamed, typed: string): string {
  if (delimiter === '' || typed.includes('/') || typed.includes(delimiter)) return ''
  const above = before.slice(0, Math.max(0, before.lastIndexOf(delimiter)))
  if (above === '' || path === above + delimiter + name) return ''
  const back = toLine(above + delimiter + name, 1000)
  return ` It left ${toLine(above, 1000)}: to have it there, rename it to ${back}.`
}
