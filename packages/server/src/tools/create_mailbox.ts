/** Makes a mailbox. */
import { createMailbox as create, type Mailbox } from '@email-connector/mail'
import * as z from 'zod'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { toLine } from '../wire/fit.ts'

export const createMailbox = defineTool({
  name: 'create_mailbox',
  title: 'Create mailbox',
  description: 'Makes a mailbox (folder).',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: z.strictObject({ account: parameters.account, name: parameters.mailboxPath }),
  output: z.object({ account: z.string(), mailbox: z.string() }),
  async handle(input, call) {
    const opened = await call.accounts.open(input.account)
    const mailbox = await call.withSession(opened, (session) => create(session, input.name))
    const { path } = mailbox
    const text = `Mailbox ${toLine(path, 1000)} of ${opened.address} created${toPlaceText(mailbox, input.name)}.`
    return { structured: { account: opened.address, mailbox: path }, text }
  },
})

/** Where it became something else than what was typed: levels parted by more than `/`, or the spelling above it. */
function toPlaceText({ path, delimiter, name }: Mailbox, typed: string): string {
  if (delimiter === '') return ''
  const above = toLine(path.slice(0, -(name.length + delimiter.length)), 1000)
  if (delimiter !== '/' && typed.includes(delimiter)) return `: ${toLine(name, 200)} in ${above}`
  const isAsTyped = path.replaceAll(delimiter, '/').endsWith(typed.replaceAll(delimiter, '/'))
  return isAsTyped ? '' : `, in ${above}, which was there already in this spelling`
}
