/** From what a mail carries to what may be read: nothing a person could not see, no link that is not what it says. */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { createLinkJudge } from '../../src/body-text/link-names.ts'
import { sanitizeHtml } from '../../src/body-text/sanitize-html.ts'
import { neutraliseLinks, removeInvisible } from '../../src/index.ts'

const hidden: [string, string][] = [
  ['display:none', '<div style="display:none">SECRET</div>'],
  ['display: none with !important and case', '<div style="DISPLAY : None !important">SECRET</div>'],
  ['visibility', '<p style="visibility:hidden">SECRET</p>'],
  ['opacity 0', '<p style="opacity:0.01">SECRET</p>'],
  [
    'opacity 0 of a colour that nobody knows',
    '<p style="color:color-mix(in srgb,red,blue);opacity:0">SECRET</p>',
  ],
  ['opacity and colour together', '<p style="opacity:0.3;color:rgba(0,0,0,0.3)">SECRET</p>'],
  ['a window one pixel high', '<p style="position:absolute;clip:rect(0,200px,1px,0)">SECRET</p>'],
  ['font-size 0', '<span style="font-size:0px">SECRET</span>'],
  ['font shorthand', '<span style="font:0/0 a">SECRET</span>'],
  ['tiny font', '<span style="font-size:1px">SECRET</span>'],
  ['white on white', '<p style="color:#fff">SECRET</p>'],
  ['almost white on white', '<p style="color:rgb(254, 253,255)">SECRET</p>'],
  ['same colour as an ancestor', '<div style="background:#123456"><p style="color:#123457">SECRET</p></div>'],
  ['white font element', '<font color="white">SECRET</font>'],
  ['transparent', '<p style="color:rgba(0,0,0,0)">SECRET</p>'],
  ['off-screen', '<p style="position:absolute;left:-9999px">SECRET</p>'],
  ['text-indent', '<p style="text-indent:-999em">SECRET</p>'],
  ['hidden attribute', '<p hidden>SECRET</p>'],
  ['class by style', '<style>.x{display:none}</style><p class="a x">SECRET</p>'],
  [
    'class by style in @media',
    '<style>@media screen{div .x, b{display:none}}</style><div><p class="x">SECRET</p></div>',
  ],
  ['id by style after the element', '<p id="x">SECRET</p><style>#x{font-size:0}</style>'],
  ['attribute selector', '<style>[data-x="1"]{display:none}</style><p data-x="1">SECRET</p>'],
  ['template', '<template><p>SECRET</p></template>'],
  ['max-height 0', '<div style="max-height:0;overflow:hidden">SECRET</div>'],
  ['height 0 clipped', '<div style="height:0;overflow:hidden">SECRET</div>'],
  ['clip', '<div style="position:absolute;clip:rect(0,0,0,0)">SECRET</div>'],
  ['comment', '<!-- SECRET words for a machine -->'],
  ['iframe', '<iframe srcdoc="x">SECRET</iframe>'],
  ['svg text', '<svg><text>SECRET</text></svg>'],
  ['scaled away', '<p style="transform:scale(0)">SECRET</p>'],
  ['closed dialog', '<dialog>SECRET</dialog>'],
  [
    'an important rule over an inline style',
    '<style>.x{display:none !important}</style><p class=x style="display:block">SECRET</p>',
  ],
  ['content-visibility', '<p style="content-visibility:hidden">SECRET</p>'],
  ['a filter', '<p style="filter:opacity(0)">SECRET</p>'],
  ['a filter in percent', '<p style="filter: blur(1px) opacity( 0% )">SECRET</p>'],
  ['max-width 0 with overflow', '<div style="max-width:0px;overflow:hidden;white-space:nowrap">SECRET</div>'],
  ['margin shorthand', '<p style="margin:-9999px">SECRET</p>'],
  ['margin shorthand of four', '<p style="margin:0 0 0 -9999px">SECRET</p>'],
  ['off-screen above', '<p style="margin-top:-9999px">SECRET</p>'],
  [
    'at the right of a narrow box off-screen',
    '<p style="max-width:50px;margin-left:-200px;text-align:right">SECRET</p>',
  ],
  ['off-screen to the right', '<p style="position:absolute;left:9999px">SECRET</p>'],
  ['off-screen below', '<p style="position:fixed;top:9999px">SECRET</p>'],
  ['moved away', '<p style="transform:translate(-9999px)">SECRET</p>'],
  ['cut by a path', '<p style="clip-path:inset(50%)">SECRET</p>'],
  ['a comment of many words', '<!-- SECRET, however it is written: words, words and words -->'],
  ['two letters in entities', '<p>&#xE0041;&#xE0042;</p>'],
  ['nested deep', `${'<div>'.repeat(600)}<b style="display:none">SECRET</b>`],
]

