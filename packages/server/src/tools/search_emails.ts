/** Searches one mailbox, or all of them, on the mail server. */
import { dayIn, mergeFields, type Note, prepareSearch, type SearchPage } from '@email-connector/mail'
import * as z from 'zod'
import * as parameters from '../tool-call/parameters.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { toLine } from '../wire/fit.ts'
import { summaryPage, toCountText, toMoreText, toSummaryPage } from '../wire/summary-row.ts'
import { ToolError } from '../wire/tool-error.ts'
import { untrustedNotice } from '../wire/untrusted.ts'

const tool = 'search_emails'
const words = parameters.line.exactOptional()

export const searchEmails = defineTool({
  name: tool,
  title: 'Search emails',
  description:
    'Summaries of the emails that meet all conditions, newest first. "query": words, "phrase", -not, OR, ( ), from: to: cc: bcc: with: subject: in: label: is:unread|read|starred|answered|unanswered|awaiting has:attachment|invitation filename: larger: smaller: after: before: older_than: newer_than: list: rfc822msgid:',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    account: parameters.account,
    mailbox: parameters.mailboxOr('all', 'all but junk and trash'),
    query: parameters.line.describe('Search language').exactOptional(),
    from: words,
    to: words,
    cc: words,
    subject: words,
    body: words,
    since: parameters.date.describe('YYYY-MM-DD, inclusive').exactOptional(),
    before: parameters.date.describe('YYYY-MM-DD, exclusive').exactOptional(),
    unread: z.boolean().exactOptional(),
    flagged: z.boolean().exactOptional(),
    answered: z.boolean().exactOptional(),
    has_attachment: z.boolean().exactOptional(),
    larger_than: z.int().min(0).describe('Bytes, 0 or more').exactOptional(),
    limit: parameters.limit(50, 20),
    cursor: parameters.cursor,
  }),
  output: z.object({
    ...summaryPage,
    total: z.int().optional(),
    searched: z.array(z.string()),
    left: z.array(z.string()).optional(),
    searched_back_to: z.string().optional(),
    warnings: z.array(z.string()).optional(),
  }),
  async handle(input, call) {
    const { account, cursor, limit, mailbox, has_attachment, larger_than, ...fields } = input
    const asked = mergeFields(
      {
        ...fields,
        ...(has_attachment === undefined ? {} : { hasAttachment: has_attachment }),
        ...(larger_than === undefined ? {} : { largerThan: larger_than }),
      },
      dayIn(new Date(call.now() * 1000), timeZone),
    )
    const [fault] = asked.faults
    if (fault !== undefined) throw refusal(`${fault.text} (character ${fault.position})`)
    const opened = await call.accounts.open(account)
    const question = { tool, accountId: opened.accountId, parameters: input }
    const search = prepareSearch({
      ...(asked.query === undefined ? {} : { query: asked.query }),
      ...(cursor === undefined ? {} : { cursor: parseCursor(cursor, question) }),
      mailbox,
      limit,
      timeZone,
    })
    const page = await call.withSession(opened, search)
    const next = page.next === undefined ? {} : { next_cursor: toCursor(page.next, question) }
    const searched = page.searched.map((path) => toLine(path, 200)).slice(0, maxPaths)
    const left = page.left.map((path) => toLine(path, 200)).slice(0, maxPaths)
    const warnings = toWarnings(page, limit, asked.warnings)
    return toSummaryPage(call, opened.accountId, page.items, (emails) => ({
      structured: {
        ...next,
        account: opened.address,
        ...(page.total === undefined ? {} : { total: page.total }),
        searched,
        ...(left.length === 0 ? {} : { left }),
        ...(page.searchedBackTo === undefined ? {} : { searched_back_to: page.searchedBackTo }),
        ...(warnings.length === 0 ? {} : { warnings }),
        emails,
        notice: untrustedNotice,
      },
      head: toHead(page, emails.length, opened.address, warnings, next.next_cursor),
      // The names of mailboxes come from the server; shared ones were named by others.
      quotedHead: [
        `Searched: ${searched.join(', ')}`,
        ...(left.length === 0 ? [] : [`Left for the next page: ${left.join(', ')}`]),
        ...(page.failed.length === 0
          ? []
          : [
              `Refused by the server: ${page.failed
                .map((path) => toLine(path, 200))
                .slice(0, maxPaths)
                .join(', ')}`,
            ]),
      ].join('\n'),
    }))
  },
})

/** Dates mean days in UTC until the owner can say where they live. */
const timeZone = 'UTC'
const maxPaths = 100

function refusal(text: string): ToolError {
  return new ToolError('invalid_input', `"query": ${text}.`, { field: 'query' })
}

function toWarnings(page: SearchPage, limit: number, notes: readonly Note[]): string[] {
  const warnings = notes.map(({ position, text }) => `${text} (character ${position})`)
  if (page.searchedBackTo !== undefined)
    warnings.push(`searched back to ${page.searchedBackTo}; give "since" to search further back`)
  if (page.lookedAt !== undefined && page.next !== undefined && page.items.length < limit)
    warnings.push(`looked at the newest ${page.lookedAt} candidates; the cursor goes on with older ones`)
  if (page.left.length > 0)
    warnings.push(`${page.left.length} mailboxes were left for lack of time; the cursor goes on with them`)
  if (page.isNarrowed === true)
    warnings.push(
      'this server searches plain letters only: other words were looked for in subjects and addresses, not in texts',
    )
  if (page.failed.length > 0) warnings.push(`${page.failed.length} mailboxes could not be searched`)
  return warnings
}

function toHead(
  page: SearchPage,
  count: number,
  address: string,
  warnings: readonly string[],
  cursor: string | undefined,
): string {
  const found =
    page.total === undefined || page.total === count ? toCountText(count) : `${count} of ${page.total} emails`
  const noted = warnings.map((one) => ` Note: ${one}.`).join('')
  return `${found} of ${address} found, newest first.${noted}${toMoreText(cursor)}`
}
