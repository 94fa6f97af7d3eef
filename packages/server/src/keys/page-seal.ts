/**
 * What is kept for a browser until its next request: JSON, sealed under a key from a secret that only the browser has and the
 * handle in its page or URL. The row, the page or the cookie alone open nothing. Which row and which cookie is the
 * caller's to say; what opens was written by its own `sealForBrowser`.
 */
import { canonical, deriveKey, fromText, open, SealBrokenError, seal, toText, zero } from './seal.ts'

export interface BrowserKey {
  /** 32 bytes, zeroed here. */
  readonly secret: Uint8Array
  /** Empty: the browser alone is who it is for. */
  readonly handle: string
  readonly purpose: string
  /** Of the row that it lies in. */
  readonly id: string
}

export function sealForBrowser(key: BrowserKey, content: unknown): string {
  const plain = Buffer.from(JSON.stringify(content))
  const sealed = withKey(key, (derived) => toText(seal(derived, plain, associated(key))))
  zero(plain)
  return sealed
}

/** Undefined: another browser's, handle's or row's, or it was changed. */
export function openForBrowser(key: BrowserKey, sealed: string): unknown {
  try {
    const plain = withKey(key, (derived) => open(derived, fromText(sealed), associated(key)))
    const content: unknown = JSON.parse(Buffer.from(plain).toString('utf8'))
    zero(plain)
    return content
  } catch (error) {
    if (error instanceof SealBrokenError) return undefined
    throw error
  }
}

/** The bytes of a cookie that `isKeyText` took. */
export function secretOfCookie(value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(value, 'base64url'))
}

function associated({ purpose, id }: BrowserKey): Uint8Array {
  return canonical([purpose, 1, id])
}

function withKey<T>({ secret, handle, purpose }: BrowserKey, use: (key: Uint8Array) => T): T {
  const key = deriveKey(secret, Buffer.from(handle, 'utf8'), purpose)
  try {
    return use(key)
  } finally {
    zero(secret, key)
  }
}
