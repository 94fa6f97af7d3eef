/** The connections that hold a mailbox, by its owner index: those that are live or may become so, and what is left of ended ones. */
import type { AuthorizationStore, EpochSeconds, Grant } from '@email-connector/oauth'
import type { InstanceSecrets } from '../keys/instance-secrets.ts'
import { type MailboxOwner, ownerIndexes } from '../keys/owner-index.ts'
import type { AccountStore } from '../store/account-store.ts'
import type { OwnerRow } from '../store/owner-room-store.ts'

export interface OwnedGrants {
  /** The newest first; `rows`, where they were read already. An index row can outlive its grant, or its mailbox's place in it. */
  list(owner: MailboxOwner, rows?: readonly OwnerRow[]): Promise<readonly Grant[]>
  find(owner: MailboxOwner, grantId: string): Promise<Grant | undefined>
  /** Of all connections that this mailbox ever had a place in, as long as they are kept. */
  rows(owner: MailboxOwner): Promise<readonly OwnerRow[]>
}

export function createOwnedGrants(options: {
  readonly grants: Pick<AuthorizationStore, 'getGrant'>
  readonly accounts: Pick<AccountStore, 'listOwners'>
  readonly secrets: Pick<InstanceSecrets, 'peppers'>
  readonly now: () => EpochSeconds
}): OwnedGrants {
  const { grants, accounts, secrets, now } = options

  async function rows(owner: MailboxOwner): Promise<OwnerRow[]> {
    const indexes = ownerIndexes(secrets.peppers, owner)
    const found = await Promise.all(indexes.map((index) => accounts.listOwners(index)))
    return found.flat().filter(({ expiresAt }) => expiresAt > now())
  }

  async function open(owner: MailboxOwner, ids: readonly string[]): Promise<Grant[]> {
    const indexes = ownerIndexes(secrets.peppers, owner)
    const found = await Promise.all(ids.map((grantId) => grants.getGrant(grantId)))
    return found
      .filter((grant) => grant !== undefined)
      .filter((grant) => grant.state !== 'revoked' && grant.expiresAt > now())
      .filter((grant) => grant.ownerIndexes.some((index) => indexes.includes(index)))
      .sort((one, other) => other.createdAt - one.createdAt)
  }

  return {
    rows,
    list: async (owner, known) => {
      const ids = (known ?? (await rows(owner))).map(({ grantId }) => grantId)
      return await open(owner, [...new Set(ids)])
    },
    find: async (owner, grantId) =>
      /^[0-9a-f]{32}$/.test(grantId) ? (await open(owner, [grantId]))[0] : undefined,
  }
}
