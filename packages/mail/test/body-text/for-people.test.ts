/**
 * R83: what a reply quotes and a forward carries. Chromium says which words a person sees of the original: the HTML for
 * people shows the same ones, and the text for people holds them in their order.
 */
import { findChromium, startVisibleTextJudge, type VisibleTextJudge } from '@email-connector/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { htmlForPeople } from '../../src/body-text/html-for-people.ts'
import { textForPeople } from '../../src/body-text/text-for-people.ts'
import { renderForPeople } from '../../src/index.ts'
import { toTrick, word } from './hidden-tricks.ts'

const newsletter = `<!doctype html><html><head><title>T</title><style>.dark{background:#123;color:#fff}.big td{font-size:18px}.gone{display:none}.row{display:block}.keep{white-space:pre}</style></head>
<body style="margin:0"><div class="gone">A preview line</div><center><table width="600" cellpadding="0" bgcolor="#112233"><tr><td style="font-size:0"><div class="dark" style="font-size:16px"><h1>Boats of May</h1><p>Save <b>20%</b> on <a href="https://shop.example/a?utm=1&amp;id=2#x" style="color:#fff">all boats</a>.</p></div></td></tr>
<tr><td><img src="https://img.example/boat.png?u=1" alt="A red boat" width="300"><img src="https://t.example/p.gif?who=1" width="1" height="1"><img src="cid:logo@x"></td></tr></table></center>
<table border="1" class="big"><thead><tr><th>Item</th><th>Price</th></tr></thead><tr><td>Rope</td><td align="right">12.00</td></tr><tr><td>Anchor</td><td>30.00</td></tr></table>
<ol start="3" type="a"><li>Sign</li><li>Pay<ul><li>now</li></ul></li></ol><span class="row">One</span><span class="row">Two</span>
<pre>a   b
  c</pre><div class="keep">x   y
z</div><dl><dt>Port</dt><dd>Left</dd></dl><p dir="rtl">שלום <bdi>world</bdi></p><p>10<sup>6</sup> H<sub>2</sub>O, <del>100 EUR</del> 80 EUR, E&amp;O</p>
<form action="https://evil.example/"><input name="q" value="v"><button>Vote</button></form><script>alert(1)</script>
<p><a href="https://a.example/x">https://a.example/x</a> <a href="mailto:ann@a.example">ann@a.example</a> <a href="tel:+491234">Call</a> <a href="javascript:x()">never</a> <a href="#top">up</a></p>
<blockquote type="cite"><p>First.</p><blockquote>Older.</blockquote></blockquote><hr><a href="https://shop.example/logo"><img src="https://img.example/l.png"></a></body></html>`

