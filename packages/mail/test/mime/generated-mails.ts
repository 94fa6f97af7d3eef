/**
 * Mails made by chance from a seed: any tree of parts, any encoding, charset, name and disposition, and the damage that
 * programs and servers do to them. Each is the same on every machine.
 */
import * as fc from 'fast-check'

interface Part {
  readonly headers: readonly string[]
  readonly body: Buffer
}

const words = ['Lunch', 'über', 'naïve', 'x', '—', 'figures for May', 'a=b', '.', 'From here', '--', '日本']
const texts = fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((some) => some.join(' '))
const paragraphs = fc.array(texts, { minLength: 1, maxLength: 6 }).map((some) => some.join('\r\n'))

/** TextEncoder knows UTF-8 only; of the others those letters are left out that they lack. */
const charsets: Readonly<Record<string, (text: string) => Buffer>> = {
  'utf-8': (text) => Buffer.from(text, 'utf8'),
  'iso-8859-1': (text) => Buffer.from(text.replaceAll(/[^\0-\xff]/g, ''), 'latin1'),
  'us-ascii': (text) => Buffer.from(text.replaceAll(/[^\0-\x7f]/g, ''), 'latin1'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
}

function encodeQuoted(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[^\r\n -~]|=|[ \t](?=\r?\n|$)/g, (char) => hexOf(char))
    .replaceAll(/[^\r\n]{70}(?=[^\r\n]{3})/g, (line) => `${line}=\r\n`)
}

