/** A stored draft as it goes out: the bytes that it is stored in, unless they cannot go that way. */
import { describe, expect, test } from 'vitest'
import { parseMime } from '../../src/composing/mime-tree.ts'
import { finishStored } from '../../src/composing/stored-message.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'

const finish = (content: string) => {
  const raw = Buffer.from(
    `Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nFrom: alice@test.example\r\nMessage-ID: <d@test.example>\r\n${content}`,
    'latin1',
  )
  const sent = finishStored(raw, { date: new Date(0), messageId: '<d@test.example>' })
  return { raw, sent: Buffer.concat([...sent.bytes.pieces()]) }
}
const longest = (raw: Buffer) =>
  Math.max(
    ...raw
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.length),
  )
const long = `${'gr\u00fc\u00dfe '.repeat(300)}\r\nend`
const latin = 'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'

describe('R82: a line of a draft that is too long to be sent', () => {
  test.each([
    ['alone', `${latin}${long}`],
    [
      'in a part',
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${latin}${long}\r\n--b\r\nContent-Type: text/plain\r\n\r\nshort\r\n--b--\r\n`,
    ],
  ])('goes out encoded, in its charset: %s', (_place, content) => {
    const { sent } = finish(content)
    expect(longest(sent)).toBeLessThanOrEqual(998)
    const root = parseMime(sent)
    const { structure, bodyStart, end, encoding } = root.children[0] ?? root
    expect(structure.parameters?.charset).toBe('iso-8859-1')
    expect(decodeTransfer(sent.subarray(bodyStart, end), encoding).toString('latin1')).toBe(long)
    if (root.children.length > 0) expect(sent.toString()).toContain('text/plain\r\n\r\nshort\r\n--b--\r\n')
  })

  test.each([
    [
      'under a signature',
      `Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n${latin}${long}\r\n--b\r\n\r\nSEAL\r\n--b--\r\n`,
    ],
    ['in a multipart without parts', `Content-Type: multipart/mixed; boundary=b\r\n\r\n${long}\r\n`],
    ['that is none', `${latin}gr\u00fc\u00dfe\r\n`],
  ])('stays as it is %s', (_place, content) => {
    const { raw, sent } = finish(content)
    expect(sent.equals(raw)).toBe(true)
  })
})
