/** The newest emails of one mailbox. */
import { listRecent } from '@email-connector/mail'
import * as z from 'zod'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { toLine } from '../wire/fit.ts'
import { summaryPage, toCountText, toMoreText, toSummaryPage } from '../wire/summary-row.ts'
import { untrustedNotice } from '../wire/untrusted.ts'

const tool = 'get_recent_emails'
const ourWords = /^(?:inbox|drafts|sent|trash|junk|archive|all)$/i

export const getRecentEmails = defineTool({
  name: tool,
  title: 'Get recent emails',
  description: 'Summaries of the newest emails of a mailbox, newest first.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    mailbox: parameters.mailboxOr('INBOX'),
    limit: parameters.limit(50, 10),
    unread_only: z.boolean().default(false),
    cursor: parameters.cursor,
  }),
  output: z.object({ ...summaryPage, mailbox: z.string() }),
  async handle(input, call) {
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
    const isOurWord = ourWords.test(input.mailbox)
    return toSummaryPage(call, opened.accountId, page.items, (emails) => ({
      structured: {
        ...next,
        account: opened.address,
        mailbox: input.mailbox,
        emails,
        notice: untrustedNotice,
      },
      head: `${toCountText(emails.length, kind)}${isOurWord ? ` in ${input.mailbox}` : ''} of ${opened.address}, newest first.${toMoreText(next.next_cursor)}`,
      // Others may have named a shared mailbox, and a caller copies its name.
      ...(isOurWord ? {} : { quotedHead: `Mailbox: ${toLine(input.mailbox, 200)}` }),
    }))
  },
})
