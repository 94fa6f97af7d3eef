/**
 * Sees every key and plain text that node:crypto hands to our code, so that a test can look whether they were zeroed.
 * Nothing is replaced: the real functions run.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

export interface CryptoSpy {
  /** Derived keys and decrypted texts, as the memory that our code holds. */
  readonly buffers: Uint8Array[]
  restore(): void
}

export function spyOnCrypto(): CryptoSpy {
  const { hkdfSync, createDecipheriv } = crypto
  const buffers: Uint8Array[] = []
  // Our code views the ArrayBuffer that it gets, it does not copy it.
  crypto.hkdfSync = (...args: Parameters<typeof hkdfSync>) => {
    const key = hkdfSync(...args)
    buffers.push(new Uint8Array(key))
    return key
  }
  crypto.createDecipheriv = ((...args: Parameters<typeof createDecipheriv>) => {
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
    restore() {
      Object.assign(crypto, { hkdfSync, createDecipheriv })
      syncBuiltinESMExports()
    },
  }
}

export const isZeroed = (buffer: Uint8Array) => buffer.every((byte) => byte === 0)
