import type * as crypto from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { isEqualText } from '../src/digest.ts'

/** The lengths that were compared in constant time. */
const compared = vi.hoisted((): number[][] => [])

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>()
  return {
    ...real,
    timingSafeEqual: (one: Uint8Array, other: Uint8Array) => {
      compared.push([one.byteLength, other.byteLength])
      return real.timingSafeEqual(one, other)
    },
  }
})

test('secrets are compared in constant time, by digests of one length, whatever they are', () => {
  const pairs: [string, string][] = [
    ['secret', 'secret'],
    ['secret', 'Secret'],
    ['secret', 'secrets'],
    ['', 'x'],
    ['', ''],
  ]
  expect(pairs.map(([one, other]) => isEqualText(one, other))).toEqual([true, false, false, false, true])
  expect(compared).toEqual(pairs.map(() => [32, 32]))
})
