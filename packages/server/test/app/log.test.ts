import type { MailErrorCode } from '@email-connector/mail'
import { expect, test } from 'vitest'
import { createLog, describeBug, hashGrantId, type LogLine } from '../../src/log.ts'
import { tools } from '../../src/tools/catalog.ts'

/** Compile time: every code of the mail package has its word. */
export const mailCodesAreWords: MailErrorCode extends NonNullable<LogLine['code']> ? true : false = true

function written(line: unknown): Record<string, unknown> {
  const lines: string[] = []
  const log = createLog({ write: (text) => lines.push(text), now: () => new Date(0) })
  // What a mistake, a cast or a plain JavaScript caller would pass.
  log(line as LogLine)
  return JSON.parse(lines[0] ?? '')
}

test('writes what the vocabulary knows', () => {
  const line = { event: 'tool', tool: 'get_email', status: 200, durationMs: 12.5, grant: hashGrantId('g1') }
  expect(written(line)).toEqual({ time: '1970-01-01T00:00:00.000Z', ...line })
})

test.each(tools.map(({ name }) => name))('knows the tool %s', (tool) => {
  expect(written({ event: 'tool', tool })).toMatchObject({ tool })
})

test.each([
  ['an unknown field', { note: 'canary' }],
  ['text in an enumerated field', { code: 'canary', provider: 'canary', tool: 'canary' }],
  ['text where a number belongs', { status: 'canary', durationMs: 'canary' }],
  ['an object', { code: { canary: 1 }, count: ['canary'] }],
  ['a grant id that was not hashed', { grant: '0123456789abcdef0123456789abcdef' }],
  ['a token as a request id', { requestId: 'c'.repeat(64) }],
  ['an address as a place', { at: 'canary@example.com:1' }],
  ['a field of the prototype', { constructor: 'canary', hasOwnProperty: 'canary' }],
])('R45: drops %s and says that it did', (_name, fields) => {
  const line = written({ event: 'request', ...fields })
  expect(line).toEqual({ time: expect.any(String), event: 'request', dropped: Object.keys(fields).length })
})

test('R45: describes a bug by kind and place, never by its message, whatever the message looks like', () => {
  const forged = new RangeError('canary\n    at canary (/x/canary.ts:1:1)\n    at /x/canary.ts:2:2')
  const described = describeBug(forged)
  expect(described.bug).toBe('RangeError')
  expect(JSON.stringify(described)).not.toContain('canary')
  expect(written({ event: 'bug', ...described })).not.toHaveProperty('dropped')
  class CanaryError extends Error {}
  expect(describeBug(new CanaryError('x')).bug).toBe('Error')
  expect(describeBug('canary')).toEqual({})
})
