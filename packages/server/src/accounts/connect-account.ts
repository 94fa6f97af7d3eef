/**
 * What a live login becomes: rows, an owner index value and a hint, for a new grant, for one more mailbox of a live
 * grant, or for a mailbox whose password changed. Whether the login was proved, and whether the owner consented, is
 * the sign-in's business. Order of writing: index, settings, records, then the one grant row that names them; of mailboxes
 * that are connected one after the other the records come first, and go within minutes if the sign-in is left.
 */
import { randomBytes } from 'node:crypto'
import type { ServerMemory } from '@email-connector/mail'
import type { EpochSeconds, Grant } from '@email-connector/oauth'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { ownerIndexes } from '../keys/owner-index.ts'
import type { AccountRow, AccountStore } from '../store/account-store.ts'
import type { SettingsRow } from '../store/owner-room-store.ts'
import type { AccountKeys, GrantBinding } from './account-record.ts'
import { sealAccount } from './account-record.ts'
import { type AccountHint, openGrantHint, sealGrantHint, toAccountHint } from './grant-hint.ts'
import {
  createEnsureOwnerRoom,
  type MadeOwnerRow,
  makeAccountSettings,
  makeGrantSettings,
  makeOwnerRow,
  makeSealedOwner,
  type RoomSecrets,
  roomKid,
} from './owner-room.ts'
import { sealSeen } from './sealed-settings.ts'
import type { AccountSettings, GrantSettings } from './settings.ts'
import type { StoredAccount } from './stored-account.ts'

export interface ConnectOptions extends AccountKeys {
  readonly secrets: RoomSecrets
  /** S of the grant; stays its owner's to zero. */
  readonly secret: Uint8Array
  /** Proved by a live login just now. */
  readonly account: StoredAccount
  readonly memory?: ServerMemory
  /** What the owner said with it; the defaults when nothing. */
  readonly accountSettings?: AccountSettings
  readonly now: () => EpochSeconds
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
  readonly owner: MadeOwnerRow
  readonly settings: SettingsRow
  readonly hint: AccountHint
}

export interface PreparedGrant {
  /** `ownerIndexes[i]` belongs to `accountIds[i]`. */
  readonly ownerIndexes: readonly string[]
  readonly accountIds: readonly string[]
  readonly sealedHint: string
  /** The seed that the owner's room is made with. */
  readonly ownerRoom: string
  /** Index, then what is left of the records; the grant, which names them, comes after. */
  write(store: AccountStore): Promise<void>
}

/** Of a grant that is to be created; its records go at `pendingExpiresAt` unless it is. */
export type PendingBinding = GrantBinding & { readonly pendingExpiresAt: EpochSeconds }

/** Seals one mailbox of a grant that is to be created; the row is the caller's to write. Throws KeyUnavailableError. */
export async function prepareAccount(
  options: ConnectOptions & PendingBinding & { readonly isFirst: boolean },
): Promise<{ connected: ConnectedAccount; row: AccountRow }> {
  const { isFirst, pendingExpiresAt } = options
  return await sealMailbox(options, options, { isFirst, expiresAt: pendingExpiresAt })
}

async function sealMailbox(
  options: ConnectOptions,
  binding: GrantBinding,
  { isFirst, expiresAt }: { isFirst: boolean; expiresAt: EpochSeconds },
): Promise<{ connected: ConnectedAccount; row: AccountRow }> {
  const { secrets, secret, account, memory, accountSettings, now } = options
  const { grantId, absoluteExpiresAt } = binding
  const accountId = newAccountId()
  const owner = { imapHost: account.imap.host, login: account.login }
  const name = { grantId, accountId }
  const version = now()
  const row = await sealAccount(options, secret, binding, {
    ...{ accountId, credentialVersion: 1, account, expiresAt },
    ...(memory && { memory }),
    owner: {
      sealedOwner: makeSealedOwner(secrets, secret, { ...name, owner, now: version }),
      // A first mailbox brings the grant's own settings; what another one finds there, its first call sees.
      sealedSeen: sealSeen(secret, name, { account: version, grant: isFirst ? version : 0, hides: false }),
    },
  })
  const place = { ...name, owner, ownerIndex: currentOwnerIndex(options), isFirst, absoluteExpiresAt }
  const settingsPlace = { grantId, version, expiresAt: absoluteExpiresAt }
  return {
    connected: {
      owner: makeOwnerRow(secrets, secret, place),
      settings: makeAccountSettings(secret, accountId, settingsPlace, accountSettings),
      hint: toAccountHint(accountId, account),
    },
    row,
  }
}

