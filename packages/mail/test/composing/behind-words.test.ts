/** What stands behind the words of a message, in both forms: signature, then original; and what an edit keeps of it. */
import { describe, expect, test } from 'vitest'
import { plainForPeople } from '../../src/body-text/plain-for-people.ts'
import { renderBody } from '../../src/composing/render-body.ts'
import { tailOfHtml } from '../../src/editing/html-tail.ts'
import { tailOfText } from '../../src/editing/kept-tail.ts'

const original = {
  text: 'On Fri, 27 Nov 2026 at 10:15, Ann <a@x.example> wrote:\n> # 5*3*2 _x_ `',
  html: '<blockquote>5*3*2</blockquote>',
  isRich: false,
  pictures: [],
}

describe('behind the words', () => {
  test('R84: a signature stands between the words and the original, behind its mark', async () => {
    const signature = { text: 'Alice\n+49 1', html: '<b>Alice</b>' }
    const { text, html } = await renderBody('Yes ```', { signature, original })
    expect(text).toBe(`Yes \`\`\`\n\n-- \nAlice\n+49 1\n\n${original.text}`)
    expect(html).toMatch(
      /Yes ```<\/p>\n<div class="gmail_signature">-- <br><b>Alice<\/b><\/div>\n<br>\n<blockquote>/,
    )
  })

  test.each([
    [{ text: '-- \r\nAlice\r\nACME' }, '-- \nAlice\nACME', '-- <br>Alice<br>ACME'],
    [
      { text: '\n--\nA', html: '<p class="a">-- <br><b>A</b></p>' },
      '-- \nA',
      '-- <br><p class="a"><b>A</b></p>',
    ],
    [{ text: 'A', html: '--&nbsp;<br><b>A</b>' }, '-- \nA', '-- <br><b>A</b>'],
    [{ text: '-- A --\n--', html: '<p>-- A</p>' }, '-- \n-- A --\n--', '-- <br><p>-- A</p>'],
  ])('a signature that was kept with its mark has one: %j', async (signature, text, html) => {
    const rendered = await renderBody('**x**', { signature })
    expect(rendered.text).toBe(`*x*\n\n${text}`)
    expect(rendered.html).toContain(`<div class="gmail_signature">${html}</div>`)
  })

  test('plain text that has Hebrew or Arabic in it follows its first letter', () => {
    expect(plainForPeople('שלום')).toBe('<div dir="auto" style="white-space:pre-wrap">שלום</div>')
    expect(plainForPeople('Grüße')).toBe('<div style="white-space:pre-wrap">Grüße</div>')
  })

  test('R83: an original that is plain text is no Markdown, and needs no HTML', async () => {
    expect(await renderBody('Yes', { original })).toEqual({ text: `Yes\n\n${original.text}`, flowed: false })
    expect((await renderBody('**Yes**', { original })).html).toContain('<blockquote>5*3*2</blockquote>')
    expect((await renderBody('Yes', { original: { ...original, isRich: true } })).html).toContain(
      '<p>Yes</p>',
    )
  })

  test('R83: plain text as HTML has its lines, its targets whole, and nothing else', () => {
    const text =
      'Join: https://zoom.example/j/987?pwd=aB_c*d_e*f\nDoc: <https://docs.example/d/1/edit#gid=0>.\n  <b> & (see www.x.example/a_(b))'
    expect(plainForPeople(text)).toBe(
      '<div style="white-space:pre-wrap">Join: <a href="https://zoom.example/j/987?pwd=aB_c*d_e*f">https://zoom.example/j/987?pwd=aB_c*d_e*f</a><br>Doc: &lt;<a href="https://docs.example/d/1/edit#gid=0">https://docs.example/d/1/edit#gid=0</a>&gt;.<br>  &lt;b&gt; &amp; (see <a href="http://www.x.example/a_(b)">www.x.example/a_(b)</a>)</div>',
    )
  })

  test('a URL has the brackets that it opens', () => {
    const words =
      'https://x.example/?a[b]={c} [https://x.example/?a] https://x.example/?[b https://x.example/a[1]'
    const targets = [...plainForPeople(words).matchAll(/href="([^"]*)"/g)].map(([, target]) => target)
    const url = 'https://x.example/?a'
    expect(targets).toEqual([`${url}[b]={c}`, url, 'https://x.example/', 'https://x.example/a'])
  })

  test.each([
    [
      'a quote',
      'Mine\nmore\n\nOn Fri, 27 Nov 2026, Ann wrote:\n> Hers',
      'On Fri, 27 Nov 2026, Ann wrote:\n> Hers',
    ],
    [
      'a wrapped attribution',
      'Mine\n\nOn Fri, 27 Nov 2026 at 10:15, Ann Lee\n<ann@x.example> wrote:\n\n> Hers',
      'On Fri, 27 Nov 2026 at 10:15, Ann Lee\n<ann@x.example> wrote:\n\n> Hers',
    ],
    [
      'a forward',
      'Mine\n\n---------- Forwarded message ----------\nFrom: x\n\nHers',
      '---------- Forwarded message ----------\nFrom: x\n\nHers',
    ],
    [
      'a signature above a quote',
      'Mine\n\n-- \nMe\n\nOn 3 May Ann wrote:\n> Hers',
      '-- \nMe\n\nOn 3 May Ann wrote:\n> Hers',
    ],
    [
      'a signature below a quote',
      'Mine\n\nOn 3 May 2026 Ann wrote:\n> Hers\n\n-- \nMe',
      'On 3 May 2026 Ann wrote:\n> Hers\n\n-- \nMe',
    ],
    [
      'a quote with its attribution in it',
      'Mine\n\n> On 3 May 2026 Ann wrote:\n> \n> Hers\n\n-- \nMe',
      '> On 3 May 2026 Ann wrote:\n> \n> Hers\n\n-- \nMe',
    ],
    ['a quote that nobody is named for', 'Mine\n\n> Hers\n', '> Hers'],
    ['a signature whose blank got lost', 'Mine\n\n--\nMe\nInc.\n', '--\nMe\nInc.'],
    [
      'such a signature above a quote',
      'Mine\n\n--\nMe\n\nOn 3 May Ann wrote:\n> Hers',
      '--\nMe\n\nOn 3 May Ann wrote:\n> Hers',
    ],
    ['a heading', 'Mine\n--\nmore', undefined],
    ['two halves', `Mine\n\n--\n${'more\n'.repeat(20)}`, undefined],
    ['answers between quotes', '> Hers\n\nMine\n\n> Hers too', undefined],
    ['words below a quote', 'On 3 May 2026 Ann wrote:\n> Hers\n\nMine', undefined],
    ['own words alone', 'Mine: I wrote:\nnothing > 5', undefined],
  ])('an edit of the words keeps %s', (_kind, text, tail) => expect(tailOfText(text)).toBe(tail))

  test.each([
    [
      'Gmail',
      '<body><div>Mine</div><div class="gmail_quote gmail_quote_container">Q</div></body>',
      '<div class="gmail_quote gmail_quote_container">Q</div>',
    ],
    [
      'Thunderbird',
      '<html><body text="#000">Mine<div class="moz-cite-prefix">On</div><blockquote type="cite">Q</blockquote></body></html>',
      '<div class="moz-cite-prefix">On</div><blockquote type="cite">Q</blockquote>',
    ],
    [
      'Outlook',
      '<body><p>Mine</p><div id="divRplyFwdMsg" dir="ltr">From</div>Q</body>',
      '<div id="divRplyFwdMsg" dir="ltr">From</div>Q',
    ],
    [
      'Apple Mail',
      '<body>Mine<br><div><br><blockquote type="cite">Q</blockquote></div></body>',
      '<blockquote type="cite">Q</blockquote></div>',
    ],
    [
      'Spark',
      '<body><p>Mine</p><div name="messageSignatureSection">Me</div><div name="messageReplySection">Q</div></body>',
      '<div name="messageSignatureSection">Me</div><div name="messageReplySection">Q</div>',
    ],
    ['a writer who draws a line', '<p style="border-top:solid #E1E1E1 1pt">Mine: more</p>', undefined],
    ['a writer with a class', '<p class="signature" id="signature">Mine</p>', undefined],
    ['nobody', '<body>Mine <b class="x">gmail_quote</b></body>', undefined],
  ])('and the HTML of %s', (_program, html, tail) => expect(tailOfHtml(html)?.tail).toBe(tail))

  test.each([
    ['Gmail with its mark of a signature', '<span class="gmail_signature_prefix">-- </span><br>A'],
    ['single quotes', "<div class='gmail_quote'>Q</div>"],
    ['Outlook on the web', '<div id="Signature">A</div><div id="appendonsend"></div>Q'],
    ['Outlook on a phone', '<div dir="ltr" id="ms-outlook-mobile-signature">A</div>'],
    [
      'Outlook (Word)',
      "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Von:</b>\nBob &lt;bob@x.example&gt;<br><b>Gesendet:</b> Freitag, 20. November 2026 10:00<br><b>An:</b> A<br><b>Betreff:</b> s</p></div>Q",
    ],
    ['Proton', '<div class="x protonmail_signature_block" style="y">A</div>'],
    ['Roundcube', '<p id="reply-intro">On</p><blockquote type="cite">Q</blockquote>'],
    ['Roundcube above its signature', '<div id="_rc_sig">-- <br>A</div>'],
    ['Yahoo', '<div id="ydp77yahoo_quoted_1" class="ydp77yahoo_quoted">Q</div>'],
    ['Zimbra', '<hr id="zwchr" data-marker="__DIVIDER__"><div>Q</div>'],
  ])('and the end of the HTML of %s', (_program, tail) =>
    expect(tailOfHtml(`<body><p>Mine</p>${tail}</body>`)?.tail).toBe(tail),
  )
})
