/** Edits of stored drafts as other programs write them: what stays below new words, in text and HTML alike. */
import { describe, expect, test } from 'vitest'
import { allParts, parseMime } from '../../src/composing/mime-tree.ts'
import { editStored, type StoredEdit } from '../../src/editing/edit-stored.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'

const head = (...fields: string[]) =>
  ['From: Alice <alice@test.example>', 'Message-ID: <d@test.example>', 'MIME-Version: 1.0', ...fields].join(
    '\r\n',
  )
const html = (text: string) => `${head('Content-Type: text/html; charset=utf-8')}\r\n\r\n${text}\r\n`
const both = (text: string, words: string) =>
  `${head('Content-Type: multipart/alternative; boundary=b')}\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${words}\r\n--b--\r\n`
const edit = async (raw: string | Buffer, change: Partial<StoredEdit>) =>
  await editStored(Buffer.from(raw), { date: new Date(0), domain: 'test.example', ...change })

/** The texts of a message, by their types. */
function textsOf(raw: Buffer): Record<string, string> {
  const leaves = [...allParts(parseMime(raw))].filter(({ children }) => children.length === 0)
  return Object.fromEntries(
    leaves.map(({ type, bodyStart, end, encoding }) => [
      type,
      decodeTransfer(raw.subarray(bodyStart, end), encoding).toString(),
    ]),
  )
}

describe('new words for a draft', () => {
  test.each([
    [
      'Apple Mail',
      both(
        'Old\r\n\r\n> On 20. Nov 2026, at 10:00, Bob <bob@x.example> wrote:\r\n> \r\n> Hers\r\n',
        '<html><body>Old<div><br><blockquote type="cite"><div>On 20. Nov 2026, at 10:00, Bob wrote:</div><div>Hers</div></blockquote></div></body></html>',
      ),
    ],
    [
      'a program whose attribution nobody knows',
      both(
        'Old\r\n\r\nZitat von Bob:\r\n\r\nHers\r\n',
        '<div>Old</div><div class="gmail_quote"><div class="gmail_attr">Zitat von Bob:</div><blockquote class="gmail_quote">Hers</blockquote></div>',
      ),
    ],
    [
      'a signature without two hyphens',
      both('Old\r\n\r\nHers\r\n', '<div>Old</div><div class="gmail_signature"><i>Hers</i></div>'),
    ],
    [
      'a quote that HTML has no mark for',
      both('Old\r\n\r\n> Hers\r\n', '<p>Old</p><p style="color:gray">Hers</p>'),
    ],
    [
      'Outlook (Word)',
      both(
        'Old\r\n\r\nVon: Bob <bob@x.example>\r\nGesendet: Freitag, 20. November 2026 10:00\r\nAn: Alice\r\nBetreff: s\r\n\r\nHers\r\n',
        '<body><p>Old</p><div style="border-top:solid #E1E1E1 1pt"><p><b>Von:</b> Bob &lt;bob@x.example&gt;<br><b>Gesendet:</b> Freitag, 20. November 2026 10:00<br><b>An:</b> Alice<br><b>Betreff:</b> s</p></div><p><b>Hers</b></p></body>',
      ),
    ],
  ])('R82: keep what stands below the old ones of %s, in both forms', async (_program, raw) => {
    const edited = textsOf(await edit(raw, { body: 'New' }))
    for (const type of ['text/plain', 'text/html']) {
      expect(edited[type]).toContain('New')
      expect(edited[type]?.split('Hers')).toHaveLength(2)
      expect(edited[type]).not.toContain('Old')
    }
  })

  test('R82: take the place of words below a quote too, and of the quote they answer', async () => {
    const raw = both(
      'On 3 May 2026 Ann wrote:\r\n> Hers\r\n\r\nOld\r\n',
      '<div class="moz-cite-prefix">On 3 May</div><blockquote type="cite">Hers</blockquote><p>Old</p>',
    )
    const edited = textsOf(await edit(raw, { body: 'New' }))
    expect(edited['text/plain']?.trim()).toBe('New')
    expect(edited['text/html']).not.toMatch(/Old|Hers/)
  })

  test('leave one end of the document, however often they change', async () => {
    let raw: Buffer = Buffer.from(
      html('<html><body><p>Old</p><div class="moz-signature">-- <br>Alice</div></body></html>'),
    )
    for (const body of ['one', 'two', 'three']) raw = await edit(raw, { body })
    expect(textsOf(raw)['text/html']?.match(/<\/(?:body|html)>/g)).toEqual(['</body>', '</html>'])
  })
})

