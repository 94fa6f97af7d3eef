/** The mailboxes of a caller: what opens them, what does not, and what it costs. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ServerMemory } from '@email-connector/mail'
import { StoreUnavailableError } from '@email-connector/oauth'
import { createTempFolder, type LocalKms, startKms } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AccountRow, AccountStore } from '../../src/accounts/account-store.ts'
import { addAccount, replaceAccount } from '../../src/accounts/connect-account.ts'
import { createGrantAccounts } from '../../src/accounts/grant-accounts.ts'
import { createDataKeyKeeper } from '../../src/keys/data-key-keeper.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import { createKmsKeyWrapper } from '../../src/keys/kms-key-wrapper.ts'
import { ownerIndexes } from '../../src/keys/owner-index.ts'
import { createLevelStores, type LevelStores } from '../../src/store/level/stores.ts'
import { isZeroed, spyOnCrypto } from '../keys/crypto-spy.ts'
import { now } from '../store/builders.ts'
import { buildMailAccount, type ConnectedGrant, connectGrant, keysWith, peppers } from './connected-grant.ts'

const folder = createTempFolder('accounts')
let stores: LevelStores
let kms: LocalKms
let keyWrapper: KeyWrapper
let clock = now

beforeAll(async () => {
  stores = await createLevelStores({ dir: join(folder.path, 'store'), now: () => now })
  kms = await startKms()
  keyWrapper = createKmsKeyWrapper({ ...kms.clientOptions, keyId: kms.keyArn })
})

afterEach(() => {
  clock = now
  kms.keyState = 'Enabled'
  kms.forgetCalls()
})

afterAll(async () => {
  await stores.close()
  await kms.stop()
  await folder.remove()
})

const accountsOf = (
  { caller }: ConnectedGrant,
  options: {
    store?: AccountStore
    keyWrapper?: KeyWrapper
    recordVersion?: number
    secret?: Uint8Array
  } = {},
) =>
  createGrantAccounts({
    ...keysWith(options.keyWrapper ?? keyWrapper),
    store: options.store ?? stores.accounts,
    now: () => clock,
    ...(options.recordVersion !== undefined && { recordVersion: options.recordVersion }),
  })({ ...caller, secret: options.secret ?? caller.secret })

/** The same database, in which somebody changed a grant or its rows. */
function tampered(change: {
  grant?: Record<string, unknown>
  account?: Record<string, unknown>
  rows?: (rows: readonly AccountRow[]) => readonly AccountRow[]
}): AccountStore {
  return {
    ...stores.accounts,
    async findGrantWithAccounts(grantId) {
      const found = await stores.accounts.findGrantWithAccounts(grantId)
      if (found === undefined) return undefined
      const accounts = found.accounts.map((row) => ({ ...row, ...change.account }))
      return { grant: { ...found.grant, ...change.grant }, accounts: change.rows?.(accounts) ?? accounts }
    },
  }
}

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1
  if (Array.isArray(value)) return ['other']
  const text = String(value)
  // Another character of the same alphabet, in the middle: base64url and identifiers stay well-formed.
  const at = Math.floor(text.length / 2)
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}

const memory: ServerMemory = {
  v: 1,
  capabilities: ['IMAP4rev1'],
  delimiter: '/',
  mailboxes: [{ path: 'INBOX', name: 'INBOX', delimiter: '/', selectable: true }],
}
const second = buildMailAccount({ address: 'Bob@second.example', login: 'bob' })

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
        imap: account.imap,
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
    clock = now + 3599
    expect(await request()).toEqual(['query'])
    clock = now + 3600
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

describe('R23: nobody opens alone', () => {
  test('database and KMS without the token', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const accounts = accountsOf(connected, { secret: new Uint8Array(randomBytes(32)) })
    await expect(accounts.list()).rejects.toMatchObject({ name: 'KeyRefusedError' })
    await expect(accounts.open()).rejects.toMatchObject({ name: 'KeyRefusedError' })
  })

  test('token and database without KMS: away is unavailable, another key is refused', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const nobody = createKmsKeyWrapper({
      ...kms.clientOptions,
      endpoint: 'http://127.0.0.1:1',
      keyId: kms.keyArn,
    })
    await expect(accountsOf(connected, { keyWrapper: nobody }).open()).rejects.toMatchObject({
      name: 'KeyUnavailableError',
    })
    expect(await accountsOf(connected, { keyWrapper: nobody }).list()).toHaveLength(1)
    const other = createFileKeyWrapper({ path: join(folder.path, 'other', 'key') })
    await expect(accountsOf(connected, { keyWrapper: other }).open()).rejects.toMatchObject({
      name: 'KeyRefusedError',
    })
    const guessed: KeyWrapper = { ...keyWrapper, unwrapDataKey: async () => new Uint8Array(randomBytes(32)) }
    await expect(accountsOf(connected, { keyWrapper: guessed }).open()).rejects.toMatchObject({
      name: 'KeyRefusedError',
    })
  })
})

