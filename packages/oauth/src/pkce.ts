/** PKCE (RFC 7636), `S256` only: `plain` would put the verifier into the browser's history. */
import { createHash } from 'node:crypto'
import { isEqualText } from './digest.ts'

/** RFC 7636 §4.2: base64url of a SHA-256 digest. */
export function isCodeChallenge(value: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(value)
}

/** RFC 7636 §4.1. */
export function isCodeVerifier(value: string): boolean {
  return /^[A-Za-z0-9\-._~]{43,128}$/.test(value)
}

/** RFC 7636 §4.6. */
export function matchesChallenge(verifier: string, challenge: string): boolean {
  return isEqualText(createHash('sha256').update(verifier, 'ascii').digest('base64url'), challenge)
}
