/** Sets or clears \Seen. */
import { setFlags } from '@email-connector/mail'
import * as z from 'zod'
import { openEmails } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage, toResults } from '../wire/results-by-id.ts'

export const markAsRead = defineTool({
  name: 'mark_as_read',
  title: 'Mark as read or unread',
  description: 'Marks emails as read, or as unread with read false.',
  permission: 'write',
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    ids: parameters.ids,
    read: z.boolean().default(true).describe('Default true'),
  }),
  output: z.object(resultPage),
  async handle(input, call) {
    const { opened, messages } = await openEmails(call, input.ids, { account: input.account, field: 'ids' })
    const refs = messages.map((message) => message.ref)
    const change = input.read ? { add: ['\\Seen'], remove: [] } : { add: [], remove: ['\\Seen'] }
    const outcomes = await call.withSession(opened, (session) => setFlags(session, refs, change))
    return toResults(opened, messages, outcomes, input.read ? 'marked as read' : 'marked as unread')
  },
})
