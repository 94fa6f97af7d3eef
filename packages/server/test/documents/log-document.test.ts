/** docs/log.md says what the log can say. */
import { expect, test } from 'vitest'
import { toLogDocument } from '../../scripts/log-document.ts'
import { logFields } from '../../src/log.ts'
import { readDocument, rowsIn, sectionOf } from './document.ts'

test('docs/log.md is current (pnpm write-log)', () => {
  expect(readDocument('log.md')).toBe(toLogDocument())
})

test('it lists every event and every field of the vocabulary', () => {
  const listed = (section: string) =>
    rowsIn(sectionOf(readDocument('log.md'), section)).map(([cell = '']) => cell.replaceAll('`', ''))
  expect(listed('## Events').sort()).toEqual(logFields.event?.split(', ').sort())
  const { event: _event, ...fields } = logFields
  expect(listed('## Fields').sort()).toEqual(Object.keys(fields).sort())
})
