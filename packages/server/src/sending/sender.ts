/**
 * Which account an email goes out of: the one that `account` names, else the one whose own address `from` is, else the
 * default. Another account of the connection sends as itself: through its server, into its Sent, under its limits and in
 * its ledger. An alias counts in its own account only: what another one calls itself is not known before it is opened.
 */
import type { MailAddress } from '@email-connector/mail'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'
import type { ToolCall } from '../tool-call/tool.ts'
import { ToolError } from '../wire/tool-error.ts'
import { addressIn, parseFrom } from './own-addresses.ts'

export interface Sender {
  readonly opened: OpenedAccount
  readonly from: MailAddress
}

/** Throws `invalid_input` for an address that is none of them. */
export async function openSender(
  call: ToolCall,
  { account, from }: { readonly account?: string | undefined; readonly from?: string | undefined },
): Promise<Sender> {
  if (from === undefined) return await openAs(account)
  const typed = addressIn(from).toLowerCase()
  const accounts = await call.accounts.list()
  const other = accounts.find(({ address }) => address.toLowerCase() === typed)
  if (account === undefined) return await openAs(other?.accountId)
  // An alias of the account that is named sends through that account.
  return await openAs(account).catch(async (error: unknown) => {
    if (!(error instanceof ToolError) || error.field !== 'from' || other === undefined) throw error
    return await openAs(other.accountId)
  })

  async function openAs(ref: string | undefined): Promise<Sender> {
    const opened = await call.accounts.open(ref)
    return { opened, from: parseFrom(opened, from) }
  }
}
