/** The HTML of a mail as text: what a reader would see, in order, and nothing that only a machine would read. */
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { sanitizeHtml } from '../../src/body-text/sanitize-html.ts'

const textOf = (html: string) => htmlToText(html).text

describe('R73: ordinary mails are read whole', () => {
  test.each([
    [
      'a wrapper of size nought around children that set their own (MJML)',
      '<div style="font-size:0;line-height:0"><table width="100%"><tr><td style="font-size:0px"><div style="font-size:14px">SEEN</div></td></tr></table></div>',
    ],
    [
      'a hybrid layout of inline blocks',
      '<!--[if mso]><table><tr><td><![endif]--><div style="font-size:0;text-align:center"><div style="display:inline-block;width:100%;max-width:300px;font-size:16px">SEEN</div></div><!--[if mso]></td></tr></table><![endif]-->',
    ],
    ['visibility set again', '<div style="visibility:hidden"><p style="visibility:visible">SEEN</p></div>'],
    ['a height of nought that cuts nothing off', '<div style="height:0;max-height:0">SEEN</div>'],
    ['a rule for a neighbour of pictures', '<style>img + div{display:none}</style><div>SEEN</div>'],
    ['a rule for what is empty', '<style>p:empty{display:none}</style><p>SEEN</p>'],
    [
      'a rule for another column',
      '<style>td:nth-child(3){display:none}</style><table><tr><td>SEEN</td></tr></table>',
    ],
    ['a rule below a class that is not there', '<style>.x .b{display:none}</style><div class="b">SEEN</div>'],
    [
      'a rule for another program',
      '<style>[data-ogsc] .b, u + .body .b{display:none}</style><div class="b">SEEN</div>',
    ],
    ['what an applet says where there is none', '<applet code="a.class">SEEN</applet>'],
    ['a later value that is valid', '<p style="display:none;display:block">SEEN</p>'],
    ['a stronger selector', '<style>p.h{display:block}.h{display:none}</style><p class="h">SEEN</p>'],
    [
      'white on a dark table',
      '<table bgcolor="#222"><tr><td><font color="white">SEEN</font></td></tr></table>',
    ],
    [
      'light text over a picture',
      '<table><tr><td style="background:url(https://a.example/b.png)"><p style="color:#fff">SEEN</p></td></tr></table>',
    ],
    ['an indent of an inline element', '<p><span style="text-indent:-200em">SEEN</span></p>'],
    [
      'an indent taken back',
      '<p style="text-indent:-200em"><b style="display:block;text-indent:0">SEEN</b></p>',
    ],
    [
      'an indent that a table does not take',
      '<div style="text-indent:-200em"><table><tr><td>SEEN</td></tr></table></div>',
    ],
    [
      'no box to move, fade or cut',
      '<p style="display:contents;position:absolute;left:-200vw;opacity:0;margin-left:-9999px">SEEN</p>',
    ],
    ['a sheet in a language that is not CSS', '<style type="text/x">p{display:none}</style><p>SEEN</p>'],
    [
      'a gradient in the shape of letters',
      '<h1 style="background:linear-gradient(90deg,#f0f,#00f);background-clip:text;-webkit-text-fill-color:transparent"><b>SEEN</b></h1>',
    ],
    [
      'the same by its older name',
      '<h1 style="background-image:-webkit-linear-gradient(left,#000,gold);-webkit-background-clip:text;color:transparent">SEEN</h1>',
    ],
    [
      'the same in short',
      '<h1 style="background:linear-gradient(90deg,#f0f,#00f) text;color:#0000">SEEN</h1>',
    ],
    [
      'a colour in the shape of letters',
      '<h1 style="background-color:red;-webkit-background-clip:text;color:transparent">SEEN</h1>',
    ],
    ['a hanging number', '<dl><dd style="text-indent:-40px"><b>SEEN</b></dl>'],
    ['an indent as wide as the room of a list', '<ul><p style="text-indent:-45px">SEEN</p></ul>'],
    [
      'an indent as wide as the room of a cell',
      '<table cellpadding="60"><tr><td style="text-indent:-60px">SEEN</table>',
    ],
    ['an indent of a line that is centred', '<p align="center" style="text-indent:-60px">SEEN</p>'],
    ['an indent of a line at the right', '<p align="right" style="text-indent:-9999px">SEEN</p>'],
    [
      'pushed down and drawn up again',
      '<div style="overflow:hidden;height:20px"><p style="margin-top:60px"><b style="position:relative;top:-60px">SEEN</b></p></div>',
    ],
    ['a window with room above', '<div style="overflow:hidden;height:20px;padding-top:60px">SEEN</div>'],
    ['a button as high as its line', '<div style="overflow:hidden;height:40px;line-height:40px">SEEN</div>'],
    [
      'beside a cell as high as the window',
      '<div style="overflow:hidden;height:200px"><table><tr><td height="200"></td><td>SEEN</td></tr></table></div>',
    ],
    [
      'beside what floats',
      '<div style="overflow:hidden;height:200px"><div style="float:left;height:200px;width:20px"></div>SEEN</div>',
    ],
    [
      'at the top of what it is placed in',
      '<div style="overflow:hidden;height:20px;position:relative"><div style="height:50px"></div><p style="position:absolute;top:0;margin:0">SEEN</p></div>',
    ],
    [
      'a height of which nobody knows the whole',
      '<div style="overflow:hidden;height:100%"><div style="height:900px"></div>SEEN</div>',
    ],
    [
      'a window that can be scrolled',
      '<div style="overflow:auto;height:90px"><div style="height:100px"></div>SEEN</div>',
    ],
    ['a value for Internet Explorer', '<p style="display:none\\9">SEEN</p>'],
    ['a value for Internet Explorer in a sheet', '<style>p{opacity:0\\0/}</style><p>SEEN</p>'],
    ['a mark that is not the important one', '<p style="display:none !ie">SEEN</p>'],
    ['an indent without a unit, with a doctype', '<!doctype html><p style="text-indent:-9999">SEEN</p>'],
    ['a size without a unit, with a doctype', '<!doctype html><style>p{font-size:1}</style><p>SEEN</p>'],
    ['margins without a unit, with a doctype', '<!doctype html><p style="margin:0 0 0 -9999">SEEN</p>'],
    ['a page further down', '<div style="position:absolute;top:3000px">SEEN</div>'],
  ])('%s', (_name, html) => {
    expect(htmlToText(html)).toEqual({ text: 'SEEN', warnings: [] })
  })
})

