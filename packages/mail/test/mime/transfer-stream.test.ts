import { randomBytes, randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { decodeTransfer } from '../../src/mime/transfer.ts'
import { createTransferStream, decodeInTurns } from '../../src/mime/transfer-stream.ts'

function inPieces(encoding: string, whole: Buffer): Buffer {
  const stream = createTransferStream(encoding)
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

/** With or without the line that begins it and the one that ends it, and lines that are too long or none. */
function uuencode(): string {
  const line = () => {
    const octets = randomBytes(randomInt(0, 46))
    const code = octets.toString('base64').replaceAll('=', 'A')
    return `${String.fromCharCode(32 + octets.length)}${code}${randomInt(9) === 0 ? 'X'.repeat(randomInt(1_000)) : ''}`
  }
  const lines = Array.from({ length: randomInt(0, 60) }, line)
  const begin = ['', 'begin 644 a.bin\n', 'Words\r\n  begin 1 \nbegin 0644 a b\r\n', 'x'.repeat(70_000)]
  const end = ['', '`\nend\nbehind\n', 'end']
  const one = (of: string[]) => of[randomInt(of.length)]
  return `${one(begin)}${lines.join(one(['\n', '\r\n']))}\n${one(end)}`
}

test('R59: a part that is decoded in pieces, wherever they end, is what the whole is', () => {
  for (let round = 0; round < 300; round++) {
    for (const [encoding, text] of [
      ['base64', base64()],
      ['Quoted-Printable ', quotedPrintable()],
      ['8bit', quotedPrintable()],
      ['X-UUencode', uuencode()],
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
  const first = stream.decode(whole)
  expect(first.length).toBeGreaterThan(39_000)
  expect(Buffer.concat([first, stream.end()])).toEqual(decodeTransfer(whole, 'quoted-printable'))
})

test('R77: a large part is decoded as a small one is, and others get their turns', async () => {
  const lines = (line: string, count: number) => Buffer.from(`${line}\r\n`.repeat(count))
  const footer = Buffer.from('____\r\nTo leave this list, write to it.\r\n')
  const large: [encoding: string, whole: Buffer, isText: boolean][] = [
    ['base64', lines('QUJDREVG'.repeat(9), 40_000), false],
    ['base64', Buffer.concat([lines('QUJDREVG'.repeat(9), 40_000), footer]), true],
    ['quoted-printable', lines('=C3=A4 words and =', 150_000), true],
    ['uuencode', Buffer.concat([Buffer.from('begin 644 a\n'), lines(`M${'A'.repeat(60)}`, 40_000)]), false],
  ]
  for (const [encoding, whole, isText] of large) {
    let turns = 0
    const others = setInterval(() => turns++, 0)
    const decoded = await decodeInTurns(whole, encoding, { isText })
    clearInterval(others)
    expect(decoded.equals(decodeTransfer(whole, encoding, isText)), encoding).toBe(true)
    expect(turns, encoding).toBeGreaterThan(3)
    if (isText && encoding === 'base64') expect(decoded.subarray(-footer.length)).toEqual(footer)
    expect(
      (await decodeInTurns(Buffer.from(whole), encoding, { isText, isOurs: true })).equals(decoded),
    ).toBe(true)
  }
})
