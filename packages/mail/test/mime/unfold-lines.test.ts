/** Folds of calendars and contacts, wherever a long text is cut for it. */
import { expect, test } from 'vitest'
import { unfoldLines } from '../../src/mime/unfold-lines.ts'

test.each(['\n x', '\r\n\tx', '\r x', '\n\n x', '\r\r\n\n ', 'ab\n'])(
  'folds of %j are as if in one piece',
  (fold) => {
    for (let offset = 0; offset < fold.length + 2; offset++) {
      const text = 'x'.repeat(64 * 1024 - offset) + fold.repeat(40_000)
      const whole = text
        .replaceAll(/\r\n?/g, '\n')
        .replaceAll(/\n[ \t]/g, '')
        .split('\n')
      expect(unfoldLines(text).join('\n') === whole.join('\n'), `${offset}`).toBe(true)
    }
  },
)

test('no more lines than are wanted', () => {
  expect(unfoldLines('a\nb\n c\nd', 2)).toEqual(['a', 'bc'])
})
