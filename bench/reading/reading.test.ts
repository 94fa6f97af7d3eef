/** R73, R74: what is committed of `pnpm bench:reading`, which compares our renderer with what Chromium shows. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readCounts } from '../counts.ts'
import { compareWords } from './compare.ts'
import { families, recallOf } from './figures.ts'
import { renderReadingPage } from './reading-page.ts'

const leastRecall = 0.995
const { reading: committed } = readCounts()

describe('R73, R74: the whole run', () => {
  test('has 1,500 emails or more, and every family is as good as it has to be', () => {
    const all = families.map((family) => committed[family])
    expect(all.reduce((sum, { mails }) => sum + mails, 0)).toBeGreaterThanOrEqual(1_500)
    for (const family of families) {
      expect(recallOf(committed[family]), family).toBeGreaterThanOrEqual(leastRecall)
      expect(committed[family], family).toMatchObject({ empty: 0, leaked: 0 })
    }
  })

  test('text is at most 15 % of the HTML that senders of today make', () => {
    // Old mails of people are little else than their words: a third of their HTML is what a person sees.
    for (const family of ['MJML', 'react-email'] as const)
      expect(committed[family].share, family).toBeLessThanOrEqual(0.15)
  })

  test('of all emails together text is at most a third longer than the words that a person sees', () => {
    // Measured: 30 % longer, by where links lead and what pictures are.
    expect(committed.all.mails).toBe(families.reduce((sum, family) => sum + committed[family].mails, 0))
    expect(committed.all.share).toBeLessThanOrEqual((4 / 3) * committed.all.seenShare)
  })

  test('docs/reading.md is what bench/counts.json says', () => {
    const page = readFileSync(new URL('../../docs/reading.md', import.meta.url), 'utf8')
    expect(page, 'Run `pnpm bench:reading --write`').toBe(renderReadingPage(committed))
  })
})

test('words are compared as a person reads them: joined ones count, our own notes do not', () => {
  const compare = (text: string, shown: string[], hidden: string[] = []) =>
    compareWords(text, { shown, hidden, covered: [] })
  expect(compare('one two', ['one', 'two', 'three'])).toMatchObject({ words: 3, missing: ['three'] })
  expect(compare('onetwo', ['one', 'two']).missing).toEqual([])
  expect(compare('one one', ['one'], ['one']).leaked).toEqual(['one'])
  expect(compare('one', ['one'], ['one']).leaked).toEqual([])
  expect(compare('[image: Logo] Shop (shop.example)', ['Shop'], ['logo', 'shop', 'example']).leaked).toEqual(
    [],
  )
  expect(compare('', ['one']).isEmpty).toBe(true)
  expect(compare('', []).isEmpty).toBe(false)
})
