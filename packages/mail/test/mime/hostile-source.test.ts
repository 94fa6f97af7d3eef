/** Sources of mails that are made to cost time: each is read, within bounds. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
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
  ['lines like boundaries', `Content-Type: multipart/mixed\n\n${repeat('--b\nx\n')}`, /x/],
  [
    'boundaries without a name',
    `Content-Type: multipart/mixed\n\n${repeat('--b\nContent-A: b\n\nx\n')}`,
    /x/,
  ],
  ['headers', `${repeat('X-A: b\n')}\nx`, /./],
  ['a folded header', `Subject: a${repeat('\n b')}\n\nx`, /./],
  ['mails inside', `Content-Type: message/rfc822\n\n${repeat('Content-Type: message/rfc822\n\n')}x`, /./],
  ['multiparts inside', `${nested(50_000)}\nx`, /./],
])('R62 R77: %s without end cost less than two seconds', async (_, source, told) => {
  const read = async () => expect((await readSourceText(Buffer.from(source), '2')).text).toMatch(told)
  expect(await leastCpuMs(2_000, read)).toBeLessThan(2_000)
})

test.each([
  ['in front of', (long: string, type: string) => `${long}${type}`],
  ['behind', (long: string, type: string) => `${type}${long}`],
])('R76: a mail inside keeps its text with long headers %s those that say what it is', async (_, order) => {
  const long = `X-Trace: ${'a b '.repeat(100)}\r\n X-Not: folded\r\n`.repeat(800)
  const type = 'Content-Type: multipart/mixed;\r\n boundary=in\r\n'
  const inner = `From: mia@reef.example\r\n${order(long, type)}\r\n--in\r\n\r\nValve 6 leaks.\r\n--in--\r\n`
  expect(inner.length).toBeGreaterThan(300_000)
  const outer = `Content-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\nContent-Type: message/rfc822\r\n\r\n${inner}--out--\r\n`
  const { text } = await readSourceText(Buffer.from(outer), '2')
  expect(text).toContain('From: mia@reef.example')
  expect(text).toContain('Valve 6 leaks.')
  expect(text).not.toContain('a b a b')
})
