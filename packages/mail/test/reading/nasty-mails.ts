/**
 * Mails as nobody should send them, made rather than kept: every charset under every encoding, broken names and
 * boundaries, structures made to exhaust a reader. Deterministic, so a failure has a name.
 */
export interface NastyMail {
  readonly name: string
  readonly raw: Buffer
}

const latin = (text: string) => Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'latin1')
const simple = (headers: string, body: string | Buffer = 'body\n') =>
  Buffer.concat([
    latin(
      `From: A <a@example.org>\nTo: alice@test.example\nSubject: nasty\nMIME-Version: 1.0\n${headers}\n\n`,
    ),
    typeof body === 'string' ? latin(body) : body,
  ])
/** Without the usual headers. */
const bare = (text: string) => latin(text)

/** Label and the same few characters in that charset. */
const charsets: readonly (readonly [label: string, hex: string])[] = [
  ['iso-2022-jp', '1b2442467c4b5c386c1b2842'],
  // Ends while still in two-byte mode.
  ['iso-2022-jp', '1b2442467c4b'],
  ['iso-2022-kr', '1b2429430e31313233'],
  ['gb18030', '8130813084318435d6d0'],
  ['gb2312', 'd6d0b9fa'],
  ['hz-gb-2312', '7e7b56507e7d'],
  ['koi8-r', 'f0d2c9d7c5d4'],
  ['koi8-u', 'b4b6b7bd'],
  ['utf-7', '2b41474d2d20262b'],
  ['utf-7', '2b2f2f2f2f2f2f'],
  ['shift_jis', '93fa967b81'],
  ['euc-jp', 'c6fccbdc8e'],
  ['euc-kr', 'c7d1b1db'],
  ['big5', 'a4a4a4e5a4'],
  ['windows-1250', '8a9a'],
  ['windows-1251', 'cff0e8'],
  ['windows-1255', 'e0e1f0'],
  ['windows-1256', 'c7e1'],
  ['windows-874', 'a1a2'],
  ['iso-8859-6', 'c7d1'],
  ['iso-8859-8-i', 'e0e1'],
  ['macintosh', '8a9f'],
  ['utf-16', 'fffe61006200'],
  ['utf-16be', '00610062d800'],
  ['utf-32', '6100000062000000'],
  ['cp437', '8184'],
  ['utf-8', 'c3a4edb080f4908080ff'],
  ['us-ascii', 'e4f6fc'],
  ['unknown-8bit', 'e4c3a4'],
  ['../../etc/passwd', '61'],
  ['constructor', '61'],
  ['__proto__', '61'],
  ['', 'ff'],
]

const quotedPrintable = (content: Buffer) =>
  [...content].map((one) => `=${one.toString(16).padStart(2, '0')}`).join('')

function charsetMails(): NastyMail[] {
  return charsets.flatMap(([label, hex], at) => {
    const content = Buffer.from(hex, 'hex')
    const type = `Content-Type: text/plain; charset="${label}"`
    const words = `=?${label}?B?${content.toString('base64')}?= =?${label}?Q?${quotedPrintable(content).toUpperCase()}?=`
    return [
      { name: `${at} ${label} 8bit`, raw: simple(`${type}\nContent-Transfer-Encoding: 8bit`, content) },
      {
        name: `${at} ${label} base64, name and words`,
        raw: simple(
          `${type}; name="${words}"\nContent-Transfer-Encoding: base64\nX-Subject: ${words}`,
          content.toString('base64'),
        ),
      },
      {
        name: `${at} ${label} html in quoted-printable, file name by RFC 2231`,
        raw: simple(
          `Content-Type: text/html; charset=${label || '""'}\nContent-Transfer-Encoding: quoted-printable\n` +
            `Content-Disposition: inline; filename*=${label}'xx'${quotedPrintable(content).replaceAll('=', '%')}`,
          `<p>${quotedPrintable(content)}</p>`,
        ),
      },
      {
        name: `${at} ${label} subject`,
        raw: bare(`From: ${words} <a@example.org>\nSubject: ${words}\n\nx\n`),
      },
    ]
  })
}

const part = (boundary: string, headers: string, body: string) => `--${boundary}\n${headers}\n\n${body}\n`
const multipart = (boundary: string, subtype = 'mixed') =>
  `Content-Type: multipart/${subtype}; boundary="${boundary}"`

