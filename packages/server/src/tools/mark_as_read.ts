/** Sets or clears \Seen. */
import { setFlags } from '@email-connector/mail'
import * as z from 'zod'
import { changeEmails } from '../tool-call/change-emails.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { resultPage } from '../wire/results-by-id.ts'

const asRead = 'give "read", true or false'

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
  misplaced: {
    unread: asRead,
    is_unread: asRead,
    unseen: asRead,
    seen: asRead,
    is_read: asRead,
  },
  output: z.object(resultPage),
  handle(input, call) {
    const change = input.read ? { add: ['\\Seen'], remove: [] } : { add: [], remove: ['\\Seen'] }
    const done = input.read ? 'marked as read' : 'marked as unread'
    return changeEmails(call, input, done, (session, refs) => setFlags(session, refs, change))
  },
})
