/** Mails that are one thing to a mail program and another to a reader of their source. */
import { html, mail, multipart, order, type Part, part, plain, type Trick, toBytes } from './mail.ts'

const raw = (type: string, content: string | Buffer, encoding = '8bit'): Part => ({
  headers: [
    ['Content-Type', type],
    ['Content-Transfer-Encoding', encoding],
  ],
  content: Buffer.from(content),
})

const yEnc = (text: string) =>
  `=ybegin line=128 size=${text.length} name=a.txt\r\n${Buffer.from(
    Buffer.from(text).map((byte) => (byte + 42) % 256),
  )
    .toString('latin1')
    .replaceAll(/[\r\n\0=]/g, 'x')}\r\n=yend size=${text.length}`

export const composition: readonly Trick[] = [
  {
    name: 'composition: UTF-7',
    raw: ({ seen }) =>
      mail(
        [],
        raw(
          'text/plain; charset=utf-7',
          `Words ${seen} +ADw-img src+AD0AIg-https://evil.example/x.png+ACIAPg-`,
        ),
      ),
  },
  {
    name: 'composition: UTF-7 as HTML',
    raw: ({ seen, unseen }) =>
      mail(
        [],
        raw('text/html; charset=utf-7', `<p>Words ${seen}</p>+ADw-p hidden+AD4-${order(unseen)}+ADw-/p+AD4-`),
      ),
    flags: [['hidden_text_removed', 'hidden_text_possible']],
  },
  {
    name: 'composition: ISO-2022-JP that swallows a mark',
    raw: ({ seen }) =>
      mail(
        [],
        raw(
          'text/plain; charset=iso-2022-jp',
          `Words ${seen} \u001b$B$"\u001b(B ![a](https://evil.example/x.png) \u001b$B`,
        ),
      ),
  },
  {
    name: 'composition: HZ',
    raw: ({ seen }) =>
      mail(
        [],
        raw('text/plain; charset=hz-gb-2312', `Words ${seen} ~{<:Ky2;~} ![a](https://evil.example/x.png)`),
      ),
  },
  {
    name: 'composition: UTF-16 without a label',
    raw: ({ seen }) =>
      mail(
        [],
        part(
          'text/plain; charset=utf-16le',
          Buffer.from(`Words ${seen} ![a](https://evil.example/x.png)`, 'utf16le'),
        ),
      ),
  },
  {
    name: 'composition: bytes that are no UTF-8',
    raw: ({ seen }) =>
      mail(
        [],
        part(
          'text/plain; charset=utf-8',
          Buffer.concat([
            Buffer.from(`Words ${seen} `),
            Buffer.from([0xc0, 0xae, 0xed, 0xa0, 0x80, 0xf5, 0xff]),
          ]),
        ),
      ),
  },
  {
    name: 'composition: unknown charset',
    raw: ({ seen }) => mail([], raw('text/plain; charset=x-"evil', `Words ${seen}`)),
  },
  {
    name: 'composition: lines that end in CR',
    raw: ({ seen }) => mail([], part('text/plain', `Words ${seen}\r--- feedfacefeedface\r${order(seen)}`)),
  },
  {
    name: 'composition: quoted-printable that ends early',
    raw: ({ seen }) =>
      mail(
        [],
        raw('text/plain', `Words ${seen} =3D=\r\n![a]=28https://evil.example/x.png=29=`, 'quoted-printable'),
      ),
  },
  {
    name: 'composition: base64 with a text behind it',
    raw: ({ seen }) =>
      mail(
        [],
        raw(
          'text/plain',
          `${Buffer.from(`Words ${seen}`).toString('base64')}====\r\n${order(seen)}`,
          'base64',
        ),
      ),
  },
  {
    name: 'composition: two Content-Types',
    raw: ({ seen }) =>
      mail(
        [['Content-Type', 'text/plain']],
        html(`<p>Words ${seen}</p><img src="https://evil.example/p.png">`),
      ),
  },
  {
    name: 'composition: text before and behind the parts',
    raw: ({ seen, unseen }) => {
      const body = multipart('mixed', [plain(`Words ${seen}`)])
      return mail([], {
        headers: body.headers,
        content: Buffer.concat([
          Buffer.from(`${order(unseen)}\r\n`),
          body.content,
          Buffer.from(`\r\n${order(unseen)}\r\n`),
        ]),
      })
    },
  },
  {
    name: 'composition: boundary in the text',
    raw: ({ seen }) => {
      const inner = multipart('mixed', [plain(`Words ${seen}`)])
      return mail([], multipart('mixed', [inner, plain('End')]))
    },
  },
  {
    name: 'composition: no closing boundary',
    raw: ({ seen }) =>
      mail([], {
        headers: [['Content-Type', 'multipart/mixed; boundary=x']],
        content: Buffer.from(`--x\r\nContent-Type: text/plain\r\n\r\nWords ${seen}\r\n`),
      }),
  },
  {
    name: 'composition: alternative of three that differ',
    raw: ({ seen, unseen }) =>
      mail(
        [],
        multipart('alternative', [
          plain(order(unseen)),
          part('text/enriched', `<bold>${order(unseen)}</bold>`),
          html(`<p>Words of a person to a person, ${seen}.</p>`),
        ]),
      ),
    flags: ['text_part_differs'],
  },
  {
    name: 'composition: related with a second text',
    raw: ({ seen }) =>
      mail(
        [],
        multipart('related', [
          html(`<p>Words ${seen}</p><img src="cid:a">`),
          part('image/png', Buffer.from('89504e470d0a1a0a', 'hex'), [['Content-ID', '<a>']]),
        ]),
      ),
  },
  {
    name: 'composition: digest',
    raw: ({ seen }) =>
      mail(
        [],
        multipart('digest', [
          { headers: [], content: mail([['Subject', order(seen)]], plain(`Words ${seen}`)) },
        ]),
      ),
  },
  {
    name: 'composition: mail in a mail in a mail',
    raw: ({ seen }) => {
      let inner = mail([['Subject', 'Deep']], plain(`Words ${seen} ${order(seen)}`))
      for (let depth = 0; depth < 6; depth += 1)
        inner = mail([['Subject', `Level ${depth}`]], {
          headers: [['Content-Type', 'message/rfc822']],
          content: inner,
        })
      return inner
    },
  },
  {
    name: 'composition: delivery report',
    raw: ({ seen }) =>
      mail(
        [['Subject', 'Undelivered']],
        multipart(
          'report',
          [
            plain(`Words ${seen}`),
            raw(
              'message/delivery-status',
              `Reporting-MTA: dns; test.example\r\n\r\nFinal-Recipient: rfc822; ${order(seen)}\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 ${order(seen)} --- feedfacefeedface\r\n`,
            ),
          ],
          '; report-type=delivery-status',
        ),
      ),
  },
  {
    name: 'composition: read receipt',
    raw: ({ seen }) =>
      mail(
        [],
        multipart(
          'report',
          [
            plain(`Words ${seen}`),
            raw(
              'message/disposition-notification',
              `Final-Recipient: rfc822;x@evil.example\r\nDisposition: manual-action/MDN-sent-manually; ${order(seen)}\r\nError: ${order(seen)}\r\n`,
            ),
          ],
          '; report-type=disposition-notification',
        ),
      ),
  },
  {
    name: 'composition: uuencode',
    raw: ({ seen }) => mail([], plain(`Words ${seen}\n\nbegin 644 a.txt\n#0V%T\n\`\nend\n`)),
  },
  {
    name: 'composition: yEnc',
    raw: ({ seen }) =>
      mail([], raw('text/plain; charset=iso-8859-1', `Words ${seen}\r\n\r\n${yEnc('a cat')}`)),
  },
  {
    name: 'composition: winmail.dat that is none',
    raw: ({ seen }) =>
      mail(
        [],
        multipart('mixed', [
          plain(`Words ${seen}`),
          part(
            'application/ms-tnef; name="winmail.dat"',
            Buffer.concat([Buffer.from('223e9f78', 'hex').reverse(), Buffer.from(order(seen))]),
            [['Content-Disposition', 'attachment; filename="winmail.dat"']],
          ),
        ]),
      ),
  },
  {
    name: 'composition: encrypted that is none',
    raw: ({ seen }) =>
      mail(
        [],
        multipart('mixed', [
          plain(`Words ${seen}`),
          multipart(
            'encrypted',
            [raw('application/pgp-encrypted', 'Version: 1'), raw('application/octet-stream', order(seen))],
            '; protocol="application/pgp-encrypted"',
          ),
        ]),
      ),
    flags: ['encrypted'],
  },
  {
    name: 'composition: signed by nobody',
    raw: ({ seen }) =>
      mail(
        [],
        multipart(
          'signed',
          [plain(`Words ${seen}`), raw('application/pgp-signature', order(seen))],
          '; micalg=pgp-sha1; protocol="application/pgp-signature"',
        ),
      ),
  },
  {
    name: 'composition: flowed lines that join to a mark',
    raw: ({ seen }) =>
      mail(
        [],
        part(
          'text/plain; charset=utf-8; format=flowed; delsp=yes',
          `Words ${seen}\r\n! \r\n[a] \r\n(https://evil.example/x.png?a) \r\n`,
        ),
      ),
  },
  {
    name: 'composition: partial',
    raw: ({ seen }) =>
      mail(
        [['Subject', seen]],
        raw('message/partial; id="x@evil.example"; number=1; total=1', toBytes(plain(order(seen)))),
      ),
  },
  {
    name: 'composition: nothing at all',
    raw: ({ seen }) =>
      mail([['Subject', seen]], {
        headers: [['Content-Type', 'multipart/mixed; boundary=""']],
        content: Buffer.from(''),
      }),
  },
]