function headerMails(): NastyMail[] {
  const words: Record<string, string> = {
    unterminated: '=?utf-8?B?w6Q',
    'no charset': '=??Q?a?=',
    'no encoding': '=?utf-8??a?=',
    'unknown encoding': '=?utf-8?X?a?=',
    'bad base64': '=?utf-8?B?***=a=?=',
    'spaces inside': '=?utf-8?Q?a b c?=',
    'character cut in two': '=?utf-8?B?w6Q=?= =?utf-8?B?w?= =?utf-8?B?6Q==?=',
    'language tag': '=?utf-8*en?Q?a?=',
    'in quotes': '"=?utf-8?Q?=22?=" <a@example.org>',
    'hidden newline': '=?utf-8?Q?a=0D=0ABcc:_b@example.org?=',
    'hidden NUL': '=?utf-8?B?AAAA?=',
    'direction tricks': '=?utf-8?B?4oCuZ3BqLmV4ZQ==?=',
    'ten thousand words': Array.from({ length: 10_000 }, (_, n) => `=?utf-8?Q?w${n}?=`).join('\n '),
    'word in word': '=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=',
    'raw bytes': '\xff\xfe\x80\xe4',
    'half a megabyte': 'x'.repeat(500_000),
    'question marks': '=?'.repeat(50_000),
  }
  const fileNames: Record<string, string> = {
    'missing segment': "filename*0*=utf-8''a; filename*2*=c",
    'wrong order': 'filename*1=b; filename*0=a',
    'bad percent': "filename*=utf-8''%zz%c3%",
    'no quotes': 'filename*=utf-8%20a',
    'a thousand segments': Array.from({ length: 1000 }, (_, n) => `filename*${n}="x${n}"`).join(';\n '),
    'huge index': 'filename*99999999999999999999=x; filename*0=a',
    path: 'filename="../../../etc/passwd"',
    'path of Windows': 'filename="C:\\\\windows\\\\x.exe"',
    'direction tricks': "filename*=utf-8''%E2%80%AEgpj.exe",
    proto: '__proto__=x; constructor=y; filename=a',
    'unclosed quote': 'filename="abc',
    'both kinds': "filename=plain.txt; filename*=utf-8''star.txt",
  }
  return [
    ...Object.entries(words).map(([name, value]) => ({
      name: `subject, from: ${name}`,
      raw: bare(`From: ${value} <a@example.org>\nTo: ${value}\nSubject: ${value}\nDate: never\n\nx\n`),
    })),
    ...Object.entries(fileNames).map(([name, value]) => ({
      name: `file name: ${name}`,
      raw: simple(
        multipart('b'),
        part('b', `Content-Type: application/pdf\nContent-Disposition: attachment; ${value}`, 'x') +
          '--b--\n',
      ),
    })),
    {
      name: 'ten thousand recipients',
      raw: bare(`To: ${Array.from({ length: 10_000 }, (_, n) => `r${n}@example.org`).join(',\n ')}\n\nx\n`),
    },
    {
      name: 'groups and comments',
      raw: bare(`To: team: a@example.org, (b (c (d)))${'('.repeat(5000)};\nFrom: "a\\\n\n`),
    },
    {
      name: 'five thousand headers',
      raw: bare(`${Array.from({ length: 5000 }, (_, n) => `X-H${n}: v`).join('\n')}\n\nx\n`),
    },
    {
      name: 'references without end',
      raw: bare(`References: ${'<a@example.org> '.repeat(20_000)}\nIn-Reply-To: <\n\nx\n`),
    },
    { name: 'headers only', raw: bare('Subject: x\n') },
    { name: 'no header', raw: bare('\n\nbody only\n') },
    { name: 'one byte', raw: Buffer.from('x') },
    { name: 'NULs and bare CR', raw: Buffer.from('Subject: a\0b\rc\r\n\r\nx\0y\rz\n\n') },
    {
      name: 'verdicts without end',
      raw: bare(
        `Authentication-Results: mx; ${'dmarc=pass header.from=   '.repeat(20_000)}\nAuthentication-Results: ${'('.repeat(50_000)}\n\nx\n`,
      ),
    },
    { name: 'two From', raw: bare('From: a@example.org\nFrom: b@example.org\nSender: c@example.org\n\nx\n') },
    { name: 'dates', raw: bare('Date: Mon, 99 Foo 99999 99:99:99 +9999\n\nx\n') },
  ]
}

