import { describe, expect, test } from 'vitest'
import {
  addAccount,
  prepareAccount,
  prepareGrant,
  replaceAccount,
} from '../../src/accounts/connect-account.ts'
import { roomKid } from '../../src/accounts/owner-room.ts'
import type { InstanceSecrets } from '../../src/keys/instance-secrets.ts'
import { ownerIndexes } from '../../src/keys/owner-index.ts'
import { rotateSeed } from '../keys/rotated-secrets.ts'
import { buildMailAccount, connectGrant, peppers, secrets } from './connected-grant.ts'
import { accountsOf, keyWrapper, sealedPart, second, stores, tampered } from './deployment.ts'

test('R30: a seed rotated between two mailboxes of one sign-in: the first refresh makes the room for the newest', async () => {
  const connectWith = async (of: InstanceSecrets[]) => {
    const connected = await connectGrant(stores, keyWrapper, second, async (options) => {
      const [first = secrets, last = secrets] = of
      const before = await prepareAccount({ ...options, secrets: first, isFirst: true })
      await stores.accounts.createAccount(before.row)
      return await prepareGrant({ ...options, secrets: last, earlier: [before.connected] })
    })
    return connected.grant.ownerRoom
  }
  const rotated = rotateSeed(secrets, 'newest')
  expect(await connectWith([secrets, rotated])).toBe(roomKid(secrets))
  expect(await connectWith([rotated, rotated])).toBe('newest')
})

describe('a mailbox added, a password changed', () => {
  test('of 10 mailboxes added at the same time one is, and the others leave no row', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grant, connect } = connected
    const add = (index: number) =>
      addAccount({ ...connect, account: { ...second, login: `bob ${index}` }, grant, store: stores.accounts })
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => add(index)))
    expect(outcomes.filter(({ outcome }) => outcome === 'added')).toHaveLength(1)
    const found = await stores.accounts.findGrantWithAccounts(grant.grantId)
    expect(found?.accounts.map(({ accountId }) => accountId).sort()).toEqual(
      [...(found?.grant.accountIds ?? [])].sort(),
    )
    expect(found?.grant.ownerIndexes).toHaveLength(2)
  })

  test('nothing is added to a revoked grant', async () => {
    const { grant, connect } = await connectGrant(stores, keyWrapper)
    await stores.authorization.revokeGrant(grant.grantId)
    const added = await addAccount({ ...connect, account: second, grant, store: stores.accounts })
    expect(added).toEqual({ outcome: 'changed' })
  })

  test('a changed password is a new record under a new data key; of 10 writers one wins', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grant, connect } = connected
    const [accountId = ''] = grant.accountIds
    const before = (await stores.accounts.findGrantWithAccounts(grant.grantId))?.accounts[0]
    const account = buildMailAccount({
      credential: { type: 'password', password: 'new' },
      address: 'ann@new.example',
    })
    const replace = () => replaceAccount({ ...connect, account, accountId, grant, store: stores.accounts })
    const outcomes = await Promise.all(Array.from({ length: 10 }, replace))
    expect(outcomes.filter((outcome) => outcome === 'replaced')).toHaveLength(1)
    const after = (await stores.accounts.findGrantWithAccounts(grant.grantId))?.accounts[0]
    expect(after).toMatchObject({ credentialVersion: 2, expiresAt: before?.expiresAt })
    expect(after?.wrappedKey).not.toBe(before?.wrappedKey)
    expect((await accountsOf(connected).open('ann@new.example')).account).toEqual(account)
    // The old sealed part put back does not open any more: the version is bound into it.
    const rollback = tampered({ account: { ...(before && sealedPart(before)) } })
    await expect(accountsOf(connected, { store: rollback }).open()).rejects.toMatchObject({
      name: 'KeyRefusedError',
    })
  })

  test('R20: another mailbox cannot be put in an account’s place', async () => {
    const { grant, connect } = await connectGrant(stores, keyWrapper)
    const [accountId = ''] = grant.accountIds
    const replaced = replaceAccount({ ...connect, account: second, accountId, grant, store: stores.accounts })
    await expect(replaced).rejects.toMatchObject({ name: 'KeyRefusedError' })
  })

  test('the owner finds the grant by host and login, whichever pepper is current', async () => {
    const { grant } = await connectGrant(stores, keyWrapper)
    const account = buildMailAccount()
    const values = ownerIndexes(peppers, { imapHost: account.imap.host, login: account.login })
    expect(grant.ownerIndexes).toEqual([values[0]])
    const owned = await stores.accounts.listOwners(values[0] ?? '')
    expect(owned.map(({ grantId }) => grantId)).toContain(grant.grantId)
  })
})