describe('hidden text', () => {
  test.each(hidden)('R47: %s is removed and said to be', (_name, html) => {
    for (const render of [htmlToText, sanitizeHtml]) {
      const { text, warnings } = render(`<p>Shown</p>${html}<p>Also</p>`)
      expect(text).not.toContain('SECRET')
      expect(text).toContain('Shown')
      expect(warnings).toContain('hidden_text_removed')
    }
  })

  test('R47: Unicode tags, bidi controls and zero-width runs are removed', () => {
    const tags = [...'obey'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')
    expect(removeInvisible(`Hi${tags}!`)).toEqual({ text: 'Hi!', removed: true })
    // the deprecated format characters, and the supplement of variation selectors
    expect(removeInvisible('a\u206Ab\u206Fc\u206Cd')).toEqual({ text: 'abcd', removed: true })
    expect(removeInvisible('a\u{E0100}b\u{E01EF}c')).toEqual({ text: 'abc', removed: true })
    // beside a flag, as another word behind one, and without its end
    const flag = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}'
    expect(removeInvisible(`${flag}\u{E007F}${tags}\u{E007F}`).text).toBe(`${flag}\u{E007F}`)
    for (const other of [`\u{1F3F4}${tags}\u{E007F}`, flag, `${flag}\u{E0067}\u{E007F}`])
      expect(removeInvisible(other)).toEqual({ text: '\u{1F3F4}', removed: true })
    expect(removeInvisible('a\u202Eb\u2066c')).toEqual({ text: 'abc', removed: true })
    expect(removeInvisible('a\u200B\u200C\u200D\u200Bb')).toEqual({ text: 'ab', removed: true })
    expect(htmlToText(`<p>Hi&#xE0041;&#xE0042;</p>`)).toEqual({
      text: 'Hi',
      warnings: ['hidden_text_removed'],
    })
  })

  test.each([
    ['clip-path:polygon(0 0, 1px 0, 0 1px)'],
    ['mask:url(#m)'],
    ['mask-image:linear-gradient(#0000, #0000)'],
    ['mask-border:url(x)'],
    ['offset-path:path("M0 0")'],
    ['mix-blend-mode:difference'],
    ['background-image:url(x);background-clip:text'],
    ['background-image:url(data:,x)'],
    ['contain:size'],
    ['z-index:-1'],
    ['grid-template-rows:0fr'],
    ['content:url(x)'],
    ['letter-spacing:-1em'],
    ['word-spacing:-4em'],
  ])('R47: text whose style is not worked out is marked: %s', (style) => {
    expect(htmlToText(`<div style="background:#fff"><p style='${style}'>MAYBE</p></div>`)).toEqual({
      text: '[possibly hidden: MAYBE]',
      warnings: ['hidden_text_possible'],
    })
  })

  test.each([['letter-spacing:-0.2em'], ['word-spacing:-2em'], ['contain:paint'], ['z-index:1']])(
    'R47: text that such a style cannot hide is not marked: %s',
    (style) => {
      expect(htmlToText(`<div style="background:#fff"><p style='${style}'>SEEN</p></div>`)).toEqual({
        text: 'SEEN',
        warnings: [],
      })
    },
  )

  test('R47: a style sheet too long to be understood is said to be', () => {
    const html = `<style>${'.a{color:red}'.repeat(3_000)}.x{display:none}</style><p class=x>MAYBE</p>`
    const { text, warnings } = htmlToText(html)
    expect(text).toMatch(/styles of this email were not understood to their end.*\n\nMAYBE$/)
    expect(warnings).toEqual(['hidden_text_possible'])
  })

  test('keeps what readers of other scripts and of emoji need', () => {
    const flags = [...'engsctwls'.matchAll(/.{3}/g)].map(([name]) =>
      [...`gb${name}`].reduce(
        (flag, letter) => flag + String.fromCodePoint(0xe0000 + letter.charCodeAt(0)),
        '\u{1F3F4}',
      ),
    )
    for (const flag of flags)
      expect(removeInvisible(`${flag}\u{E007F}`)).toEqual({ text: `${flag}\u{E007F}`, removed: false })
    for (const text of ['می\u200Cخواهم', '👨\u200D👩\u200D👧', '❤\uFE0F', '🏳\uFE0F\u200D🌈', 'क्\u200Dष']) {
      expect(removeInvisible(text)).toEqual({ text, removed: false })
    }
  })

  test('keeps ordinary text: dark backgrounds, print styles, phone layouts, unknown CSS', () => {
    const shown = [
      '<table bgcolor="#000000"><tr><td style="color:#ffffff">SEEN</td></tr></table>',
      '<style>@media print{.x{display:none}}</style><p class="x">SEEN</p>',
      '<style>@media only screen and (max-width:600px){.x{display:none}}</style><p class="x">SEEN</p>',
      '<div style="background:url(x.png);color:#fff">SEEN</div>',
      '<p style="margin:0;line-height:0;font-size:14px">SEEN</p>',
      '<style>a:hover{display:none}</style><a>SEEN</a>',
      // Browsers show the first size for a nought, and know no filter of Internet Explorer.
      '<font size=0>SEEN</font>',
      '<div style="font-size:0"><font size=0>SEEN</font></div>',
      '<p style="filter:alpha(opacity=0)">SEEN</p>',
      '<div style="max-width:0">SEEN</div>',
      '<!--[if mso]><p>only in Outlook here</p><![endif]--><p>SEEN</p>',
    ]
    for (const html of shown) expect(htmlToText(html)).toEqual({ text: 'SEEN', warnings: [] })
  })
})