describe('HTML for people', () => {
  test('R83: targets are whole, tables and pictures stay, in the elements and attributes of a list', () => {
    const html = htmlForPeople(newsletter)
    expect(html).toContain('<a href="https://shop.example/a?utm=1&amp;id=2#x">all boats</a>')
    expect(html).toContain('<img src="https://img.example/boat.png?u=1" alt="A red boat" width="300">')
    expect(html).toContain('<img src="cid:logo@x" alt="">')
    expect(html).toContain('<a href="tel:+491234">Call</a>')
    expect(html).toContain('<td align="right">12.00</td>')
    expect(html).toContain('<ol start="3" type="a">')
    expect(html).toContain('<div style="white-space:pre-wrap">x   y\nz</div>')
    expect(html).toContain('E&amp;O')
    expect(html).not.toMatch(
      /script|form|input|preview line|t\.example|javascript|colou?r:|bgcolor|class=|\[image/i,
    )
  })

  test('R46: nothing that runs, loads or hides comes through', () => {
    const hostile =
      '<p onclick="x()" style="background:url(https://e.example/x);position:fixed;width:expression(alert(1));color:red">A</p><svg onload=x()><text y=20>B</text></svg><iframe src="https://e.example"></iframe>' +
      '<img src="javascript:x()" alt="C" onerror="x()"><img src="data:text/html,<script>"><img src=\'cid:"><script>\'><a href=" java&#10;script:x()">D</a><a href=\'https://e.example/"onmouseover="x\'>E</a><object data="x">F</object><style>p{display:block}</style><base href="https://e.example/"><meta http-equiv=refresh content=0><b style="font-size:0px;text-align:center">H</b>&lt;script&gt;'
    const html = htmlForPeople(hostile)
    expect(html).toBe(
      '<p>A</p>BC<a>D</a><a href="https://e.example/%22onmouseover=%22x">E</a><b style="text-align:center"></b>&lt;script&gt;',
    )
  })

  test('R83: the text has every target once, and no form of a model', () => {
    const text = textForPeople(newsletter)
    expect(text).toContain('all boats <https://shop.example/a?utm=1&id=2#x>.')
    expect(text).toContain('[A red boat]')
    expect(text).toContain('Item | Price\nRope | 12.00\nAnchor | 30.00')
    expect(text).toContain('c. Sign\nd. Pay\n   - now')
    expect(text).toContain('https://a.example/x ann@a.example Call <tel:+491234> never up')
    expect(text).toContain('> First.\n>\n> > Older.')
    expect(text).toContain('<https://shop.example/logo>')
    expect(text).not.toMatch(/\[image|\(shop\.example\)|~~|preview line|hidden/)
  })

  test('a picture of an emoji is the emoji, other signs are no words', () => {
    const picture = (alt: string) => `<img src="https://img.example/e.png" alt="${alt}" width="20">`
    const text = (alt: string) => textForPeople(`<p>Fine ${picture(alt)}</p>`)
    expect(['👍', '❤️', '👍🏽', '🎉 🎉'].map(text)).toEqual(['Fine 👍', 'Fine ❤', 'Fine 👍🏽', 'Fine 🎉 🎉'])
    expect(['®', '*', '--', 'Thumbs'].map(text)).toEqual(['Fine', 'Fine', 'Fine', 'Fine [Thumbs]'])
  })

  test('R83: what may be hidden is shown like any other text, what is hidden is not', () => {
    const html =
      '<p style="mask:url(#m)">MAYBE</p><p style="display:none">NEVER</p><p style="color:#fff">WHITE</p>'
    expect([textForPeople(html), htmlForPeople(html)]).toEqual(['MAYBE', '<p>MAYBE</p><p></p>'])
  })

  test('both come from one call', async () => {
    expect(await renderForPeople('<p>Hi <a href="https://a.example/?x=1">you</a></p>')).toEqual({
      html: '<p>Hi <a href="https://a.example/?x=1">you</a></p>',
      text: 'Hi you <https://a.example/?x=1>',
    })
  })
})

describe.skipIf(!findChromium())('R83: as Chromium shows it', () => {
  let judge: VisibleTextJudge
  beforeAll(async () => {
    judge = await startVisibleTextJudge()
  })
  afterAll(() => judge?.close())

  const mails: [string, string][] = [
    ['a newsletter', newsletter],
    [
      'hybrid columns',
      '<div style="font-size:0"><!--[if mso]>never<![endif]--><div style="display:inline-block;width:50%;font-size:16px">Left column</div><div style="display:inline-block;width:50%;font-size:16px">Right column</div></div>',
    ],
    [
      'a reply',
      '<div dir="ltr">Fine.</div><div class="gmail_quote"><div class="gmail_attr">On Monday Ann wrote:</div><blockquote class="gmail_quote">Shall we?<br>Ann</blockquote></div>',
    ],
    [
      'rules that hide',
      '<style>.m{display:none}@media (max-width:500px){.m{display:block}.d{display:none}}</style><p class="m">phone</p><p class="d">desk</p><p hidden>no</p>',
    ],
    [
      'closed details',
      '<details><summary>More</summary>secret</details><details open><summary>Less</summary>seen</details>',
    ],
  ]
  test.each(mails)('the words of %s', async (_name, html) => {
    const words = (await judge.words(html)).map((one) => one.toLowerCase())
    const shown = (await judge.words(htmlForPeople(html))).map((one) => one.toLowerCase())
    expect(shown).toEqual(words)
    expect(words).not.toEqual([])
    // Chromium puts no space between two boxes of a line, and shows `10⁶` without our mark.
    const text = textForPeople(html)
      .toLowerCase()
      .replaceAll(/ ?<[^<>\s]*>|[\^_>\s]/g, '')
    let at = 0
    for (const one of words) {
      const found = text.indexOf(one, at)
      expect(found, `${one} behind ${text.slice(at, at + 60)}`).toBeGreaterThanOrEqual(0)
      at = found + one.length
    }
  })

  test('of generated mails no hidden word appears and no visible one is lost', async () => {
    const wrong: string[] = []
    for (let number = 0; number < 25; number++) {
      const html = toTrick(number)
      const isSeen = await judge.sees(html, word, 'XTTE')
      const isShown = htmlForPeople(html).includes(word)
      if (isSeen && !isShown) wrong.push(html)
    }
    expect(wrong).toEqual([])
  })
})