describe('R74: what is not seen is not read', () => {
  test.each([
    [
      'a rule with a condition that fails undoes nothing',
      '<style>.h{display:none}@media (min-width:99999px){.h{display:block}}</style><p class="h">SECRET</p>',
    ],
    [
      'a rule that reaches another element undoes nothing',
      '<style>.h{display:none}.zz .h{display:block}</style><p class="h">SECRET</p>',
    ],
    ['a later value that is invalid replaces nothing', '<p style="display:none;display:bogus">SECRET</p>'],
    [
      'an end tag that HTML ignores ends nothing',
      '<div hidden><table><tr><td></div>SECRET</td></tr></table>',
    ],
    ['a function of lengths', '<p style="font-size:calc(0px)">SECRET</p>'],
    ['a function left open', '<p style="font-size:calc(0px">SECRET</p>'],
    ['an important mark in capitals', '<p style="display:none !\\49MPORTANT;display:block">SECRET</p>'],
    ['an indent without a unit, without a doctype', '<p style="text-indent:-9999">SECRET</p>'],
    ['the same by a variable', '<p style="--x:-9999;text-indent:var(--x)">SECRET</p>'],
    [
      'a sheet that says that it is CSS',
      '<style type="TEXT/CSS">p.h{display:none}</style><p class="h">SECRET</p>',
    ],
    [
      'letters in the shape of which nothing is painted',
      '<h1 style="background:linear-gradient(90deg,#f0f,#00f);color:transparent">SECRET</h1>',
    ],
    [
      'a gradient of one colour',
      '<h1 style="background:linear-gradient(#fff,#fefefe);-webkit-background-clip:text;color:transparent">SECRET</h1>',
    ],
    [
      'a colour in the shape of letters, on itself',
      '<h1 style="background-color:#fff;-webkit-background-clip:text;color:transparent">SECRET</h1>',
    ],
    [
      'a ground over letters of a gradient',
      '<h1 style="background:linear-gradient(90deg,#f0f,#00f);-webkit-background-clip:text;color:transparent"><b style="background:#fff">SECRET</b></h1>',
    ],
    [
      'letters of a gradient that the short form takes back',
      '<h1 style="-webkit-background-clip:text;background:linear-gradient(90deg,#f0f,#00f);color:#0000">SECRET</h1>',
    ],
    [
      'an indent beside the page',
      '<p style="text-indent:-140px"><i style="display:none">very many words in front</i>SECRET</p>',
    ],
    [
      'pushed out of its window by a margin',
      '<div style="overflow:hidden;height:20px"><p style="margin-top:60px">SECRET</p></div>',
    ],
    [
      'pushed out by a padding',
      '<div style="overflow:hidden;height:20px"><p style="padding-top:60px">SECRET</p></div>',
    ],
    [
      'pushed out by an offset',
      '<div style="overflow:hidden;height:20px"><p style="position:relative;top:60px">SECRET</p></div>',
    ],
    [
      'pushed out by its line',
      '<div style="overflow:hidden;height:20px"><p style="line-height:300px;margin:0">SECRET</p></div>',
    ],
    [
      'pushed out to the right',
      '<div style="overflow:hidden;width:100px"><p style="margin-left:300px">SECRET</p></div>',
    ],
    [
      'pushed out to the left',
      '<div style="overflow:hidden;width:100px;margin-left:300px"><p style="margin-left:-200px">SECRET</p></div>',
    ],
    [
      'a window pushed out of another',
      '<div style="overflow:hidden;height:20px"><div style="overflow:hidden;height:50px;margin-top:60px">SECRET</div></div>',
    ],
    [
      'pushed out of what it is placed in',
      '<div style="overflow:hidden;height:20px;position:relative"><p style="position:absolute;top:60px">SECRET</p></div>',
    ],
    ['a variable', '<p style="--x:0;font-size:var(--x)">SECRET</p>'],
    ['another colour space', '<p style="color:oklch(1 0 0)">SECRET</p>'],
    ['one colour on itself', '<p style="background:maroon;color:maroon">SECRET</p>'],
    ['the colour that fills', '<p style="-webkit-text-fill-color:#fff">SECRET</p>'],
    ['an escape in a selector', '<style>.\\68{display:none}</style><p class="h">SECRET</p>'],
    ['a nested rule', '<style>.a{& .h{display:none}}</style><div class="a"><p class="h">SECRET</p></div>'],
    ['a list of selectors', '<style>:is(.q,.h){display:none}</style><p class="h">SECRET</p>'],
    [
      'an indent of an inline element, which the box in it takes',
      '<p><span style="text-indent:-200em"><b style="display:block">SECRET</b></span></p>',
    ],
    ['a colour without a box', '<p style="display:contents;color:#fff">SECRET</p>'],
    [
      'an indent that a table is told to take',
      '<div style="text-indent:-200em"><table style="text-indent:inherit"><td>SECRET</table></div>',
    ],
    ['all of it cut off', '<p style="clip-path:inset(100%)">SECRET</p>'],
    ['turned edge on', '<p style="transform:rotateY(90deg)">SECRET</p>'],
    ['closed details', '<details><summary>More</summary>SECRET</details>'],
    ['a popover', '<p popover>SECRET</p>'],
    ['brackets for old ruby', '<ruby>a<rp>SECRET</rp><rt>b</rt></ruby>'],
    [
      'what only a table without doctype takes from the body',
      '<body text="white"><div style="color:black"><table><tr><td>SECRET</td></tr></table></div>',
    ],
  ])('%s', (_name, html) => {
    for (const render of [htmlToText, sanitizeHtml]) {
      const { text, warnings } = render(`<p style="color:black">Shown words</p>${html}`)
      expect(text).not.toContain('SECRET')
      expect(text).toContain('Shown words')
      expect(warnings).toEqual(['hidden_text_removed'])
    }
  })

  test('words beside the page are hidden, and those behind them in the line are not', () => {
    const html = '<p style="text-indent:-40px"><b>No</b> <b>ref</b><b>unds after May 4</b><br><b>x</b></p>'
    const { text } = htmlToText(html)
    expect(text).toContain('unds after May 4\nx')
    expect(text).not.toMatch(/(?<!possibly hidden: )No/)
  })

  test('what may be hidden stays and is marked where it is', () => {
    for (const html of [
      '<p style="mask:url(#m)">MAYBE</p>',
      '<style>@container (width > 1px){p{display:none}}</style><p>MAYBE</p>',
      '<p style="mix-blend-mode:screen">MAYBE</p>',
      '<div style="overflow:hidden;height:20px"><img height="300"><p style="margin:0">MAYBE</p></div>',
      '<div style="overflow:hidden;height:20px"><br><br><br><p style="margin:0">MAYBE</p></div>',
      '<div style="overflow:hidden;height:20px"><div style="height:100px"></div><p style="margin:0">MAYBE</p></div>',
      '<h2 style="max-height:0;background:linear-gradient(#f0f,#00f);-webkit-background-clip:text;color:transparent">MAYBE</h2>',
      '<h2 style="background:linear-gradient(90deg,#fff 0%,#fff 90%,#000);-webkit-background-clip:text;color:transparent">MAYBE</h2>',
      '<h2 style="background:linear-gradient(90deg,#f0f,#00f) 0 0/0 0;-webkit-background-clip:text;color:transparent">MAYBE</h2>',
      '<h2 style="background:linear-gradient(90deg,#f0f,#00f) 900px 0 no-repeat;-webkit-background-clip:text;color:transparent">MAYBE</h2>',
      '<table><td><p style="text-indent:-90px">MAYBE</p></table>',
      '<table><td style="float:left;height:0;overflow:hidden">MAYBE</table>',
      '<table><td style="position:absolute;height:0;overflow:clip">MAYBE</table>',
      '<p style="margin-top:9999px">MAYBE</p>',
      '<style>p{position:fixed;top:9999px}p{position:absolute}</style><p>MAYBE</p>',
      '<p style="transform:translateY(99in)">MAYBE</p>',
    ]) {
      expect(htmlToText(`${html}<b>Sure</b>`)).toEqual({
        text: '[possibly hidden: MAYBE]\n\nSure',
        warnings: ['hidden_text_possible'],
      })
      expect(sanitizeHtml(html).text).toContain('[possibly hidden: MAYBE]')
    }
  })

  test('hidden words are news only where the reader sees them nowhere', () => {
    const preheader = '<div style="display:none">Your order is on its way &zwnj;&nbsp;&#847;&shy;</div>'
    expect(htmlToText(`${preheader}<h1>Your order</h1><p>It is on its way.</p>`).warnings).toEqual([])
    // The line that lists show: every newsletter hides one in front, so it would be said of all of them.
    expect(htmlToText(`${preheader}<h1>Hello</h1>`).warnings).toEqual([])
    expect(htmlToText(`<h1>Hello</h1>${preheader}`).warnings).toEqual(['hidden_text_removed'])
    expect(htmlToText('<!-- Header --><p>Hello</p><!--[if mso]>a b c d e<![endif]-->').warnings).toEqual([])
  })

  test('what pads a preview is gone, and a choice of form behind each letter carries nothing', () => {
    expect(
      textOf(`<p>Sale now${'&zwnj;&nbsp;&#847;&shy; &#8199;&#10240;&#6068;'.repeat(60)}</p><p>Next</p>`),
    ).toBe('Sale now\n\nNext')
    const spelled = [...'Hello'].map((letter) => `${letter}\uFE00`).join('')
    expect(htmlToText(`<p>${spelled}</p>`)).toEqual({ text: 'Hello', warnings: ['hidden_text_removed'] })
  })
})

