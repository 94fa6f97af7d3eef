/** Which addresses are the account's own, and which of them an email is from. */
import type { MailAccount, MailAddress } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { ToolError } from '../wire/tool-error.ts'

export function ownOf({ address, aliases }: MailAccount): (one: MailAddress) => boolean {
  const own = new Set([address, ...aliases].map((one) => one.toLowerCase()))
  return (one) => own.has(one.address.toLowerCase())
}

/** Throws `invalid_input` for an address that is not the account's. */
export function parseFrom({ account }: OpenedAccount, from: string | undefined): MailAddress {
  const named = account.displayName === undefined ? {} : { name: account.displayName }
  if (from === undefined) return { ...named, address: account.address }
  const allowed = [account.address, ...account.aliases]
  const address = allowed.find((one) => one.toLowerCase() === from.trim().toLowerCase())
  if (address !== undefined) return { ...named, address }
  throw new ToolError('invalid_input', `"from" must be one of ${allowed.join(', ')}.`, { field: 'from' })
}
