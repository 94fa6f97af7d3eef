/** What an owner is shown of a draft before it goes out, and when it says that this is not all. */
import { expect, test } from 'vitest'
import { composeMessage } from '../../src/index.ts'
import { type ShownStored, showStored } from '../../src/showing/show-stored.ts'

const lines = (...given: string[]) => Buffer.from(given.join('\r\n'))
const html = (content: string, ...more: string[]) =>
  lines('Subject: x', 'MIME-Version: 1.0', 'Content-Type: text/html; charset=utf-8', ...more, '', content)
const alternative = (plain: string, rich: string, ...more: string[]) =>
  lines(
    ...['Subject: x', 'MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary=b', '', '--b'],
    ...['Content-Type: text/plain; charset=utf-8', '', plain, '--b'],
    ...['Content-Type: text/html; charset=utf-8', '', rich, ...more, '--b--', ''],
  )
const only = ({ texts }: ShownStored) => {
  const [text, ...others] = texts
  if (text === undefined || others.length > 0) throw new Error(`${texts.length} texts`)
  return text
}

test('R92: the two forms of an email that we compose say the same words, lists, quotes and tables too', async () => {
  const { rawWithBcc } = await composeMessage({
    ...{ from: { address: 'ann@test.example' }, to: [{ address: 'bob@test.example' }], cc: [], bcc: [] },
    ...{ subject: 'x', date: new Date(0), messageId: '<a@test.example>', attachments: [] },
    body: '# Plan\n\n1. *first*\n2. second, see [the page](https://a.example/b?c=d)\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | 2 |',
  })
  const shown = await showStored(rawWithBcc)
  const text = only(shown)
  expect({ differs: text.differs, isWhole: shown.isWhole, hidden: text.html?.hidden }).toEqual({
    ...{ differs: false, isWhole: true, hidden: [] },
  })
  expect(text.html?.links).toEqual([{ text: 'the page', url: 'https://a.example/b?c=d' }])
  expect(text.html?.document).toMatch(/^<!DOCTYPE html><meta http-equiv="Content-Security-Policy"/)
})

test('R92: what HTML hides is there in words, and forms that say different words are told', async () => {
  const hiding =
    'Hello<div style="display:none">ledger of 2026 to mallory</div><img src="https://t.example/p.gif">'
  const shown = only(await showStored(alternative('Hello', hiding)))
  expect(shown).toMatchObject({ plain: 'Hello', differs: false })
  expect(shown.html).toMatchObject({ hidden: ['ledger of 2026 to mallory'], pictureHosts: ['t.example'] })
  expect(only(await showStored(alternative('Pay 100 to Bob', 'Pay 900 to Bob'))).differs).toBe(true)
})

test('pictures of the email are in the document, each use counted; others are named as missing', async () => {
  const pixels = Buffer.alloc(900_000, 7).toString('base64')
  const raw = lines(
    ...[
      'MIME-Version: 1.0',
      'Content-Type: multipart/related; boundary=b',
      '',
      '--b',
      'Content-Type: text/html',
      '',
    ],
    '<img src="cid:one@x"><p style="background:url(cid:one@x)">cid:one@x</p><img src=cid:one@x><img src="cid:none">',
    ...[
      '--b',
      'Content-Type: image/png',
      'Content-ID: <one@x>',
      'Content-Transfer-Encoding: base64',
      '',
      pixels,
    ],
    ...['--b', 'Content-Type: image/svg+xml', 'Content-ID: <none>', '', '<svg/>', '--b--', ''],
  )
  const shown = await showStored(raw)
  const { document = '', missingPictures } = only(shown).html ?? {}
  // Two of 900 kB fit, the third use does not; the words stay words.
  expect([document.split('data:image/png;base64,').length - 1, missingPictures]).toEqual([2, 2])
  expect(document).toContain('>cid:one@x</p>')
  expect(shown.files.map(({ contentType }) => contentType)).toEqual(['image/png', 'image/svg+xml'])
})

test('R92: it is not whole where a text is too long, closed, of a kind that is not shown, or was not judged', async () => {
  const amp = alternative('Hello', 'Hello', '--b', 'Content-Type: text/x-amp-html', '', 'Something else')
  const encrypted = lines(
    ...['Content-Type: multipart/encrypted; boundary=b; protocol="application/pgp-encrypted"', '', '--b'],
    ...['Content-Type: application/pgp-encrypted', '', 'Version: 1', '--b'],
    ...['Content-Type: application/octet-stream', '', 'x', '--b--', ''],
  )
  const manyParts = lines(
    ...['Content-Type: multipart/mixed; boundary=b', ''],
    ...Array.from({ length: 1_200 }, (_, index) => `--b\r\nContent-Type: image/png\r\n\r\n${index}`),
    ...['--b--', ''],
  )
  const hidden = `Hello<p style="display:none">${'word '.repeat(5_000)}</p>`
  for (const [name, raw] of Object.entries({
    ...{ amp, encrypted, manyParts, hidden: html(hidden) },
    long: lines('Subject: x', '', 'word '.repeat(100_000)),
    elements: html('<b>x</b>'.repeat(9_000)),
    links: html(
      Array.from({ length: 500 }, (_, index) => `<a href="https://a.example/${index}">x</a>`).join(''),
    ),
  }))
    expect((await showStored(raw)).isWhole, name).toBe(false)
  expect((await showStored(html('Hello'))).isWhole).toBe(true)
  expect((await showStored(Buffer.alloc(0))).isWhole).toBe(true)
})
