/** Searches one mailbox, or all of them, on the mail server. */
import { prepareSearch } from '@email-connector/mail'
import * as z from 'zod'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { toLine } from '../wire/fit.ts'
import { summaryPage, toCountText, toMoreText, toSummaryPage } from '../wire/summary-row.ts'
import { untrustedNotice } from '../wire/untrusted.ts'

const tool = 'search_emails'
const words = parameters.line.exactOptional()

export const searchEmails = defineTool({
  name: tool,
  title: 'Search emails',
  description: 'Summaries of the emails that meet all given conditions, newest first, and what was searched.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.account,
    mailbox: parameters.mailboxOr('INBOX'),
    query: words.describe('Words anywhere in the email'),
    from: words,
    to: words,
    subject: words,
    body: words,
    since: parameters.date.describe('YYYY-MM-DD, inclusive').exactOptional(),
    before: parameters.date.describe('YYYY-MM-DD, exclusive').exactOptional(),
    unread: z.boolean().exactOptional(),
    flagged: z.boolean().exactOptional(),
    has_attachment: z.boolean().exactOptional(),
    larger_than: z.int().min(0).describe('Bytes, 0 or more').exactOptional(),
    gmail_query: words.describe('Gmail search syntax; Gmail only'),
    limit: parameters.limit(50, 20),
    cursor: parameters.cursor,
  }),
  output: z.object({
    ...summaryPage,
    searched: z.array(z.string()),
    searched_back_to: z.string().optional(),
  }),
  async handle(input, call) {
    const opened = await call.accounts.open(input.account)
    const question = { tool, accountId: opened.accountId, parameters: input }
    const after = input.cursor === undefined ? {} : { cursor: parseCursor(input.cursor, question) }
    const { account: _, cursor: __, has_attachment, larger_than, gmail_query, ...asked } = input
    // Checked before a connection is opened.
    const search = prepareSearch({
      ...asked,
      ...(has_attachment === undefined ? {} : { hasAttachment: has_attachment }),
      ...(larger_than === undefined ? {} : { largerThan: larger_than }),
      ...(gmail_query === undefined ? {} : { gmailQuery: gmail_query }),
      ...after,
    })
    const page = await call.withSession(opened, search)
    const next = page.next === undefined ? {} : { next_cursor: toCursor(page.next, question) }
    const back = page.searchedBackTo === undefined ? {} : { searched_back_to: page.searchedBackTo }
    const reach = back.searched_back_to === undefined ? '' : `, back to ${back.searched_back_to}`
    const searched = page.searched.map((path) => toLine(path, 200)).slice(0, 100)
    return toSummaryPage(call, opened.accountId, page.items, (emails) => ({
      structured: { ...next, account: opened.address, searched, ...back, emails, notice: untrustedNotice },
      head: `${toCountText(emails.length)} of ${opened.address} found${reach}, newest first.${toMoreText(next.next_cursor)}`,
      // The names of mailboxes come from the server; shared ones were named by others.
      quotedHead: `Searched: ${searched.join(', ')}`,
    }))
  },
})
