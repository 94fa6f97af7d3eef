/**
 * Which addresses are the owner's, and which of them an email is from. A plus address is its mailbox's own (RFC 5233),
 * and so is Gmail's with other dots. What one may send as is narrower: the account's address and aliases, and their plus
 * addresses, which the mail server has the last word about.
 */
import { type MailAccount, type MailAddress, readAddressList } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import { toMailbox, withoutTag } from '../mailbox-address.ts'
import { ToolError } from '../wire/tool-error.ts'

export type IsOwn = (one: Pick<MailAddress, 'address'>) => boolean

/** `others`: addresses of the owner's other connected accounts. */
export function ownOf({ address, aliases }: MailAccount, others: readonly string[] = []): IsOwn {
  const own = new Set([address, ...aliases, ...others].map(toMailbox))
  return (one) => own.has(toMailbox(one.address))
}

const otherAccount = 'For another connected account give its own address, or "account" too.'

/** Throws `invalid_input` for an address that is not the account's; `way`: what to do with another one. */
export function parseFrom(
  opened: OpenedAccount,
  from: string | undefined,
  way: string = otherAccount,
): MailAddress {
  const { account } = opened
  const named = (address: string): MailAddress => {
    const name = nameOf(opened, address)
    return name === '' ? { address } : { name, address }
  }
  if (from === undefined) return named(account.address)
  const allowed = [account.address, ...account.aliases]
  const typed = addressIn(from)
  const address = allowed.find((one) => one.toLowerCase() === typed.toLowerCase())
  if (address !== undefined) return named(address)
  if (takesPlus(account) && allowed.some((one) => withoutTag(one) === withoutTag(typed))) return named(typed)
  throw new ToolError('invalid_input', `"from" must be one of ${allowed.join(', ')}. ${way}`, {
    field: 'from',
  })
}

/** `Alice <alice@x.example>` as an address of it; its name is the owner's to set. */
export function addressIn(from: string): string {
  const { mailboxes, faults } = readAddressList(from)
  const [only, ...others] = mailboxes
  return faults.length > 0 || only === undefined || others.length > 0 ? from.trim() : only.address
}

/** As the owner has named the address or the mailbox, else as Sent shows it. */
function nameOf({ account, memory, settings }: OpenedAccount, address: string): string {
  const aliases = settings.state === 'open' ? settings.account.aliases : []
  const alias = aliases.find((one) => one.address.toLowerCase() === address.toLowerCase())
  return alias?.name ?? account.displayName ?? memory?.ownName ?? ''
}

/** The one of the addresses that an answer is from; undefined: none of them is the account's. */
export function findFrom(account: MailAccount, addresses: readonly string[]): string | undefined {
  const isOwn = ownOf(account)
  const received = addresses.find((address) => isOwn({ address }))
  if (received === undefined) return undefined
  const allowed = [account.address, ...account.aliases]
  const exact = allowed.find((one) => one.toLowerCase() === received.toLowerCase())
  if (exact !== undefined) return exact
  return takesPlus(account) && allowed.some((one) => withoutTag(one) === withoutTag(received))
    ? received
    : allowed.find((one) => toMailbox(one) === toMailbox(received))
}

/** The others send as the addresses they know, and rewrite or refuse what they do not. */
function takesPlus({ provider }: MailAccount): boolean {
  return !['gmail', 'outlook', 'yahoo', 'icloud'].includes(provider)
}
