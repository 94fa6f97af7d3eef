/** The newest emails of one mailbox, or what arrived in it since a bookmark. */
import { type ArrivedPage, listArrived, listRecent, type RecentPage } from '@email-connector/mail'
import * as z from 'zod'
import { isAll } from '../tool-call/all-accounts.ts'
import * as parameters from '../tool-call/parameters.ts'
import { recentOfAccounts } from '../tool-call/recent-accounts.ts'
import { defineTool } from '../tool-call/tool.ts'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { failedAccounts } from '../wire/failed-accounts.ts'
import { summaryPage, toCountText, toMoreText, toPlaceText, toSummaryPage } from '../wire/summary-row.ts'
import { ToolError } from '../wire/tool-error.ts'
import { untrustedNotice } from '../wire/untrusted.ts'

const tool = 'get_recent_emails'

export const getRecentEmails = defineTool({
  name: tool,
  title: 'Get recent emails',
  description:
    'Summaries of the newest emails of a mailbox by date received, newest first; with "after" of what arrived since, oldest first.',
  permission: 'read',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: z.strictObject({
    account: parameters.accountOrAll,
    mailbox: parameters.mailboxOr('INBOX'),
    limit: parameters.limit(50, 10),
    unread_only: z.boolean().default(false),
    after: parameters.line.describe('bookmark of an earlier answer').optional(),
    cursor: parameters.cursor,
  }),
  output: z.object({
    ...summaryPage,
    mailbox: z.string(),
    bookmark: z.string().optional(),
    more: z.boolean().optional(),
    ...failedAccounts,
  }),
  async handle(input, call) {
    if (isAll(input.account)) return await recentOfAccounts(call, tool, input)
    const opened = await call.accounts.open(input.account)
    const question = { tool, accountId: opened.accountId, parameters: input }
    // The same place of the mailbox, whichever of its emails are asked for.
    const place = {
      tool: 'bookmark',
      accountId: opened.accountId,
      parameters: { mailbox: input.mailbox.toLowerCase() },
    }
    const { mailbox, limit, unread_only: unreadOnly, after, cursor } = input
    if (after !== undefined && cursor !== undefined)
      throw new ToolError('invalid_input', 'Give either "after" or "cursor".', { field: 'after' })
    const asked = { mailbox, limit, unreadOnly }
    const seen = after === undefined ? undefined : parseCursor(after, place, 'after')
    const from = cursor === undefined ? {} : { cursor: parseCursor(cursor, question) }
    const page = await call.withSession(
      opened,
      (session): Promise<RecentPage | ArrivedPage> =>
        seen === undefined
          ? listRecent(session, { ...asked, ...from })
          : listArrived(session, { ...asked, after: seen }),
    )
    const bookmark = toCursor(page.bookmark, place)
    const next =
      'next' in page && page.next !== undefined ? { next_cursor: toCursor(page.next, question) } : {}
    const since = 'more' in page ? page : undefined
    const warnings = since?.byDate ? [renumbered] : []
    const kind = unreadOnly ? 'unread ' : ''
    const { where, quoted } = toPlaceText(mailbox)
    return toSummaryPage(call, opened.accountId, page.items, (emails) => {
      const count = toCountText(emails.length, kind)
      const told =
        since === undefined
          ? `${count}${where} of ${opened.address}, newest first.${toMoreText(next.next_cursor)}`
          : `${count} arrived${where} of ${opened.address} since, oldest first.${since.more ? ' More arrived: go on after this bookmark.' : ''}`
      return {
        structured: {
          ...next,
          account: opened.address,
          mailbox,
          bookmark,
          ...(since === undefined ? {} : { more: since.more }),
          ...(warnings.length === 0 ? {} : { warnings }),
          emails,
          notice: untrustedNotice,
        },
        head: `${told} Bookmark: ${bookmark}${warnings.map((one) => ` Note: ${one}.`).join('')}`,
        ...quoted,
      }
    })
  },
})

const renumbered =
  'the server numbered this mailbox again, so this is what was received after the date of the bookmark'
