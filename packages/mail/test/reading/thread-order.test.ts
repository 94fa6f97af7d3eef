/** R78: a conversation reads from question to answer, whatever clocks and whole seconds say. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inOrder } from '../../src/conversations/thread-ids.ts'

interface One {
  readonly at: number
  readonly own: string
  readonly others: readonly string[]
}
const order = (all: readonly One[]) => inOrder(all, (one) => one)
const names = (all: readonly One[]) => order(all).map(({ own }) => own)

test.each([
  [
    'an answer of the same second',
    [
      ['b', 5, 'a'],
      ['a', 5],
    ],
    ['a', 'b'],
  ],
  [
    'an answer of a clock that is slow',
    [
      ['b', 1, 'a'],
      ['c', 3, 'b'],
      ['a', 5],
    ],
    ['a', 'b', 'c'],
  ],
  [
    'two of one second that answer nobody',
    [
      ['a', 5],
      ['b', 5],
    ],
    ['a', 'b'],
  ],
  [
    'a ring of answers',
    [
      ['a', 1, 'b'],
      ['b', 2, 'a'],
    ],
    ['b', 'a'],
  ],
  ['an answer to itself', [['a', 1, 'a']], ['a']],
  [
    'an answer to what is not there',
    [
      ['b', 2, 'x'],
      ['a', 1],
    ],
    ['a', 'b'],
  ],
] as const)('R78: %s', (_, given, expected) => {
  const all = given.map(([own, at, ...others]) => ({ own, at, others }))
  expect(names(all)).toEqual(expected)
})

test('R78: each once, none before what it answers, and times that only grow', () => {
  const conversation = fc
    .array(fc.record({ at: fc.nat(20), to: fc.array(fc.nat(), { maxLength: 3 }) }), { maxLength: 30 })
    .map((all) =>
      all.map(({ at, to }, index) => ({
        at,
        own: String(index),
        others: index === 0 ? [] : to.map((one) => String(one % index)),
      })),
    )
  fc.assert(
    fc.property(conversation, (all) => {
      const sorted = order(all)
      const places = new Map(sorted.map(({ own }, place) => [own, place]))
      expect(places.size).toBe(all.length)
      for (const [place, one] of sorted.entries()) {
        for (const other of one.others) expect(places.get(other)).toBeLessThan(place)
        expect(one.at).toBeGreaterThanOrEqual(sorted[place - 1]?.at ?? 0)
      }
    }),
  )
})
