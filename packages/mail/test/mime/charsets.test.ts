/** R62: one decoder for bodies, files, headers and names; each row is a label or a mistake that is in real mail. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeText } from '../../src/mime/charset.ts'
import { decodeHeader } from '../../src/mime/encoded-words.ts'
import { parseParameterized } from '../../src/mime/parameters.ts'
import { parseSource } from '../../src/mime/source.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const latin = (text: string) => Buffer.from(text, 'latin1')

describe('R62: charsets', () => {
  test.each([
    ['bom utf-16le', 'us-ascii', 'fffe 4100 e400', 'Aä'],
    ['bom utf-16be', '', 'feff 0041 00e4', 'Aä'],
    ['bom utf-32le', 'utf-8', 'fffe0000 41000000', 'A'],
    ['bom utf-8 under another label', 'iso-8859-1', 'efbbbf c3a4', 'ä'],
    ['utf-16 without a mark', 'utf-16', '0041 00e4 0042', 'AäB'],
    ['utf-16le without label or mark', '', '4100 4200 4300 e400', 'ABCä'],
    ['utf-8 labelled Latin-1', 'iso-8859-1', '47 72 c3bc c39f 65', 'Grüße'],
    ['utf-8 labelled us-ascii', 'us-ascii', '50 72 c3bc', 'Prü'],
    ['Latin bytes labelled utf-8', 'utf-8', '47 72 fc df 65', 'Grüße'],
    ['cp1252 behind iso-8859-1', 'iso-8859-1', '80 93 94', '€“”'],
    ['cp1250 behind iso-8859-2', 'iso-8859-2', '8e656e61209a61 b9', 'Žena šaą'],
    ['letters of iso-8859-2 between signs of cp1250', 'latin2', '84 ae 9320 96 b9', '„Ž“ –š'],
    ['cp1253 behind iso-8859-7', 'iso-8859-7', '93 a2 ebeb 94', '“Άλλ”'],
    ['letters of iso-8859-7 between signs of cp1253', 'greek', '93 b6 ebeb a2 94', '“Άλλ’”'],
    ['cp1255 behind iso-8859-8', 'iso-8859-8-i', '93 f9d1 94', '“שׁ”'],
    ['cp1257 behind iso-8859-13', 'iso-8859-13', '84 f0 93 a5', '„š“„'],
    ['cp1252 behind iso-8859-15', 'iso-8859-15', '80 93 bd b4 94', '€“½´”'],
    ['letters of iso-8859-15 between signs of cp1252', 'latin9', '93 bd a4 94', '“œ€”'],
    ['only letters of iso-8859-2', 'iso-8859-2', 'ae656e61b9', 'Ženaš'],
    ['utf-8 with one emoji cut', 'utf-8', '446f6e e28099 7420 f09f8e 3c', 'Don’t \ufffd<'],
    ['utf-8 with two cuts', 'utf-8', 'e28099 43 c3 2e f09f98 20', '’C\ufffd.\ufffd '],
    ['utf-8 with one cut and no label', '', 'e28099 43 c3 2e', '’C\ufffd.'],
    ['utf-8 with one cut, labelled Latin-1', 'iso-8859-1', 'c3bc 20 e28099 c3 2e', 'ü ’\ufffd.'],
    [
      'Greek utf-8 with one cut, labelled Greek',
      'windows-1253',
      `${'ceb1'.repeat(9)} ce2e`,
      `${'α'.repeat(9)}\ufffd.`,
    ],
    ['Latin bytes that are one character of utf-8 by chance', 'utf-8', '6c e9 74 e9a0bb', 'lété\u00a0»'],
    ['capitals before a quote', 'utf-8', '4d41c7c3bb', 'MAÇÃ»'],
    ['an emoji as two surrogates', 'utf-8', 'c3bc eda0bd edb880', 'ü😀'],
    ['an emoji as two surrogates and no other', 'utf-8', '41 eda0bd edb880', 'A😀'],
    ['x- name', 'x-sjis', '93fa967b', '日本'],
    ['x-cp1251', 'X-CP1251', 'cff0e8', 'При'],
    ['win-1251', 'win-1251', 'cff0e8', 'При'],
    ['cp-850', 'cp-850', '81', 'ü'],
    ['ibm437', 'ibm437', '81', 'ü'],
    ['cp852', 'cp852', 'e7d8a9', 'šěę'],
    ['ibm00858', 'ibm00858', 'd5', '€'],
    ['ks_c_5601', 'ks_c_5601-1987', 'c7d1b1db', '한글'],
    ['iso-2022-kr', 'iso-2022-kr', '1b242943 0e 4751 315b 0f 21', '한글!'],
    ['hz', 'hz-gb-2312', '7e7b 5650 7e7d 21', '中!'],
    ['utf-7', 'utf-7', '2b 41 4f 51 2d', 'ä'],
    [
      'two words of iso-2022-jp, each shifted out and in',
      'iso-2022-jp',
      '1b2442 467c 1b2842 1b2442 4b5c 1b2842',
      '日本',
    ],
    ['language tag', 'utf-8*de', 'c3a4', 'ä'],
    ['quotes and a second parameter', '"utf-8"; format=flowed', 'c3a4', 'ä'],
  ])('%s', (_name, label, hex, text) => {
    expect(decodeText(bytes(hex), label)).toBe(text)
  })

  test('signs of a Western text are no kanji: an apostrophe and its letter, quotes, dashes', () => {
    const said = 'It\x92s the world\x92s \x93largest\x94 service \x96 and didn\x92t exist\x85'
    for (const label of ['', 'us-ascii', 'utf-8'])
      expect(decodeText(latin(said), label)).toBe('It’s the world’s “largest” service – and didn’t exist…')
    expect(decodeText(latin(' \x92s '), '')).toBe(' ’s ')
    // Kana alone, kanji alone, and both among Western words.
    for (const text of ['93fa967b8cea', '82b182f182c982bf82cd', '41 20 82a082a2 20 42'])
      expect(decodeText(bytes(text), '')).toMatch(/\p{Script=Han}|\p{Script=Hiragana}/u)
  })

  test.each([
    ['windows-1251', 'Привет, как дела? Жду ответа до пятницы.'],
    ['koi8-r', 'Привет, как дела? Жду ответа до пятницы.'],
    ['shift_jis', '会議の資料を送ります。よろしくお願いします。'],
    ['euc-jp', '会議の資料を送ります。よろしくお願いします。'],
    ['gb18030', '会议时间改到下午三点，请大家准时参加。'],
    ['euc-kr', '회의 시간이 오후 세 시로 바뀌었습니다.'],
    ['windows-1252', 'Größe: fünf Stück für 20 € – naïve façade'],
  ])('undeclared %s is told by its bytes', (charset, text) => {
    expect(decodeText(encode(text, charset), '')).toBe(text)
  })

  test.each([
    ['gb2312', '会议时间改到下午三点，请大家准时参加。'],
    ['gbk', '會議時間改到下午三點，請大家準時參加。'],
    ['big5', '會議時間改到下午三點，請大家準時參加。'],
    ['shift_jis', '会議の資料を送ります。よろしくお願いします。'],
    ['euc-jp', '会議の資料を送ります。よろしくお願いします。'],
    ['euc-kr', '회의 시간이 오후 세 시로 바뀌었습니다.'],
  ])('utf-8 labelled %s, and what is labelled so rightly, word by word', (charset, text) => {
    expect(decodeText(Buffer.from(text), charset)).toBe(text)
    const genuine = charset === 'gb2312' ? 'gbk' : charset
    for (const said of [text, ...text.split(/[ ，。]/)])
      expect(decodeText(encode(said, genuine), charset)).toBe(said)
  })

  test('an accident of two words is left to its label', () => {
    expect(decodeText(bytes('c1aacda8'), 'gb2312')).toBe('联通')
    const rows = fc.array(
      fc.tuple(fc.integer({ min: 0xb0, max: 0xf7 }), fc.integer({ min: 0xa1, max: 0xfe })),
    )
    fc.assert(
      fc.property(rows, (pairs) => {
        const content = Buffer.from(pairs.flat())
        expect(decodeText(content, 'gb2312')).toBe(new TextDecoder('gb18030').decode(content))
      }),
    )
  })

  test("HTML's own charset counts where the mail names none", () => {
    const html = Buffer.concat([latin('<meta charset=windows-1251><p>'), bytes('cff0e8'), latin('</p>')])
    expect(decodeText(html, '', { isHtml: true })).toContain('При')
  })

  test('a footer behind base64 and a stray character in it', () => {
    const code = Buffer.from('a'.repeat(57 * 3))
      .toString('base64')
      .replaceAll(/.{76}/g, '$&\r\n')
    expect(decodeTransfer(latin(`${code}\r\n____\r\nCrew list\r\n`), 'base64', true).toString()).toBe(
      `${'a'.repeat(171)}____\r\nCrew list\r\n`,
    )
    const broken = code.replace('\r\n', '\r\n!\r\n')
    expect(decodeTransfer(latin(broken), 'base64', true).toString()).toBe('a'.repeat(171))
  })

  test.each([
    ['raw Latin-1', latin('Gr\xfc\xdfe'), 'Grüße'],
    ['a character cut in two', '=?utf-8?B?w6Q=?= =?utf-8?B?ww==?= =?utf-8?B?pA==?=', 'ää'],
    ['a question mark inside', '=?utf-8?Q?Was?_los?=', 'Was? los'],
    ['a language', '=?utf-8*en?Q?a=C3=A4?=', 'aä'],
    ['words between words', '=?utf-8?Q?a?= b =?utf-8?Q?c?=', 'a b c'],
  ])('a header with %s', (_name, header, text) => {
    expect(decodeHeader(header)).toBe(text)
  })

  test.each([
    ["filename*=utf-8''%C3%9C.pdf", 'Ü.pdf'],
    ["filename*0*=iso-8859-1'de'%DC; filename*1*=b%E4; filename*2=.pdf", 'Übä.pdf'],
    ["filename*0*=utf-8''%C3; filename*1*=%9C.pdf", 'Ü.pdf'],
    ['filename="=?utf-8?B?w5wucGRm?="', 'Ü.pdf'],
    ['filename="\xdc.pdf"', 'Ü.pdf'],
    ['filename="utf-8\'\'%C3%9C.pdf"', 'Ü.pdf'],
    ['filename=Invoice (1).pdf', 'Invoice (1).pdf'],
    ['filename="a;b\\"c.pdf"', 'a;b"c.pdf'],
    ["filename=a.pdf; filename*=utf-8''%C3%9C.pdf", 'Ü.pdf'],
  ])('the name in %s', (field, name) => {
    expect(parseParameterized(`attachment; ${field}`).parameters.get('filename')).toBe(name)
  })

  test('R102: no source makes the parser hang or run deep', async () => {
    const nested = 'Content-Type: message/rfc822\n\n'.repeat(30_000)
    const boundaries = `Content-Type: multipart/mixed; boundary=a\n\n${'--a\n'.repeat(100_000)}`
    const spoilt = `Content-Type: ${'x;'.repeat(100_000)}\n\n`
    for (const source of [
      nested,
      boundaries,
      spoilt,
      '=?'.repeat(200_000),
      `Subject: ${'=?a?q?'.repeat(100_000)}\n\n`,
    ]) {
      expect(await leastCpuMs(2_000, () => parseSource(Buffer.from(source)))).toBeLessThan(2_000)
    }
  })
})

/** What TextEncoder does not: by asking the decoder for every code. */
function encode(text: string, charset: string): Buffer {
  const codes = new Map<string, Buffer>()
  const decoder = new TextDecoder(charset)
  for (let lead = 0; lead < 256; lead++) {
    const one = Buffer.of(lead)
    const single = decodeText(Buffer.concat([Buffer.from('a'), one]), charset).slice(1)
    if (charset === 'windows-1252' && single.length === 1) codes.set(single, one)
    for (let trail = charset.startsWith('win') || charset === 'koi8-r' ? 256 : 0x40; trail < 256; trail++) {
      const pair = Buffer.of(lead, trail)
      const char = lead > 0x7f ? decoder.decode(pair) : ''
      if (char.length === 1 && char !== '\ufffd' && !codes.has(char)) codes.set(char, pair)
    }
    const char = decoder.decode(one)
    if (charset !== 'windows-1252' && char.length === 1 && char !== '\ufffd') codes.set(char, one)
  }
  return Buffer.concat(
    [...text].map((char) => codes.get(char) ?? expect.fail(`${char} is not in ${charset}`)),
  )
}