describe('layout', () => {
  test('tables of data keep their cells, the empty ones too', () => {
    const row = (...cells: string[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
    const head = '<tr><th>Item</th><th>Qty</th><th>Discount</th></tr>'
    expect(textOf(`<table>${head}${row('Rope', '2', '')}${row('Anchor', '', '5 %')}</table>`)).toBe(
      'Item | Qty | Discount\nRope | 2 | \nAnchor |  | 5 %'.replace('2 | \n', '2 |\n'),
    )
    // Columns and cells that only keep a distance are none.
    expect(textOf(`<table>${row('Sum', '&nbsp;', '18.00')}${row('Tax', '', '2.00')}</table>`)).toBe(
      'Sum | 18.00\nTax | 2.00',
    )
  })

  test('cells that span rows or columns leave those behind them in their columns', () => {
    const days =
      '<table><tr><td rowspan="2">Mon</td><td>9</td><td>A</td></tr><tr><td>10</td><td>B</td></tr></table>'
    expect(textOf(days)).toBe('Mon | 9 | A\n | 10 | B')
    const sums =
      '<table><tr><th>Item</th><th>Qty</th><th>Sum</th></tr><tr><td>Rope</td><td>2</td><td>8</td></tr><tr><td colspan="2">Total</td><td>8</td></tr></table>'
    expect(textOf(sums)).toBe('Item | Qty | Sum\nRope | 2 | 8\nTotal |  | 8')
    const titled = '<table><tr><th colspan="2">Order</th></tr><tr><td>Rope</td><td>2</td></tr></table>'
    expect(textOf(titled)).toBe('Order\nRope | 2')
    const hostile = `<table><tr><th colspan="65535" rowspan="99999999">a</th><th>b</th></tr>${'<tr><td>c</td><td>d</td></tr>'.repeat(2_000)}</table>`
    expect(textOf(hostile).length).toBeLessThan(20_000)
  })

  test('tables that only place things are blocks in order', () => {
    const html =
      '<table><tr><td><h1>Title</h1><p>Left</p></td><td width="20"></td><td><p>Right</p><p>More</p></td></tr><tr><td><table><tr><td><a href="https://a.example/x">Home</a></td><td><a href="https://b.example/y">Shop</a></td></tr></table></td></tr></table>'
    expect(textOf(html)).toBe('Title\n\nLeft\n\nRight\n\nMore\n\nHome (a.example) | Shop (b.example)')
  })

  test('lists keep their numbers and their depth', () => {
    expect(
      textOf(
        '<ol start="3"><li>Sign<ul><li>here</li><li>there</li></ul></li><li>Pay</li><li value="9">End</li></ol>',
      ),
    ).toBe('3. Sign\n   - here\n   - there\n4. Pay\n9. End')
    expect(textOf('<ol reversed><li>a</li><li>b</li></ol>')).toBe('2. a\n1. b')
  })

  test('every line of a quote is one', () => {
    const html =
      '<div>Yes.</div><blockquote type="cite"><p>First.</p><p>Shall we<br>cancel?</p><blockquote><p>Older.</p></blockquote></blockquote><div>Bye.</div>'
    expect(textOf(html)).toBe('Yes.\n\n> First.\n>\n> Shall we\n> cancel?\n>\n> > Older.\n\nBye.')
  })

  test('raised, lowered and struck letters do not change what is said', () => {
    expect(
      textOf(
        '10<sup>6</sup> l of H<sub>2</sub>O, x<sup>n+1</sup>, 1<sup>st</sup>, <del>100 EUR</del> 80 EUR',
      ),
    ).toBe('10^6 l of H_2O, x^(n+1), 1st, ~~100 EUR~~ 80 EUR')
  })

  test.each([
    ['a style', 'Was <span style="text-decoration:line-through">$99</span> $49', 'Was ~~$99~~ $49'],
    [
      'a rule, which nothing inside takes back',
      '<style>.o{text-decoration:red line-through 2px}</style>Was <b class="o">$<i style="text-decoration:none">99</i></b> $49',
      'Was ~~$99~~ $49',
    ],
    [
      'a block, and not what stands in its line by itself',
      '<div style="text-decoration-line:line-through"><p>one <b>two</b></p><p>three</p><div style="display:inline-block">free</div></div>',
      '~~one two~~\n\n~~three~~\n\nfree',
    ],
    [
      'a cell and a row',
      '<table><tr><td style="text-decoration:line-through">$99</td><td>$49</td></tr><tr style="text-decoration:line-through"><td>a</td><td>b</td></tr></table>',
      '~~$99~~ | $49\n~~a~~ | ~~b~~',
    ],
    [
      'twice',
      '<s><u style="text-decoration:line-through">a</u></s> <u style="text-decoration:line-through"><s>b</s></u>',
      '~~a~~ ~~b~~',
    ],
    [
      'taken back by a later value, and not by one that is none',
      '<u style="text-decoration:line-through;text-decoration:none">a</u> <u style="text-decoration:line-through;text-decoration:x">b</u>',
      'a ~~b~~',
    ],
  ])('R73: struck out by CSS: %s', (_name, html, text) => {
    expect(textOf(html)).toBe(text)
  })

  const items = '<li>one</li><li>two</li>'
  test.each([
    [`<ol style="list-style-type:lower-alpha">${items}</ol>`, 'a. one\nb. two'],
    [`<ol style="list-style:inside upper-roman">${items}</ol>`, 'I. one\nII. two'],
    [`<ol style="list-style:none">${items}</ol>`, 'one\ntwo'],
    ['<ol><li style="list-style-type:decimal">one</li><li type="A">two</li></ol>', '1. one\nB. two'],
    [`<style>.x li{list-style:lower-latin}</style><ol class="x">${items}</ol>`, 'a. one\nb. two'],
    [`<style>li{display:block}</style><ol>${items}</ol>`, 'one\ntwo'],
    [
      '<ol type="i" start="3"><li>one<ul><li>u</li></ul></li><li>two</li></ol>',
      'iii. one\n     - u\niv. two',
    ],
    [`<ol style="list-style:square">${items}</ol>`, '- one\n- two'],
    [`<ul style="list-style:decimal">${items}</ul>`, '1. one\n2. two'],
    [`<ol style="list-style-type:0">${items}</ol>`, '1. one\n2. two'],
  ])('R73: items are marked as their style says: %s', (html, text) => {
    expect(textOf(html)).toBe(text)
  })

  test('pictures say what they say, pixels nothing', () => {
    expect(
      textOf(
        '<img src="https://a.example/b.png" alt="Valid until [12] December"><img src="cid:x"><img src="https://t.example/p" width="1" alt="tracking pixel"><img src="https://t.example/q" style="height:1px"><img src="https://h.example/i" alt="hidden words" style="display:none">',
      ),
    ).toBe('[image: Valid until 12 December] [image: attached]')
  })

  test('preformatted text keeps its spaces, by element and by style', () => {
    expect(textOf('<pre>a  b\n  c</pre><div style="white-space:pre-wrap">x   y\n  z</div>')).toBe(
      'a  b\n  c\n\nx   y\n  z',
    )
  })

  test('a link keeps its host next to its words', () => {
    expect(textOf('<p><a href="https://shop.example/a?t=1">Walmart </a>when</p>')).toBe(
      'Walmart (shop.example) when',
    )
  })
})
