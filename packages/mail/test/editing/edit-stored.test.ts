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