describe('R24: a changed database opens nothing', () => {
  /** These say nothing about what may be opened: whatever stands there, the same login opens. */
  const idle = {
    // `scope` is bound to the token's wrap; here it may only not be narrower than the token's.
    grant: [
      'v',
      'generation',
      'clientName',
      'createdAt',
      'codeId',
      'accessTokenIds',
      'refreshTokenId',
      'committedAt',
      'ownerIndexes',
    ],
    account: ['sealedMemory'],
  }

  test('every attribute of the grant, of the record, one at a time', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await (await accountsOf(connected).open()).remember(memory)
    const found = await stores.accounts.findGrantWithAccounts(connected.grant.grantId)
    const row = found?.accounts[0]
    if (found === undefined || row === undefined) throw new Error('nothing connected')
    const tried = { grant: 0, account: 0 }
    for (const [part, attributes] of [
      ['grant', { ...found.grant }],
      ['account', { ...row }],
    ] as const) {
      for (const [name, value] of Object.entries(attributes)) {
        // Late by an hour at most; it is an idle attribute, kept out of the way of the touch.
        if (name === 'lastUsedAt') continue
        const store = tampered({ [part]: { [name]: changed(value) } })
        const outcome = await accountsOf(connected, { store })
          .open()
          .then(
            ({ account }) => account,
            (error: Error) => error.name,
          )
        const expected = idle[part].includes(name)
          ? buildMailAccount()
          : expect.stringMatching(/^(KeyRefused|GrantGone|AccountNotFound)Error$/)
        expect(outcome, `${part}.${name}`).toEqual(expected)
        tried[part] += 1
      }
    }
    expect(tried.grant).toBeGreaterThanOrEqual(18)
    expect(tried.account).toBe(9)
  })

  test('every byte of what is sealed, and what wraps it', async () => {
    const connected = await connectGrant(
      stores,
      createFileKeyWrapper({ path: join(folder.path, 'bytes', 'key') }),
    )
    const row = (await stores.accounts.findGrantWithAccounts(connected.grant.grantId))?.accounts[0]
    if (row === undefined) throw new Error('nothing connected')
    const wrapper = createFileKeyWrapper({ path: join(folder.path, 'bytes', 'key') })
    for (const name of ['wrappedKey', 'commitment', 'sealed'] as const) {
      const whole = Buffer.from(row[name], 'base64url')
      for (let at = 0; at < whole.length; at += name === 'sealed' ? 7 : 1) {
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] ?? 0) ^ 1
        const store = tampered({ account: { [name]: bytes.toString('base64url') } })
        await expect(accountsOf(connected, { store, keyWrapper: wrapper }).open()).rejects.toMatchObject({
          name: 'KeyRefusedError',
        })
      }
    }
  })

  test('two records of a grant swapped, or one put under another grant of the same owner', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await addAccount({ ...connected.connect, ...connected, account: second, store: stores.accounts })
    const swap = (rows: readonly AccountRow[]) =>
      rows.map((row, index) => ({ ...row, ...sealedPart(rows[1 - index] ?? row) }))
    const swapped = accountsOf(connected, { store: tampered({ rows: swap }) })
    for (const ref of ['ann@canary-address.example', second.address]) {
      await expect(swapped.open(ref)).rejects.toMatchObject({ name: 'KeyRefusedError' })
    }

    const other = await connectGrant(stores, keyWrapper)
    const foreign = (await stores.accounts.findGrantWithAccounts(other.grant.grantId))?.accounts[0]
    if (foreign === undefined) throw new Error('nothing connected')
    const planted = tampered({ rows: (rows) => rows.map((row) => ({ ...row, ...sealedPart(foreign) })) })
    await expect(accountsOf(connected, { store: planted }).open()).rejects.toMatchObject({
      name: 'KeyRefusedError',
    })
  })

  test.each([
    ['client', { clientId: 'other' }],
    ['permission', { permission: 'read' }],
    ['resource', { resource: 'http://localhost:8993/other' }],
    ['scope', { scopes: ['email:read', 'email:admin'] }],
    ['expiry', { expiresAt: now + 366 * 86_400 }],
  ] as const)('a token with another %s than its grant', async (_, fields) => {
    const connected = await connectGrant(stores, keyWrapper)
    const caller = { ...connected.caller, ...fields }
    await expect(accountsOf({ ...connected, caller }).list()).rejects.toMatchObject({
      name: 'KeyRefusedError',
    })
    expect(kms.calls.filter(({ operation }) => operation === 'Decrypt')).toEqual([])
  })

  test('token and grant changed together still meet the record', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    for (const fields of [
      { permission: 'write' },
      { clientId: 'other' },
      { resource: 'http://other/mcp' },
    ] as const) {
      const store = tampered({ grant: fields })
      const caller = { ...connected.caller, ...fields }
      await expect(accountsOf({ ...connected, caller }, { store }).open()).rejects.toMatchObject({
        name: 'KeyRefusedError',
      })
    }
  })
})

