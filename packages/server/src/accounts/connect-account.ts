/**
 * What a live login becomes: rows, an owner index value and a hint, for a new grant, for one more mailbox of a live
 * grant, or for a mailbox whose password changed. Whether the login was proved, and whether the owner consented, is
 * the sign-in's business. Order of writing: index, records, then the one grant row that names them.
 */
import { randomBytes } from 'node:crypto'
import type { ServerMemory } from '@email-connector/mail'
import type { EpochSeconds, Grant } from '@email-connector/oauth'
import type { SecretKey } from '../keys/instance-secrets.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { ownerIndexes } from '../keys/owner-index.ts'
import type { AccountRow, AccountStore } from '../store/account-store.ts'
import type { AccountKeys, GrantBinding } from './account-record.ts'
import { sealAccount } from './account-record.ts'
import { type AccountHint, openGrantHint, sealGrantHint, toAccountHint } from './grant-hint.ts'
import type { StoredAccount } from './stored-account.ts'

export interface ConnectOptions extends AccountKeys {
  readonly peppers: readonly SecretKey[]
  /** S of the grant; stays its owner's to zero. */
  readonly secret: Uint8Array
  /** Proved by a live login just now. */
  readonly account: StoredAccount
  readonly memory?: ServerMemory
}

/** A change of a live grant. */
export interface GrantChange {
  readonly grant: Grant
  readonly store: AccountStore
  /** The one-time link that asks for it: the change uses it up. */
  readonly linkId?: string
}

/** A mailbox that was sealed under S: what the grant will say of it. */
export interface ConnectedAccount {
  readonly ownerIndex: string
  readonly hint: AccountHint
}

export interface PreparedGrant {
  /** `ownerIndexes[i]` belongs to `accountIds[i]`. */
  readonly ownerIndexes: readonly string[]
  readonly accountIds: readonly string[]
  readonly sealedHint: string
  /** Index, then what is left of the records; the grant, which names them, comes after. */
  write(store: AccountStore): Promise<void>
}

/** Of a grant that is to be created; its records go at `pendingExpiresAt` unless it is. */
export type PendingBinding = GrantBinding & { readonly pendingExpiresAt: EpochSeconds }

/** Seals one mailbox of a grant that is to be created; the row is the caller's to write. Throws KeyUnavailableError. */
export async function prepareAccount(
  options: ConnectOptions & PendingBinding,
): Promise<{ connected: ConnectedAccount; row: AccountRow }> {
  const { secret, account, memory, pendingExpiresAt } = options
  const accountId = newAccountId()
  const row = await sealAccount(options, secret, options, {
    accountId,
    credentialVersion: 1,
    account,
    ...(memory && { memory }),
    expiresAt: pendingExpiresAt,
  })
  return {
    connected: { ownerIndex: currentOwnerIndex(options), hint: toAccountHint(accountId, account) },
    row,
  }
}

/** The last or only mailbox of a grant that is to be created, with those before it. One key call. */
export async function prepareGrant(
  options: ConnectOptions & PendingBinding & { readonly earlier?: readonly ConnectedAccount[] },
): Promise<PreparedGrant> {
  const { connected, row } = await prepareAccount(options)
  const gathered = gatherGrant(options, [...(options.earlier ?? []), connected])
  return {
    ...gathered,
    async write(store) {
      await gathered.write(store)
      await store.createAccount(row)
    },
  }
}

/** A grant that is to be created from mailboxes whose records are written. */
export function gatherGrant(
  { secret, grantId, absoluteExpiresAt }: { secret: Uint8Array } & GrantBinding,
  connected: readonly ConnectedAccount[],
): PreparedGrant {
  const ownerIndexes = connected.map(({ ownerIndex }) => ownerIndex)
  const hints = connected.map(({ hint }) => hint)
  return {
    ownerIndexes,
    accountIds: hints.map(({ accountId }) => accountId),
    sealedHint: sealGrantHint(secret, grantId, hints),
    async write(store) {
      for (const ownerIndex of ownerIndexes) {
        await store.createOwnerIndex(ownerIndex, grantId, absoluteExpiresAt)
      }
    },
  }
}

