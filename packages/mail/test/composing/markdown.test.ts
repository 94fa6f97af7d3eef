import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { describe, expect, it } from 'vitest'
import { markdownToHtml } from '../../src/composing/markdown.ts'

const body = (markdown: string) =>
  /<body>\n(.*)\n<\/body>/s.exec(markdownToHtml(markdown) ?? '')?.[1]?.replace(/\n/g, '')

const escaped = (text: string) => text.replaceAll('&', '&amp;')

describe('Markdown', () => {
  it.each([
    ['**a** _b_ *c* ~~d~~', '<p><strong>a</strong> <em>b</em> <em>c</em> <del>d</del></p>'],
    ['**a *b* c**', '<p><strong>a <em>b</em> c</strong></p>'],
    ['`<b>` and ``a`b``', '<p><code>&lt;b&gt;</code> and <code>a`b</code></p>'],
    ['# T\ntext', '<h1>T</h1><p>text</p>'],
    ['- a\n- b\n  - c\n  more', '<ul><li>a</li><li><p>b</p><ul><li>c</li></ul><p>more</p></li></ul>'],
    ['3. x\n4. y', '<ol start="3"><li>x</li><li>y</li></ol>'],
    [
      '> q\n> > r',
      '<blockquote type="cite"><p>q</p><blockquote type="cite"><p>r</p></blockquote></blockquote>',
    ],
    ['```js\n<i>\n```\nx', '<pre><code>&lt;i&gt;</code></pre><p>x</p>'],
    ['a\n\n---\n\nb', '<p>a</p><hr><p>b</p>'],
    ['[t](https://x.example/?a=1&b=2)', '<p><a href="https://x.example/?a=1&amp;b=2">t</a></p>'],
    ['<https://x.example>', '<p><a href="https://x.example">https://x.example</a></p>'],
    ['\\*a\\* **b**', '<p>*a* <strong>b</strong></p>'],
    ['**a**\nb', '<p><strong>a</strong><br>b</p>'],
  ])('%j', (markdown, html) => {
    expect(body(markdown)).toBe(html)
  })

  it.each([
    ['https://x.example/?token=_aB3-x_-Zq9', 'https://x.example/?token=_aB3-x_-Zq9', ''],
    ['https://x.example/a*b*c', 'https://x.example/a*b*c', ''],
    ['https://x.example/a**b**c~~d~~', 'https://x.example/a**b**c~~d~~', ''],
    ['https://x.example/?t=ab_', 'https://x.example/?t=ab_', ''],
    ['https://x.example/a_(b_c)_d', 'https://x.example/a_(b_c)_d', ''],
    ['https://x.example/a?b=1&c=_2_.', 'https://x.example/a?b=1&c=_2_', '.'],
    ['见https://x.example/_a_。好', 'https://x.example/_a_', '。好'],
  ])('R83: a bare URL is taken before emphasis: %s', (text, url, rest) => {
    const link = `<a href="${escaped(url)}">${escaped(url)}</a>${rest}`
    const before = text.slice(0, text.indexOf('https'))
    expect(body(`${text} **b**`)).toBe(`<p>${before}${link} <strong>b</strong></p>`)
    expect(body(`**see ${text} now** or *${text.slice(before.length)} so*`)).toBe(
      `<p><strong>see ${before}${link} now</strong> or <em>${link} so</em></p>`,
    )
  })

  it.each([
    [
      'www.x.example/_a_ **b**',
      '<a href="http://www.x.example/_a_">www.x.example/_a_</a> <strong>b</strong>',
    ],
    ['**https://x.example/a** b', '<strong><a href="https://x.example/a">https://x.example/a</a></strong> b'],
    ['*(https://x.example/a)*', '<em>(<a href="https://x.example/a">https://x.example/a</a>)</em>'],
    ['[https://x.example/_a_](https://y.example)', '<a href="https://y.example">https://x.example/_a_</a>'],
    ['`https://x.example/_a_` **b**', '<code>https://x.example/_a_</code> <strong>b</strong>'],
    ['\uE100 **b** \uE100', '\uE100 <strong>b</strong> \uE100'],
  ])('R83: and ends where its sentence goes on: %s', (markdown, html) => {
    expect(body(markdown)).toBe(`<p>${html}</p>`)
  })

  it.each([
    'plain',
    'see https://x.example/a_b_c and www.x.example',
    'a\nb\n\nc',
    '2 * 3 * 4',
    'snake_case_name',
    '5 < 6 & "x"',
    'http://x.example',
    '--',
    '[a](b)',
  ])('%j needs no HTML', (text) => expect(markdownToHtml(text)).toBeUndefined())

  it.each([
    ...[
      '[x](javascript:alert(1))',
      '[x](JaVaScRiPt:a)',
      '[x](data:text/html,a)',
      '<javascript:a>',
      '[x](//evil.example)',
    ],
    ...[
      '<script>a</script>',
      '<img src=x onerror=a>',
      '[x](https://a.example"onclick="b)',
      '**<b>**',
      '`</code><b>`',
    ],
  ])('R46: %j adds no markup of its own', (text) => {
    const { tags, attributes, links } = readHtml(`${markdownToHtml(`**x** ${text}`)}`)
    expect(links.filter((link) => !/^(?:https?:\/\/|mailto:)/i.test(link))).toEqual([])
    expect([...tags].filter((tag) => !allowedTags.has(tag))).toEqual([])
    expect([...attributes].filter((name) => !['href', 'charset'].includes(name))).toEqual([])
  })

  it('R46: no text makes any other tag, attribute or link scheme', () => {
    const piece = fc.constantFrom(
      ...[
        '<',
        '>',
        '"',
        "'",
        '&',
        '**',
        '*',
        '_',
        '`',
        '```\n',
        '[',
        ']',
        '(',
        ')',
        'https://',
        'javascript:',
        'x',
        ' ',
      ],
      ...['\n', '\n\n', '> ', '- ', '1. ', '# ', '\\', '<script>', 'onclick=', '~~', '\t'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { tags, attributes, links } = readHtml(markdownToHtml(pieces.join('')) ?? '')
        expect([...tags].filter((tag) => !allowedTags.has(tag))).toEqual([])
        expect(
          [...attributes].filter((name) => !['href', 'charset', 'type', 'start'].includes(name)),
        ).toEqual([])
        expect(links.filter((link) => !/^(?:https?:\/\/|mailto:)/i.test(link))).toEqual([])
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    '[',
    '**a',
    '*a ',
    '_a',
    '`',
    '<https://',
    '> ',
    '- ',
    '\\',
    '~~a',
    '[a](',
    '![',
    '(',
    '1. a\n ',
    '**_',
  ])(
    'R62: 100 kB of %j takes no quadratic time',
    (piece) => {
      expect(() => markdownToHtml(piece.repeat(100_000 / piece.length))).not.toThrow()
    },
    5_000,
  )
})

const allowedTags = new Set([
  ...[
    '!doctype',
    'html',
    'head',
    'meta',
    'body',
    'p',
    'br',
    'strong',
    'em',
    'del',
    'code',
    'pre',
    'a',
    'hr',
    'ul',
    'ol',
  ],
  ...['li', 'blockquote', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
])

function readHtml(html: string) {
  const tags = new Set<string>()
  const attributes = new Set<string>()
  const links: string[] = []
  const walk = (node: DefaultTreeAdapterTypes.Node): void => {
    if ('tagName' in node) {
      tags.add(node.tagName)
      for (const { name, value } of node.attrs) {
        attributes.add(name)
        if (name === 'href') links.push(value)
      }
    }
    if ('childNodes' in node) for (const child of node.childNodes) walk(child)
  }
  walk(parseFragment(html))
  return { tags, attributes, links }
}
