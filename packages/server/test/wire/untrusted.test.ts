import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sliceWhole, toLine } from '../../src/wire/fit.ts'
import { quoteUntrusted } from '../../src/wire/untrusted.ts'

test('R53: no text closes its own quotation, even one that knows the marks to come', () => {
  const marks = ['aaaa', 'bbbb', 'cccc']
  const forged = fc.array(fc.oneof(fc.constantFrom('--- aaaa', '--- bbbb', '\n', 'x'), fc.string()))
  fc.assert(
    fc.property(forged, (parts) => {
      const text = parts.join('')
      const left = [...marks]
      const quoted = quoteUntrusted(text, () => left.shift() ?? 'dddddddd')
      const [, mark = ''] = /^--- (\w+)$/m.exec(quoted) ?? []
      const lines = quoted.split(`\n--- ${mark}`)
      // The mark stands in the first line, before and after the text, and nowhere else.
      expect(lines).toHaveLength(3)
      expect(lines[1]).toBe(`\n${text}`)
      expect(lines[2]).toBe('')
    }),
  )
})

test('R53: the mark is between the texts of several emails too, so that none of them writes a second one', () => {
  const lines = quoteUntrusted(['one', 'two\ntwo', 'three'], () => 'aaaa').split('\n--- aaaa')
  expect(lines.slice(1)).toEqual(['\none', '\ntwo\ntwo', '\nthree', ''])
})

test('R53: the mark is new for every answer', () => {
  expect(quoteUntrusted('x')).not.toBe(quoteUntrusted('x'))
})

test('R47: a line shows all it says: no control, direction, tag or zero-width run is left', () => {
  const hidden = 'a\r\nb\u202ec\u{e0041}\u{e0042}d\u200b\u200c\u200ce\u{e0100}f\u0000g'
  expect(toLine(hidden, 100)).toBe('a bcdef g')
  expect(toLine('👨‍👩‍👧 می‌خواهم', 100)).toBe('👨‍👩‍👧 می‌خواهم')
})

test('cutting never halves a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, max) => {
      const cut = sliceWhole(text, max)
      expect(cut.length).toBeLessThanOrEqual(max)
      expect(text.startsWith(cut)).toBe(true)
      expect(/\p{Cs}$/u.test(cut)).toBe(false)
    }),
  )
})
