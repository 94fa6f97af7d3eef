import { randomBytes, randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeTransfer } from '../../src/mime/transfer.ts'
import { createTransferStream } from '../../src/mime/transfer-stream.ts'

function inPieces(encoding: string, whole: Buffer): Buffer {
  const stream = createTransferStream(encoding)
  if (stream === undefined) throw new Error(`${encoding} cannot be read in pieces`)
  const decoded: Buffer[] = []
  for (let at = 0; at < whole.length; ) {
    const end = Math.min(whole.length, at + randomInt(1, 400))
    decoded.push(stream.decode(whole.subarray(at, end)))
    at = end
  }
  return Buffer.concat([...decoded, stream.end()])
}

const lines = (text: string, width: number) => text.replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\r\n')

function base64(): string {
  const parts = Array.from({ length: randomInt(1, 4) }, () =>
    randomBytes(randomInt(0, 900)).toString('base64'),
  )
  const broken = randomInt(5) === 0 ? parts.join('\r\n').replaceAll('A', 'A \t*') : parts.join('\r\n')
  return lines(broken, randomInt(1, 100))
}

function quotedPrintable(): string {
  const pieces = [
    '=\r\n',
    '= \r\n',
    '=3D',
    '=C3=A4',
    ' ',
    '\t',
    '\r\n',
    '\n',
    '\r',
    '=',
    '=4',
    '=ZZ',
    'word ',
    'x',
  ]
  return Array.from({ length: randomInt(1, 400) }, () => pieces[randomInt(pieces.length)]).join('')
}

test('R59: a part that is decoded in pieces, wherever they end, is what the whole is', () => {
  for (let round = 0; round < 300; round++) {
    for (const [encoding, text] of [
      ['base64', base64()],
      ['Quoted-Printable ', quotedPrintable()],
      ['8bit', quotedPrintable()],
    ] as const) {
      const whole = Buffer.from(text, 'latin1')
      expect(inPieces(encoding, whole).toString('hex'), JSON.stringify(text)).toBe(
        decodeTransfer(whole, encoding).toString('hex'),
      )
    }
  }
})

test('R59: a line that never ends is not held back', () => {
  const whole = Buffer.from(`${'=3D'.repeat(40_000)}${' '.repeat(10)}`)
  const stream = createTransferStream('quoted-printable')
  const first = stream?.decode(whole) ?? Buffer.alloc(0)
  expect(first.length).toBeGreaterThan(39_000)
  expect(Buffer.concat([first, stream?.end() ?? Buffer.alloc(0)])).toEqual(
    decodeTransfer(whole, 'quoted-printable'),
  )
})

test('uuencode is not read in pieces', () => {
  expect(createTransferStream('x-uuencode')).toBeUndefined()
})