/** The last or only mailbox of a grant that is to be created, with those before it. One key call. */
export async function prepareGrant(
  options: ConnectOptions &
    PendingBinding & {
      readonly earlier?: readonly ConnectedAccount[]
      readonly grantSettings?: GrantSettings
    },
): Promise<PreparedGrant> {
  const { earlier = [] } = options
  const { connected, row } = await prepareAccount({ ...options, isFirst: earlier.length === 0 })
  const gathered = gatherGrant(options, [...earlier, connected])
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
  options: Pick<ConnectOptions, 'secret' | 'secrets' | 'now'> &
    GrantBinding & { readonly grantSettings?: GrantSettings },
  connected: readonly ConnectedAccount[],
): PreparedGrant {
  const { secret, secrets, grantId, absoluteExpiresAt, now } = options
  const ownerIndexes = connected.map(({ owner }) => owner.ownerIndex)
  const place = { grantId, version: now(), expiresAt: absoluteExpiresAt }
  const settings = makeGrantSettings(secret, place, options.grantSettings)
  const hints = connected.map(({ hint }) => hint)
  const newest = roomKid(secrets)
  return {
    ownerIndexes,
    accountIds: hints.map(({ accountId }) => accountId),
    sealedHint: sealGrantHint(secret, grantId, hints),
    // Between two mailboxes the seed may have been rotated: the first refresh then makes the room for the newest.
    ownerRoom: connected.map(({ owner }) => owner.page.kid).find((kid) => kid !== newest) ?? newest,
    async write(store) {
      for (const { owner, settings } of connected) {
        await store.createOwner(owner)
        await store.putSettings(settings)
      }
      await store.putSettings(settings)
    },
  }
}

/** Adds a mailbox to a live grant, or answers `changed` when the grant was changed or revoked meanwhile. */
export async function addAccount(
  options: ConnectOptions & GrantChange,
): Promise<{ outcome: 'added'; accountId: string } | { outcome: 'changed' }> {
  const { secret, grant, store } = options
  const hints = openGrantHint(secret, grant.grantId, grant.sealedHint)
  await createEnsureOwnerRoom(options)(grant, secret)
  const { connected, row } = await sealMailbox(options, grant, {
    isFirst: false,
    expiresAt: grant.absoluteExpiresAt,
  })
  const { accountId } = connected.hint
  await store.createOwner(connected.owner)
  await store.putSettings(connected.settings)
  await store.createAccount(row)
  const outcome = await store.setGrantAccounts({
    grantId: grant.grantId,
    hintAsRead: grant.sealedHint,
    ...linkOf(options),
    accountIds: [...grant.accountIds, accountId],
    ownerIndexes: [...grant.ownerIndexes, connected.owner.ownerIndex],
    sealedHint: sealGrantHint(secret, grant.grantId, [...hints, connected.hint]),
  })
  if (outcome === 'set') return { outcome: 'added', accountId }
  await store.deleteAccount(grant.grantId, accountId)
  await store.deleteSettings(grant.grantId, accountId)
  return { outcome: 'changed' }
}

/**
 * Replaces a mailbox's record after its password changed, with a new data key. Throws KeyRefusedError when the
 * login is not the one the account was made with.
 */
export async function replaceAccount(
  options: ConnectOptions & GrantChange & { readonly accountId: string },
): Promise<'replaced' | 'changed'> {
  const { secret, grant, store, account, accountId } = options
  // Today's form of a record comes with the owner's room.
  await createEnsureOwnerRoom(options)(grant, secret)
  const found = await store.findGrantWithAccounts(grant.grantId)
  const row = found?.accounts.find((candidate) => candidate.accountId === accountId)
  const position = grant.accountIds.indexOf(accountId)
  const known = grant.ownerIndexes[position]
  if (row === undefined || known === undefined) return 'changed'
  const candidates = ownerIndexes(options.secrets.peppers, {
    imapHost: account.imap.host,
    login: account.login,
  })
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

function currentOwnerIndex({ secrets, account }: ConnectOptions): string {
  const [current] = ownerIndexes(secrets.peppers, { imapHost: account.imap.host, login: account.login })
  if (current === undefined) throw new Error('There is no pepper')
  return current
}

/** Opaque, unique within its grant, short enough to stand in every email id. */
function newAccountId(): string {
  return randomBytes(8).toString('hex')
}
