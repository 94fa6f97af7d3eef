/** A search of several accounts as one list by date received; what each account has left is kept in the cursor. */
import type { ImapSession, MessageSummary, SearchPage } from '@email-connector/mail'
import { type AccountCursors, printAccountCursors, readAccountCursors } from '../wire/account-cursors.ts'
import { type AccountFailure, askAccounts, type NamedAccount } from './all-accounts.ts'
import { timeZoneOf } from './time-zone.ts'
import type { ToolCall } from './tool.ts'

export interface AccountsPage {
  readonly rows: readonly (NamedAccount & { readonly message: MessageSummary })[]
  readonly pages: readonly (NamedAccount & { readonly page: SearchPage })[]
  readonly failures: readonly AccountFailure[]
  /** Inside a cursor. */
  readonly next?: string
}

/** `search` is made for each account from where it goes on; a cursor that is not ours is refused before one is asked. */
export async function searchAccounts(
  call: ToolCall,
  { limit, cursor }: { limit: number; cursor: string | undefined },
  search: (cursor: string | undefined, timeZone: string) => (session: ImapSession) => Promise<SearchPage>,
): Promise<AccountsPage> {
  const connected = await call.accounts.list()
  const places: AccountCursors =
    cursor === undefined
      ? new Map(connected.map(({ accountId }) => [accountId, undefined]))
      : readAccountCursors(
          cursor,
          connected.map(({ accountId }) => accountId),
        )
  for (const from of places.values()) search(from, 'UTC')
  const asked = connected.filter(({ accountId }) => places.has(accountId))
  const { answers, failures } = await askAccounts(call, asked, (session, opened) =>
    search(places.get(opened.accountId), timeZoneOf(opened))(session),
  )
  const merged = answers
    .flatMap(({ value, ...account }) =>
      value.items.map((message, at) => ({ ...account, message, at, received: value.received[at] ?? 0 })),
    )
    // The rows of one account keep their order.
    .sort((a, b) => b.received - a.received)
    .slice(0, limit)
  const next = new Map<string, string | undefined>()
  for (const { accountId, value } of answers) {
    const shown = merged.filter((row) => row.accountId === accountId).length
    if (shown < value.items.length) next.set(accountId, value.nextAfter(shown))
    else if (value.next !== undefined) next.set(accountId, value.next)
  }
  // A slow one may answer when it is asked alone.
  for (const { accountId, error } of failures)
    if (error.code === 'timeout') next.set(accountId, places.get(accountId))
  return {
    rows: merged.map(({ accountId, address, message }) => ({ accountId, address, message })),
    pages: answers.map(({ value, ...account }) => ({ ...account, page: value })),
    failures,
    ...(next.size === 0 ? {} : { next: printAccountCursors(next) }),
  }
}
