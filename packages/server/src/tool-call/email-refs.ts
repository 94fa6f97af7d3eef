/** From ids that a client sent to the accounts and the messages in them. */
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { type NamedMessage, parseEmailId, toAccountTag } from '../wire/email-id.ts'
import { ToolError } from '../wire/tool-error.ts'
import { isAll } from './all-accounts.ts'
import type { ToolCall } from './tool.ts'

/** In the order asked; a repeated id counts once. `placeOf` names the place of the id at an index. */
export function parseEmailIds(
  ids: readonly string[],
  placeOf: (index: number) => string,
): readonly NamedMessage[] {
  const parsed = ids.map((id, index) => {
    const email = parseEmailId(id)
    if (email) return { id, ...email }
    const place = placeOf(index)
    throw invalid(`"${place}" is not an email id: lists and searches give ids.`, place)
  })
  return [...new Map(parsed.map((one) => [one.id, one])).values()]
}

/** The emails of one account that a call names. */
export interface AccountEmails {
  readonly accountId: string
  readonly address: string
  readonly messages: readonly NamedMessage[]
}

/** By account, in the order in which they are named first; all of the one that `account` names, where it is given. */
export async function groupEmails(
  call: ToolCall,
  ids: readonly string[],
  { account, field }: { account?: string | undefined; field: string },
): Promise<{ groups: readonly AccountEmails[]; messages: readonly NamedMessage[] }> {
  const messages = parseEmailIds(ids, (index) => (field === 'ids' ? `ids[${index}]` : field))
  const accounts = await call.accounts.list()
  const groups = [...new Set(messages.map((message) => message.accountTag))].map((tag) => {
    const [owner, another] = accounts.filter((one) => toAccountTag(one.accountId) === tag)
    if (!owner || another) {
      const sentence = `"${field}" names an account that is not connected: list_accounts shows which are.`
      throw new ToolError('account_not_found', sentence, { field })
    }
    if (
      account !== undefined &&
      !isAll(account) &&
      account !== owner.accountId &&
      account.toLowerCase() !== owner.address.toLowerCase()
    ) {
      throw invalid(`"account" is another one than "${field}" names.`, 'account')
    }
    const { accountId, address } = owner
    return { accountId, address, messages: messages.filter((message) => message.accountTag === tag) }
  })
  return { groups, messages }
}

async function openEmails(
  call: ToolCall,
  ids: readonly string[],
  { account, field }: { account?: string | undefined; field: string },
): Promise<{ opened: OpenedAccount; messages: readonly NamedMessage[] }> {
  const { groups, messages } = await groupEmails(call, ids, { account, field })
  const [group] = groups
  if (!group || groups.length > 1)
    throw invalid(`"${field}" names several accounts: call once for each.`, field)
  return { opened: await call.accounts.open(group.accountId), messages }
}

/** The one email that the parameter `id` names, and its account opened. */
export async function openEmail(
  call: ToolCall,
  id: string,
  account: string | undefined,
): Promise<{ opened: OpenedAccount; message: NamedMessage }> {
  const { opened, messages } = await openEmails(call, [id], { account, field: 'id' })
  const [message] = messages
  if (!message) throw new Error('One id was asked for')
  return { opened, message }
}

export function assertOfAccount(
  messages: readonly NamedMessage[],
  { accountId }: OpenedAccount,
  field: string,
): void {
  const tag = toAccountTag(accountId)
  if (messages.every((message) => message.accountTag === tag)) return
  throw invalid(`"${field}" names an email of another account than the one that sends.`, field)
}

function invalid(sentence: string, field: string): ToolError {
  return new ToolError('invalid_input', sentence, { field })
}