describe('a draft that its program has closed', () => {
  const closed = {
    'multipart/encrypted': `${head('Content-Type: multipart/encrypted; boundary=b')}\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--b--\r\n`,
    'application/pkcs7-mime': `${head('Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m')}\r\n\r\nMII=\r\n`,
  }
  const file = { filename: 'a.txt', contentType: 'text/plain', content: Buffer.from('a') }

  test.each(Object.entries(closed))('keeps its %s, and takes another header', async (_type, raw) => {
    const changes: [string, Partial<StoredEdit>][] = [
      ['body', { body: 'New' }],
      ['replace', { replace: [{ oldText: 'a', newText: 'b' }] }],
      ['attachments', { addAttachments: [file] }],
      ['attachments', { removeAttachments: 'all' }],
      ['remove_attachments', { removeAttachments: ['2'] }],
    ]
    for (const [field, change] of changes)
      await expect(edit(raw, change)).rejects.toMatchObject({
        code: 'invalid_input',
        field,
        reason: expect.stringContaining('encrypted'),
      })
    const edited = (await edit(raw, { subject: 'New' })).toString()
    expect(edited.slice(edited.indexOf('\r\n\r\n'))).toBe(raw.slice(raw.indexOf('\r\n\r\n')))
  })

  test('loses a signature that would be a false one, and nothing else', async () => {
    const signed = `${head('Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s')}\r\n\r\n--s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nOld\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\nSEAL\r\n--s--\r\n`
    const edited = await edit(signed, {
      replace: [{ oldText: 'Old', newText: 'New' }],
      addAttachments: [file],
    })
    expect(textsOf(edited)['text/plain']).toBe('a')
    expect(edited.toString()).toContain('\r\nNew')
    expect(edited.toString()).not.toMatch(/multipart\/signed|SEAL/)
    expect((await edit(signed, { subject: 'New' })).toString()).toContain('SEAL')
  })
})

test('a draft that ends in its header keeps that field to itself', async () => {
  for (const end of ['', '\r', '\r\n', '\n']) {
    const edited = await edit(`${head('Subject: x')}${end}`, { body: 'New' })
    expect(edited.toString()).toMatch(/^Subject: x\r?\n[A-Z]/m)
    expect(textsOf(edited)['text/plain']?.trim()).toBe('New')
  }
})

describe('words of a draft that are replaced', () => {
  const replace = async (raw: string, oldText: string, newText: string) =>
    textsOf(await edit(raw, { replace: [{ oldText, newText }] }))
  const link = (shown: string, target = 'https://x.example/a') => `<p>go <a href="${target}">${shown}</a></p>`
  const shownLink = (shown: string, target = 'https://x.example/b') => link(shown, target)

  test.each([
    ['a link', 'https://x.example/a', link('https://x.example/a'), shownLink('https://x.example/b')],
    ['a part of a link', 'e/a', link('https://x.example/a'), shownLink('https://x.example/b')],
    ['a link without its scheme', 'x.example/a', link('x.example/a'), shownLink('x.example/b')],
    ['a link in bold', 'e/a', link('<b>x.example/a</b>'), shownLink('<b>x.example/b</b>')],
    [
      'a link and more',
      'https://x.example/a now',
      `${link('https://x.example/a')} now`,
      `${shownLink('https://x.example/b now')}`,
    ],
    [
      'an address',
      'a@x.example',
      link('a@x.example', 'mailto:a@x.example'),
      shownLink('b@x.example', 'mailto:b@x.example'),
    ],
    [
      'a link with a query',
      'https://x.example/a',
      link('https://x.example/a?x=1&amp;y', 'https://x.example/a?x=1&amp;y'),
      shownLink('https://x.example/b?x=1&amp;y', 'https://x.example/b?x=1&amp;y'),
    ],
    ['the words of a link', 'here', link('here'), link('there')],
    ['a link by its target', 'https://x.example/a', link('here'), shownLink('here')],
  ])('R82: %s leads where it says', async (_kind, oldText, before, after) => {
    const newText = oldText === 'here' ? 'there' : oldText.replace(/a(?= |$)|^a(?=@)/, 'b')
    expect((await replace(html(before), oldText, newText))['text/html']?.trim()).toBe(after)
  })

  test('are in UTF-8, and their HTML says so', async () => {
    const latin = Buffer.from(
      `${head('Content-Type: text/html; charset=iso-8859-1')}\r\n\r\n<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><meta charset='latin1'><p>\u00fc 5</p>`,
      'latin1',
    )
    const edited = await edit(latin, { replace: [{ oldText: '5', newText: '6 €' }] })
    expect(textsOf(edited)['text/html']).toContain(
      `content="text/html; charset=utf-8"><meta charset='utf-8'><p>ü 6 €</p>`,
    )
  })

  const own = both(
    'First *bold* text with link <https://x.example/a>, _so it_ is.\r\n',
    `<p>First <strong>bold</strong> text with <a href="https://x.example/a">link</a>, <em>so it</em> is.</p>`,
  )
  test.each([
    ['First bold text', 'New', 'New with link', '<p>New<strong></strong> with <a'],
    ['First **bold** text', 'A **new** one', 'A **new** one with', '<p>A new one<strong></strong> with'],
    ['bold text', 'new', 'First new with', 'First <strong>new</strong> with'],
    ['text with link, so', 'x', 'First *bold* x', '</strong> x'],
    [
      'link <https://x.example/a>',
      'page <https://x.example/b>',
      'with page <https://x.example/b>,',
      '<a href="https://x.example/b">page</a>,',
    ],
    [
      'https://x.example/a',
      'https://x.example/b',
      'link <https://x.example/b>,',
      '"https://x.example/b">link</a>',
    ],
  ])(
    'R82: %s is found in text and HTML, whatever marks are in between',
    async (oldText, newText, text, words) => {
      const edited = await replace(own, oldText, newText)
      expect(edited['text/plain']).toContain(text)
      expect(edited['text/html']).toContain(words)
    },
  )
})
