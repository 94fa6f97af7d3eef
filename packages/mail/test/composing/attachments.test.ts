/** Files that go out: their names, their types, and mails inside mails. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { composeMessage, type OutgoingDraft } from '../../src/composing/compose.ts'
import { allParts, parseMime } from '../../src/composing/mime-tree.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'

type Attachment = OutgoingDraft['attachments'][number]

async function compose(...attachments: Attachment[]): Promise<Buffer> {
  const { raw } = await composeMessage({
    from: { address: 'alice@test.example' },
    to: [{ address: 'bob@test.example' }],
    cc: [],
    bcc: [],
    subject: 'Files',
    body: 'x',
    attachments,
    date: new Date(0),
  })
  return raw
}
const text = (filename: string): Attachment => ({
  filename,
  contentType: 'text/plain',
  content: Buffer.from('ä'),
})
const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const namesOf = (raw: Buffer) =>
  parseMime(raw)
    .children.slice(1)
    .map(({ structure }) => [structure.dispositionParameters?.filename, structure.parameters?.name])

describe('an attachment', () => {
  test('has its name in the forms of RFC 2231 and RFC 2047', async () => {
    const raw = await compose(text('Übersicht „2026“.txt'))
    expect(raw.toString()).toMatch(/filename\*0\*=utf-8''/i)
    expect(raw.toString()).toMatch(/name="=\?UTF-8\?[QB]\?/i)
    expect(namesOf(raw)).toEqual([['Übersicht „2026“.txt', 'Übersicht „2026“.txt']])
  })

  test('is saved under a name: no path, no direction marks, none twice', async () => {
    const typed = [
      '../../etc/passwd',
      'C:\\temp\\a.txt',
      'a.txt',
      'A.TXT',
      'exe\u202etxt.pdf',
      '.hidden',
      '/',
      'Prüfung 2026/11.csv',
      'Über: "alles"?.eml',
      'a/../../b.txt',
      'docs//c.txt',
    ]
    const raw = await compose(...typed.map(text))
    expect(namesOf(raw).map(([name]) => name)).toEqual([
      ...['passwd', 'a.txt', 'a (2).txt', 'A (3).TXT', 'exetxt.pdf', 'hidden', 'attachment'],
      ...['Prüfung 2026-11.csv', 'Über- -alles--.eml', 'b.txt', 'c.txt'],
    ])
  })

  test('R57: that is text says its charset', async () => {
    expect((await compose(text('a.txt'))).toString()).toMatch(
      /^Content-Type: text\/plain; charset=utf-8; name=a\.txt/m,
    )
    const latin = { ...text('b.txt'), content: Buffer.from([0xe4]), charset: 'iso-8859-1' }
    expect((await compose(latin)).toString()).toMatch(/^Content-Type: text\/plain; charset=iso-8859-1/m)
    const odd = { ...text('c.txt'), charset: 'x"; name="evil' }
    expect((await compose(odd)).toString()).toMatch(/^Content-Type: text\/plain; charset=utf-8/m)
  })

  test.each([
    ['us-ascii', 'a', 'us-ascii'],
    ['us-ascii', 'ä', 'utf-8'],
    [undefined, 'a', 'utf-8'],
    ['US-ASCII', '\u00e4', undefined],
    [undefined, '\u00e4', undefined],
    ['windows-1252', '\u00e4', 'windows-1252'],
  ])('R57: that is said to be in %s and holds %j says %s', async (charset, content, said) => {
    const bytes = Buffer.from(content, said === 'utf-8' ? 'utf8' : 'latin1')
    const raw = await compose({
      ...text('a.csv'),
      contentType: 'text/csv',
      content: bytes,
      ...(charset && { charset }),
    })
    expect(parseMime(raw).children[1]?.structure.parameters?.charset).toBe(said)
  })

  test('that is an invitation stays one', async () => {
    const invitation = { ...text('a.ics'), contentType: 'text/calendar' }
    for (const [method, said] of [
      ['REQUEST', 'REQUEST'],
      ['x; name=evil', undefined],
    ] as const) {
      const { structure } = parseMime(await compose({ ...invitation, method })).children[1] ?? {}
      expect(structure?.parameters).toMatchObject({ charset: 'utf-8', name: 'a.ics' })
      expect(structure?.parameters?.method).toBe(said)
    }
  })

  test('that is a mail goes along byte for byte, unless a line of it is too long for the way', async () => {
    const mail = (body: string) =>
      Buffer.from(
        `From: x@x.example\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nshort\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}\r\n--b--\r\n`,
      )
    const along = (content: Buffer) => compose({ filename: 'm.eml', contentType: 'message/rfc822', content })
    expect((await along(mail('<p>ä</p>'))).includes(mail('<p>ä</p>'))).toBe(true)
    const long = `<p>${'ä'.repeat(3_000)}</p>`
    const raw = await along(mail(long))
    expect(
      Math.max(
        ...raw
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(998)
    expect(raw.toString()).toContain('\r\n\r\nshort\r\n--b\r\n')
    const nested = parseMime(raw).children[1]
    const inner = parseMime(raw.subarray(nested?.bodyStart, nested?.end))
    const html = inner.children[1]
    const encoded = raw.subarray(nested?.bodyStart, nested?.end).subarray(html?.bodyStart, html?.end)
    expect(Buffer.from(encoded.toString(), 'base64').toString()).toBe(long)
    expect(html?.structure.parameters?.charset).toBe('utf-8')
  })

  test('R59: that is large is encoded as it leaves, and is the same each time', async () => {
    const content = Buffer.from(Array.from({ length: 300_001 }, (_, at) => (at * 31 + (at >> 8)) % 251))
    const mail = Buffer.from(`Subject: inner\n\n${'line\n'.repeat(20_000)}`)
    const picture = content.subarray(1)
    const html = '<img src="cid:a@b.example">'
    const draft = {
      from: { address: 'alice@test.example' },
      to: [{ address: 'bob@test.example' }],
      cc: [],
      bcc: [{ address: 'ann@test.example' }],
      subject: 'Files',
      body: 'x',
      attachments: [
        { filename: 'a.zip', contentType: 'application/zip', content },
        { filename: 'm.eml', contentType: 'message/rfc822', content: mail },
      ],
      original: {
        text: 'x',
        html,
        isRich: true,
        pictures: [{ filename: 'p.png', contentType: 'image/png', content: picture, cid: 'a@b.example' }],
      },
      date: new Date(0),
      messageId: '<1@test.example>',
    }
    const composed = await composeMessage(draft)
    const { raw, rawWithBcc, bytes } = composed
    const parts = [...allParts(parseMime(raw))].filter(({ children }) => children.length === 0)
    const bodies = parts.map(({ type, encoding, bodyStart, end }) => [
      type,
      hash(decodeTransfer(raw.subarray(bodyStart, end), encoding)),
    ])
    expect(bodies.slice(-3)).toEqual([
      ['image/png', hash(picture)],
      ['application/zip', hash(content)],
      ['message/rfc822', hash(Buffer.from(mail.toString().replaceAll('\n', '\r\n')))],
    ])
    expect(
      Math.max(
        ...raw
          .toString('latin1')
          .split('\r\n')
          .map((line) => line.length),
      ),
    ).toBe(76)
    expect(Buffer.concat([...bytes.pieces()]).equals(raw)).toBe(true)
    expect(bytes.length).toBe(raw.length)
    expect((await composeMessage(draft)).raw.equals(raw)).toBe(true)
    expect(rawWithBcc.toString('latin1').replace('Bcc: ann@test.example\r\n', '')).toBe(
      raw.toString('latin1'),
    )
    // Nobody makes 36 MB of it by passing it on.
    expect(Object.keys({ ...composed })).not.toContain('raw')
  })
})