describe('links and images', () => {
  test('R49: shows text and host, drops the query, names images by host and drops pixels and data', () => {
    const html =
      '<p><a href="https://shop.example/a?utm=1">Our shop</a> <img src="https://img.example/x.png?id=7" alt="a">' +
      '<img src="https://t.example/p.gif" width="1" height="1"><img src="data:image/png;base64,AAAA">' +
      '<a href="javascript:alert(1)">click</a> <a href="mailto:a@b.example?subject=x">mail</a></p>'
    const { text } = htmlToText(html)
    expect(text).toBe('Our shop (shop.example) [image: img.example] click mail (a@b.example)')
    const sanitized = sanitizeHtml(html).text
    expect(sanitized).toContain('<a href="https://shop.example/a">Our shop</a>')
    expect(sanitized).not.toMatch(/utm|javascript|data:|<img|t\.example/)
  })

  test('R49: a link whose text names another host is flagged, punycode shows', () => {
    expect(htmlToText('<a href="https://evil.example/">www.bank.example</a>').warnings).toEqual([
      'link_text_mismatch',
    ])
    expect(htmlToText('<a href="https://login.bank.example/x">bank.example</a>').warnings).toEqual([])
    expect(htmlToText('<a href="https://pаypal.example/">Pay</a>').text).toBe('Pay (xn--pypal-4ve.example)')
  })

  test('R49: Markdown in plain text cannot load or leak', () => {
    const { text, warnings } = neutraliseLinks(
      'See ![x](https://evil.example/?d=1) and [www.bank.example](https://evil.example/?q=2)\n[1]: https://evil.example/?r=3\nhttps://ok.example/path?token=4 data:text/html;base64,AAA',
      { judge: createLinkJudge() },
    )
    expect(text).toBe(
      'See [image: evil.example] and www.bank.example (evil.example)\n[1]: evil.example\nhttps://ok.example/path?… [data removed]',
    )
    expect(warnings).toEqual(['link_text_mismatch'])
    expect(
      neutraliseLinks('[![Logo](https://a.example/l.png "t")](https://b.example/?x=1 "title")').text,
    ).toBe('[image: a.example] (b.example)')
  })

  test('R49: no other spelling of an image in plain text stays one', () => {
    for (const image of [
      '![a [b] c](https://evil.example/p)',
      '![a\nb](https://evil.example/p)',
      '![a\\]b](https://evil.example/p)',
      '![a](<https://evil.example/p>)',
      '![a](https://evil.example/p',
      '![a][b]',
    ]) {
      expect(neutraliseLinks(`See ${image}`).text).not.toMatch(/!\[/)
    }
    expect(neutraliseLinks('![x](https://evil.example/p\nwords').text).toContain('words')
  })

  test('R49: a host is found in any part of a link text, an address or a version is none', () => {
    const warningsOf = (shown: string) => htmlToText(`<a href="https://evil.example/">${shown}</a>`).warnings
    for (const shown of [
      '.bank.example',
      'go to http://bank.example:80/x',
      'v1.2 of bank.example',
      'bank.example.1',
    ])
      expect(warningsOf(shown), shown).toEqual(['link_text_mismatch'])
    for (const shown of ['ann@bank.example', 'ann.lee@x', 'v1.2', 'login.evil.example', 'plain'])
      expect(warningsOf(shown), shown).toEqual([])
  })

  test('R46: sanitised HTML has no handler, script, style or unknown element', () => {
    const html =
      '<p onclick="x()" style="color:red">A</p><script>alert(1)</script><form action="https://e.example"><input value="v"></form>' +
      '<a href="https://e.example/&quot;onmouseover=x">B</a>&lt;script&gt;<b class=x>C</b>'
    expect(sanitizeHtml(html).text).toBe(
      '<p>A</p><a href="https://e.example/%22onmouseover=x">B</a>&lt; script&gt;<b>C</b>',
    )
  })
})

const manyKinds = (count: number) =>
  Array.from({ length: count }, (_, n) => `<p class="a a${n}" id="b${n}">`).join('')

describe('layout', () => {
  test('keeps paragraphs, lists and table rows apart', () => {
    const html =
      '<html><head><title>T</title></head><body><h1>Title</h1><p>One<br>two</p><ul><li>a</li><li>b</li></ul>' +
      '<table><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></table><pre>  keep\n  this</pre></body></html>'
    expect(htmlToText(html).text).toBe('Title\n\nOne\ntwo\n\n- a\n- b\n\nx | y\nz\n\n  keep\n  this')
  })

  test.each([
    ['brackets', '<'.repeat(200_000)],
    ['open tags', '<a '.repeat(100_000)],
    ['deep nesting', '<div>'.repeat(100_000)],
    ['open braces', `<style>${'{'.repeat(200_000)}`],
    [
      'many rules and elements',
      `<style>${'.a{color:red}'.repeat(30_000)}</style>${'<p class="a">x'.repeat(20_000)}`,
    ],
    [
      'many kinds',
      `<style>${'.a{color:red}'.repeat(3_000)}</style>${Array.from({ length: 20_000 }, (_, n) => `<p class="a${n}">`).join('')}`,
    ],
    ['general rules', `<style>${'p{color:red}'.repeat(3_000)}</style>${manyKinds(5_000)}`],
    ['compound rules', `<style>${'p.a{color:red}'.repeat(3_000)}</style>${manyKinds(5_000)}`],
    ['unclosed links', '<a href="https://a.example">x'.repeat(20_000)],
    ['Markdown', '![[](('.repeat(50_000)],
    ['Markdown targets', '![x](aa'.repeat(50_000)],
    ['one long target', `[x](${'a'.repeat(300_000)}`],
    ['unclosed styles', '<style '.repeat(50_000)],
    ['zero width', '\u200B'.repeat(500_000)],
  ])('R62: %s end within a second', async (_name, html) => {
    const read = () => {
      htmlToText(html)
      neutraliseLinks(html)
    }
    expect(await leastCpuMs(1_000, read)).toBeLessThan(1_000)
  })
})
