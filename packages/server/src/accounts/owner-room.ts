/**
 * Makes the owner's room of a grant, where S and a mailbox's login are at hand: at sign-in from a live login; at a refresh
 * for a grant of 0.1.0, whose hint names the mailbox and whose owner index proves it; again when the seed was rotated.
 *
 * The order of writing, each step repeatable: wraps, then the accounts' sealed keys, then settings and leash, then the grant's note
 * that the room is made. Until the note every call runs on the defaults; once it is there, what is missing was taken.
 */
import { type EpochSeconds, type Grant, makeLeash } from '@email-connector/oauth'
import type { InstanceSecrets, SecretKey } from '../keys/instance-secrets.ts'
import { KeyRefusedError } from '../keys/key-wrapper.ts'
import { type MailboxOwner, ownerIndexes } from '../keys/owner-index.ts'
import {
  type AccountName,
  deriveOwnerKey,
  derivePolicyKey,
  deriveSendKey,
  type FormerSendKey,
  maxFormerKeys,
  openSendKeys,
  sealSendKeys,
  wrapPageKeys,
  zeroSendKeys,
} from '../keys/owner-keys.ts'
import { SealBrokenError, zero } from '../keys/seal.ts'
import type { AccountRow, AccountStore } from '../store/account-store.ts'
import { auditSeconds } from '../store/audit-store.ts'
import { type OwnerRow, ofGrant, type SettingsRow } from '../store/owner-room-store.ts'
import { openGrantHint } from './grant-hint.ts'
import { openSeen, sealSeen, sealSettings } from './sealed-settings.ts'
import {
  type AccountSettings,
  accountSettings,
  defaultAccountSettings,
  defaultGrantSettings,
  type GrantSettings,
  grantSettings,
} from './settings.ts'

export type RoomSecrets = Pick<InstanceSecrets, 'peppers' | 'ownerRoots' | 'sendRoots'>

/** For so long the ledger of sends asks under the keys before, too: nothing it remembers is older. */
const formerKeySeconds = 24 * 3600

/** One mailbox of a grant, with what proves whose it is. */
export interface RoomPlace extends AccountName {
  readonly owner: MailboxOwner
  readonly ownerIndex: string
  /** The first mailbox's login opens the grant's own settings too. */
  readonly isFirst: boolean
  readonly absoluteExpiresAt: EpochSeconds
}

/** The seed that a new room is made with. */
export function roomKid({ ownerRoots }: RoomSecrets): string {
  return newest(ownerRoots).kid
}

export function makeOwnerRow(secrets: RoomSecrets, secret: Uint8Array, place: RoomPlace) {
  const { grantId, accountId, owner, ownerIndex, isFirst, absoluteExpiresAt } = place
  const ownerKey = deriveOwnerKey(secret, accountId)
  const policyKey = isFirst ? derivePolicyKey(secret) : undefined
  try {
    const wrapped = wrapPageKeys(newest(secrets.ownerRoots), owner, place, {
      ownerKey,
      ...(policyKey && { policyKey }),
    })
    // What the grant did may be asked for a while after its end.
    const expiresAt = absoluteExpiresAt + auditSeconds
    return { ownerIndex, grantId, expiresAt, page: { accountId, ...wrapped } }
  } finally {
    zero(ownerKey, policyKey)
  }
}

/**
 * An account's sealed keys. `former`: what this connection's own emails were known by until now. What the mailbox's other
 * connections may have sent under older seeds is asked for as well, also by a new connection; so is a seed that is about to
 * become the newest and is so already elsewhere.
 */
export function makeSealedOwner(
  secrets: RoomSecrets,
  secret: Uint8Array,
  { owner, now, ...name }: AccountName & { readonly owner: MailboxOwner; readonly now: EpochSeconds },
  former: readonly FormerSendKey[] = [],
): string {
  const [root, ...others] = secrets.sendRoots
  if (root === undefined) throw new Error('A key of the deployment is missing')
  const until = now + formerKeySeconds
  const sendKey = deriveSendKey(root, owner)
  const otherKeys = others.map((other) => ({ until, key: deriveSendKey(other, owner) }))
  try {
    const kept = [...former.filter((one) => one.until > now), ...otherKeys]
      .filter(({ key }, index, all) => all.findIndex((one) => isEqual(one.key, key)) === index)
      .filter(({ key }) => !isEqual(key, sendKey))
      .filter((_, index) => index < maxFormerKeys)
    return sealSendKeys(secret, name, { kid: root.kid, sendKey, former: kept })
  } finally {
    zero(sendKey, ...otherKeys.map(({ key }) => key))
  }
}

function isEqual(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && Buffer.compare(one, other) === 0)
}

type RowPlace = Omit<SettingsRow, 'v' | 'sealed' | 'of'>

export function makeAccountSettings(
  secret: Uint8Array,
  accountId: string,
  place: RowPlace,
  settings: AccountSettings = defaultAccountSettings,
): SettingsRow {
  const ownerKey = deriveOwnerKey(secret, accountId)
  try {
    return sealSettings(ownerKey, { ...place, of: accountId }, accountSettings, settings)
  } finally {
    zero(ownerKey)
  }
}

