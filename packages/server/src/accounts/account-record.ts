/**
 * An account row from a mailbox's login, and back. Asks the key wrapper once each way; what it hands out in between
 * is zeroed here. Which grant a row may serve is decided by the caller and held by the AAD.
 */
import type { ServerMemory } from '@email-connector/mail'
import type { Grant } from '@email-connector/oauth'
import { copySecret, type MailboxSecret, zeroSecret } from '../keys/account-secret.ts'
import type { KeyWrapper } from '../keys/key-wrapper.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import type { RecordContext } from '../keys/record.ts'
import { newestRecordVersion, openRecord, sealRecord, writtenRecordVersion } from '../keys/record.ts'
import { fromText, toText, zero } from '../keys/seal.ts'
import { createHintCipher } from '../keys/token-cipher.ts'
import type { AccountRow } from '../store/account-store.ts'
import type { StoredAccount } from './stored-account.ts'

/** Where keys are used; the same for every account of a deployment. */
export interface AccountKeys {
  readonly keyWrapper: KeyWrapper
  readonly app: string
  readonly stage: string
  /** PUBLIC_URL. */
  readonly issuer: string
  /** The form that records are written in; only tests set another. */
  readonly recordVersion?: number
}

/** What a record shares with its grant. */
export type GrantBinding = Pick<
  Grant,
  'grantId' | 'clientId' | 'permission' | 'resource' | 'absoluteExpiresAt'
>

/** A folder list past this is not remembered: a row must stay far below DynamoDB's 400 KB. */
const maxMemoryBytes = 96 * 1024

/** A row with a new data key. Throws KeyUnavailableError. */
export async function sealAccount(
  keys: AccountKeys,
  secret: Uint8Array,
  binding: GrantBinding,
  options: {
    accountId: string
    credentialVersion: number
    account: StoredAccount
    memory?: ServerMemory
    /** The owner's parts of the row, sealed already. */
    owner?: Pick<AccountRow, 'sealedOwner' | 'sealedSeen'>
    /** When the row goes: sooner than the grant while that is pending. */
    expiresAt: number
  },
): Promise<AccountRow> {
  const { accountId, credentialVersion, account, memory, owner, expiresAt } = options
  const v = keys.recordVersion ?? writtenRecordVersion
  const sealedMemory = memory && sealMemory(secret, binding.grantId, accountId, memory)
  const { plain: dataKey, wrapped } = await keys.keyWrapper.generateDataKey(
    keyContext(keys, binding.grantId, accountId),
  )
  const context = recordContext(keys, binding, { v, accountId, credentialVersion })
  return {
    v,
    grantId: binding.grantId,
    accountId,
    credentialVersion,
    wrappedKey: toText(wrapped),
    ...sealRecord(toPlain(v, account), secret, dataKey, context),
    ...(sealedMemory !== undefined && { sealedMemory }),
    ...owner,
    expiresAt,
  }
}

/**
 * The login in a row. `renewed` is the same in today's form, where the row is older and may be renewed: to be written on
 * condition of the version read. Throws KeyUnavailableError, or KeyRefusedError for anything changed or misplaced.
 */
export async function openAccount(
  keys: AccountKeys,
  secret: MailboxSecret,
  binding: GrantBinding,
  row: AccountRow,
  { mayRenew }: { mayRenew: boolean },
): Promise<{ account: StoredAccount; renewed?: AccountRow }> {
  const written = keys.recordVersion ?? writtenRecordVersion
  if (row.v > newestRecordVersion)
    throw new KeyRefusedError('The record is of a newer version of this program')
  const wrapped = decodeWrapped(row.wrappedKey)
  const dataKey = await keys.keyWrapper.unwrapDataKey(
    wrapped,
    keyContext(keys, binding.grantId, row.accountId),
  )
  const spareKey = mayRenew && row.v < written ? Uint8Array.from(dataKey) : undefined
  let plain: Uint8Array | undefined
  try {
    plain = openRecord(row, secret, dataKey, recordContext(keys, binding, row))
    const account = fromPlain(row.v, plain)
    if (spareKey === undefined) return { account }
    const next = { v: written, credentialVersion: row.credentialVersion + 1 }
    const context = recordContext(keys, binding, { ...row, ...next })
    const sealed = sealRecord(toPlain(written, account), secret, spareKey, context)
    return { account, renewed: { ...row, ...next, ...sealed } }
  } finally {
    zero(plain, spareKey)
  }
}

