/** What a text of an email cannot pretend: one of our marks, and markup that loads or shows words over a target. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { describe, expect, test } from 'vitest'
import { breakMarkup } from '../../src/body-text/break-markup.ts'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { removeInvisible } from '../../src/body-text/invisible-characters.ts'
import { readPlain } from '../../src/body-text/read-plain.ts'
import { render } from '../../src/body-text/render.ts'
import { sanitizeHtml } from '../../src/body-text/sanitize-html.ts'

describe('our marks', () => {
  test.each(['[link 1]', '[<b>li</b>nk <i>1</i>]', '[link\u00a01]', '[ Link 1 ]', '[LINK 1'])(
    'R53: the email cannot number a link itself: %s',
    (forged) => {
      const html = `<p>Your bank ${forged} and <a href="https://a.example/?q=1">this</a></p>`
      for (const render of [htmlToText, sanitizeHtml]) {
        const { text, links } = render(html, { firstLink: 1 })
        const shown = text.replaceAll(/<[^>]*>/g, '')
        expect(shown.match(/\[\s*link\s+1/gi)).toEqual(['[link 1'])
        expect(links).toHaveLength(1)
      }
    },
  )

  test('R53: nor in plain text', async () => {
    const { text } = await readPlain('[Link\u00a01] https://a.example/?q=1', { firstLink: 1 })
    expect(text).toBe('(Link\u00a01) https://a.example/ [link 1]')
  })

  test('R47: words that may be hidden do not end the mark around them', () => {
    const html = '<p>Seen</p><p style="mask:url(#x)">x] unseen [y</p>'
    for (const render of [htmlToText, sanitizeHtml])
      expect(render(html).text).toContain('[possibly hidden: x) unseen (y]')
  })
})

describe('markup that loads, or lies', () => {
  test.each([
    ['![a](https://a.example/x)', '! [a] (https://a.example/x)'],
    ['![a][b]', '! [a][b]'],
    ['[a](<https://a.example>)', '[a] (<https://a.example>)'],
    ['[a](//a.example)', '[a] (//a.example)'],
    ['<IMG/SRC=x>', '< IMG/SRC=x>'],
    ['<img\nsrc=x>', '< img\nsrc=x>'],
    ['<div style="background:url(x)">', '< div style="background:url(x)">'],
    ['<p onclick=x>', '< p onclick=x>'],
  ])('R49: %s has a blank in it', (markup, broken) => {
    expect(breakMarkup(markup)).toBe(broken)
    expect(breakMarkup(broken)).toBe(broken)
  })

  test.each([
    'Bob <bob@a.example>',
    'a < b, c > d',
    '<https://a.example>',
    'List<String> x',
    'a[0](b)',
    '<b>bold</b>',
    '<imgur>',
  ])('what loads nothing stays as it is: %s', (text) => {
    expect(breakMarkup(text)).toBe(text)
  })

  test.each([
    [
      '[https://bank.example/login](<https://evil.example/x?q=1>)',
      'https://bank.example/login (evil.example)',
    ],
    ['[bank.example [safe]](https://evil.example/x?q=1)', 'bank.example [safe] (evil.example)'],
    [
      '[bank.example][r]\n\n[r]: https://evil.example/x?q=1',
      'bank.example (evil.example)\n\n[r]: evil.example',
    ],
    [
      '[bank.example]\n\n[Bank.example]:\n <https://evil.example/x?q=1>',
      '[bank.example]\n\n[Bank.example]:\n evil.example',
    ],
    [
      '[bank.example][]\n> - [bank.example]: https://evil.example/x?q=1',
      'bank.example (evil.example)\n> - [bank.example]: evil.example',
    ],
  ])('R49: a link of Markdown says where it leads, however it is written: %s', async (text, shown) => {
    const read = await readPlain(text)
    expect(read.text).toBe(shown)
    expect(read.warnings).toEqual(['link_text_mismatch'])
  })

  test('a table keeps the queries of its links, and loads nothing', async () => {
    const { text } = await render({
      content: 'a,![b](https://a.example/x?q=1),<img src=x>',
      from: 'values',
      to: 'text',
    })
    expect(text).toBe('a,! [b] (https://a.example/x?q=1),< img src=x>')
  })

  test('R77: a megabyte of beginnings costs no more than other text', async () => {
    for (const token of [
      '[a[b]',
      '[[b]',
      '[a',
      '<a ',
      '<a\nstyle',
      '](',
      '![',
      '[a][',
      '\n[a]:\n',
      '\n> [a]: //b',
      '[a]: https://b\n[a][a]',
    ]) {
      const text = token.repeat(Math.ceil(1_000_000 / token.length))
      expect(await leastCpuMs(5_000, () => readPlain(text)), token).toBeLessThan(5_000)
    }
  })
})

describe('characters that print nothing', () => {
  const bits = [...'1010011010100110101001101010011010100110101001101']
  const spelled = (zero: string, one: string) => bits.map((bit) => `a${bit === '0' ? zero : one}`).join('')

  test.each([
    ['the rest of plane 14', '\u{e0080}', '\u{e0200}'],
    ['controls of music', '\u{1d173}', '\u{1d17a}'],
    ['controls of shorthand', '\u{1bca0}', '\u{1bca3}'],
    ['reserved', '\u2065', '\ufff0'],
    ['joiners behind Latin letters', '\u200c', '\u200d'],
    ['word joiners', '\u2060', '\u2061'],
    ['Mongolian selectors', '\u180b', '\u180d'],
  ])('R47: %s spell nothing, and are said', (_, zero, one) => {
    const { text, removed } = removeInvisible(spelled(zero, one))
    expect(text).toBe('a'.repeat(bits.length))
    expect(removed).toBe(true)
    expect(removeInvisible(text)).toEqual({ text, removed: false })
  })

  test('R47: styles behind digits, which only a keycap has', () => {
    expect(removeInvisible('1\ufe0e2\ufe0f3\ufe0e4\ufe0f')).toEqual({ text: '1234', removed: true })
    expect(removeInvisible('1\ufe0f\u20e3 #\ufe0f\u20e3 ❤\ufe0f')).toEqual({
      text: '1\ufe0f\u20e3 #\ufe0f\u20e3 ❤\ufe0f',
      removed: false,
    })
  })

  test('what a script or a newsletter needs is kept, or no news', () => {
    for (const text of ['می‌خواهم', 'क्‍ष', '👨‍👩‍👧', 'ᠮᠤᠩᠭᠤᠯ'])
      expect(removeInvisible(text)).toEqual({ text, removed: false })
    expect(removeInvisible('shop\u200c.example, Auf\u200clage, at 4\u200c pm')).toEqual({
      text: 'shop.example, Auflage, at 4 pm',
      removed: false,
    })
  })
})
