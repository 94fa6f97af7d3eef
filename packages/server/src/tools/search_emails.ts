/** Searches one mailbox, or all of them, on the mail server. */
import {
  dayIn,
  mergeFields,
  type Note,
  prepareSearch,
  type SearchFault,
  type SearchPage,
} from '@email-connector/mail'
import * as z from 'zod'
import { isAll, type NamedAccount } from '../tool-call/all-accounts.ts'
import * as parameters from '../tool-call/parameters.ts'
import { type AccountsPage, searchAccounts } from '../tool-call/search-accounts.ts'
import { timeZoneOf } from '../tool-call/time-zone.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { failedAccounts, toFailed, toFailureWarnings, toNotes } from '../wire/failed-accounts.ts'
import { toLine } from '../wire/fit.ts'
import { placedRow, summaryPage, toAccountsPage, toCountText, toMoreText } from '../wire/summary-row.ts'
import { ToolError } from '../wire/tool-error.ts'
import { untrustedNotice } from '../wire/untrusted.ts'

const tool = 'search_emails'
const words = parameters.line.exactOptional()

export const searchEmails = defineTool({
  name: tool,
  title: 'Search emails',
  description:
    'Emails that meet all conditions, newest first. "query": words, "phrase", -not, OR, ( ), from: to: cc: bcc: with: subject: in: label: is:unread|read|starred|answered|unanswered|awaiting has:attachment|invitation filename: larger: smaller: after: before: older_than: newer_than: list:* rfc822msgid:',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({
    account: parameters.accountOrAll,
    mailbox: parameters.mailboxOr('all', 'all but junk and trash'),
    query: parameters.line.exactOptional(),
    from: words,
    to: words,
    cc: words,
    subject: words,
    body: words,
    since: parameters.line.describe('YYYY-MM-DD, inclusive').exactOptional(),
    before: parameters.line.describe('YYYY-MM-DD, exclusive').exactOptional(),
    unread: z.boolean().exactOptional(),
    flagged: z.boolean().exactOptional(),
    answered: z.boolean().exactOptional(),
    has_attachment: z.boolean().exactOptional(),
    larger_than: parameters.size.exactOptional(),
    limit: parameters.limit(50, 20),
    cursor: parameters.cursor,
  }),
  output: z.object({
    ...summaryPage,
    emails: z.array(placedRow),
    total: z.int().optional(),
    searched: z.array(z.string()),
    left: z.array(z.string()).optional(),
    searched_back_to: z.string().optional(),
    ...failedAccounts,
  }),
  async handle(input, call) {
    const { account, cursor, limit, mailbox, has_attachment, larger_than, ...fields } = input
    const ask = (timeZone: string) =>
      mergeFields(
        {
          ...fields,
          ...(has_attachment === undefined ? {} : { hasAttachment: has_attachment }),
          ...(larger_than === undefined ? {} : { largerThan: larger_than }),
        },
        dayIn(new Date(call.now() * 1000), timeZone),
      )
    // What is refused is refused before a connection is opened, whatever the time zone.
    const { warnings: notes, faults } = ask('UTC')
    const [fault] = faults
    if (fault !== undefined) throw refusal(fault)
    const searchIn = (from: string | undefined, timeZone: string) => {
      const { query } = ask(timeZone)
      return prepareSearch({
        ...(query === undefined ? {} : { query }),
        ...(from === undefined ? {} : { cursor: from }),
        ...{ mailbox, limit, timeZone },
      })
    }
    const isOfAll = isAll(account)
    const opened = isOfAll ? undefined : await call.accounts.open(account)
    const question = { tool, accountId: opened?.accountId ?? 'all', parameters: input }
    const from = cursor === undefined ? undefined : parseCursor(cursor, question)
    const found =
      opened === undefined
        ? await searchAccounts(call, { limit, cursor: from }, searchIn)
        : toOnePage(opened, await call.withSession(opened, searchIn(from, timeZoneOf(opened))))
    const { rows, pages, failures } = found
    const next = found.next === undefined ? {} : { next_cursor: toCursor(found.next, question) }
    const named = (address: string, text: string) => (isOfAll ? `${address}: ${text}` : text)
    const paths = (of: (page: SearchPage) => readonly string[]) =>
      pages
        .flatMap(({ address, page }) => of(page).map((path) => named(address, toLine(path, 200))))
        .slice(0, maxPaths)
    const searched = paths((page) => page.searched)
    const left = paths((page) => page.left)
    const refused = paths((page) => page.failed)
    const warnings = [
      ...toFailureWarnings(failures),
      ...toNoteTexts(notes),
      ...pages.flatMap(({ address, page }) => toWarnings(page, limit).map((one) => named(address, one))),
    ]
    const total = failures.length > 0 ? undefined : sumOf(pages.map(({ page }) => page.total))
    const backTo = pages.flatMap(({ page }) => page.searchedBackTo ?? []).sort()[0]
    const isOfSeveral = searched.length + left.length > 1
    const shown = rows.map(({ accountId, address, message }) => ({
      ...{ accountId, message },
      ...(isOfAll && { address }),
      ...(isOfSeveral && message.ref.mailbox !== 'INBOX' && { mailbox: message.ref.mailbox }),
    }))
    return toAccountsPage(call, shown, (emails) => ({
      structured: {
        ...next,
        account: opened?.address ?? 'all',
        ...(total === undefined ? {} : { total }),
        searched,
        ...(left.length === 0 ? {} : { left }),
        ...(backTo === undefined ? {} : { searched_back_to: backTo }),
        ...toFailed(failures),
        ...(warnings.length === 0 ? {} : { warnings }),
        emails,
        notice: untrustedNotice,
      },
      head: toHead(total, emails.length, opened?.address ?? 'all accounts', warnings, next.next_cursor),
      // The names of mailboxes come from the server; shared ones were named by others.
      quotedHead: [
        `Searched: ${searched.join(', ')}`,
        ...(left.length === 0 ? [] : [`Left for the next page: ${left.join(', ')}`]),
        ...(refused.length === 0 ? [] : [`Refused by the server: ${refused.join(', ')}`]),
      ].join('\n'),
    }))
  },
})

function toOnePage(account: NamedAccount, page: SearchPage): AccountsPage {
  const { accountId, address } = account
  return {
    rows: page.items.map((message) => ({ accountId, address, message })),
    pages: [{ accountId, address, page }],
    failures: [],
    ...(page.next === undefined ? {} : { next: page.next }),
  }
}

/** Unknown as soon as one is. */
function sumOf(totals: readonly (number | undefined)[]): number | undefined {
  return totals.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0)
}

const maxPaths = 100

function refusal({ field, text, position }: SearchFault): ToolError {
  if (field !== undefined) return new ToolError('invalid_input', `"${field}": ${text}.`, { field })
  return new ToolError('invalid_input', `"query": ${text} (character ${position}).`, { field: 'query' })
}

function toNoteTexts(notes: readonly Note[]): string[] {
  return notes.map(({ position, text }) => `${text} (character ${position})`)
}

function toWarnings(page: SearchPage, limit: number): string[] {
  const warnings: string[] = []
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
  total: number | undefined,
  count: number,
  whose: string,
  warnings: readonly string[],
  cursor: string | undefined,
): string {
  const found = total === undefined || total === count ? toCountText(count) : `${count} of ${total} emails`
  return `${found} of ${whose} found, newest first.${toNotes(warnings)}${toMoreText(cursor)}`
}
