/** Facts of headers: how one leaves a list, how urgent the sender says it is, how many it went to. */
import { describe, expect, test } from 'vitest'
import { parseHeaders } from '../../src/headers.ts'
import { readFacts } from '../../src/reading/facts.ts'

const read = (...lines: string[]) =>
  readFacts(parseHeaders(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)), { seq: 1, uid: 1 })
const nobody = { recipients: { to: 0, cc: 0, bcc: 0 } }

describe('lists', () => {
  test('are named by their id, and left as the sender says', () => {
    expect(
      read(
        'List-Id: "Boats, weekly" <boats.lists.example>',
        'List-Unsubscribe: (comment) <mailto:leave@lists.example?subject=out>,',
        ' <https://lists.example/leave?u=1&t=2>, <ftp://x.example/>, <javascript:x()>',
        'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      ),
    ).toEqual({
      ...nobody,
      list: {
        id: 'boats.lists.example',
        leave: ['mailto:leave@lists.example?subject=out', 'https://lists.example/leave?u=1&t=2'],
        isOneClick: true,
      },
    })
  })

  test('RFC 8058: one click needs https', () => {
    const post = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'
    expect(read('List-Unsubscribe: <mailto:a@b.example>', post).list?.isOneClick).toBe(false)
    expect(read('List-Unsubscribe: <http://a.example/x>', post).list?.isOneClick).toBe(false)
    expect(read('List-Unsubscribe: <https://a.example/x>').list?.isOneClick).toBe(false)
  })

  test('a mail of no list has none, and nothing hostile is one', () => {
    for (const line of [
      'Subject: x',
      'List-Unsubscribe: <javascript:x>',
      'List-Id: \u202e',
      `List-Unsubscribe: <https://${'a'.repeat(5000)}>`,
    ])
      expect(read(line)).toEqual(nobody)
  })
})

test.each([
  ['Importance: High', 'high'],
  ['Importance: low', 'low'],
  ['X-Priority: 1 (Highest)', 'high'],
  ['X-Priority: 5', 'low'],
  ['X-Priority: 3', undefined],
  ['X-Priority: 10', undefined],
  ['Priority: urgent', 'high'],
  ['Priority: non-urgent', 'low'],
  ['Importance: normal', undefined],
])('%s is %s', (line, importance) => {
  expect(read(line).importance).toBe(importance)
})

test('says how many there are, whatever is listed', () => {
  const to = Array.from({ length: 1000 }, (_, n) => ({ name: '', address: `a${n}@b.example` }))
  const facts = readFacts(new Map(), { seq: 1, uid: 1, envelope: { to } })
  expect(facts.recipients).toEqual({ to: 1000, cc: 0, bcc: 0 })
})
