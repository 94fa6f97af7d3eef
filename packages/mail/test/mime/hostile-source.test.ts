/** Sources of mails that are made to cost time: each is read, within bounds. */
import { expect, test } from 'vitest'
import { readSourceText } from '../../src/index.ts'

const bytes = 4 * 1024 * 1024
const repeat = (token: string) => token.repeat(Math.ceil(bytes / token.length))
const nested = (levels: number) =>
  Array.from(
    { length: levels },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`,
  ).join('')

test.each([
  ['boundaries', `Content-Type: multipart/mixed; boundary=b\n\n${repeat('--b\n\nx\n')}`, /x/],
  ['headers', `${repeat('X-A: b\n')}\nx`, /./],
  ['a folded header', `Subject: a${repeat('\n b')}\n\nx`, /./],
  ['mails inside', `Content-Type: message/rfc822\n\n${repeat('Content-Type: message/rfc822\n\n')}x`, /./],
  ['multiparts inside', `${nested(50_000)}\nx`, /./],
])('R62 R77: %s without end cost less than two seconds', async (_, source, told) => {
  const before = process.cpuUsage()
  const { text } = await readSourceText(Buffer.from(source), '2')
  const { user, system } = process.cpuUsage(before)
  expect(text).toMatch(told)
  expect((user + system) / 1e6).toBeLessThan(2)
})