/**
 * For a row whose credential is about to change: opens its data key now, so that nothing but the store is needed later.
 * `seal` may be called once and makes the row's next version, in the same form; `close` zeroes what is left.
 */
export async function prepareReseal(
  keys: AccountKeys,
  secret: MailboxSecret,
  binding: GrantBinding,
  row: AccountRow,
): Promise<{ seal(account: StoredAccount): AccountRow; close(): void }> {
  const { leaseHolder: _holder, leaseUntil: _until, ...kept } = row
  // The caller's own ends with its request; this one must outlive it.
  const ownSecret = copySecret(secret)
  const dataKey = await keys.keyWrapper
    .unwrapDataKey(decodeWrapped(row.wrappedKey), keyContext(keys, binding.grantId, row.accountId))
    .catch((error: unknown) => {
      zeroSecret(ownSecret)
      throw error
    })
  return {
    seal(account) {
      const next = { ...kept, credentialVersion: row.credentialVersion + 1 }
      const plain = toPlain(row.v, account)
      // Sealing ends the key that it is given, and a write that fails is sealed and tried once more.
      const key = Uint8Array.from(dataKey)
      return { ...next, ...sealRecord(plain, ownSecret, key, recordContext(keys, binding, next)) }
    },
    close() {
      zeroSecret(ownSecret)
      zero(dataKey)
    },
  }
}

/** Form 2 says that the owner's settings belong to it: a row of them that is missing was taken away. */
function toPlain(version: number, account: StoredAccount): Uint8Array {
  return Buffer.from(JSON.stringify(version === 1 ? account : { settings: 'required', account }))
}

/** Authenticated, so it is what `toPlain` made. */
function fromPlain(version: number, plain: Uint8Array): StoredAccount {
  const stored = JSON.parse(Buffer.from(plain).toString('utf8'))
  return version === 1 ? stored : stored.account
}

/** What is remembered of the account's server; undefined when it is too large to keep. */
export function sealMemory(
  secret: Uint8Array,
  grantId: string,
  accountId: string,
  memory: ServerMemory,
): string | undefined {
  const plain = Buffer.from(JSON.stringify(memory))
  if (plain.length > maxMemoryBytes) return undefined
  return createHintCipher(secret).seal(`memory/${accountId}`, grantId, plain)
}

/** Undefined when there is none or it does not open: a memory is never worth an error. */
export function openMemory(secret: Uint8Array, row: AccountRow): ServerMemory | undefined {
  if (row.sealedMemory === undefined) return undefined
  try {
    const plain = createHintCipher(secret).open(`memory/${row.accountId}`, row.grantId, row.sealedMemory)
    const memory = JSON.parse(Buffer.from(plain).toString('utf8')) as ServerMemory
    return memory.v === 1 ? memory : undefined
  } catch {
    return undefined
  }
}

function keyContext(keys: AccountKeys, grantId: string, accountId: string) {
  return { app: keys.app, stage: keys.stage, grantId, accountId }
}

function recordContext(
  keys: AccountKeys,
  binding: GrantBinding,
  row: Pick<AccountRow, 'v' | 'accountId' | 'credentialVersion'>,
): RecordContext {
  return {
    version: row.v,
    grantId: binding.grantId,
    accountId: row.accountId,
    credentialVersion: row.credentialVersion,
    issuer: keys.issuer,
    clientId: binding.clientId,
    permission: binding.permission,
    resource: binding.resource,
    absoluteExpiresAt: binding.absoluteExpiresAt,
  }
}

function decodeWrapped(text: string): Uint8Array {
  try {
    return fromText(text)
  } catch (cause) {
    throw new KeyRefusedError('The data key is damaged', { cause })
  }
}
