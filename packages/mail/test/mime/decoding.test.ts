/** Bytes to text: every label seen in mail, none that throws; and the pure parts of the IMAP operations. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import {
  createSetTest,
  pairUidSets,
  parseUidRanges,
  sizeOfSet,
  takeNewest,
  toUidSet,
} from '../../src/imap/uid-set.ts'
import { MailError, removeInvisible } from '../../src/index.ts'
import { decodeText } from '../../src/mime/charset.ts'
import { unflow } from '../../src/mime/flowed.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'
import { type BodyStructure, sortParts } from '../../src/reading/structure.ts'

describe('decoding', () => {
  test('R62, R77: uuencode, whole and damaged, in linear time', async () => {
    const encode = (content: Buffer) => {
      const lines: string[] = []
      for (let at = 0; at < content.length; at += 45) {
        const line = content.subarray(at, at + 45)
        const padded = Buffer.concat([line, Buffer.alloc((3 - (line.length % 3)) % 3)])
        let text = String.fromCharCode(32 + line.length)
        for (let from = 0; from < padded.length; from += 3) {
          const word = padded.readUIntBE(from, 3)
          for (const shift of [18, 12, 6, 0]) text += String.fromCharCode(32 + ((word >> shift) & 63))
        }
        lines.push(text)
      }
      return lines
    }
    const decode = (text: string) => decodeTransfer(Buffer.from(text, 'latin1'), 'x-uuencode')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('\n', '\r\n'), (bytes, end) => {
        const content = Buffer.from(bytes)
        const text = [
          'words',
          'begin here',
          'begin 644 a b.bin',
          ...encode(content),
          '`',
          'end',
          'more',
        ].join(end)
        expect(decode(text)).toEqual(content)
        // Some programs write no space at the end of a line, and some a grave accent for it.
        expect(decode(text.replaceAll(/ +(?=\r?\n)/g, ''))).toEqual(content)
        expect(decode(text.replaceAll(/(?<=\n[^bew\r\n][^\r\n]*) (?=[^\r\n]*\n)/g, '`'))).toEqual(content)
        expect(decode(text.slice(0, text.indexOf('end'))).subarray(0, content.length)).toEqual(content)
      }),
    )
    const file = ['begin 644 a', ...encode(Buffer.alloc(1024 * 1024, 7)), '`', 'end'].join('\n')
    const decodeAll = () => {
      for (const token of ['M', 'M\n', '#\n', 'begin 644 a\n', 'begin 6', '\n', '    '])
        decode(token.repeat((1024 * 1024) / token.length))
      expect(decode(file).length).toBe(1024 * 1024)
    }
    expect(await leastCpuMs(5_000, decodeAll)).toBeLessThan(5_000)
  })

  test.each([
    ['iso-8859-1', 'c4d6dc', 'ÄÖÜ'],
    ['windows-1252', '80', '€'],
    ['iso-8859-15', 'a4', '€'],
    ['koi8-r', 'f0d2c9d7c5d4', 'Привет'],
    ['windows-1251', 'cff0e8', 'При'],
    ['iso-2022-jp', '1b2442467c4b5c1b2842', '日本'],
    ['shift_jis', '93fa967b', '日本'],
    ['cp932', '93fa967b', '日本'],
    ['euc-kr', 'c7d1b1db', '한글'],
    ['gb2312', 'd6d0ced2', '中我'],
    ['gb18030', 'd6d0', '中'],
    ['big5', 'a4a4', '中'],
    ['utf-16le', '61006200', 'ab'],
    ['UTF-7', '2b41474d2d', 'c'],
    ['"utf-8"', 'c3a4', 'ä'],
    ['', 'c3a4', 'ä'],
    ['us-ascii', 'e4', 'ä'],
    ['x-unknown-nonsense', 'c3a4', 'ä'],
  ])('R62: %s', (charset, hex, text) => {
    expect(decodeText(Buffer.from(hex, 'hex'), charset)).toBe(text)
  })

  test('R62: a body cut in the middle of a character, and padding in the middle of base64, lose nothing else', () => {
    expect(decodeText(Buffer.from('c3a4c3', 'hex'), '')).toBe('ä')
    expect(decodeTransfer(Buffer.from('SGk=\r\nSGk=\r\n'), 'BASE64').toString()).toBe('HiHi')
    expect(decodeTransfer(Buffer.from('a=3D=\r\nb=E'), 'quoted-printable').toString()).toBe('a=b')
  })

  test('R62: no bytes under any label throw or hang', () => {
    const label = fc.oneof(
      fc.string(),
      fc.constantFrom('utf-7', 'iso-2022-jp', 'hz-gb-2312', 'utf-8', 'base64'),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), label, label, (bytes, encoding, charset) => {
        const text = decodeText(decodeTransfer(Buffer.from(bytes), encoding), charset)
        expect(typeof unflow(htmlToText(text).text, true)).toBe('string')
        expect(removeInvisible(removeInvisible(text).text).removed).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  test('joins flowed lines, keeps quotes and signatures apart (RFC 3676)', () => {
    const flowed = 'One \nparagraph.\n> quoted \n> text\n-- \nAnn'
    expect(unflow(flowed, false)).toBe('One paragraph.\n> quoted text\n-- \nAnn')
  })
})

describe('body structure', () => {
  const leaf = (type: string, part: string, more: Partial<BodyStructure> = {}): BodyStructure => ({
    type,
    part,
    ...more,
  })

  test('prefers nothing twice: alternatives are one body, named text and messages are attachments', () => {
    const parts = sortParts({
      type: 'multipart/mixed',
      childNodes: [
        {
          type: 'multipart/alternative',
          part: '1',
          childNodes: [
            leaf('text/plain', '1.1'),
            {
              type: 'multipart/related',
              part: '1.2',
              childNodes: [
                leaf('text/html', '1.2.1'),
                leaf('image/png', '1.2.2', { id: '<a>', encoding: 'base64', size: 780 }),
              ],
            },
            leaf('text/calendar', '1.3'),
          ],
        },
        leaf('text/plain', '2', { parameters: { name: 'notes.txt' } }),
        leaf('message/rfc822', '3', {
          envelope: { subject: 'Old' },
          childNodes: [leaf('text/plain', '3.1')],
        }),
        leaf('text/plain', '4'),
      ],
    })
    expect(parts.bodies.map(({ plain, html }) => [plain[0]?.partId, html[0]?.partId])).toEqual([
      ['1.1', '1.2.1'],
      ['4', undefined],
    ])
    expect(parts.files.map(({ partId, filename, inline, size }) => [partId, filename, inline, size])).toEqual(
      [
        ['1.2.2', undefined, true, 570],
        ['1.3', undefined, false, 0],
        ['2', 'notes.txt', false, 0],
        ['3', 'Old.eml', false, 0],
      ],
    )
  })

  test('gives file names without path, direction tricks or controls', () => {
    const named = (filename: string) =>
      sortParts(leaf('application/pdf', '1', { dispositionParameters: { filename } })).files[0]?.filename
    expect(named('../../etc/passwd')).toBe('passwd')
    expect(named('C:\\x\\invoice\u202Efdp.exe')).toBe('invoicefdp.exe')
    expect(named('a\0b\r\nc.txt')).toBe('ab  c.txt')
  })

  test('R62: nesting without end is cut off', () => {
    let node: BodyStructure = leaf('text/plain', '1')
    for (let depth = 0; depth < 5_000; depth++) node = { type: 'multipart/mixed', childNodes: [node] }
    expect(sortParts(node).bodies).toEqual([])
  })
})

describe('UID sets', () => {
  test('survive a round trip and never expand what a server claims', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (uids) => {
        const descending = [...uids].sort((a, b) => b - a)
        expect(takeNewest([...parseUidRanges(toUidSet(uids))], 1000)).toEqual(descending)
        const set = toUidSet(uids)
        const pairs = pairUidSets(set, set, new Set(uids))
        expect(pairs.map(([uid]) => uid).sort((a, b) => b - a)).toEqual(descending)
        expect(uids.every(createSetTest(set))).toBe(true)
        expect(sizeOfSet(set)).toBe(uids.length)
      }),
    )
    expect(takeNewest([...parseUidRanges('1:4294967295')], 2)).toEqual([4294967295, 4294967294])
    const all = '1:4294967295'
    for (const [from, to] of [
      // first: a limit that is missing is found here, not in an array of four billion
      ['1:2', '41:42'],
      [all, all],
      ['7,9', '41'],
      ['7', '0'],
      ['4294967296', '41'],
    ] as const)
      expect(() => pairUidSets(from, to, new Set([7]))).toThrow(MailError)
    expect(() => pairUidSets('7,9', '41', new Set([7, 9]))).toThrow(MailError)
    expect(pairUidSets('7,8', '41,42', new Set([8, 9]))).toEqual([[8, 42]])
    expect([...parseUidRanges('0,x,7:5,99999999999')]).toEqual([[5, 7]])
  })
})