export function makeGrantSettings(
  secret: Uint8Array,
  place: RowPlace,
  settings: GrantSettings = defaultGrantSettings,
): SettingsRow {
  const policyKey = derivePolicyKey(secret)
  try {
    return sealSettings(policyKey, { ...place, of: ofGrant }, grantSettings, settings)
  } finally {
    zero(policyKey)
  }
}

/** Makes what the grant's room lacks. Throws StoreUnavailableError, and KeyRefusedError where rows disagree. */
export type EnsureOwnerRoom = (grant: Grant, secret: Uint8Array) => Promise<void>

export function createEnsureOwnerRoom(options: {
  store: AccountStore
  secrets: RoomSecrets
  now: () => EpochSeconds
}): EnsureOwnerRoom {
  const { store, secrets, now } = options
  return async (grant, secret) => {
    const kid = roomKid(secrets)
    if (grant.ownerRoom === kid) return
    const found = await store.findGrantWithAccounts(grant.grantId)
    if (found === undefined) return
    try {
      const places = placesOf(secrets, found.grant, secret)
      const rooms = found.accounts.flatMap((row) => {
        const place = places.find(({ accountId }) => accountId === row.accountId)
        return place === undefined ? [] : [{ row, place }]
      })
      for (const { place } of rooms) await store.setOwnerWrap(makeOwnerRow(secrets, secret, place))
      for (const room of rooms) await setSealedOwner(room, secret)
      const made = await createSettings(grant, rooms, secret)
      await store.createLeash(makeLeash(found.grant))
      if ((await store.setOwnerRoom(grant.grantId, kid)) === 'set') return
      // Revoked meanwhile: what was written after its rows were erased must not stay.
      await store.deleteLeash(grant.grantId)
      for (const { grantId, of } of made) await store.deleteSettings(grantId, of)
    } catch (cause) {
      if (!(cause instanceof SealBrokenError)) throw cause
      throw new KeyRefusedError('The rows of an owner’s room do not open', { cause })
    }
  }

  async function setSealedOwner({ row, place }: Room, secret: Uint8Array): Promise<void> {
    const { grantId, accountId } = place
    const asRead = row.sealedOwner
    const until = now() + formerKeySeconds
    const named = { ...place, now: now() }
    if (asRead === undefined) {
      const sealedOwner = makeSealedOwner(secrets, secret, named, [{ until }])
      const sealedSeen = sealSeen(secret, place, { account: 0, grant: 0, hides: false })
      await store.setSealedOwner({ grantId, accountId, asRead, sealedOwner, sealedSeen })
      return
    }
    const before = openSendKeys(secret, place, asRead)
    try {
      if (before.kid === newest(secrets.sendRoots).kid) return
      const former = [{ until, key: before.sendKey }, ...before.former]
      const sealedOwner = makeSealedOwner(secrets, secret, named, former)
      await store.setSealedOwner({ grantId, accountId, asRead, sealedOwner })
    } finally {
      zeroSendKeys(before)
    }
  }

  /** Only what no call has seen yet: a row that was seen and is gone was taken, and its limits with it. */
  async function createSettings(
    { grantId, absoluteExpiresAt }: Grant,
    rooms: readonly Room[],
    secret: Uint8Array,
  ): Promise<SettingsRow[]> {
    const place = { grantId, version: now(), expiresAt: absoluteExpiresAt }
    const seen = rooms.map(({ row, place }) =>
      row.sealedSeen === undefined ? { account: 0, grant: 0 } : openSeen(secret, place, row.sealedSeen),
    )
    const rows = rooms.flatMap(({ place: { accountId } }, index) =>
      seen[index]?.account === 0 ? [makeAccountSettings(secret, accountId, place)] : [],
    )
    if (seen.every(({ grant }) => grant === 0)) rows.push(makeGrantSettings(secret, place))
    const written: SettingsRow[] = []
    for (const row of rows) if ((await store.putSettings(row)) === 'written') written.push(row)
    return written
  }
}

interface Room {
  readonly row: AccountRow
  readonly place: RoomPlace
}

/** The hint says host and login, sealed under S; the owner index of the grant, made from a live login, must agree. */
function placesOf(secrets: RoomSecrets, grant: Grant, secret: Uint8Array): RoomPlace[] {
  const { grantId, absoluteExpiresAt } = grant
  const hints = openGrantHint(secret, grantId, grant.sealedHint)
  return hints.map(({ accountId, address, login = address, imap }, index) => {
    const owner = { imapHost: imap.host, login }
    const ownerIndex = grant.ownerIndexes[grant.accountIds.indexOf(accountId)]
    if (ownerIndex === undefined || !ownerIndexes(secrets.peppers, owner).includes(ownerIndex)) {
      throw new KeyRefusedError('The owner index of a grant does not agree with its hint')
    }
    return { grantId, accountId, owner, ownerIndex, isFirst: index === 0, absoluteExpiresAt }
  })
}

function newest(keys: readonly SecretKey[]): SecretKey {
  const [first] = keys
  if (first === undefined) throw new Error('A key of the deployment is missing')
  return first
}

/** The row by which a mailbox's owner finds the grant, with the wrap. */
export type MadeOwnerRow = OwnerRow & { readonly page: NonNullable<OwnerRow['page']> }
