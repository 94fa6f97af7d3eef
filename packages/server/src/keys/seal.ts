/**
 * Authenticated encryption and derivation, in the one form every key of the product uses: the cipher of the oauth package,
 * HKDF-SHA256, and associated data written so that no two lists of parts look alike. Which key and which parts belong
 * to what is left to the callers.
 */
import { hkdfSync } from 'node:crypto'
import { openBytes } from '@email-connector/oauth'

export const keyBytes = 32

/** What was sealed is not what is presented: changed bytes, other key, other associated data. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError'
}

export { sealBytes as seal } from '@email-connector/oauth'

/** The caller zeroes what it gets: a plain Uint8Array, never a Buffer. Throws SealBrokenError. */
export function open(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array {
  const plain = openBytes(key, sealed, associated)
  if (plain === undefined) throw new SealBrokenError('Sealed text does not open')
  return plain
}

export function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** Strict base64url (RFC 4648 §3.5): one text per value, so that a changed character is a changed value. */
export function fromText(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new SealBrokenError('Sealed text is not base64url')
  return bytes
}

/** HKDF-SHA256 (RFC 5869) to 32 bytes. The caller zeroes what it gets. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array, purpose: string): Uint8Array {
  // A zeroed secret is one whose request has ended: sealing on under it would be sealing under a public key.
  if (secret.length !== keyBytes || secret.every((byte) => byte === 0)) {
    throw new Error('The secret is missing or was already zeroed')
  }
  return new Uint8Array(hkdfSync('sha256', secret, salt, `email-connector/${purpose}`, keyBytes))
}

/** Whether a stranger's text can be 32 random bytes: nobody was given zeros, and no key is made of them. */
export function isKeyText(text: string): boolean {
  return /^[\w-]{43}$/.test(text) && Buffer.from(text, 'base64url').some((byte) => byte !== 0)
}

/** Every part with its length before it: moving a character from one part to the next changes the bytes. */
export function canonical(parts: readonly (string | number)[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap((part) => {
      const text = Buffer.from(String(part), 'utf8')
      const length = Buffer.alloc(4)
      length.writeUInt32BE(text.length)
      return [length, text]
    }),
  )
}

/** A true copy of the bytes from one place up to another; the caller zeroes it. */
export function copyPart({ buffer, byteOffset, length }: Uint8Array, from: number, to = length): Uint8Array {
  return Uint8Array.from(new Uint8Array(buffer, byteOffset + from, to - from))
}

export function zero(...buffers: readonly (Uint8Array | undefined)[]): void {
  for (const buffer of buffers) buffer?.fill(0)
}
