/** Hashing and comparing of what an attacker may guess at. */
import { createHash, timingSafeEqual } from 'node:crypto'

/** Lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** In constant time: the digests are compared, so neither content nor length shows. */
export function isEqualText(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text, 'utf8').digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
