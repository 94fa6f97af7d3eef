/** The newest emails of one mailbox of every account, as one list by date received. */
import { prepareSearch } from '@email-connector/mail'
import { parseCursor, toCursor } from '../wire/cursor.ts'
import { toFailed, toFailureWarnings, toNotes } from '../wire/failed-accounts.ts'
import { toAccountsPage, toCountText, toMoreText, toPlaceText } from '../wire/summary-row.ts'
import { untrustedNotice } from '../wire/untrusted.ts'
import { searchAccounts } from './search-accounts.ts'
import type { ToolCall } from './tool.ts'

interface Asked {
  readonly mailbox: string
  readonly limit: number
  readonly unread_only: boolean
  readonly cursor?: string | undefined
}

export async function recentOfAccounts(call: ToolCall, tool: string, input: Asked) {
  const { mailbox, limit, unread_only } = input
  const question = { tool, accountId: 'all', parameters: input }
  const cursor = input.cursor === undefined ? undefined : parseCursor(input.cursor, question)
  const found = await searchAccounts(call, { limit, cursor }, (from, timeZone) =>
    prepareSearch({
      ...(unread_only ? { query: { kind: 'is', state: 'unread' } as const } : {}),
      ...(from === undefined ? {} : { cursor: from }),
      mailbox,
      limit,
      timeZone,
    }),
  )
  const next = found.next === undefined ? {} : { next_cursor: toCursor(found.next, question) }
  const warnings = toFailureWarnings(found.failures)
  const kind = unread_only ? 'unread ' : ''
  const { where, quoted } = toPlaceText(mailbox)
  return toAccountsPage(call, found.rows, (emails) => ({
    structured: {
      ...next,
      account: 'all',
      mailbox,
      ...toFailed(found.failures),
      ...(warnings.length === 0 ? {} : { warnings }),
      emails,
      notice: untrustedNotice,
    },
    head: `${toCountText(emails.length, kind)}${where} of all accounts, newest first.${toNotes(warnings)}${toMoreText(next.next_cursor)}`,
    ...quoted,
  }))
}
