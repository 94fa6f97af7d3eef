/** One contract, two key wrappers; then what each can get wrong alone, and the keeper in front of them. */
import { chmod, open as openFile, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTempFolder, type LocalKms, startKms } from '@email-connector/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createDataKeyKeeper } from '../../src/keys/data-key-keeper.ts'
import { createFileKeyWrapper } from '../../src/keys/file-key-wrapper.ts'
import type { KeyContext, KeyWrapper } from '../../src/keys/key-wrapper.ts'
import { createKmsKeyWrapper } from '../../src/keys/kms-key-wrapper.ts'
import { zero } from '../../src/keys/seal.ts'
import { isZeroed, spyOnCrypto } from './crypto-spy.ts'

const context: KeyContext = { app: 'email-connector', stage: 'test', grantId: 'grant', accountId: 'account' }
const folder = createTempFolder('keys')
let kms: LocalKms
let kmsWrapper: KeyWrapper

beforeAll(async () => {
  kms = await startKms()
  kmsWrapper = createKmsKeyWrapper({ ...kms.clientOptions, keyId: kms.keyArn })
})

afterEach(() => {
  kms.forgetCalls()
  kms.keyState = 'Enabled'
  kms.delayMs = 0
})

afterAll(async () => {
  await kms.stop()
  await folder.remove()
})

describe.each([
  ['key file', () => createFileKeyWrapper({ path: join(folder.path, 'shared', 'key') })],
  ['KMS', () => kmsWrapper],
  ['kept KMS', () => createDataKeyKeeper({ keyWrapper: kmsWrapper })],
])('%s', (_, open) => {
  test('a data key is 32 new bytes and opens in its context', async () => {
    const wrapper = open()
    const [one, two] = [await wrapper.generateDataKey(context), await wrapper.generateDataKey(context)]
    expect(one.plain).toHaveLength(32)
    expect(one.plain).not.toEqual(two.plain)
    expect(Buffer.from(one.wrapped).includes(Buffer.from(one.plain))).toBe(false)
    expect(new Uint8Array(await wrapper.unwrapDataKey(one.wrapped, context))).toEqual(
      new Uint8Array(one.plain),
    )
  })

  test.each(Object.keys(context) as (keyof KeyContext)[])(
    'R24: with another %s it is refused',
    async (name) => {
      const wrapper = open()
      const { wrapped } = await wrapper.generateDataKey(context)
      await wrapper.unwrapDataKey(wrapped, context)
      await expect(wrapper.unwrapDataKey(wrapped, { ...context, [name]: 'other' })).rejects.toMatchObject({
        name: 'KeyRefusedError',
      })
    },
  )

  test('R24: a changed or foreign wrapped key is refused', async () => {
    const wrapper = open()
    const { wrapped } = await wrapper.generateDataKey(context)
    for (const changed of [
      wrapped.map((byte, index) => (index === 20 ? byte ^ 1 : byte)),
      new Uint8Array(60),
    ]) {
      await expect(wrapper.unwrapDataKey(changed, context)).rejects.toMatchObject({ name: 'KeyRefusedError' })
    }
  })
})

