/**
 * The keys by which the ledger names an email and seals its outcome. Content is named under the mailbox's sendKey, which
 * all its grants share, so that one knows what another has sent; an idempotency key is a client's own word, under S. For a
 * day after a sendKey first appears or changes, content is named under all that came before it as well. The owner's page has
 * S_a: it knows the mailbox's names, and none that are the grant's own.
 */
import { createHmac } from 'node:crypto'
import { copySecret, type MailboxSecret, toGrantSecret, zeroSecret } from '../keys/account-secret.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { openSendKeys, type SendKeys, zeroSendKeys } from '../keys/owner-keys.ts'
import { canonical, deriveKey, fromText, open, SealBrokenError, seal, toText, zero } from '../keys/seal.ts'
import { createHintCipher } from '../keys/token-cipher.ts'

/** Whose key it is: the grant's, the mailbox's, or one of those the mailbox had until its seed was rotated. */
export type Under = 'grant' | UnderMailbox
export type UnderMailbox = 'mailbox' | `former ${number}`

export interface LedgerAccount {
  readonly accountId: string
  /** Absent in a grant of 0.1.0 before its first refresh. */
  readonly sealedOwner?: string | undefined
}

export interface LedgerKeys {
  /** By what content is named now, in the order in which rows are taken: the last is the one that stays. */
  readonly contentUnder: readonly Under[]
  /** The same without the grant's own: what every grant of the mailbox has in common. */
  readonly mailboxUnder: readonly UnderMailbox[]
  /** HMAC, hex. */
  toMac(under: Under, parts: readonly string[]): string
  /** `row`: the key of the row that keeps it. */
  seal(under: Under, row: string, plain: Uint8Array): string
  /** Throws SealBrokenError. */
  open(under: Under, row: string, sealed: string): Uint8Array
}

/** Keys live while `use` runs, also when the caller's own secret is zeroed meanwhile. Throws KeyRefusedError. */
export function withLedgerKeys<T>(
  { secret, grantId }: { readonly secret: MailboxSecret; readonly grantId: string },
  account: LedgerAccount,
  now: number,
  use: (keys: LedgerKeys) => T,
): T {
  const copy = copySecret(secret)
  const sendKeys = openKeys(copy, grantId, account)
  const close = () => {
    zeroSecret(copy)
    zeroSendKeys(sendKeys)
  }
  let used: T
  try {
    used = use(toLedgerKeys(copy, grantId, sendKeys, now))
  } catch (error) {
    close()
    throw error
  }
  if (used instanceof Promise) return used.finally(close) as T
  close()
  return used
}

function openKeys(
  secret: MailboxSecret,
  grantId: string,
  { accountId, sealedOwner }: LedgerAccount,
): SendKeys | undefined {
  if (sealedOwner === undefined) return undefined
  try {
    return openSendKeys(secret, { grantId, accountId }, sealedOwner)
  } catch (cause) {
    zeroSecret(secret)
    if (!(cause instanceof SealBrokenError)) throw cause
    throw new KeyRefusedError('The keys of the ledger of sends do not open', { cause })
  }
}

function toLedgerKeys(
  secret: MailboxSecret,
  grantId: string,
  sendKeys: SendKeys | undefined,
  now: number,
): LedgerKeys {
  const grantHint = () => createHintCipher(toGrantSecret(secret))
  const contentUnder = toContentUnder(sendKeys, now)

  function keyOf(under: UnderMailbox): Uint8Array {
    const key =
      under === 'mailbox' ? sendKeys?.sendKey : sendKeys?.former[Number(under.slice('former '.length))]?.key
    if (key === undefined) throw new Error('The ledger has no such key')
    return key
  }

  return {
    contentUnder,
    mailboxUnder: contentUnder.filter((under) => under !== 'grant'),

    toMac(under, parts) {
      const key =
        under === 'grant' ? deriveKey(toGrantSecret(secret), new Uint8Array(0), 'send-key') : keyOf(under)
      const mac = createHmac('sha256', key).update(canonical(parts)).digest('hex')
      if (under === 'grant') zero(key)
      return mac
    },

    seal(under, row, plain) {
      if (under === 'grant') return grantHint().seal('send', grantId, plain)
      return withOutcomeKey(keyOf(under), (key) => toText(seal(key, plain, ofOutcome(row))))
    },

    open(under, row, sealed) {
      if (under === 'grant') return grantHint().open('send', grantId, sealed)
      return withOutcomeKey(keyOf(under), (key) => open(key, fromText(sealed), ofOutcome(row)))
    },
  }
}

function toContentUnder(sendKeys: SendKeys | undefined, now: number): readonly Under[] {
  if (sendKeys === undefined) return ['grant']
  const former = sendKeys.former.flatMap(({ until, key }, index): Under[] =>
    until <= now ? [] : [key === undefined ? 'grant' : `former ${index}`],
  )
  return [...former, 'mailbox']
}

function withOutcomeKey<T>(sendKey: Uint8Array, use: (key: Uint8Array) => T): T {
  const key = deriveKey(sendKey, new Uint8Array(0), 'outcome')
  try {
    return use(key)
  } finally {
    zero(key)
  }
}

function ofOutcome(row: string): Uint8Array {
  return canonical(['send-outcome', 1, row])
}
