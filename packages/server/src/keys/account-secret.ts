/**
 * S_a: what S is for one of a grant's mailboxes. It opens that mailbox's record (with its data key) and what the owner
 * keeps for it, and says nothing of S or of the grant's other mailboxes.
 */
import { deriveKey } from './seal.ts'

/** The caller zeroes what it gets. Throws when `secret` was zeroed already. */
export function deriveAccountSecret(secret: Uint8Array, accountId: string): Uint8Array {
  return deriveKey(secret, new Uint8Array(0), `account/${accountId}`)
}
