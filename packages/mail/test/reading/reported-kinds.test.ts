/**
 * R62: kinds of mail that people reported of other mail programs and libraries as empty, garbled or without its files,
 * each as a small email of our own.
 */
import { describe, expect, test } from 'vitest'
import { callTime } from '../../src/connect/deadline.ts'
import { decodeHeader } from '../../src/mime/encoded-words.ts'
import { parseSource } from '../../src/mime/source.ts'
import { readParsed } from '../../src/reading/bodies.ts'
import { openWithin } from '../../src/reading/opened.ts'
import { sortParts } from '../../src/reading/structure.ts'

const head = 'From: Ann <ann@reef.example>\r\nSubject: Words\r\nMIME-Version: 1.0\r\n'
const base64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64')
const greeting = 'Grüße, und noch mehr Worte für Übermorgen.'
const coded = 'Gr=C3=BC=C3=9Fe, und noch=\r\n mehr Worte f=C3=BCr =C3=9Cbermorgen.'
const jis = '\x1b$B%a%C%;!<%8\x1b(B'
const message = 'メッセージ'
const bytesOf = (hex: string) => Buffer.from(hex, 'hex')
const parts = (kind: string, ...all: string[]) =>
  `Content-Type: multipart/${kind}; boundary=b\r\n\r\n${all.map((one) => `--b\r\n${one}\r\n`).join('')}--b--\r\n`

type Kind = readonly [name: string, entity: string, body: string | Buffer, text: string]
const ofLabels = (
  labels: readonly string[],
  entity: (label: string) => string,
  body: string | Buffer,
  text: string,
): Kind[] => labels.map((label) => [`"${label}"`, entity(label), body, text])
const charset = (label: string) => `Content-Type: text/plain; charset=${label}\r\n`
const encoding = (label: string) => `${charset('utf-8')}Content-Transfer-Encoding: ${label}\r\n`

