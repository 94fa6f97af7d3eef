/** The mailboxes of a caller: what a call finds, what it costs, when it is over. */
import { randomBytes } from 'node:crypto'
import type { ServerMemory } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import { describe, expect, test } from 'vitest'
import { addAccount } from '../../src/accounts/connect-account.ts'
import { createDataKeyKeeper } from '../../src/keys/data-key-keeper.ts'
import { newestRecordVersion } from '../../src/keys/record.ts'
import type { AccountRow, AccountStore } from '../../src/store/account-store.ts'
import { now } from '../store/builders.ts'
import { buildMailAccount, type ConnectedGrant, connectGrant, connectGrantOf010 } from './connected-grant.ts'
import {
  accountsOf,
  clock,
  ensureOwnerRoom,
  keyWrapper,
  kms,
  second,
  stores,
  tampered,
} from './deployment.ts'

const memory: ServerMemory = {
  v: 1,
  capabilities: ['IMAP4rev1'],
  delimiter: '/',
  mailboxes: [{ path: 'INBOX', name: 'INBOX', delimiter: '/', selectable: true }],
}

describe('opening', () => {
  test('gives the login that was connected; the list gives what it is called', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const accounts = accountsOf(connected)
    const account = buildMailAccount()
    expect(await accounts.open()).toMatchObject({ address: account.address, account })
    expect(await accounts.list()).toEqual([
      {
        accountId: connected.grant.accountIds[0],
        address: account.address,
        provider: 'generic',
        isDefault: true,
        permission: 'send',
      },
    ])
  })

  test('R27: connecting costs one GenerateDataKey, a list nothing, opening one Decrypt, kept ones none', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['GenerateDataKey'])
    kms.forgetCalls()
    await accountsOf(connected).list()
    expect(kms.calls).toEqual([])
    const keeper = createDataKeyKeeper({ keyWrapper })
    await accountsOf(connected, { keyWrapper: keeper }).open()
    expect(kms.calls).toMatchObject([
      {
        operation: 'Decrypt',
        context: {
          stage: 'test',
          grantId: connected.grant.grantId,
          accountId: connected.grant.accountIds[0],
        },
      },
    ])
    await accountsOf(connected, { keyWrapper: keeper }).open()
    expect(kms.calls).toHaveLength(1)
    keeper.close()
  })

  test('a request asks the store once, and says once an hour that the grant was used', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const calls: string[] = []
    const counting: AccountStore = {
      ...stores.accounts,
      findGrantWithAccounts: (grantId) => {
        calls.push('query')
        return stores.accounts.findGrantWithAccounts(grantId)
      },
      touchGrant: (grantId, at) => {
        calls.push('touch')
        return stores.accounts.touchGrant(grantId, at)
      },
    }
    const request = async () => {
      const accounts = accountsOf(connected, { store: counting })
      await Promise.all([accounts.list(), accounts.open(), accounts.open()])
      return calls.splice(0)
    }
    expect(await request()).toEqual(['query', 'touch'])
    clock.now = now + 3599
    expect(await request()).toEqual(['query'])
    clock.now = now + 3600
    expect(await request()).toEqual(['query', 'touch'])
  })

  test('a mailbox is named by address in any case or by id; another name tells what is connected', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grant, connect } = connected
    await addAccount({ ...connect, account: second, grant, store: stores.accounts })
    const accounts = accountsOf(connected)
    const [, bob] = await accounts.list()
    expect(bob).toMatchObject({ address: 'Bob@second.example', isDefault: false })
    for (const ref of ['bob@second.EXAMPLE', ' bob@second.example ', bob?.accountId]) {
      expect((await accounts.open(ref)).account).toEqual(second)
    }
    expect((await accounts.open()).account).toEqual(buildMailAccount())
    for (const ref of ['', 'eve@second.example', 'ob@second.example']) {
      await expect(accounts.open(ref)).rejects.toMatchObject({
        name: 'AccountNotFoundError',
        message: 'No connected mailbox has that address or id',
        addresses: ['ann@canary-address.example', 'Bob@second.example'],
      })
    }
  })

  test('what was learned of a server is there the next time, for that account only', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const opened = await accountsOf(connected).open()
    expect(opened.memory).toBeUndefined()
    await opened.remember(memory)
    expect((await accountsOf(connected).open()).memory).toEqual(memory)
    const added = await addAccount({
      ...connected.connect,
      ...connected,
      account: second,
      store: stores.accounts,
    })
    if (added.outcome !== 'added') throw new Error('not added')
    const rows = (all: readonly AccountRow[]) => {
      const sealedMemory = all.find((row) => row.sealedMemory)?.sealedMemory
      return all.map((row) => ({ ...row, ...(sealedMemory && { sealedMemory }) }))
    }
    const swapped = accountsOf(connected, { store: tampered({ rows }) })
    expect((await swapped.open()).memory).toEqual(memory)
    expect((await swapped.open(added.accountId)).memory).toBeUndefined()
  })

  test('a memory too large to keep, or a store that is away, does not fail the call', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const [mailbox] = memory.mailboxes
    if (mailbox === undefined) throw new Error('no mailbox')
    const huge = {
      ...memory,
      mailboxes: Array.from({ length: 2_000 }, () => ({ ...mailbox, path: 'x'.repeat(100) })),
    }
    await (await accountsOf(connected).open()).remember(huge)
    const away = async () => {
      throw new StoreUnavailableError('away')
    }
    const store = { ...stores.accounts, setMemory: away, touchGrant: away }
    await (await accountsOf(connected, { store }).open()).remember(memory)
    expect((await accountsOf(connected).open()).memory).toBeUndefined()
  })
})

