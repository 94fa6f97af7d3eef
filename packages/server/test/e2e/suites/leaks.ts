/** The last suite of a file: what everything before it has left behind. */
import { describe, expect, test } from 'vitest'
import type { Running } from '../product.ts'
import { createCanaries } from '../secrets.ts'

/** Enough was typed and issued before for the search to mean something. */
const leastCanaries = 15

export function describeLeaks(name: string, running: () => Running) {
  describe(`${name}: what is left behind`, () => {
    test('R45: no line of output holds a token, code, verifier, password, address, subject or body', () => {
      const { product, canaries } = running()
      expect(canaries.count()).toBeGreaterThan(leastCanaries)
      expect(product.output().includes('"event":"tool"')).toBe(true)
      expect(canaries.foundIn(product.output())).toEqual([])
    })

    test('R25: no row of any table holds one either, nor anything that was overwritten or deleted', async () => {
      const { product, canaries } = running()
      const dump = await product.dumpStore()
      // A failed comparison would print the whole dump.
      expect(['grant', 'access', 'refresh', 'session'].filter((kind) => !dump.includes(kind))).toEqual([])
      // What does stand there in clear is found: the search works.
      const control = createCanaries()
      control.add('control', 'Some client')
      expect(control.foundIn(dump)).not.toEqual([])
      expect(canaries.foundIn(dump)).toEqual([])
    })
  })
}