function hexOf(char: string): string {
  return `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

const encodings: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  '8bit': (bytes) => bytes,
  base64: (bytes) => Buffer.from(bytes.toString('base64').replaceAll(/.{76}/g, '$&\r\n')),
  'quoted-printable': (bytes) => Buffer.from(encodeQuoted(bytes)),
}

const text: fc.Arbitrary<Part> = fc
  .record({
    words: paragraphs,
    charset: fc.constantFrom(...Object.keys(charsets)),
    encoding: fc.constantFrom(...Object.keys(encodings)),
    type: fc.constantFrom(
      'text/plain',
      'text/html',
      'TEXT/Plain',
      'text/plain (comment)',
      'text/calendar',
      'text/x-amp-html',
    ),
    disposition: fc.constantFrom(
      '',
      '',
      '',
      'inline',
      'attachment',
      'attachment; filename=a.txt',
      'inline; filename="b c.html"',
    ),
    quoted: fc.boolean(),
  })
  .map(({ words: said, charset, encoding: wanted, type, disposition, quoted }) => {
    // Two octets a letter are no lines.
    const encoding = charset === 'utf-16be' ? 'base64' : wanted
    const html = type.includes('html') ? `<p>${said.replaceAll('\r\n', '<br>\r\n')}</p>` : said
    return {
      headers: [
        `Content-Type: ${type}; charset=${quoted ? `"${charset}"` : charset.toUpperCase()}`,
        `Content-Transfer-Encoding: ${encoding}`,
        ...(disposition === '' ? [] : [`Content-Disposition: ${disposition}`]),
      ],
      body: encodings[encoding]?.(charsets[charset]?.(html) ?? Buffer.alloc(0)) ?? Buffer.alloc(0),
    }
  })

const names = fc.constantFrom(
  'name=plain.pdf',
  'name="two words.pdf"',
  'name="=?utf-8?Q?=C3=BCber.pdf?="',
  'name="=?utf-8?B?w7xiZXIucGRm?="',
  "name*=utf-8''%C3%BCber.pdf",
  "name*0*=utf-8''%C3%BC;\r\n name*1=ber; name*2*=%2Epdf",
  'name="quo\\"ted.pdf"',
  'name="semi;colon.pdf"',
  'name=über.pdf',
  'NAME="UPPER.PDF"',
)

const file: fc.Arbitrary<Part> = fc
  .record({
    bytes: fc.uint8Array({ maxLength: 200 }),
    type: fc.constantFrom(
      'application/pdf',
      'image/png',
      'application/octet-stream',
      'application/pgp-signature',
      'audio/mpeg',
      'application/vnd.ms-excel',
    ),
    name: fc.option(names),
    isInDisposition: fc.boolean(),
    disposition: fc.constantFrom('', 'attachment', 'inline', 'ATTACHMENT'),
    id: fc.boolean(),
    encoding: fc.constantFrom('base64', 'quoted-printable'),
  })
  .map(({ bytes, type, name, isInDisposition, disposition, id, encoding }) => {
    const inDisposition = isInDisposition && disposition !== '' && name !== null
    return {
      headers: [
        `Content-Type: ${type}${name !== null && !inDisposition ? `; ${name}` : ''}`,
        `content-transfer-ENCODING: ${encoding}`,
        ...(disposition === ''
          ? []
          : [
              `Content-Disposition: ${disposition}${inDisposition ? `; ${name.replaceAll(/\bname/gi, 'filename')}` : ''}`,
            ]),
        ...(id ? ['Content-ID: <one@test.example>'] : []),
      ],
      body: encodings[encoding]?.(Buffer.from(bytes)) ?? Buffer.alloc(0),
    }
  })

const { entity } = fc.letrec<{ entity: Part; multipart: Part; nested: Part }>((tie) => ({
  entity: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { arbitrary: text, weight: 4 },
    { arbitrary: file, weight: 3 },
    { arbitrary: tie('multipart'), weight: 4 },
    { arbitrary: tie('nested'), weight: 1 },
  ),
  nested: fc
    .record({ inner: tie('entity'), encoding: fc.constantFrom('', 'Content-Transfer-Encoding: 8bit') })
    .map(({ inner, encoding }) => ({
      headers: ['Content-Type: message/rfc822', ...(encoding === '' ? [] : [encoding])],
      body: Buffer.concat([Buffer.from('From: inner@test.example\r\nSubject: inner\r\n'), print(inner)]),
    })),
  multipart: fc
    .record({
      kind: fc.constantFrom(
        'mixed',
        'mixed',
        'alternative',
        'related',
        'signed',
        'digest',
        'report',
        'parallel',
        'x-other',
      ),
      children: fc.array(tie('entity'), { minLength: 1, maxLength: 4 }),
      mark: fc.integer({ min: 0, max: 1e9 }).map((n) => `=_${n.toString(36)}`),
      preamble: fc.constantFrom('', 'This is a message in several parts.\r\n', '--no boundary\r\n'),
      epilogue: fc.constantFrom('', '\r\nBehind the end.\r\n'),
      blanks: fc.constantFrom('', ' ', ' \t '),
      isOpen: fc.constantFrom(false, false, false, true),
    })
    .map(({ kind, children, mark, preamble, epilogue, blanks, isOpen }) => ({
      headers: [`Content-Type: multipart/${kind};\r\n\tboundary="${mark}"`],
      body: Buffer.concat([
        Buffer.from(preamble),
        ...children.flatMap((child) => [
          Buffer.from(`--${mark}${blanks}\r\n`),
          print(child),
          Buffer.from('\r\n'),
        ]),
        ...(isOpen ? [] : [Buffer.from(`--${mark}--${blanks}${epilogue}`)]),
      ]),
    })),
}))

function print({ headers, body }: Part): Buffer {
  return Buffer.concat([Buffer.from(`${headers.join('\r\n')}\r\n\r\n`), body])
}

const subjects = fc.constantFrom(
  'Plain',
  '=?utf-8?Q?=C3=BCber?= us',
  '=?utf-8?B?w7w=?=\r\n =?utf-8?B?YmVy?=',
  '=?iso-8859-1?Q?na=EFve_one?=',
  '',
)

/** `lf`: line ends without CR, as a program stored it. */
export const mails: fc.Arbitrary<Buffer> = fc
  .record({ entity, subject: subjects, isLf: fc.constantFrom(false, false, true), from: fc.boolean() })
  .map(({ entity: root, subject, isLf, from }) => {
    const head = `${from ? 'From - Fri Nov 20 10:00:00 2026\r\n' : ''}From: ann@test.example\r\nTo: bob@test.example\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\n`
    const whole = Buffer.concat([Buffer.from(head), print(root), Buffer.from('\r\n')])
    return isLf ? Buffer.from(whole.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') : whole
  })