function structureMails(): NastyMail[] {
  const many = Array.from({ length: 10_000 }, (_, n) =>
    part('b', 'Content-Type: text/plain', `part ${n}`),
  ).join('')
  const files = Array.from({ length: 2000 }, (_, n) =>
    part('b', `Content-Type: application/x-f; name=f${n}\nContent-Disposition: attachment`, 'x'),
  ).join('')
  const nest = (depth: number) => {
    const open = Array.from(
      { length: depth },
      (_, n) => `${n === 0 ? '' : `--b${n - 1}\n`}${multipart(`b${n}`)}\n\n`,
    ).join('')
    return `${open}--b${depth - 1}\nContent-Type: text/plain\n\ndeep\n`
  }
  const forwards = (depth: number) =>
    `${Array.from({ length: depth }, (_, n) => `Subject: level ${n}\nContent-Type: message/rfc822\n\n`).join('')}Subject: last\n\nend\n`
  return [
    { name: 'ten thousand parts', raw: simple(multipart('b'), `${many}--b--\n`) },
    { name: 'two thousand files', raw: simple(multipart('b'), `${files}--b--\n`) },
    { name: 'nested fifty deep', raw: bare(nest(50)) },
    { name: 'nested two thousand deep', raw: bare(nest(2000)) },
    { name: 'forwarded sixty times', raw: bare(forwards(60)) },
    { name: 'no boundary', raw: simple('Content-Type: multipart/mixed', '--\nx\n----\n') },
    { name: 'empty boundary', raw: simple('Content-Type: multipart/mixed; boundary=""', '--\nx\n----\n') },
    { name: 'boundary that is never used', raw: simple(multipart('none'), 'text\n') },
    {
      name: 'boundary never closed',
      raw: simple(multipart('b'), part('b', 'Content-Type: text/html', '<p>x')),
    },
    {
      name: 'a boundary that begins another',
      raw: simple(multipart('a'), `--a\n${multipart('ab')}\n\n--ab\n\nx\n--ab--\n--a--\n`),
    },
    {
      name: 'the same boundary inside',
      raw: simple(multipart('a'), `--a\n${multipart('a')}\n\n--a\n\nx\n--a--\n--a--\n`),
    },
    { name: 'alternative without parts', raw: simple(multipart('b', 'alternative'), '--b--\n') },
    { name: 'types that are none', raw: simple('Content-Type: ;;;/=\nContent-Transfer-Encoding: x-unknown') },
    {
      name: 'text that is base64 in name only',
      raw: simple('Content-Type: text/plain\nContent-Transfer-Encoding: base64', 'plain <text> =\n'),
    },
    {
      name: 'base64 in many ends',
      raw: simple('Content-Type: text/plain\nContent-Transfer-Encoding: base64', 'YQ==\n'.repeat(5000)),
    },
    {
      name: 'quoted-printable cut',
      raw: simple(
        'Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable',
        `${'='.repeat(70_000)}=C3`,
      ),
    },
    {
      name: 'multipart that is base64',
      raw: simple(
        `${multipart('b')}\nContent-Transfer-Encoding: base64`,
        Buffer.from('--b\n\nx\n--b--').toString('base64'),
      ),
    },
    {
      name: 'winmail.dat',
      raw: simple(
        'Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64',
        Buffer.from('789f3e2201000690080004000000000001000100', 'hex').toString('base64'),
      ),
    },
    {
      name: 'S/MIME, enveloped',
      raw: simple(
        'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64',
        'MIAGCSqGSIb3DQEHA6CAMIACAQA=',
      ),
    },
    {
      name: 'S/MIME, signed',
      raw: simple(
        `${multipart('b', 'signed')}; protocol="application/pkcs7-signature"`,
        `${part('b', 'Content-Type: text/plain', 'signed')}${part('b', 'Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64', 'MIAG')}--b--\n`,
      ),
    },
    {
      name: 'PGP/MIME',
      raw: simple(
        `${multipart('b', 'encrypted')}; protocol="application/pgp-encrypted"`,
        `${part('b', 'Content-Type: application/pgp-encrypted', 'Version: 1')}${part('b', 'Content-Type: application/octet-stream', '-----BEGIN PGP MESSAGE-----')}--b--\n`,
      ),
    },
    {
      name: 'partial and external bodies',
      raw: simple(
        'Content-Type: message/external-body; access-type=URL; URL="http://127.0.0.1:9/"',
        'Content-Type: image/gif\n\n',
      ),
    },
    {
      name: 'delivery status',
      raw: simple(
        multipart('b', 'report'),
        `${part('b', 'Content-Type: message/delivery-status', 'Action: failed')}--b--\n`,
      ),
    },
    { name: 'uuencoded', raw: simple('Content-Type: text/plain', 'begin 644 x\n#86)C\n`\nend\n') },
  ]
}

