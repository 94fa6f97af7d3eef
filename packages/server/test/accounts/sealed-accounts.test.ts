/** Who cannot open a mailbox: one half of the key alone, and a person who changed the database. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ServerMemory } from '@email-connector/mail'
import { changeCharacter } from '@email-connector/testing'
import { describe, expect, test } from 'vitest'
import { addAccount } from '../../src/accounts/connect-account.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import type { KeyWrapper } from '../../src/keys/key-wrapper.ts'
import { createKmsKeyWrapper } from '../../src/keys/kms-key-wrapper.ts'
import type { AccountRow } from '../../src/store/account-store.ts'
import { isZeroed, spyOnCrypto } from '../keys/crypto-spy.ts'
import { now } from '../store/builders.ts'
import { buildMailAccount, connectGrant } from './connected-grant.ts'
import { accountsOf, folder, keyWrapper, kms, sealedPart, second, stores, tampered } from './deployment.ts'

const memory: ServerMemory = {
  v: 1,
  capabilities: ['IMAP4rev1'],
  delimiter: '/',
  mailboxes: [{ path: 'INBOX', name: 'INBOX', delimiter: '/', selectable: true }],
}

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1
  if (Array.isArray(value)) return ['other']
  const text = String(value)
  // Another character of the same alphabet, in the middle: base64url and identifiers stay well-formed.
  return changeCharacter(text, Math.floor(text.length / 2))
}

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
      // The record and its seal say what is required.
      'ownerRoom',
    ],
    // Settings that cannot be read refuse changes, not the mailbox: owner-settings.test.ts.
    account: ['sealedMemory', 'sealedOwner', 'sealedSeen'],
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
    expect(tried.account).toBe(11)
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
