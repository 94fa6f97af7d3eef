/** R81: whole targets on request, R49: and none without. */
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { readPlain } from '../../src/body-text/read-plain.ts'
import { sanitizeHtml } from '../../src/body-text/sanitize-html.ts'

const html =
  '<p><a href="https://meet.example/j/123?pwd=a%20b&amp;x=1#now">Join</a>, <a href="https://meet.example/j/123?pwd=a%20b&amp;x=1#now">again</a>, https://a.example/x?token=4. ' +
  '<a href="https://b.example/?q=2">https://b.example/?q=2</a> <a href="mailto:a@b.example?subject=Hi">mail</a> <a href="javascript:x()">no</a> [link 1]</p>'

describe('links', () => {
  test('R81: each has a number in the text and its whole target in the list, once', () => {
    const { text, links } = htmlToText(html, { firstLink: 1 })
    expect(text).toBe(
      'Join (meet.example) [link 1], again (meet.example) [link 1], https://a.example/x [link 4]. https://b.example/ [link 2] mail (a@b.example) [link 3] no (link 1)',
    )
    expect(links).toEqual([
      { number: 1, text: 'Join', url: 'https://meet.example/j/123?pwd=a%20b&x=1#now' },
      { number: 2, text: 'https://b.example/?q=2', url: 'https://b.example/?q=2' },
      { number: 3, text: 'mail', url: 'mailto:a@b.example?subject=Hi' },
      { number: 4, text: '', url: 'https://a.example/x?token=4' },
    ])
  })

  test('R49: without it neither number nor query', () => {
    const { text, links } = htmlToText(html)
    expect(links).toBeUndefined()
    expect(text).not.toMatch(/pwd|token|\[link [2-9]/)
  })

  test('R81: what is left out of an address that is shown shows, and only there', async () => {
    const cut = 'https://a.example/r?k=1 https://a.example/r#top https://a.example/r http://b.example'
    const shown = 'https://a.example/r?… https://a.example/r#… https://a.example/r http://b.example/'
    expect((await readPlain(cut)).text).toBe(shown)
    expect(htmlToText(`<p>${cut}</p>`).text).toBe(shown)
    expect(htmlToText('<a href="https://a.example/r?k=1">https://a.example/r?k=1</a>').text).toBe(
      'https://a.example/r?…',
    )
    expect(sanitizeHtml('<p>https://a.example/r?k=1</p>').text).toBe('<p>https://a.example/r?…</p>')
    expect((await readPlain(shown)).text).toBe(shown)
  })

  test('R81: in HTML, too', () => {
    const { text, links } = sanitizeHtml('<p><a href="https://a.example/x?t=1">Go</a></p>', { firstLink: 7 })
    expect(text).toBe('<p><a href="https://a.example/x">Go</a> [link 7]</p>')
    expect(links).toEqual([{ number: 7, text: 'Go', url: 'https://a.example/x?t=1' }])
  })

  test('R81: plain text has them behind its addresses', async () => {
    const { text, links } = await readPlain(
      'Reset: https://a.example/r?k=1 (or [here](https://b.example/?z=2)).',
      {
        firstLink: 1,
      },
    )
    expect(text).toBe('Reset: https://a.example/r [link 2] (or here (b.example) [link 1]).')
    expect(links?.map(({ url }) => url)).toEqual(['https://b.example/?z=2', 'https://a.example/r?k=1'])
  })

  test('R81: a target of more than 4,000 characters is cut in front of its query, and says so', () => {
    const { links } = htmlToText(`<a href="https://a.example/x?${'q'.repeat(5000)}">Go</a>`, { firstLink: 1 })
    expect(links).toEqual([{ number: 1, text: 'Go', url: 'https://a.example/x', isCut: true }])
  })

  test('R49: what would end a line or an attribute is encoded', () => {
    const { links } = htmlToText('<a href="https://a.example/?x=&quot;&gt;&#10;&lt;b y=ä">Go</a>', {
      firstLink: 1,
    })
    expect(links?.[0]?.url).toBe('https://a.example/?x=%22%3E%3Cb%20y=%C3%A4')
  })
})