describe('key file', () => {
  test('is made once with mode 0600, also when 20 need it first at the same time', async () => {
    const path = join(folder.path, 'race', 'key')
    const keys = await Promise.all(
      Array.from({ length: 20 }, () => createFileKeyWrapper({ path }).generateDataKey(context)),
    )
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder.path, 'race'))).toEqual(['key'])
    const later = createFileKeyWrapper({ path })
    for (const { wrapped } of keys) await later.unwrapDataKey(wrapped, context)
  })

  test('that others can read, or that is damaged, stops everything and is left as it is', async () => {
    const path = join(folder.path, 'open-key')
    const wrapper = createFileKeyWrapper({ path })
    const { wrapped } = await wrapper.generateDataKey(context)
    // One right of one other each: none of them is too little to matter.
    for (const mode of [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o660]) {
      await chmod(path, mode)
      await expect(wrapper.unwrapDataKey(wrapped, context), mode.toString(8)).rejects.toMatchObject({
        name: 'KeyUnavailableError',
      })
    }
    await chmod(path, 0o600)
    await wrapper.unwrapDataKey(wrapped, context)
    await writeFile(path, 'short')
    await expect(wrapper.generateDataKey(context)).rejects.toMatchObject({ name: 'KeyUnavailableError' })
    expect(await readFile(path, 'utf8')).toBe('short')
  })

  test('R29: the wrapping key is zeroed after sealing, after opening and after refusing', async () => {
    const wrapper = createFileKeyWrapper({ path: join(folder.path, 'watched', 'key') })
    const { wrapped } = await wrapper.generateDataKey(context)
    const spy = spyOnCrypto()
    try {
      await wrapper.generateDataKey(context)
      await wrapper.unwrapDataKey(wrapped, context)
      await wrapper.unwrapDataKey(wrapped, { ...context, grantId: 'other' }).catch(() => undefined)
    } finally {
      spy.restore()
    }
    expect(spy.cipherKeys).toHaveLength(3)
    expect(spy.cipherKeys.map(isZeroed)).toEqual([true, true, true])
  })

  test('R63: a new key file is on disk before the first data key is sealed under it, its name too', async () => {
    const probe = await openFile(folder.path, 'r')
    const prototype = Object.getPrototypeOf(probe)
    await probe.close()
    const synced = vi.spyOn(prototype, 'sync')
    try {
      const wrapper = createFileKeyWrapper({ path: join(folder.path, 'synced', 'key') })
      await wrapper.generateDataKey(context)
      expect(synced).toHaveBeenCalledTimes(2)
      await wrapper.generateDataKey(context)
      expect(synced).toHaveBeenCalledTimes(2)
    } finally {
      synced.mockRestore()
    }
  })
})

describe('KMS', () => {
  test('R27: sealing is GenerateDataKey alone, opening Decrypt alone, both with the whole context', async () => {
    const { wrapped } = await kmsWrapper.generateDataKey(context)
    expect(kms.calls).toEqual([{ operation: 'GenerateDataKey', keyId: kms.keyArn, context }])
    kms.forgetCalls()
    await kmsWrapper.unwrapDataKey(wrapped, context)
    expect(kms.calls).toEqual([{ operation: 'Decrypt', keyId: kms.keyArn, context }])
  })

  test.each(['ThrottlingException', 'KMSInternalException', 'DependencyTimeoutException'] as const)(
    'R63: %s once is tried again; for ever it is unavailable, after three attempts at most',
    async (fault) => {
      const { wrapped } = await kmsWrapper.generateDataKey(context)
      kms.failNext(fault)
      await kmsWrapper.unwrapDataKey(wrapped, context)
      kms.forgetCalls()
      kms.failNext(fault, 3)
      await expect(kmsWrapper.unwrapDataKey(wrapped, context)).rejects.toMatchObject({
        name: 'KeyUnavailableError',
      })
      expect(kms.calls).toHaveLength(3)
    },
  )

  test('R63: a key service that answers nobody is unavailable in bounded time', async () => {
    const { wrapped } = await kmsWrapper.generateDataKey(context)
    const impatient = createKmsKeyWrapper({
      ...kms.clientOptions,
      keyId: kms.keyArn,
      attemptTimeoutMs: 30,
      deadlineMs: 300,
    })
    // An answer that comes too late would be a right one: only the bound can refuse it.
    kms.delayMs = 500
    await expect(impatient.unwrapDataKey(wrapped, context)).rejects.toMatchObject({
      name: 'KeyUnavailableError',
    })
    const nobody = createKmsKeyWrapper({
      ...kms.clientOptions,
      endpoint: 'http://127.0.0.1:1',
      keyId: kms.keyArn,
    })
    await expect(nobody.generateDataKey(context)).rejects.toMatchObject({ name: 'KeyUnavailableError' })
  })

  test.each(['Disabled', 'PendingDeletion'] as const)('R63: a key that is %s refuses', async (state) => {
    const { wrapped } = await kmsWrapper.generateDataKey(context)
    kms.keyState = state
    await expect(kmsWrapper.unwrapDataKey(wrapped, context)).rejects.toMatchObject({
      name: 'KeyRefusedError',
    })
  })

  test('R63: access denied is a refusal, and its words stay in the cause', async () => {
    const { wrapped } = await kmsWrapper.generateDataKey(context)
    kms.failNext('AccessDeniedException')
    const error = await kmsWrapper.unwrapDataKey(wrapped, context).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'KeyRefusedError', message: 'The key service refuses this key' })
    expect(error).toHaveProperty('cause.name', 'AccessDeniedException')
  })
})

