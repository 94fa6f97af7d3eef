/**
 * A mailbox record: sealed under a key derived from the grant's secret S and the data key K_kms, so that neither a
 * token without the key service nor the whole database with it opens anything. The commitment is compared first:
 * AES-GCM alone lets one ciphertext open under two keys. Every attribute that decides what the record may be used for
 * is associated data; whoever changes one in the database makes it unreadable, not wider.
 */
import { timingSafeEqual } from 'node:crypto'
import { KeyRefusedError } from './key-wrapper.ts'
import { canonical, deriveKey, fromText, open, seal, toText, zero } from './seal.ts'

/** The newest form of a record; older ones are read and sealed anew on use. */
export const currentRecordVersion = 1

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
  secret: Uint8Array,
  dataKey: Uint8Array,
  context: RecordContext,
): SealedRecord {
  let recordKey: Uint8Array | undefined
  let commitment: Uint8Array | undefined
  try {
    recordKey = deriveKey(secret, dataKey, `v${context.version}/record`)
    commitment = deriveKey(secret, dataKey, `v${context.version}/commit`)
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
  secret: Uint8Array,
  dataKey: Uint8Array,
  context: RecordContext,
): Uint8Array {
  let recordKey: Uint8Array | undefined
  let commitment: Uint8Array | undefined
  try {
    commitment = deriveKey(secret, dataKey, `v${context.version}/commit`)
    const stored = fromText(record.commitment)
    if (stored.length !== commitment.length || !timingSafeEqual(stored, commitment)) {
      throw new KeyRefusedError('The record was sealed under another key')
    }
    recordKey = deriveKey(secret, dataKey, `v${context.version}/record`)
    return open(recordKey, fromText(record.sealed), associated(context))
  } catch (cause) {
    if (cause instanceof KeyRefusedError) throw cause
    throw new KeyRefusedError('The record does not open', { cause })
  } finally {
    zero(dataKey, recordKey, commitment)
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
