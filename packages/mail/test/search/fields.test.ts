/** The separate fields of a search, read as the operators of the language read theirs. */
import { describe, expect, test } from 'vitest'
import { mergeFields } from '../../src/search/fields.ts'
import { printQuery } from '../../src/search/print.ts'

const today = '2026-11-27'

describe('R87: the separate fields of a search', () => {
  test.each([
    ['2026-11-20', '2026-11-20'],
    ['2026-11-20T10:00:00Z', '2026-11-20'],
    ['2026-11-20T10:00:00.123456Z', '2026-11-20'],
    ['2026-11-20T23:59:59+02:00', '2026-11-20'],
    ['2026-11-20 10:00:00', '2026-11-20'],
    ['2026/11/01', '2026-11-01'],
    ['1.11.2026', '2026-11-01'],
    ['yesterday', '2026-11-26'],
    ['Today', today],
    ['2026-11', '2026-11-01'],
  ])('since and before take %s as after: and before: do', (written, day) => {
    for (const [field, operator] of [
      ['since', 'after'],
      ['before', 'before'],
    ] as const) {
      expect(mergeFields({ [field]: written }, today).faults).toEqual([])
      expect(printQuery(mergeFields({ [field]: written }, today).query)).toBe(`${operator}:${day}`)
      expect(mergeFields({ query: `${operator}:"${written}"` }, today)).toEqual(
        mergeFields({ [field]: written }, today),
      )
    }
  })

  test.each([
    ['2026-02-30T10:00:00Z', '2026-02-30 is no day of the calendar'],
    ['03/04/2026', '03/04/2026 can be two days, write it as YYYY-MM-DD'],
    ['2026-11-20Tea', 'takes a day as YYYY-MM-DD'],
    ['20261120', 'takes a day as YYYY-MM-DD'],
    ['soon', 'takes a day as YYYY-MM-DD'],
  ])('%s is no day, and the field is named', (written, text) => {
    const { faults } = mergeFields({ query: 'x', since: written }, today)
    expect(faults).toEqual([{ field: 'since', position: 1, text }])
  })

  test.each([
    [{ from: '*@reef.example' }, 'from:"@reef.example"'],
    [{ subject: 'inv* "a*"' }, 'subject:inv subject:"a*"'],
    [{ from: '*', subject: 'x' }, 'subject:x'],
  ])('%j is searched without its stars', (fields, query) => {
    expect(printQuery(mergeFields(fields, today).query)).toBe(query)
  })
})
