/** Makes a mailbox. */
import { createMailbox as create } from '@email-connector/mail'
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
    const { path } = await call.withSession(opened, (session) => create(session, input.name))
    const text = `Mailbox ${toLine(path, 1000)} of ${opened.address} created.`
    return { structured: { account: opened.address, mailbox: path }, text }
  },
})
