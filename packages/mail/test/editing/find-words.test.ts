/** Words in a text: what an expression finds, is found, in a time that does not hang on how they repeat. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { expect, test } from 'vitest'
import { findWords } from '../../src/editing/find-words.ts'

/** The plain way, which takes the square of its input for some. */
function byExpression(text: string, words: readonly string[]) {
  const pattern = words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('\\s+')
  return [...text.matchAll(new RegExp(pattern, 'g'))].map(({ index, 0: whole }) => ({
    start: index,
    end: index + whole.length,
  }))
}

test('finds what an expression finds: parts of words at both ends, any blanks between, none over another', () => {
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return (seed >> 8) % below
  }
  const pick = (of: readonly string[]) => of[random(of.length)] ?? ''
  const word = () => Array.from({ length: 1 + random(3) }, () => pick(['a', 'b', '.', 'ü'])).join('')
  const blank = () => pick([' ', '\n', '  ', '\t\n', '\u00a0'])
  let found = 0
  for (let round = 0; round < 3_000; round += 1) {
    const text = Array.from({ length: random(40) }, () => word() + blank()).join('')
    const words = Array.from({ length: 1 + random(4) }, word)
    const expected = byExpression(text, words)
    expect(findWords(text, words), JSON.stringify({ text, words })).toEqual(expected)
    found += expected.length
  }
  expect(found).toBeGreaterThan(1_000)
})

test('R77: a megabyte of one word, for half of it and another, is read once', async () => {
  const many = Array.from({ length: 500_000 }, () => 'a')
  const text = many.join(' ')
  const find = () => {
    expect(findWords(text, [...many.slice(0, 250_000), 'b'])).toEqual([])
    expect(findWords(text, ['b', ...many.slice(0, 250_000)])).toEqual([])
    expect(findWords(text, many)).toEqual([{ start: 0, end: text.length }])
  }
  expect(await leastCpuMs(5_000, find)).toBeLessThan(5_000)
})