describe('R28, R31: what has ended', () => {
  test('R31: a grant, a token or a record past its time is gone though its row is there', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grant, caller } = connected
    clock.now = caller.expiresAt - 1
    await accountsOf(connected).open()
    clock.now = caller.expiresAt
    await expect(accountsOf(connected).open()).rejects.toMatchObject({ name: 'GrantGoneError' })
    const lasting = { ...connected, caller: { ...caller, expiresAt: grant.absoluteExpiresAt } }
    clock.now = grant.absoluteExpiresAt - 1
    await accountsOf(lasting).open()
    clock.now = grant.absoluteExpiresAt
    await expect(accountsOf(lasting).list()).rejects.toMatchObject({ name: 'GrantGoneError' })
  })

  test.each([
    ['permission', { permission: 'read' }],
    ['scope narrower than the token’s', { scope: 'email:read' }],
    ['client', { clientId: 'another' }],
    ['resource', { resource: 'https://other.example/mcp' }],
    ['expiry', { expiresAt: 4_000_000_000 }],
    ['absolute expiry', { absoluteExpiresAt: 4_000_000_000 }],
    ['both expiries, before the token’s', { expiresAt: now + 60, absoluteExpiresAt: now + 60 }],
  ])('R24: a grant with another %s than its token’s does not even list what it holds', async (_, grant) => {
    const connected = await connectGrant(stores, keyWrapper)
    const accounts = accountsOf(connected, { store: tampered({ grant }) })
    await expect(accounts.list()).rejects.toMatchObject({ name: 'KeyRefusedError' })
  })

  test.each(['pending', 'revoked'])('a %s grant opens nothing', async (state) => {
    const connected = await connectGrant(stores, keyWrapper)
    await expect(
      accountsOf(connected, { store: tampered({ grant: { state } }) }).open(),
    ).rejects.toMatchObject({
      name: 'GrantGoneError',
    })
  })

  test('R15: revoking is immediate, erasing leaves nothing', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grantId, ownerIndexes: indexes } = connected.grant
    const revoked = await stores.authorization.revokeGrant(grantId)
    await expect(accountsOf(connected).open()).rejects.toMatchObject({ name: 'GrantGoneError' })
    if (revoked) await stores.authorization.eraseGrant(revoked)
    await expect(accountsOf(connected).open()).rejects.toMatchObject({ name: 'GrantGoneError' })
    const owned = await stores.accounts.listOwners(indexes[0] ?? '')
    expect(owned.map((row) => row.grantId)).not.toContain(grantId)
  })

  test('R28: a grant restored from a backup has no wrap to give its secret back, and opens with nothing else', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grant, caller } = connected
    const backup = await stores.accounts.findGrantWithAccounts(grant.grantId)
    const [accessTokenId = ''] = grant.accessTokenIds
    await stores.authorization.createToken({
      v: 1,
      type: 'access',
      id: accessTokenId,
      grantId: grant.grantId,
      generation: 1,
      clientId: grant.clientId,
      scope: grant.scope,
      permission: grant.permission,
      resource: grant.resource,
      issuedAt: now,
      expiresAt: caller.expiresAt,
      wrap: 'the only place of the secret',
    })
    await stores.authorization.revokeGrant(grant.grantId)
    await stores.authorization.deleteToken('access', accessTokenId, grant.grantId)
    await stores.authorization.eraseGrant(grant)

    await stores.authorization.createGrant(grant)
    for (const row of backup?.accounts ?? []) await stores.accounts.createAccount(row)
    expect(await stores.authorization.findToken('access', accessTokenId)).toBeUndefined()
    const without = accountsOf(connected, { secret: new Uint8Array(randomBytes(32)) })
    await expect(without.open()).rejects.toMatchObject({ name: 'KeyRefusedError' })
    // That is what the restored rows would give to a person who had kept a wrap.
    expect((await accountsOf(connected).open()).account).toEqual(buildMailAccount())
  })
})

describe('R30: versions', () => {
  const rowOf = async ({ grant }: ConnectedGrant) => {
    const row = (await stores.accounts.findGrantWithAccounts(grant.grantId))?.accounts[0]
    if (row === undefined) throw new Error('nothing connected')
    return row
  }
  const account = buildMailAccount({ login: buildMailAccount().address })

  test('a record of form 1 is read, and stays, until the owner’s room is made', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    const before = await rowOf(connected)
    expect((await accountsOf(connected).open()).account).toEqual(account)
    expect(await rowOf(connected)).toEqual(before)
    expect(before.v).toBe(1)
  })

  test('then it is written in today’s, once, under the same data key', async () => {
    const connected = await connectGrantOf010(stores, keyWrapper)
    const before = await rowOf(connected)
    await ensureOwnerRoom(connected)
    kms.forgetCalls()
    expect((await accountsOf(connected).open()).account).toEqual(account)
    const after = await rowOf(connected)
    expect(after).toMatchObject({ v: 2, credentialVersion: 2, wrappedKey: before.wrappedKey })
    expect(after.commitment).not.toBe(before.commitment)
    expect((await accountsOf(connected).open()).account).toEqual(account)
    expect(await rowOf(connected)).toEqual(after)
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['Decrypt', 'Decrypt'])
  })

  test('a rollback to the release that writes form 1 reads it', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    expect((await accountsOf(connected, { recordVersion: 1 }).open()).account).toEqual(buildMailAccount())
  })

  test('a record of a newer form is refused without asking for its key', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    kms.forgetCalls()
    const store = tampered({ account: { v: newestRecordVersion + 1 } })
    await expect(accountsOf(connected, { store }).open()).rejects.toMatchObject({ name: 'KeyRefusedError' })
    expect(kms.calls).toEqual([])
  })
})
