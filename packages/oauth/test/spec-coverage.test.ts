/** Every demand of the standards has a test, every cited id exists, and the printed list is current. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { requirements } from './requirements.ts'
import { coveragePath, findCoverage, printCoverage } from './spec-coverage.ts'

const ids = requirements.map(({ id }) => id)

test('every requirement has one id, and a test that cites it', () => {
  expect(new Set(ids).size).toBe(ids.length)
  const cited = new Set(findCoverage().map(({ id }) => id))
  expect(ids.filter((id) => !cited.has(id))).toEqual([])
})

test('every id that a test cites is a requirement', () => {
  expect(findCoverage().filter(({ id }) => !ids.includes(id))).toEqual([])
})

test('docs/spec-coverage.md is current (pnpm write-coverage)', () => {
  expect(readFileSync(coveragePath, 'utf8')).toBe(printCoverage())
})
