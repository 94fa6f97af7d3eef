/**
 * AES-256-GCM with a random 96-bit nonce and a full tag: nonce ‖ ciphertext ‖ tag. The one place of the project that
 * enciphers and deciphers. Keys, and what text is bound to, are the callers'.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const noSalt = new Uint8Array(0)
const nonceBytes = 12
/** NIST SP 800-38D §5.2.1.2: without `authTagLength` Node would take a forgeable tag of 4 bytes. */
const tagBytes = 16

/** As one base64url string. */
export function seal(key: Uint8Array, plain: Uint8Array, associated: string): string {
  return Buffer.from(sealBytes(key, plain, Buffer.from(associated, 'utf8'))).toString('base64url')
}

/** As `openBytes`. */
export function open(key: Uint8Array, sealed: string, associated: string): Uint8Array | undefined {
  return openBytes(key, Buffer.from(sealed, 'base64url'), Buffer.from(associated, 'utf8'))
}

/** `key`: 32 bytes. `associated` must be presented again, byte for byte, to open it. */
export function sealBytes(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(associated)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/**
 * Undefined when anything differs: key, associated bytes, one bit. The caller zeroes what it gets: a plain Uint8Array,
 * never a Buffer, whose `slice` shares memory where everybody expects a copy.
 */
export function openBytes(
  key: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined
  const { buffer, byteOffset } = sealed
  const textBytes = sealed.length - nonceBytes - tagBytes
  // Views of bytes that are no secret.
  const nonce = new Uint8Array(buffer, byteOffset, nonceBytes)
  const text = new Uint8Array(buffer, byteOffset + nonceBytes, textBytes)
  const tag = new Uint8Array(buffer, byteOffset + nonceBytes + textBytes, tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associated)
  decipher.setAuthTag(tag)
  // `update` gives all of it, `final` only the verdict: until then nothing leaves this function.
  const opened = decipher.update(text)
  const plain = new Uint8Array(opened.buffer, opened.byteOffset, opened.length)
  try {
    decipher.final()
    return plain
  } catch {
    plain.fill(0)
    return undefined
  }
}

/** HKDF-SHA256 (RFC 5869) to 32 bytes; the input is uniformly random, so that a salt may be left out. The caller zeroes it. */
export function deriveKey(material: Uint8Array, purpose: string, salt: Uint8Array = noSalt): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', material, salt, `email-connector/oauth/${purpose}`, 32))
}
