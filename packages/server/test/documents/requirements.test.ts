/** Every requirement says truly whether a test shows it, every id that is cited exists, and the printed list is current. */
import { findCitations, listSources, readSource } from '@email-connector/testing/test-titles'
import { expect, test } from 'vitest'
import { idInTitle, toRequirementsDocument } from '../../scripts/requirements-document.ts'
import { requirements } from '../requirements.ts'
import { readDocument } from './document.ts'

const ids = requirements.map(({ id }) => id)
const cited = new Set(findCitations(idInTitle).map(({ id }) => id))

test('the requirements are numbered without a gap', () => {
  expect(ids).toEqual(ids.map((_, index) => `R${String(index + 1).padStart(2, '0')}`))
})

test('every id that a test or a source cites is a requirement', () => {
  const unknown = listSources().flatMap((file) =>
    [...readSource(file).matchAll(/\bR\d{2,3}\b/g)]
      .filter(([id]) => !ids.includes(id))
      .map(([id]) => `${file} ${id}`),
  )
  expect(unknown).toEqual([])
})

test('a requirement is met, wholly or partly, exactly where the title of a test cites it', () => {
  const wrong = requirements
    .filter(({ id, standing }) => cited.has(id) !== (standing === 'met' || standing === 'partly'))
    .map(({ id, standing }) => `${id} is ${standing} and ${cited.has(id) ? 'cited' : 'not cited'}`)
  expect(wrong).toEqual([])
})

test('docs/requirements.md is current (pnpm write-requirements)', () => {
  expect(readDocument('requirements.md')).toBe(toRequirementsDocument())
})
