/** The conversation an email belongs to. */
import { listThread } from '@email-connector/mail'
import * as z from 'zod'
import { openEmail } from '../tool-call/email-refs.ts'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { toLine } from '../wire/fit.ts'
import { summaryPage, toCountText, toSummaryPage } from '../wire/summary-row.ts'
import { untrustedNotice } from '../wire/untrusted.ts'

const { next_cursor: _, ...page } = summaryPage

export const getThread = defineTool({
  name: 'get_thread',
  title: 'Get conversation',
  description:
    'Summaries of the conversation an email belongs to, oldest first, from its mailbox, INBOX, Sent and Archive.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    id: parameters.emailId,
    limit: parameters.limit(50, 20),
  }),
  output: z.object({
    ...page,
    searched: z.array(z.string()),
    truncated: z.boolean().describe('Older emails were left out'),
  }),
  async handle(input, call) {
    const { opened, message } = await openEmail(call, input.id, input.account)
    const thread = await call.withSession(opened, (session) =>
      listThread(session, message.ref, { limit: input.limit }),
    )
    const { truncated } = thread
    const searched = thread.searched.map((path) => toLine(path, 200))
    return toSummaryPage(call, opened.accountId, thread.items, (emails) => ({
      structured: { truncated, account: opened.address, searched, emails, notice: untrustedNotice },
      head: `${toCountText(emails.length)} of one conversation of ${opened.address}, oldest first.${
        truncated ? ' Older emails were left out: a larger limit shows more, up to 50.' : ''
      }`,
      quotedHead: `Searched: ${searched.join(', ')}`,
    }))
  },
})