/** Adds a mailbox to a live grant, or answers `changed` when the grant was changed or revoked meanwhile. */
export async function addAccount(
  options: ConnectOptions & GrantChange,
): Promise<{ outcome: 'added'; accountId: string } | { outcome: 'changed' }> {
  const { secret, grant, store, account, memory } = options
  const hints = openGrantHint(secret, grant.grantId, grant.sealedHint)
  const accountId = newAccountId()
  const ownerIndex = currentOwnerIndex(options)
  const row = await sealAccount(options, secret, grant, {
    accountId,
    credentialVersion: 1,
    account,
    ...(memory && { memory }),
    expiresAt: grant.absoluteExpiresAt,
  })
  await store.createOwnerIndex(ownerIndex, grant.grantId, grant.absoluteExpiresAt)
  await store.createAccount(row)
  const outcome = await store.setGrantAccounts({
    grantId: grant.grantId,
    hintAsRead: grant.sealedHint,
    ...linkOf(options),
    accountIds: [...grant.accountIds, accountId],
    ownerIndexes: [...grant.ownerIndexes, ownerIndex],
    sealedHint: sealGrantHint(secret, grant.grantId, [...hints, toAccountHint(accountId, account)]),
  })
  if (outcome === 'set') return { outcome: 'added', accountId }
  await store.deleteAccount(grant.grantId, accountId)
  return { outcome: 'changed' }
}

/**
 * Writes a mailbox's record anew after its password changed, with a new data key. Throws KeyRefusedError when the
 * login is not the one the account was made with.
 */
export async function replaceAccount(
  options: ConnectOptions & GrantChange & { readonly accountId: string },
): Promise<'replaced' | 'changed'> {
  const { secret, grant, store, account, accountId } = options
  const found = await store.findGrantWithAccounts(grant.grantId)
  const row = found?.accounts.find((candidate) => candidate.accountId === accountId)
  const position = grant.accountIds.indexOf(accountId)
  const known = grant.ownerIndexes[position]
  if (row === undefined || known === undefined) return 'changed'
  const candidates = ownerIndexes(options.peppers, { imapHost: account.imap.host, login: account.login })
  if (!candidates.includes(known)) throw new KeyRefusedError('This login belongs to another mailbox')

  const replacement = await sealAccount(options, secret, grant, {
    accountId,
    credentialVersion: row.credentialVersion + 1,
    account,
    expiresAt: row.expiresAt,
  })
  // A refresh that got no answer, or is under way, must not keep its owner from repairing the account.
  const outcome = await store.replaceCredential(replacement, row.credentialVersion, 'whatever')
  if (outcome === 'changed') return 'changed'
  const hints = openGrantHint(secret, grant.grantId, grant.sealedHint)
  // The hint decides nothing: when another writer was first, the mailbox works and its listed address is the old one.
  await store.setGrantAccounts({
    grantId: grant.grantId,
    hintAsRead: grant.sealedHint,
    ...linkOf(options),
    accountIds: grant.accountIds,
    ownerIndexes: grant.ownerIndexes,
    sealedHint: sealGrantHint(
      secret,
      grant.grantId,
      hints.map((hint) => (hint.accountId === accountId ? toAccountHint(accountId, account) : hint)),
    ),
  })
  return 'replaced'
}

function linkOf({ linkId }: GrantChange): { linkId?: string } {
  return linkId === undefined ? {} : { linkId }
}

function currentOwnerIndex({ peppers, account }: ConnectOptions): string {
  const [current] = ownerIndexes(peppers, { imapHost: account.imap.host, login: account.login })
  if (current === undefined) throw new Error('There is no pepper')
  return current
}

/** Opaque, unique within its grant, short enough to stand in every email id. */
function newAccountId(): string {
  return randomBytes(8).toString('hex')
}
