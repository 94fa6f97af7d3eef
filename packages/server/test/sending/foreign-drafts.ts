/** Drafts in the manner of mail programs: their headers, their structure, their habits. Written for these tests. */

export interface ForeignDraft {
  readonly program: string
  readonly raw: string
  /** Fields that are for drafts only, as its header spells them. */
  readonly dropped: readonly string[]
  readonly to: readonly string[]
}

const crlf = (text: string) => text.replaceAll('\n', '\r\n')
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

interface Draft {
  readonly program: string
  readonly head: string
  readonly body: string
  readonly dropped?: readonly string[]
  readonly to?: readonly string[]
}

function draft({ program, head, body, dropped = [], to = ['bob@test.example'] }: Draft): ForeignDraft {
  return { program, raw: crlf(`${head}\n\n${body}`), dropped, to }
}

const alternative = (boundary: string, text: string, html: string) =>
  `--${boundary}\nContent-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: 7bit\n\n${text}\n\n--${boundary}\nContent-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: 7bit\n\n${html}\n\n--${boundary}--\n`

export const foreignDrafts: readonly ForeignDraft[] = [
  draft({
    program: 'Thunderbird, plain',
    head: `X-Mozilla-Status: 0001
X-Mozilla-Status2: 00000000
X-Mozilla-Keys:
FCC: imap://alice@imap.test.example/Sent
X-Identity-Key: id1
X-Account-Key: account1
Message-ID: <tb-plain@test.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=1; DSN=0; uuencode=0;
 attachmentreminder=0; deliveryformat=4
User-Agent: Mozilla Thunderbird
Content-Language: de-DE, en-US
To: Bob <bob@test.example>
From: Alice Liddell <alice@test.example>
Reply-To: office@test.example
Disposition-Notification-To: Alice Liddell <alice@test.example>
X-Priority: 1 (Highest)
Subject: tb plain
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 7bit`,
    body: 'Price 5*3*2, path \\\\srv\\share\\_x\nhttps://x.example/a?token=abc_def*x*y\n-- \nAlice\n',
    dropped: [
      ...['X-Mozilla-Status', 'X-Mozilla-Status2', 'X-Mozilla-Keys', 'FCC', 'X-Identity-Key'],
      ...['X-Account-Key', 'X-Mozilla-Draft-Info'],
    ],
  }),
  draft({
    program: 'Thunderbird, HTML with an inline picture',
    head: `X-Identity-Key: id1
Message-ID: <tb-html@test.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
To: Bob <bob@test.example>
From: Alice <alice@test.example>
Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=
In-Reply-To: <parent@x.example>
References: <root@x.example>
\t<parent@x.example>
Content-Type: multipart/alternative;
 boundary="------------outer"`,
    body: `This is a multi-part message in MIME format.
--------------outer
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Grüße

--------------outer
Content-Type: multipart/related;
 boundary="------------inner"

--------------inner
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: 8bit

<html><body><p>Grüße <img src="cid:part1.x@test.example"></p></body></html>
--------------inner
Content-Type: image/png; name="a.png"
Content-Disposition: inline; filename="a.png"
Content-Id: <part1.x@test.example>
Content-Transfer-Encoding: base64

${png}

--------------inner--

--------------outer--
`,
    dropped: ['X-Identity-Key'],
  }),
  draft({
    program: 'Apple Mail, rich text',
    head: `From: Alice <alice@test.example>
Content-Type: multipart/alternative;
\tboundary="Apple-Mail=_1"
X-Apple-Base-Url: x-msg://3/
X-Universally-Unique-Identifier: 1B2C
X-Apple-Mail-Remote-Attachments: YES
X-Apple-Windows-Friendly: 1
Date: Fri, 20 Nov 2026 10:00:00 +0100
Subject: apple rich
X-Apple-Mail-Signature: SKIP_SIGNATURE
Message-Id: <apple-rich@test.example>
X-Uniform-Type-Identifier: com.apple.mail-draft
To: Bob <bob@test.example>
Bcc: carol@test.example
Mime-Version: 1.0`,
    body: `\n${alternative('Apple-Mail=_1', 'Hello *Bob*', '<html><body style="word-wrap: break-word;"><b>Hello</b> Bob</body></html>')}`,
    dropped: [
      ...['X-Apple-Base-Url', 'X-Universally-Unique-Identifier', 'X-Apple-Mail-Remote-Attachments'],
      ...['X-Apple-Windows-Friendly', 'X-Apple-Mail-Signature', 'X-Uniform-Type-Identifier', 'Bcc'],
    ],
    to: ['bob@test.example', 'carol@test.example'],
  }),
  draft({
    program: 'Apple Mail on a phone, picture between words, no Content-ID',
    head: `Content-Type: multipart/mixed; boundary=Apple-Mail-2
Content-Transfer-Encoding: 7bit
From: alice@test.example
Mime-Version: 1.0 (1.0)
Date: Fri, 20 Nov 2026 10:00:00 +0100
Subject: photo
Message-Id: <apple-phone@test.example>
X-Uniform-Type-Identifier: com.apple.mail-draft
To: bob@test.example
X-Mailer: iPhone Mail`,
    body: `
--Apple-Mail-2
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

Before
--Apple-Mail-2
Content-Type: image/png; name=image0.png
Content-Disposition: inline; filename=image0.png
Content-Transfer-Encoding: base64

${png}
--Apple-Mail-2
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

After
--Apple-Mail-2--
`,
    dropped: ['X-Uniform-Type-Identifier'],
  }),
  draft({
    program: 'Outlook, HTML alone',
    head: `From: "Liddell, Alice" <alice@test.example>
To: "Doe, Bob" <bob@test.example>
Subject: outlook html
Date: Fri, 20 Nov 2026 10:00:00 +0100
Message-ID: <000001d0$1@test.example>
MIME-Version: 1.0
Content-Type: text/html;
\tcharset="Windows-1252"
Content-Transfer-Encoding: quoted-printable
X-Mailer: Microsoft Outlook 16.0
X-Unsent: 1
Thread-Index: AdxY
Content-Language: en-us
Importance: high`,
    body: '<html xmlns:o=3D"urn:schemas-microsoft-com:office:office"><body lang=3DEN>=\n<p class=3DMsoNormal>Price: =80 5<o:p></o:p></p></body></html>\n',
    dropped: ['X-Unsent'],
  }),
  draft({
    program: 'Outlook, with a file and no Message-ID',
    head: `From: alice@test.example
To: bob@test.example
Subject: outlook file
MIME-Version: 1.0
X-Unsent: 1
Content-Type: multipart/mixed;
\tboundary="----=_NextPart_000"`,
    body: `This is a multipart message in MIME format.

------=_NextPart_000
Content-Type: text/plain;
\tcharset="us-ascii"
Content-Transfer-Encoding: 7bit

See file
------=_NextPart_000
Content-Type: application/pdf;
\tname="=?utf-8?Q?=C3=BCber.pdf?="
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
\tfilename*=utf-8''%C3%BCber.pdf

JVBERi0xLjQ=

------=_NextPart_000--
`,
    dropped: ['X-Unsent'],
  }),
  draft({
    program: 'Gmail',
    head: `MIME-Version: 1.0
Date: Fri, 20 Nov 2026 10:00:00 +0100
Message-ID: <CAgmail@test.example>
X-Gm-Draft-Id: r-1
Subject: gmail
From: Alice <alice@test.example>
To: Bob <bob@test.example>
Cc: "Carol (Sales)" <carol@test.example>
Content-Type: multipart/alternative; boundary="0000000000001"`,
    body: alternative('0000000000001', 'Hi *there*', '<div dir="ltr">Hi <b>there</b></div>'),
    dropped: ['X-Gm-Draft-Id'],
    to: ['bob@test.example', 'carol@test.example'],
  }),
  draft({
    program: 'Evolution',
    head: `X-Evolution-Identity: 1@host
X-Evolution-Fcc: folder://1/Sent
X-Evolution-Transport: 1@host
X-Evolution-Source:
X-Evolution-Composer-Mode: plain
Subject: evolution
From: Alice <alice@test.example>
To: bob@test.example
Date: Fri, 20 Nov 2026 10:00:00 +0100
Message-ID: <evo.camel@test.example>
Content-Type: text/plain; charset="UTF-8"
User-Agent: Evolution 3.52
MIME-Version: 1.0
Content-Transfer-Encoding: 8bit`,
    body: 'Grüße\n',
    dropped: [
      ...['X-Evolution-Identity', 'X-Evolution-Fcc', 'X-Evolution-Transport', 'X-Evolution-Source'],
      'X-Evolution-Composer-Mode',
    ],
  }),
  draft({
    program: 'K-9 Mail',
    head: `Date: Fri, 20 Nov 2026 10:00:00 +0100
From: Alice <alice@test.example>
To: bob@test.example
Subject: k9
User-Agent: K-9 Mail for Android
Message-ID: <K9@test.example>
X-K9mail-Identity: !l=12&s=0&f=HTML&m=REPLY
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="----K9"
Content-Transfer-Encoding: 7bit`,
    body: alternative('----K9', 'Short', '<!DOCTYPE html><html><body>Short</body></html>'),
    dropped: ['X-K9mail-Identity'],
  }),
  draft({
    program: 'KMail',
    head: `From: Alice <alice@test.example>
To: bob@test.example
Subject: kmail
Date: Fri, 20 Nov 2026 10:00:00 +0100
Message-ID: <kmail@test.example>
X-KMail-Identity: 123
X-KMail-Transport: 456
X-KMail-Fcc: 7
X-KMail-CryptoMessageFormat: 15
MIME-Version: 1.0
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain; charset="utf-8"`,
    body: 'long =\nline =3D here\n',
    dropped: ['X-KMail-Identity', 'X-KMail-Transport', 'X-KMail-Fcc', 'X-KMail-CryptoMessageFormat'],
  }),
  draft({
    program: 'Claws Mail',
    head: `Date: Fri, 20 Nov 2026 10:00:00 +0100
From: Alice <alice@test.example>
To: Bob <bob@test.example>
Subject: claws
Message-ID: <claws@test.example>
X-Claws-Account-Id: 1
X-Claws-Auto-Wrapping: 1
MIME-Version: 1.0
Content-Type: text/plain; charset=US-ASCII
Content-Transfer-Encoding: 7bit`,
    body: 'Words\n.\n..dots\nFrom the start\n',
    dropped: ['X-Claws-Account-Id', 'X-Claws-Auto-Wrapping'],
  }),
  draft({
    program: 'Mutt',
    head: `From: Alice <alice@test.example>
To: bob@test.example
Bcc:
Subject: mutt
Fcc: =sent
X-Mutt-References: <a@x.example>
X-Mutt-PGP: S
Date: Fri, 20 Nov 2026 10:00:00 +0100
Message-ID: <mutt@test.example>
Reply-To: list@test.example
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Disposition: inline
Status: RO`,
    body: 'Hi\n',
    dropped: ['Bcc', 'Fcc', 'X-Mutt-References', 'X-Mutt-PGP', 'Status'],
  }),
  draft({
    program: 'Roundcube',
    head: `MIME-Version: 1.0
Date: Fri, 20 Nov 2026 10:00:00 +0100
From: Alice <alice@test.example>
To: bob@test.example
Subject: roundcube
In-Reply-To: <q@x.example>
Message-ID: <rc@test.example>
X-Draft-Info: type=reply; uid=12; folder=INBOX
X-Sender: alice@test.example
Content-Type: text/plain; charset=UTF-8;
 format=flowed
Content-Transfer-Encoding: 8bit`,
    body: 'Wörds that go on \nand on\n',
    dropped: ['X-Draft-Info'],
  }),
  draft({
    program: 'Horde',
    head: `Date: Fri, 20 Nov 2026 10:00:00 +0100
Message-ID: <horde@test.example>
From: Alice <alice@test.example>
To: bob@test.example
Subject: horde
X-IMP-Draft: Yes
X-IMP-Draft-Reply: <q@x.example>
User-Agent: Horde Application Framework 5
Content-Type: text/plain; charset=utf-8
MIME-Version: 1.0`,
    body: 'Words\n',
    dropped: ['X-IMP-Draft', 'X-IMP-Draft-Reply'],
  }),
  draft({
    program: 'an .eml file with lines before the header',
    head: `From - Fri Nov 20 10:00:00 2026
X-Unsent: 1
From: alice@test.example
To: bob@test.example
Subject: mbox
Message-ID: <mbox@test.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100`,
    body: 'No MIME at all\n',
    dropped: ['X-Unsent', 'From -'],
  }),
  draft({
    program: 'a program with groups, comments and encoded names',
    head: `From: =?utf-8?q?Al=C3=ADce?= <alice@test.example>
To: Friends: Bob <bob@test.example>, =?utf-8?B?S8OkdGhl?=
 <kaethe@test.example>;, carol@test.example (Carol)
Cc: undisclosed-recipients:;
Subject: groups
Message-ID: <groups@test.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: text/plain`,
    body: 'x\n',
    to: ['bob@test.example', 'kaethe@test.example', 'carol@test.example'],
  }),
  draft({
    program: 'a signed draft',
    head: `From: alice@test.example
To: bob@test.example
Subject: signed
Message-ID: <signed@test.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary="sig"`,
    body: '--sig\nContent-Type: text/plain\n\nTrailing blanks   \nstay \n\n--sig\nContent-Type: application/pgp-signature; name="signature.asc"\n\n-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n\n--sig--\n',
  }),
  draft({
    program: 'an invitation',
    head: `From: alice@test.example
To: bob@test.example
Subject: invitation
Message-ID: <cal@test.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="cal"`,
    body: '--cal\nContent-Type: text/plain\n\nMeet\n--cal\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n--cal--\n',
  }),
  draft({
    program: 'an old charset',
    head: `From: alice@test.example
To: bob@test.example
Subject: =?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=
Message-ID: <jp@test.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: text/plain; charset=iso-2022-jp
Content-Transfer-Encoding: 7bit`,
    body: '\u001b$B%F%9%H\u001b(B\n',
  }),
  draft({
    program: 'a draft with a mail as its file',
    head: `From: alice@test.example
To: bob@test.example
Subject: Fwd: nested
Message-ID: <nested@test.example>
X-Forwarded-Message-Id: <inner@x.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="out"`,
    body: '--out\nContent-Type: text/plain\n\nSee\n--out\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename="a.eml"\n\nFrom: x@x.example\nBcc: kept@x.example\nX-Unsent: kept\nSubject: inner\nMessage-ID: <inner@x.example>\n\nInner\n--out--\n',
  }),
  draft({
    program: 'a header folded at every place, odd order and case',
    head: `subject: folded
 over
\tlines
MESSAGE-ID:
 <folded@test.example>
date: Fri, 20 Nov 2026 10:00:00 +0100
to:
 bob@test.example,
 Carol
 <carol@test.example>
from: alice@test.example
x-custom: kept as it is;
   with   blanks`,
    body: 'x\n',
    to: ['bob@test.example', 'carol@test.example'],
  }),
]

/** What must arrive: written a second time, line by line. */
export function expectedOf({ raw, dropped }: ForeignDraft, sent: string): string {
  const end = raw.indexOf('\r\n\r\n')
  const gone = new Set(dropped.map((name) => name.toLowerCase()))
  const fields = raw.slice(0, end).split(/\r\n(?![ \t])/)
  const date = /^date: (.*)$/im.exec(sent)?.[1] ?? ''
  const id = /^message-id:\s+(<[^>]+>)/im.exec(sent)?.[1] ?? ''
  const kept = fields.flatMap((field) => {
    const name = field.slice(0, field.indexOf(':')).toLowerCase()
    if (gone.has(name) || (field.startsWith('From - ') && gone.has('from -'))) return []
    return name === 'date' ? [`Date: ${date}`] : [field]
  })
  const hasDate = fields.some((field) => /^date:/i.test(field))
  const hasId = fields.some((field) => /^message-id:/i.test(field))
  const added = [hasDate ? [] : `Date: ${date}`, hasId ? [] : `Message-ID: ${id}`].flat()
  return [...added, ...kept].join('\r\n') + raw.slice(end)
}
