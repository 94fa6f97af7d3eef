/**
 * What a live token alone may know of a grant's mailboxes: ids, addresses, where their IMAP server is. Lists are made
 * from it, and a socket may be opened early from it; it decides nothing, the opened record does.
 */
import type { MailAccount, MailServer, ProviderId } from '@email-connector/mail'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { isSameOwner } from '../keys/owner-index.ts'
import { createHintCipher } from '../keys/token-cipher.ts'

export interface AccountHint {
  readonly accountId: string
  readonly address: string
  readonly provider: ProviderId
  readonly imap: MailServer
  /** What the server calls the mailbox; hints of 0.1.0 do not say, and there it is the address. */
  readonly login?: string
}

const purpose = 'grant'

export function toAccountHint(
  accountId: string,
  { address, provider, imap, login }: MailAccount,
): AccountHint {
  return { accountId, address, provider, imap, login }
}

/** Whether a login that was proved just now is this mailbox. The hint was sealed under S, so it is the grant's own word. */
export function isSameMailbox(hint: AccountHint, { imap, address }: MailAccount): boolean {
  const one = { imapHost: hint.imap.host, login: hint.address }
  return isSameOwner(one, { imapHost: imap.host, login: address })
}

export function sealGrantHint(secret: Uint8Array, grantId: string, hints: readonly AccountHint[]): string {
  return createHintCipher(secret).seal(
    purpose,
    grantId,
    Buffer.from(JSON.stringify({ v: 1, accounts: hints })),
  )
}

/** In the order of connecting; the first is the default. Throws KeyRefusedError. */
export function openGrantHint(secret: Uint8Array, grantId: string, sealed: string): readonly AccountHint[] {
  try {
    const plain = createHintCipher(secret).open(purpose, grantId, sealed)
    // Authenticated, so it is what `sealGrantHint` wrote.
    const hint = JSON.parse(Buffer.from(plain).toString('utf8')) as { accounts: readonly AccountHint[] }
    return hint.accounts
  } catch (cause) {
    throw new KeyRefusedError('The hint of this grant does not open', { cause })
  }
}
