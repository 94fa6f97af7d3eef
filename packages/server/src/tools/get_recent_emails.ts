/** The newest emails of one mailbox. */
import { listRecent } from '@email-connector/mail'
import * as z from 'zod'
import { isAll } from '../tool-call/all-accounts.ts'
import * as parameters from '../tool-call/parameters.ts'
import { recentOfAccounts } from '../tool-call/recent-accounts.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { failedAccounts } from '../wire/failed-accounts.ts'
import { summaryPage, toCountText, toMoreText, toSummaryPage } from '../wire/summary-row.ts'
import { untrustedNotice } from '../wire/untrusted.ts'

const tool = 'get_recent_emails'

export const getRecentEmails = defineTool({
  name: tool,
  title: 'Get recent emails',
  description: 'Summaries of the newest emails of a mailbox, newest first.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.accountOrAll,
    mailbox: parameters.mailboxOr('INBOX'),
    limit: parameters.limit(50, 10),
    unread_only: z.boolean().default(false),
    cursor: parameters.cursor,
  }),
  output: z.object({ ...summaryPage, mailbox: z.string(), ...failedAccounts }),
  async handle(input, call) {
    if (isAll(input.account)) return await recentOfAccounts(call, tool, input)
    const opened = await call.accounts.open(input.account)
    const question = { tool, accountId: opened.accountId, parameters: input }
    const after = input.cursor === undefined ? {} : { cursor: parseCursor(input.cursor, question) }
    const page = await call.withSession(opened, (session) =>
      listRecent(session, {
        mailbox: input.mailbox,
        limit: input.limit,
        unreadOnly: input.unread_only,
        ...after,
      }),
    )
    const next = page.next === undefined ? {} : { next_cursor: toCursor(page.next, question) }
    const kind = input.unread_only ? 'unread ' : ''
    return toSummaryPage(call, opened.accountId, page.items, (emails) => ({
      structured: {
        ...next,
        account: opened.address,
        mailbox: input.mailbox,
        emails,
        notice: untrustedNotice,
      },
      head: `${toCountText(emails.length, kind)} in ${input.mailbox} of ${opened.address}, newest first.${toMoreText(next.next_cursor)}`,
    }))
  },
})
