/**
 * The keys of the owner's room. `ownerKey` (one mailbox's settings and audit) and `policyKey` (the grant's own settings)
 * follow from S, so a live token has them and no race can make two. The owner's page has neither token nor S: it opens
 * a wrap of them under the deployment's seed, host and login, which only a live login names. `sendKey` follows from the
 * seed and the mailbox, so all grants of a mailbox share it; calls, which have no seed, open it under S_a.
 */
import type { OwnerWrap } from '../store/owner-room-store.ts'
import { deriveAccountSecret, type MailboxSecret } from './account-secret.ts'
import type { SecretKey } from './instance-secrets.ts'
import { type MailboxOwner, ownerSubject } from './owner-index.ts'
import {
  canonical,
  copyPart,
  deriveKey,
  fromText,
  keyBytes,
  open,
  SealBrokenError,
  seal,
  toText,
  zero,
} from './seal.ts'

const noSalt = new Uint8Array(0)

/** Which mailbox of which grant. */
export interface AccountName {
  readonly grantId: string
  readonly accountId: string
}

/** What the page may open. `policyKey`: only of the grant's first mailbox. */
export interface PageKeys {
  readonly ownerKey: Uint8Array
  readonly policyKey?: Uint8Array
}

/** By what the mailbox's emails are known to the ledger of sends, and by what else for a while. */
export interface SendKeys {
  /** The seed that `sendKey` is of. */
  readonly kid: string
  readonly sendKey: Uint8Array
  /** Empty: nothing that is remembered was sent under another key. At most `maxFormerKeys`. */
  readonly former: readonly FormerSendKey[]
}

/** Each is a row more per email for a day. A seed is rotated once in years, so these are as many as are kept. */
export const maxFormerKeys = 16

export interface FormerSendKey {
  /** Epoch seconds. */
  readonly until: number
  /** Absent: the grant's own, made of S. */
  readonly key?: Uint8Array
}

/** The caller zeroes it, as it does what the others return. */
export function deriveOwnerKey(secret: MailboxSecret, accountId: string): Uint8Array {
  const own = deriveAccountSecret(secret, accountId)
  try {
    return deriveKey(own, noSalt, 'owner')
  } finally {
    zero(own)
  }
}

export function derivePolicyKey(secret: Uint8Array): Uint8Array {
  return deriveKey(secret, noSalt, 'policy')
}

export function deriveSendKey({ key }: SecretKey, owner: MailboxOwner): Uint8Array {
  return deriveKey(key, ownerSubject(owner), 'send')
}

/** Zeroes nothing of `keys`. */
export function wrapPageKeys(
  root: SecretKey,
  owner: MailboxOwner,
  name: AccountName,
  { ownerKey, policyKey }: PageKeys,
): OwnerWrap {
  const plain = Buffer.concat([ownerKey, policyKey ?? noSalt])
  const kek = deriveKek(root, owner, name)
  try {
    return { kid: root.kid, wrap: toText(seal(kek, plain, ofWrap(name, root.kid))) }
  } finally {
    zero(plain, kek)
  }
}

/** Throws SealBrokenError: a changed row, another login, or a seed that is gone. */
export function unwrapPageKeys(
  roots: readonly SecretKey[],
  owner: MailboxOwner,
  name: AccountName,
  { kid, wrap }: OwnerWrap,
): PageKeys {
  const root = roots.find((one) => one.kid === kid)
  if (root === undefined) throw new SealBrokenError('The seed of this wrap is gone')
  const kek = deriveKek(root, owner, name)
  try {
    const plain = open(kek, fromText(wrap), ofWrap(name, kid))
    const ownerKey = copyPart(plain, 0, keyBytes)
    const policyKey = copyPart(plain, keyBytes)
    zero(plain)
    return policyKey.length === 0 ? { ownerKey } : { ownerKey, policyKey }
  } finally {
    zero(kek)
  }
}

/** Under S_a. base64url. Zeroes nothing of `keys`. */
export function sealSendKeys(secret: MailboxSecret, name: AccountName, keys: SendKeys): string {
  const { kid, sendKey, former } = keys
  const parts = former.map(({ key }) => key ?? new Uint8Array(keyBytes))
  const rest: SealedRest = {
    kid,
    former: former.map(({ until, key }) => ({ until, isOfGrant: key === undefined })),
  }
  const plain = Buffer.concat([
    Uint8Array.of(former.length),
    sendKey,
    ...parts,
    Buffer.from(JSON.stringify(rest)),
  ])
  const key = deriveSealedOwnerKey(secret, name)
  try {
    return toText(seal(key, plain, ofSealedOwner(name)))
  } finally {
    zero(plain, key)
  }
}

/** Throws SealBrokenError. */
export function openSendKeys(secret: MailboxSecret, name: AccountName, sealed: string): SendKeys {
  const key = deriveSealedOwnerKey(secret, name)
  try {
    const plain = open(key, fromText(sealed), ofSealedOwner(name))
    // Authenticated, so it is what `sealSendKeys` wrote.
    const [count = 0] = plain
    const keyAt = (index: number) => copyPart(plain, 1 + index * keyBytes, 1 + (index + 1) * keyBytes)
    const text = Buffer.from(copyPart(plain, 1 + (count + 1) * keyBytes)).toString('utf8')
    const { kid, former } = JSON.parse(text) as SealedRest
    const opened = {
      ...{ kid, sendKey: keyAt(0) },
      former: former.map(({ until, isOfGrant }, index) => ({
        until,
        ...(!isOfGrant && { key: keyAt(index + 1) }),
      })),
    }
    zero(plain)
    return opened
  } finally {
    zero(key)
  }
}

export function zeroSendKeys(keys: SendKeys | undefined): void {
  zero(keys?.sendKey, ...(keys?.former ?? []).map(({ key }) => key))
}

/** What is sealed after the keys. */
interface SealedRest {
  readonly kid: string
  readonly former: readonly { readonly until: number; readonly isOfGrant: boolean }[]
}

function deriveKek(root: SecretKey, owner: MailboxOwner, { grantId, accountId }: AccountName): Uint8Array {
  return deriveKey(root.key, ownerSubject(owner), `owner/${grantId}/${accountId}`)
}

function deriveSealedOwnerKey(secret: MailboxSecret, { accountId }: AccountName): Uint8Array {
  const own = deriveAccountSecret(secret, accountId)
  try {
    return deriveKey(own, noSalt, 'sealed-owner')
  } finally {
    zero(own)
  }
}

function ofWrap({ grantId, accountId }: AccountName, kid: string): Uint8Array {
  return canonical(['owner-wrap', 1, grantId, accountId, kid])
}

function ofSealedOwner({ grantId, accountId }: AccountName): Uint8Array {
  return canonical(['sealed-owner', 1, grantId, accountId])
}
