/**
 * A grant as the owner's page has it: after a live login, with the deployment's seed, without S. The login opens the wrap
 * of its own mailbox and so that mailbox's settings; of the grant's first mailbox it opens the grant's own, too. Another
 * mailbox's it cannot open. That the login was live, and which grants are listed, is the page's business.
 */
import type { EpochSeconds, Grant } from '@email-connector/oauth'
import { type MailboxOwner, ownerIndexes } from '../keys/owner-index.ts'
import { type PageKeys, unwrapPageKeys, wrapPageKeys } from '../keys/owner-keys.ts'
import { SealBrokenError, zero } from '../keys/seal.ts'
import type { AccountStore } from '../store/account-store.ts'
import { type OwnerRow, ofGrant, type SettingsRow } from '../store/owner-room-store.ts'
import type { RoomSecrets } from './owner-room.ts'
import { openSettings, sealSettings } from './sealed-settings.ts'
import { type AccountSettings, accountSettings, type GrantSettings, grantSettings } from './settings.ts'

export type OpenOwnersGrant = (
  grant: Grant,
  owner: MailboxOwner,
) => Promise<
  | { readonly state: 'open'; readonly room: OwnersGrant }
  /** A grant of 0.1.0 before its first refresh: it can be revoked, and nothing else. */
  | { readonly state: 'not_made' }
  /** The wrap was changed, or its seed is gone. */
  | { readonly state: 'unreadable' }
>

export interface OwnersGrant {
  readonly accountId: string
  /** Whether this login decides about the whole grant. */
  readonly isFirst: boolean
  /** Undefined where the row is missing or does not open; saving puts a new one in its place. */
  readonly account: AccountSettings | undefined
  /** Undefined also for another mailbox than the first. */
  readonly grant: GrantSettings | undefined
  /** Of the rows as they are; 0: there is none. */
  readonly versions: { readonly account: number; readonly grant: number }
  /**
   * `shown`: the version that the change was made from, when it is not the one just read. `changed`: somebody saved
   * meanwhile. Throws a ZodError or SettingsTooLargeError for what is out of bounds.
   */
  saveAccount(settings: AccountSettings, shown?: number): Promise<'written' | 'changed'>
  /** Throws for another mailbox than the first. */
  saveGrant(settings: GrantSettings, shown?: number): Promise<'written' | 'changed'>
  /** Zeroes the keys. */
  close(): void
}

/** One query of the owner index and one of the grant; a write where the seed was rotated. */
export function createOpenOwnersGrant(options: {
  store: AccountStore
  secrets: RoomSecrets
  now: () => EpochSeconds
}): OpenOwnersGrant {
  const { store, secrets, now } = options

  return async (grant, owner) => {
    const indexes = ownerIndexes(secrets.peppers, owner)
    const position = grant.ownerIndexes.findIndex((index) => indexes.includes(index))
    const ownerIndex = grant.ownerIndexes[position]
    const accountId = grant.accountIds[position]
    if (ownerIndex === undefined || accountId === undefined) return { state: 'unreadable' }
    const row = (await store.listOwners(ownerIndex)).find((one) => one.grantId === grant.grantId)
    if (row?.page === undefined) return { state: grant.ownerRoom === undefined ? 'not_made' : 'unreadable' }
    const name = { grantId: grant.grantId, accountId }
    const keys = unwrap(row.page, owner, name)
    if (keys === undefined) return { state: 'unreadable' }
    await wrapForNewestSeed({ ...row, page: row.page }, owner, name, keys)
    const settings = (await store.findGrantWithAccounts(grant.grantId))?.settings ?? []
    return { state: 'open', room: toRoom(grant, accountId, keys, settings) }
  }

  function unwrap(
    page: NonNullable<OwnerRow['page']>,
    owner: MailboxOwner,
    name: { grantId: string; accountId: string },
  ): PageKeys | undefined {
    try {
      return unwrapPageKeys(secrets.ownerRoots, owner, name, page)
    } catch (error) {
      if (error instanceof SealBrokenError) return undefined
      throw error
    }
  }

  /** A rotation of the seed touches nothing but the wraps. */
  async function wrapForNewestSeed(
    row: OwnerRow & { page: NonNullable<OwnerRow['page']> },
    owner: MailboxOwner,
    name: { grantId: string; accountId: string },
    keys: PageKeys,
  ): Promise<void> {
    const [root] = secrets.ownerRoots
    if (root === undefined || root.kid === row.page.kid) return
    const page = { accountId: name.accountId, ...wrapPageKeys(root, owner, name, keys) }
    await store.setOwnerWrap({ ...row, page })
  }

  function toRoom(
    grant: Grant,
    accountId: string,
    { ownerKey, policyKey }: PageKeys,
    rows: readonly SettingsRow[],
  ): OwnersGrant {
    const own = rows.find(({ of }) => of === accountId)
    const shared = rows.find(({ of }) => of === ofGrant)
    /** Above every version that a call may have seen, even where the row itself was put back or taken away. */
    const placeOf = (of: string, current: SettingsRow | undefined) => ({
      ...{ grantId: grant.grantId, of, expiresAt: grant.absoluteExpiresAt },
      version: Math.max(now(), (current?.version ?? 0) + 1),
    })
    const versions = { account: own?.version ?? 0, grant: shared?.version ?? 0 }
    return {
      accountId,
      versions,
      isFirst: policyKey !== undefined,
      account: readable(ownerKey, own, accountSettings),
      grant: policyKey && readable(policyKey, shared, grantSettings),
      async saveAccount(settings, shown = versions.account) {
        if (shown !== versions.account) return 'changed'
        const row = sealSettings(ownerKey, placeOf(accountId, own), accountSettings, settings)
        return await store.putSettings(row, own?.version)
      },
      async saveGrant(settings, shown = versions.grant) {
        if (policyKey === undefined)
          throw new Error('Only the first mailbox decides about the whole connection')
        if (shown !== versions.grant) return 'changed'
        const row = sealSettings(policyKey, placeOf(ofGrant, shared), grantSettings, settings)
        return await store.putSettings(row, shared?.version)
      },
      close: () => zero(ownerKey, policyKey),
    }
  }
}

function readable<Schema extends typeof accountSettings | typeof grantSettings>(
  key: Uint8Array,
  row: SettingsRow | undefined,
  schema: Schema,
) {
  if (row === undefined) return undefined
  try {
    return openSettings(key, row, schema)
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}
