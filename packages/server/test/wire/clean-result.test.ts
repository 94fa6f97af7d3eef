/** R37 on the way out: whatever a server or a mail calls something, an answer holds text. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanResult } from '../../src/wire/clean-result.ts'

test('names, paths and addresses are one line, texts keep their line breaks and tabs', () => {
  const hostile = 'a\0b\r\nc\u001b[31m\u0085d\u2028e\ud800f\tg'
  const { structured, text } = cleanResult({
    structured: {
      mailboxes: [{ path: hostile, name: hostile, total: 3, selectable: true, parent: null }],
      email: { body: hostile, subject: hostile },
      searched: [hostile],
      text: 'one\r\ntwo\rthree\n\tfour 😀',
    },
    text: hostile,
  })
  const line = 'a b c [31m d e\ufffdf g'
  expect(structured).toEqual({
    mailboxes: [{ path: line, name: line, total: 3, selectable: true, parent: null }],
    email: { body: 'ab\nc[31m\nd\ne\ufffdf\tg', subject: line },
    searched: [line],
    text: 'one\ntwo\nthree\n\tfour 😀',
  })
  expect(text).toBe('ab\nc[31m\nd\ne\ufffdf\tg')
})

test('R37: no control character and no half of a pair leaves, wherever it was', () => {
  fc.assert(
    fc.property(
      fc.object({
        values: [
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom('\0', '\r', '\n', '\ud83d', '\ude00', 'a') }),
        ],
      }),
      fc.string({ unit: fc.constantFrom('\0', '\r', '\n', '\t', '\udc00', '\u009f', 'b') }),
      (structured, text) => {
        const cleaned = cleanResult({ structured, text })
        expect(JSON.stringify(Object.values(cleaned.structured as object))).not.toMatch(/\\u(?:00|d[89a-f])/)
        expect(cleaned.text).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}]/u)
        // Cleaning again changes nothing.
        expect(cleanResult(cleaned)).toEqual(cleaned)
      },
    ),
  )
})

test('R37: what turns a line around or prints nothing leaves nowhere', () => {
  const { structured, text } = cleanResult({
    structured: { path: 'a\u202Eb\u200B\u00ADc', body: 'd\u2066e' },
    text: 'f\u200Fg',
  })
  expect([structured, text]).toEqual([{ path: 'abc', body: 'de' }, 'fg'])
})

test('what is clean is left as it is', () => {
  const result = {
    structured: { account: 'jörg@test.example', path: 'Ablage/2026  März 👩‍👧', unread: 2 },
    text: 'Ablage\n👩‍👧',
  }
  expect(cleanResult(result)).toEqual(result)
  expect(cleanResult({ structured: undefined, text: '' })).toEqual({ structured: undefined, text: '' })
})

test('a megabyte of anything is cleaned in linear time', async () => {
  for (const one of ['\0', '\r\n', '\ud800', ' ', 'a\u2028']) {
    const text = one.repeat(1_000_000)
    const clean = () => cleanResult({ structured: { path: text }, text })
    // A square would take hours.
    expect(await leastCpuMs(2_000, clean)).toBeLessThan(2_000)
  }
})
