/** Sees the associated data of everything that is sealed, as its parts. Nothing is replaced: the real ciphers run. */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

export interface SealSpy {
  /** The parts of each, in the form that either package writes them. */
  readonly associated: string[][]
  restore(): void
}

export function spyOnSeals(): SealSpy {
  const { createCipheriv } = crypto
  const associated: string[][] = []
  crypto.createCipheriv = ((...args: Parameters<typeof createCipheriv>) => {
    const cipher = createCipheriv(...args) as crypto.CipherGCM
    const setAad = cipher.setAAD.bind(cipher)
    cipher.setAAD = (bytes: Buffer) => {
      associated.push(partsOf(bytes))
      return setAad(bytes)
    }
    return cipher
  }) as typeof createCipheriv
  syncBuiltinESMExports()
  return {
    associated,
    restore() {
      Object.assign(crypto, { createCipheriv })
      syncBuiltinESMExports()
    },
  }
}

/** A JSON array (oauth), or parts with their lengths before them (server). */
function partsOf(bytes: Buffer): string[] {
  if (bytes.toString('utf8', 0, 1) === '[') {
    return (JSON.parse(bytes.toString('utf8')) as unknown[]).map((part) =>
      typeof part === 'string' ? part : JSON.stringify(part),
    )
  }
  const parts: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    parts.push(bytes.toString('utf8', at + 4, end))
    at = end
  }
  return parts
}