function textMails(): NastyMail[] {
  const html = (body: string) => simple('Content-Type: text/html; charset=utf-8', body)
  return [
    { name: 'html nested a hundred thousand deep', raw: html('<div>'.repeat(100_000)) },
    { name: 'tables in tables', raw: html('<table><tr><td>'.repeat(20_000)) },
    { name: 'one open comment', raw: html(`<p>x<!-- ${'-'.repeat(300_000)}`) },
    { name: 'many open tags', raw: html('<a '.repeat(200_000)) },
    { name: 'attributes', raw: html(`<p ${'a="b" '.repeat(100_000)}>x`) },
    { name: 'entities', raw: html('&amp;&#x0;&#1114112;&#xD800;&nosuch;'.repeat(20_000)) },
    {
      name: 'style sheet',
      raw: html(`<style>${'.a .b > .c{display:none}'.repeat(20_000)}</style><p class="a b c">x`),
    },
    { name: 'style without end', raw: html(`<style>${'{'.repeat(100_000)}`) },
    { name: 'inline styles', raw: html(`<p style="${'color:red;'.repeat(50_000)}">x</p>`) },
    { name: 'long background', raw: html(`<p style="background:${'a '.repeat(150_000)}">x</p>`) },
    { name: 'long transform', raw: html(`<p style="transform:${'translate(-'.repeat(30_000)}">x</p>`) },
    {
      name: 'long colour',
      raw: html(`<p style="color:${'hsl( , '.repeat(50_000)};background:rgb(${'1 '.repeat(100_000)}">x</p>`),
    },
    { name: 'long selector', raw: html(`<style>${'a '.repeat(150_000)}{display:none}</style><p>x`) },
    {
      name: 'selector of brackets',
      raw: html(`<style>${'[a] :not('.repeat(30_000)}{display:none}</style><p>x`),
    },
    {
      name: 'selector list',
      raw: html(`<style>${'.a,'.repeat(100_000)}.b{display:none}</style>${'<p class="a b">x'.repeat(3000)}`),
    },
    { name: 'links', raw: html('<a href="https://example.org/?a=b">www.example.net</a>'.repeat(20_000)) },
    { name: 'unknown elements', raw: html('<svg><math><template><noscript><plaintext>x'.repeat(1000)) },
    {
      name: 'flowed',
      raw: simple(
        'Content-Type: text/plain; format=flowed; delsp=yes',
        `${'>'.repeat(1000)} x \n`.repeat(500),
      ),
    },
    { name: 'one long line', raw: simple('Content-Type: text/plain', 'http://'.repeat(140_000)) },
    { name: 'markdown-like', raw: simple('Content-Type: text/plain', '[x]('.repeat(200_000)) },
    { name: 'at signs', raw: simple('Content-Type: text/plain', 'a@'.repeat(400_000)) },
    { name: 'white space', raw: simple('Content-Type: text/plain', ' \t'.repeat(500_000)) },
    {
      name: 'invisible',
      raw: simple(
        'Content-Type: text/plain; charset=utf-8',
        Buffer.from('\u{E0041}\u200B\u202E'.repeat(50_000)),
      ),
    },
  ]
}

export function nastyMails(): NastyMail[] {
  return [...charsetMails(), ...headerMails(), ...structureMails(), ...textMails()]
}