describe('keeper', () => {
  const contextOf = (accountId: string): KeyContext => ({ ...context, accountId })

  /** What the keeper holds: the very buffers that the wrapper gave it. */
  async function openKeeper(options: { ttlSeconds?: number; maxKeys?: number } = {}) {
    const given: Uint8Array[] = []
    let clock = 0
    const keeper = createDataKeyKeeper({
      ...options,
      nowMs: () => clock,
      keyWrapper: {
        generateDataKey: (of) => kmsWrapper.generateDataKey(of),
        async unwrapDataKey(wrapped, of) {
          const plain = await kmsWrapper.unwrapDataKey(wrapped, of)
          given.push(plain)
          return plain
        },
      },
    })
    const wrapped = new Map<string, Uint8Array>()
    for (const id of ['a', 'b', 'c'])
      wrapped.set(id, (await kmsWrapper.generateDataKey(contextOf(id))).wrapped)
    kms.forgetCalls()
    const unwrap = (id: string) => keeper.unwrapDataKey(wrapped.get(id) ?? new Uint8Array(), contextOf(id))
    const pass = (ms: number) => {
      clock += ms
    }
    return { keeper, given, unwrap, pass }
  }

  test('R27: many calls, 50 of them at once, cost one Decrypt', async () => {
    const { keeper, unwrap } = await openKeeper()
    const keys = await Promise.all(Array.from({ length: 50 }, () => unwrap('a')))
    await unwrap('a')
    expect(kms.calls).toHaveLength(1)
    expect(new Set(keys).size).toBe(50)
    keeper.close()
  })

  test('R29: a receiver that zeroes its key leaves the kept one whole', async () => {
    const { keeper, unwrap } = await openKeeper()
    const first = await unwrap('a')
    first.fill(0)
    expect(isZeroed(await unwrap('a'))).toBe(false)
    keeper.close()
    // A wrapper that answers with a Buffer, whose own `slice` would share the kept memory.
    const plain = Buffer.alloc(32, 7)
    const ofBuffers = createDataKeyKeeper({
      keyWrapper: { ...kmsWrapper, unwrapDataKey: async () => Buffer.from(plain) },
    })
    zero(await ofBuffers.unwrapDataKey(plain, context))
    expect(Buffer.from(await ofBuffers.unwrapDataKey(plain, context))).toEqual(plain)
    ofBuffers.close()
  })

  test('R29: after five minutes, whatever was asked for, a key is zeroed and fetched again', async () => {
    const { keeper, given, unwrap, pass } = await openKeeper({ ttlSeconds: 86_400 })
    await unwrap('a')
    pass(299_999)
    await unwrap('a')
    expect(kms.calls).toHaveLength(1)
    pass(1)
    await unwrap('b')
    expect(given.map(isZeroed)).toEqual([true, false])
    await unwrap('a')
    expect(kms.calls).toHaveLength(3)
    keeper.close()
    expect(given.map(isZeroed)).toEqual([true, true, true])
  })

  test('R29: the oldest makes room and is zeroed', async () => {
    const { keeper, given, unwrap } = await openKeeper({ maxKeys: 2 })
    for (const id of ['a', 'b', 'c']) await unwrap(id)
    expect(given.map(isZeroed)).toEqual([true, false, false])
    keeper.close()
  })

  test('R29: an idle process drops its keys by itself', async () => {
    vi.useFakeTimers()
    try {
      const plain = new Uint8Array(32).fill(7)
      const keeper = createDataKeyKeeper({ keyWrapper: { ...kmsWrapper, unwrapDataKey: async () => plain } })
      await keeper.unwrapDataKey(new Uint8Array(1), context)
      vi.advanceTimersByTime(299_999)
      expect(isZeroed(plain)).toBe(false)
      vi.advanceTimersByTime(1)
      expect(isZeroed(plain)).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('R63: a failed Decrypt is not kept', async () => {
    const { keeper, unwrap } = await openKeeper()
    kms.failNext('AccessDeniedException')
    await expect(unwrap('a')).rejects.toMatchObject({ name: 'KeyRefusedError' })
    expect(await unwrap('a')).toHaveLength(32)
    keeper.close()
  })
})
