/**
 * By what an owner finds the grants of a mailbox without a token: an HMAC of the verified IMAP host and login. The
 * database alone says nothing; someone who also has the pepper can confirm a guess of who is connected.
 */
import { createHmac } from 'node:crypto'
import type { SecretKey } from './instance-secrets.ts'
import { canonical } from './seal.ts'

export interface MailboxOwner {
  readonly imapHost: string
  readonly login: string
}

/** Whether both are the same mailbox, as the index sees it. */
export function isSameOwner(one: MailboxOwner, other: MailboxOwner): boolean {
  return Buffer.compare(ownerSubject(one), ownerSubject(other)) === 0
}

/** One value per pepper, the current one first: write the first, look up all. */
export function ownerIndexes(peppers: readonly SecretKey[], owner: MailboxOwner): string[] {
  const subject = ownerSubject(owner)
  return peppers.map(({ key }) => createHmac('sha256', key).update(subject).digest('base64url'))
}

/** People type their address in any case and servers accept it; a live login has proved this one either way. */
export function ownerSubject({ imapHost, login }: MailboxOwner): Uint8Array {
  return canonical(['owner', fold(imapHost).replace(/\.$/, ''), fold(login)])
}

function fold(text: string): string {
  return text.trim().normalize('NFC').toLowerCase()
}
