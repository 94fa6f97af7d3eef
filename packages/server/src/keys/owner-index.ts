/**
 * By what an owner finds the grants of a mailbox without a token: an HMAC of the verified IMAP host and login. The
 * database alone says nothing; whoever also holds the pepper can confirm a guess of who is connected.
 */
import { createHmac } from 'node:crypto'
import type { SecretKey } from './instance-secrets.ts'
import { canonical } from './seal.ts'

/** One value per pepper, the current one first: write the first, look up all. */
export function ownerIndexes(
  peppers: readonly SecretKey[],
  owner: { readonly imapHost: string; readonly login: string },
): string[] {
  // People type their address in any case and servers accept it; a live login has proved this one either way.
  const subject = canonical(['owner', fold(owner.imapHost).replace(/\.$/, ''), fold(owner.login)])
  return peppers.map(({ key }) => createHmac('sha256', key).update(subject).digest('base64url'))
}

function fold(text: string): string {
  return text.trim().normalize('NFC').toLowerCase()
}
