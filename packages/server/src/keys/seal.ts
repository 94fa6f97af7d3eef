/**
 * Authenticated encryption and derivation, in the one form every key of this program uses: AES-256-GCM with a random
 * 96-bit nonce and a 16-byte tag, HKDF-SHA256, and associated data written so that no two lists of parts look alike.
 * Sealed form: nonce ‖ ciphertext ‖ tag. Which key and which parts belong to what is left to the callers.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export const keyBytes = 32
const nonceBytes = 12
/** NIST SP 800-38D §5.2.1.2: shorter tags are forgeable sooner; Node would take 4 bytes if not told otherwise. */
const tagBytes = 16

/** What was sealed is not what is presented: changed bytes, other key, other associated data. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError'
}

export function seal(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(associated)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** The caller zeroes what it gets: a plain Uint8Array, never a Buffer. Throws SealBrokenError. */
export function open(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array {
  if (sealed.length < nonceBytes + tagBytes) throw new SealBrokenError('Sealed text is too short')
  const [nonce, text, tag] = partsOf(sealed)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associated)
  decipher.setAuthTag(tag)
  // GCM is a stream cipher: `update` gives everything, `final` only the verdict.
  const plain = asPlainBytes(decipher.update(text))
  try {
    decipher.final()
  } catch (cause) {
    plain.fill(0)
    throw new SealBrokenError('Sealed text does not open', { cause })
  }
  return plain
}

/** Views of bytes that are no secret. */
function partsOf(sealed: Uint8Array): [nonce: Uint8Array, text: Uint8Array, tag: Uint8Array] {
  const { buffer, byteOffset, length } = sealed
  const textBytes = length - nonceBytes - tagBytes
  return [
    new Uint8Array(buffer, byteOffset, nonceBytes),
    new Uint8Array(buffer, byteOffset + nonceBytes, textBytes),
    new Uint8Array(buffer, byteOffset + nonceBytes + textBytes, tagBytes),
  ]
}

/** The same memory without Buffer's `slice`, which shares where everybody expects a copy. */
function asPlainBytes({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
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
