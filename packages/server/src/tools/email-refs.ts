/** From ids that a client sent to one opened account and the messages in it. */
import type { MessageRef } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { parseEmailId, toAccountTag } from './email-id.ts'
import { ToolError } from './result.ts'
import type { ToolCall } from './tool.ts'

export interface NamedMessage {
  readonly id: string
  readonly ref: MessageRef
}

/** All ids must name one account: a call opens one connection. A repeated id counts once. */
export async function openEmails(
  call: ToolCall,
  ids: readonly string[],
  options: { account?: string | undefined; field: string },
): Promise<{ opened: OpenedAccount; messages: readonly NamedMessage[] }> {
  const { field } = options
  const parsed = [...new Set(ids)].map((id) => {
    const email = parseEmailId(id)
    if (email) return { id, ...email }
    throw new ToolError(
      'invalid_input',
      `"${field}" holds something that is not an email id. Lists and searches give ids.`,
      {
        field,
      },
    )
  })
  const tags = new Set(parsed.map((email) => email.accountTag))
  if (tags.size > 1) {
    throw new ToolError(
      'invalid_input',
      `"${field}" holds emails of several accounts: call once for each account.`,
      { field },
    )
  }
  const accounts = await call.accounts.list()
  const named = accounts.filter((account) => tags.has(toAccountTag(account.accountId)))
  const [owner] = named
  if (!owner || named.length > 1) {
    throw new ToolError(
      'account_not_found',
      `"${field}" names an account that is not connected. list_accounts shows which are.`,
      {
        field,
      },
    )
  }
  const opened = await call.accounts.open(owner.accountId)
  if (options.account !== undefined) {
    const asked = options.account.toLowerCase()
    if (asked !== owner.accountId.toLowerCase() && asked !== owner.address.toLowerCase()) {
      throw new ToolError('invalid_input', `"${field}" belongs to another account than "account" names.`, {
        field: 'account',
      })
    }
  }
  return { opened, messages: parsed.map(({ id, ref }) => ({ id, ref })) }
}
