/**
 * Sees every key and plain text that node:crypto hands to our code, so that a test can look whether they were zeroed.
 * Nothing is replaced: the real functions run.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

export interface CryptoSpy {
  /** Derived keys and decrypted texts, as the memory that our code holds. */
  readonly buffers: Uint8Array[]
  /** Keys that a cipher was made with, either way. */
  readonly cipherKeys: Uint8Array[]
  restore(): void
}

export function spyOnCrypto(): CryptoSpy {
  const { hkdfSync, createCipheriv, createDecipheriv } = crypto
  const buffers: Uint8Array[] = []
  const cipherKeys: Uint8Array[] = []
  // Our code views the ArrayBuffer that it gets, it does not copy it.
  crypto.hkdfSync = (...args: Parameters<typeof hkdfSync>) => {
    const key = hkdfSync(...args)
    buffers.push(new Uint8Array(key))
    return key
  }
  crypto.createCipheriv = ((...args: Parameters<typeof createCipheriv>) => {
    cipherKeys.push(args[1] as Uint8Array)
    return createCipheriv(...args)
  }) as typeof createCipheriv
  crypto.createDecipheriv = ((...args: Parameters<typeof createDecipheriv>) => {
    cipherKeys.push(args[1] as Uint8Array)
    const decipher = createDecipheriv(...args)
    const update = decipher.update.bind(decipher) as (input: Uint8Array) => Buffer
    decipher.update = ((input: Uint8Array) => {
      const plain = update(input)
      buffers.push(plain)
      return plain
    }) as typeof decipher.update
    return decipher
  }) as typeof createDecipheriv
  syncBuiltinESMExports()
  return {
    buffers,
    cipherKeys,
    restore() {
      Object.assign(crypto, { hkdfSync, createCipheriv, createDecipheriv })
      syncBuiltinESMExports()
    },
  }
}

export const isZeroed = (buffer: Uint8Array) => buffer.every((byte) => byte === 0)

/** Whether both begin at the same byte of memory, whatever views they are. */
export const isSameMemory = (one: Uint8Array, other: Uint8Array) =>
  one.buffer === other.buffer && one.byteOffset === other.byteOffset

/**
 * The secrets that keys of one purpose are derived from, as the memory that our code holds: S by `hint`, a mailbox's own by
 * `review-form`, an owner's key by `settings` (docs/storage-schema.md).
 */
export function spyOnDerivations(purpose: string) {
  const { hkdfSync } = crypto
  const secrets = new Set<Uint8Array>()
  crypto.hkdfSync = (...args: Parameters<typeof hkdfSync>) => {
    if (args[3] === `email-connector/${purpose}` && args[1] instanceof Uint8Array) secrets.add(args[1])
    return hkdfSync(...args)
  }
  syncBuiltinESMExports()
  return {
    /** Of every one that was used so far, whether it is zero by now. */
    zeroed: () => [...secrets].map(isZeroed),
    restore() {
      crypto.hkdfSync = hkdfSync
      syncBuiltinESMExports()
    },
  }
}

/** The keys that our code copied (keys/seal.ts, copyPart), as they were made and as they are now. */
export function spyOnCopies() {
  const { from } = Uint8Array
  const made: [text: string, copy: Uint8Array][] = []
  Uint8Array.from = function (this: typeof Uint8Array, ...args: Parameters<typeof from>) {
    const copy = from.apply(this, args)
    if (copy.length === 32) made.push([Buffer.from(copy).toString('hex'), copy])
    return copy
  } as typeof from
  return {
    /** Whether each copy of that key is zero by now. */
    zeroed: (key: Uint8Array) =>
      made.filter(([text]) => text === Buffer.from(key).toString('hex')).map(([, copy]) => isZeroed(copy)),
    restore() {
      Uint8Array.from = from
    },
  }
}
