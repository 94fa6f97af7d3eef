/** The signature that the owner keeps for an address, below the words that an email begins with. */
import type { MailAddress, Signature } from '@email-connector/mail'
import * as z from 'zod'
import type { OpenedAccount } from '../accounts/grant-accounts.ts'

export const signatureParameter = z
  .boolean()
  .default(true)
  .describe('Default true: the one that the owner keeps')

/** The address's own, else the one for every other; nothing where there is none or none is wanted. */
export function signed(
  { settings }: Pick<OpenedAccount, 'settings'>,
  { address }: MailAddress,
  isWanted: boolean,
): { readonly signature?: Signature } {
  if (!isWanted || settings.state !== 'open') return {}
  const { signatures } = settings.account
  const own = signatures.find((one) => one.address?.toLowerCase() === address.toLowerCase())
  const signature = own ?? signatures.find((one) => one.address === undefined)
  return signature === undefined ? {} : { signature: { text: signature.text, html: signature.html } }
}