describe('R28, R31: what has ended', () => {
  test('R31: a grant, a token or a record past its time is gone though its row is there', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    const { grant, caller } = connected
    clock = caller.expiresAt - 1
    await accountsOf(connected).open()
    clock = caller.expiresAt
    await expect(accountsOf(connected).open()).rejects.toMatchObject({ name: 'GrantGoneError' })
    const lasting = { ...connected, caller: { ...caller, expiresAt: grant.absoluteExpiresAt } }
    clock = grant.absoluteExpiresAt - 1
    await accountsOf(lasting).open()
    clock = grant.absoluteExpiresAt
    await expect(accountsOf(lasting).list()).rejects.toMatchObject({ name: 'GrantGoneError' })
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
    expect(await stores.accounts.listGrantsOfOwner(indexes[0] ?? '')).not.toContain(grantId)
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
    // That is what the restored rows would give to whoever had kept a wrap.
    expect((await accountsOf(connected).open()).account).toEqual(buildMailAccount())
  })
})

describe('keys in memory', () => {
  test.each([
    ['an opened account', {}],
    ['a refused one', { account: { commitment: Buffer.alloc(32, 1).toString('base64url') } }],
    ['a broken one', { account: { sealed: Buffer.alloc(64, 1).toString('base64url') } }],
  ])(
    'R29: after %s every data key, derived key and plain text of the record is zeroed',
    async (_, change) => {
      // Not the KMS stand-in: it runs in this process and its own buffers would be seen.
      const fileKey = createFileKeyWrapper({ path: join(folder.path, 'watched', 'key') })
      const connected = await connectGrant(stores, fileKey)
      const given: Uint8Array[] = []
      const watched: KeyWrapper = {
        ...fileKey,
        async unwrapDataKey(wrapped, context) {
          const plain = await fileKey.unwrapDataKey(wrapped, context)
          given.push(plain)
          return plain
        },
      }
      const accounts = accountsOf(connected, { keyWrapper: watched, store: tampered(change) })
      await accounts.list()
      const spy = spyOnCrypto()
      try {
        await accounts.open().catch(() => undefined)
      } finally {
        spy.restore()
      }
      expect(given).toHaveLength(1)
      expect(spy.buffers.length).toBeGreaterThan(0)
      for (const buffer of [...given, ...spy.buffers]) expect(isZeroed(buffer)).toBe(true)
      expect(isZeroed(connected.caller.secret)).toBe(false)
    },
  )
})

describe('R30: versions', () => {
  test('a record of an older form is read and written in today’s, once, under the same data key', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    kms.forgetCalls()
    const rows = async () =>
      (await stores.accounts.findGrantWithAccounts(connected.grant.grantId))?.accounts[0]
    const before = await rows()
    const opened = await accountsOf(connected, { recordVersion: 2 }).open()
    expect(opened.account).toEqual(buildMailAccount())
    const after = await rows()
    expect(after).toMatchObject({ v: 2, credentialVersion: 2, wrappedKey: before?.wrappedKey })
    expect(after?.commitment).not.toBe(before?.commitment)
    expect((await accountsOf(connected, { recordVersion: 2 }).open()).account).toEqual(buildMailAccount())
    expect(await rows()).toEqual(after)
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['Decrypt', 'Decrypt'])
  })

  test('a record of a newer form is refused without asking for its key', async () => {
    const connected = await connectGrant(stores, keyWrapper)
    await accountsOf(connected, { recordVersion: 2 }).open()
    kms.forgetCalls()
    await expect(accountsOf(connected).open()).rejects.toMatchObject({ name: 'KeyRefusedError' })
    expect(kms.calls).toEqual([])
  })
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
    expect(await stores.accounts.listGrantsOfOwner(values[0] ?? '')).toContain(grant.grantId)
  })
})

function sealedPart({ wrappedKey, commitment, sealed }: AccountRow) {
  return { wrappedKey, commitment, sealed }
}
