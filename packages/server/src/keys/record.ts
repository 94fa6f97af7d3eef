/**
 * A mailbox record: sealed under a key derived from the grant's secret S and the data key K_kms, so that neither a
 * token without the key service nor the whole database with it opens anything. The commitment is compared first:
 * AES-GCM alone lets one ciphertext open under two keys. Every attribute that decides what the record may be used for
 * is associated data; one that is changed in the database makes it unreadable, not wider.
 */
import { timingSafeEqual } from 'node:crypto'
import { deriveAccountSecret, type MailboxSecret } from './account-secret.ts'
import { KeyRefusedError } from './key-wrapper.ts'
import { canonical, deriveKey, fromText, open, seal, toText, zero } from './seal.ts'

/**
 * The forms of a record. 1 takes its keys from S, 2 from the account's own secret: what opens one mailbox opens no other.
 * A form is read by one release before the next writes it (VERSIONING.md); older ones are sealed again on use.
 */
export const newestRecordVersion = 2
export const writtenRecordVersion = 2

/** All of it is in the AAD. */
export interface RecordContext {
  readonly version: number
  readonly grantId: string
  readonly accountId: string
  readonly credentialVersion: number
  readonly issuer: string
  readonly clientId: string
  readonly permission: string
  readonly resource: string
  /** The grant's absolute expiry, epoch seconds. */
  readonly absoluteExpiresAt: number
}

export interface SealedRecord {
  /** base64url. */
  readonly commitment: string
  /** base64url. */
  readonly sealed: string
}

/** Zeroes `plain` and `dataKey`; `secret` stays its owner's. */
export function sealRecord(
  plain: Uint8Array,
  secret: MailboxSecret,
  dataKey: Uint8Array,
  context: RecordContext,
): SealedRecord {
  // Under a key that was zeroed before, S alone would open it.
  if (dataKey.every((byte) => byte === 0)) throw new Error('The data key is missing or was already zeroed')
  let recordKey: Uint8Array | undefined
  let commitment: Uint8Array | undefined
  try {
    recordKey = derive('record', secret, dataKey, context)
    commitment = derive('commit', secret, dataKey, context)
    return {
      commitment: toText(commitment),
      sealed: toText(seal(recordKey, plain, associated(context))),
    }
  } finally {
    zero(plain, dataKey, recordKey, commitment)
  }
}

/** Zeroes `dataKey`; the caller zeroes what it gets. Throws KeyRefusedError for anything that does not belong. */
export function openRecord(
  record: SealedRecord,
  secret: MailboxSecret,
  dataKey: Uint8Array,
  context: RecordContext,
): Uint8Array {
  let recordKey: Uint8Array | undefined
  let commitment: Uint8Array | undefined
  try {
    commitment = derive('commit', secret, dataKey, context)
    const stored = fromText(record.commitment)
    if (stored.length !== commitment.length || !timingSafeEqual(stored, commitment)) {
      throw new KeyRefusedError('The record was sealed under another key')
    }
    recordKey = derive('record', secret, dataKey, context)
    return open(recordKey, fromText(record.sealed), associated(context))
  } catch (cause) {
    if (cause instanceof KeyRefusedError) throw cause
    throw new KeyRefusedError('The record does not open', { cause })
  } finally {
    zero(dataKey, recordKey, commitment)
  }
}

function derive(
  purpose: 'record' | 'commit',
  secret: MailboxSecret,
  dataKey: Uint8Array,
  { version, accountId }: RecordContext,
): Uint8Array {
  if (version === 1) {
    if (secret instanceof Uint8Array) return deriveKey(secret, dataKey, `v1/${purpose}`)
    throw new KeyRefusedError('A record of the first form opens with the secret of its grant only')
  }
  const own = deriveAccountSecret(secret, accountId)
  try {
    return deriveKey(own, dataKey, `v${version}/${purpose}`)
  } finally {
    zero(own)
  }
}

function associated(context: RecordContext): Uint8Array {
  return canonical([
    'record',
    context.version,
    context.grantId,
    context.accountId,
    context.credentialVersion,
    context.issuer,
    context.clientId,
    context.permission,
    context.resource,
    context.absoluteExpiresAt,
  ])
}
