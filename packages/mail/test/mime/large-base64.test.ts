/** Base64 that is decoded piece by piece is what it would be in one piece, in place too. */
import { expect, test } from 'vitest'
import { decodeTransfer } from '../../src/mime/transfer.ts'
import { decodeInTurns } from '../../src/mime/transfer-stream.ts'

const content = Buffer.from(Array.from({ length: 3_500_001 }, (_, at) => (at * 31 + (at >> 7)) & 0xff))
const encoded = content.toString('base64')
const forms: Record<string, string> = {
  'lines of 76': encoded.replaceAll(/.{76}/g, '$&\r\n'),
  'lines of 61': encoded.replaceAll(/.{61}/g, '$&\n'),
  'no lines': encoded,
  'stray characters': encoded.replaceAll(/.{1001}/g, '$& \u00a7*\t'),
  'two runs': `${content.subarray(0, 2_000_000).toString('base64')}\r\n${content.subarray(2_000_000).toString('base64')}`,
}

test.each(Object.entries(forms))('%s', async (_, form) => {
  const bytes = Buffer.from(form, 'latin1')
  expect(decodeTransfer(bytes, 'base64').equals(content)).toBe(true)
  expect(bytes.equals(Buffer.from(form, 'latin1'))).toBe(true)
  expect((await decodeInTurns(bytes, 'Base64')).equals(content)).toBe(true)
  expect(bytes.equals(Buffer.from(form, 'latin1'))).toBe(true)
  expect((await decodeInTurns(bytes, 'Base64', { isOurs: true })).equals(content)).toBe(true)
})
