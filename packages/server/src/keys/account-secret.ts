/**
 * S_a: what S is for one of a grant's mailboxes. It opens that mailbox's record (with its data key) and what the owner
 * keeps for it, and says nothing of S or of the grant's other mailboxes. Calls have S; what a link was made for has S_a.
 */
import { deriveKey, SealBrokenError, zero } from './seal.ts'

/** S_a, and whose it is. */
export interface AccountSecret {
  readonly accountId: string
  readonly own: Uint8Array
}

/** S, or what of it opens one mailbox. */
export type MailboxSecret = Uint8Array | AccountSecret

/** The caller zeroes what it gets. Throws when `secret` was zeroed already, SealBrokenError for another mailbox's. */
export function deriveAccountSecret(secret: MailboxSecret, accountId: string): Uint8Array {
  if (secret instanceof Uint8Array) return deriveKey(secret, new Uint8Array(0), `account/${accountId}`)
  if (secret.accountId !== accountId) throw new SealBrokenError('This secret is of another mailbox')
  return Uint8Array.from(secret.own)
}

/** For work that outlives the request; its maker zeroes it. */
export function copySecret(secret: MailboxSecret): MailboxSecret {
  return secret instanceof Uint8Array
    ? Uint8Array.from(secret)
    : { accountId: secret.accountId, own: Uint8Array.from(secret.own) }
}

/** What is the grant's own, and not one mailbox's, follows from S alone. Throws where there is only S_a. */
export function toGrantSecret(secret: MailboxSecret): Uint8Array {
  if (secret instanceof Uint8Array) return secret
  throw new Error('The secret of one mailbox opens nothing of its grant')
}

export function zeroSecret(secret: MailboxSecret): void {
  zero(secret instanceof Uint8Array ? secret : secret.own)
}