const kinds: readonly Kind[] = [
  ['no header says what it is', '', 'Test', 'Test'],
  ['a type without a subtype', 'Content-Type: text\r\n', 'Test', 'Test'],
  ['a type and no semicolon', 'Content-Type: text/html charset=utf-8\r\n', `<p>${greeting}</p>`, greeting],
  ['a type with its parameter twice', charset('utf-8; charset=utf-8'), greeting, greeting],
  ['JIS without a charset', 'Content-Type: text/plain;\r\n', jis, message],
  [
    'JIS that only HTML names',
    'Content-Type: text/html\r\n',
    `<meta http-equiv="Content-Type" content="text/html; charset=iso-2022-jp"><p>${jis}</p>`,
    message,
  ],
  [
    'JIS in quoted-printable',
    `${charset('iso-2022-jp')}Content-Transfer-Encoding: quoted-printable\r\n`,
    '=1B$B%a%C%;!<%8=1B(B',
    message,
  ],
  ['UTF-8 labelled JIS', charset('iso-2022-jp'), 'ほげ', 'ほげ'],
  ['GBK labelled GB2312', charset('gb2312'), bytesOf('d3ceb2c998e5'), '游采樺'],
  ['UTF-7 by its old name', charset('unicode-1-1-utf-7'), 'Gr+APwA3w-e', 'Grüße'],
  ...ofLabels(['cp932', 'ms_kanji', 'x-sjis', 'shift-jis'], charset, bytesOf('93fa967b8cea'), '日本語'),
  ...ofLabels(['eucjp', 'x-euc-jp', 'ujis'], charset, bytesOf('c6fccbdcb8ec'), '日本語'),
  ...ofLabels(['iso2022jp', 'x-iso-2022-jp', 'cp50220', 'jis'], charset, jis, message),
  ...ofLabels(
    ['utf-8;', "'utf-8'", 'utf8mb4', 'utf-8"', 'utf-8 (Plain text)', 'x-unknown', '%CHARSET%', 'binary', ''],
    charset,
    greeting,
    greeting,
  ),
  ...ofLabels(
    ['base64;', '"base64"', 'base64 (a file)', 'base-64', 'base64, base64', 'x-base64', 'BASE64.'],
    encoding,
    base64(greeting),
    greeting,
  ),
  ...ofLabels(
    ['quoted-printable;', 'quoted printable', '"quoted-printable"', 'quotedprintable', 'Quoted/Printable'],
    encoding,
    coded,
    greeting,
  ),
  ...ofLabels(['8-bit', 'utf-8', 'none', 'binary;'], encoding, greeting, greeting),
  [
    'plain words labelled base64',
    encoding('base64'),
    'Dear Ann, this is no code.',
    'Dear Ann, this is no code.',
  ],
  [
    'line ends that are coded too',
    encoding('quoted-printable'),
    'one=0D\r\ntwo=0D=0A=\r\nthree',
    'one\ntwo\nthree',
  ],
  ['a part and no blank line', parts('mixed', 'Content-Type: text/plain\r\nHello'), '', 'Hello'],
  [
    'a header that runs into its parts',
    'Content-Type: multipart/mixed; boundary=b\r\nFor old programs.\r\n--b\r\n\r\nHello\r\n--b--',
    '',
    'Hello',
  ],
  ['parts without an end', 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello', '', 'Hello'],
  [
    'an empty text beside HTML',
    parts('alternative', '\r\n', 'Content-Type: text/html\r\n\r\n<p>Hello</p>'),
    '',
    'Hello',
  ],
  [
    'one part in one part',
    parts('mixed', 'Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nHello\r\n--c--'),
    '',
    'Hello',
  ],
  [
    'a boundary that begins like the outer one',
    parts('mixed', 'Content-Type: multipart/mixed; boundary=bA\r\n\r\n--bA\r\n\r\nHello\r\n--bA--'),
    '',
    'Hello',
  ],
  [
    'Outlook’s conditions',
    'Content-Type: text/html\r\n',
    '<![if !mso]><p>Seen</p><![endif]><!--[if mso]><p>Not</p><![endif]-->',
    'Seen',
  ],
  [
    'words for browsers without scripts',
    'Content-Type: text/html\r\n',
    '<noscript><p>Seen</p></noscript>',
    'Seen',
  ],
  [
    'entities without their end',
    'Content-Type: text/html\r\n',
    '<p>Fish &amp Chips &copy 2026</p>',
    'Fish & Chips © 2026',
  ],
]

describe('R62: mails that other programs were reported for', () => {
  test.each(kinds)('%s', async (_name, entity, body, text) => {
    const raw = Buffer.concat([Buffer.from(`${head}${entity}\r\n`), Buffer.from(body as string)])
    const { root } = parseSource(raw)
    const read = await readParsed(await openWithin(root), callTime({}))
    expect(read.body.text).toBe(text)
  })

  test.each([
    ['a letter in two words', '=?utf-8?Q?=E3=83?=\r\n =?utf-8?Q?=84?= x', 'ツ x'],
    ['code that goes on in the next word', '=?utf-8?B?5Lit5?=\r\n =?utf-8?B?paH?= x', '中文 x'],
    ['code, then letters', '=?utf-8?B?5Lit?=\r\n =?utf-8?Q?=E6=96=87?=', '中文'],
    ['padding between two words', '=?utf-8?B?5A==?=\r\n =?utf-8?B?uK0=?=', '中'],
    ['blanks in a word', '=?utf-8?Q?a b?=', 'a b'],
    ['a language', '=?UTF-8*en?Q?a?=', 'a'],
  ])('a header with %s', (_name, value, text) => {
    expect(decodeHeader(Buffer.from(value))).toBe(text)
  })

  test.each([
    ['a name in pieces', 'name*0=35260_v4.00-proc.x;\r\n name*1=ml', '35260_v4.00-proc.xml'],
    [
      'pieces of encoded words, and no semicolon between',
      'name*0="=?utf-8?B?44KP44Gf?="\r\n name*1=" =?utf-8?B?LmpwZw==?=";',
      'わた.jpg',
    ],
    ['blanks and no quotes', 'name=a b c.pdf', 'a b c.pdf'],
    ['a semicolon and an equals sign in quotes', 'name="a; b=c.pdf"', 'a; b=c.pdf'],
  ])('a file with %s', (_name, parameters, filename) => {
    const { root } = parseSource(
      Buffer.from(`${head}Content-Type: application/x-a;\r\n ${parameters}\r\n\r\nx`),
    )
    expect(sortParts(root).files.map((file) => file.filename)).toEqual([filename])
  })

  test('a mail that is forwarded without a name, and one that is nothing but a file', () => {
    const filesOf = (entity: string) => sortParts(parseSource(Buffer.from(`${head}${entity}`)).root).files
    const forward = `Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n${head}\r\nx`
    expect(filesOf(parts('mixed', forward))).toMatchObject([{ filename: 'Words.eml' }])
    const slashed = forward.replace('Subject: Words', 'Subject: Words 11/2026')
    expect(slashed).not.toBe(forward)
    expect(filesOf(parts('mixed', slashed))).toMatchObject([{ filename: 'Words 11-2026.eml' }])
    expect(filesOf('Content-Type: application/pdf; name=a.pdf\r\n\r\nx')).toMatchObject([
      { filename: 'a.pdf' },
    ])
  })
})
