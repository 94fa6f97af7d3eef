/**
 * R77: a megabyte of one token repeated, for every token that one of our expressions mentions, through every reader of
 * strangers' text. Time is the processor's own, the least of three tries; the bound on one turn of the event loop is what
 * keeps the health check beside it alive.
 */
import { leastCpuMs } from '@email-connector/testing/cpu-time'
import { inLongRun } from '@email-connector/testing/long-run'
import { describe, expect, test } from 'vitest'
import { htmlToText } from '../../src/body-text/html-to-text.ts'
import { plainForPeople } from '../../src/body-text/plain-for-people.ts'
import { readText } from '../../src/body-text/read-text.ts'
import { type RenderJob, render } from '../../src/body-text/render.ts'
import { sanitizeHtml } from '../../src/body-text/sanitize-html.ts'
import { parseAddressList } from '../../src/composing/address-list.ts'
import { loadMarkdown } from '../../src/composing/markdown.ts'
import { parseHeaders } from '../../src/headers.ts'
import { MailError, neutraliseLinks, removeInvisible } from '../../src/index.ts'
import { decodeText } from '../../src/mime/charset.ts'
import { unflow } from '../../src/mime/flowed.ts'
import { decodeTransfer } from '../../src/mime/transfer.ts'
import { readAuthentication } from '../../src/reading/authentication-results.ts'
import { cleanLine } from '../../src/reading/envelope-text.ts'

const bytes = 1024 * 1024
/** Where a megabyte of fifty tokens would take the test itself too long; what is quadratic takes seconds here as well. */
const fewerBytes = 256 * 1024
const maxCpuMs = 1000
/** Of a text that is many times the same piece: each piece is read by itself, so a quarter of them may take a quarter. */
const quarter = 0.25
const repeat = (token: string, length = bytes) =>
  token.repeat(Math.ceil(length / token.length)).slice(0, length)

const markup = [
  ...[
    '<',
    '>',
    '</',
    '<!',
    '<?',
    '<!--',
    '<!---->',
    '-->',
    '<b',
    '<b/',
    '<a ',
    '<a b=',
    ' a="b"',
    '"',
    "'",
    '=',
  ],
  ...['&', '&#', '&#x', '&amp;', '&nbsp;', '&#x200b;', '&zwnj;&nbsp;'],
  ...[
    '<b>',
    '<b></b>',
    '<div>',
    '</div>',
    '<p>',
    '</p>',
    '<a>',
    '<td>x',
    '<li>x',
    '<h1>a',
    '<br>',
    '<form>',
    '<pre>x',
  ],
  ...[
    '<svg>',
    '<math>',
    '<table>',
    '<template>',
    '<select>',
    '<style>',
    '<style></style>',
    '<script>',
    '<title>',
  ],
  ...[
    '<a href="//a.b/c?d">x',
    '<a href=//a.b>x</a>',
    '<img src=//a.b/c>',
    '<font color=white>x',
    '<div a=b>',
  ],
  ...[
    '<div style="a:b">x',
    '<div style="display:none">x</div>',
    '<p class="a b c">x',
    '<p hidden alt="a b">',
  ],
]
const text = [
  ...[
    'a',
    'ab ',
    'a b',
    'ab-',
    'ä',
    'é ',
    '漢',
    '1',
    ' ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    ' \n',
    '\n ',
    '\u00a0',
    '\0',
    '\u0007',
  ],
  ...[
    'a.',
    '.',
    'a@',
    '@',
    'www.a.b ',
    'http://',
    'http://a ',
    'https://a.b/c?d ',
    'mailto:',
    'data:',
    'data:a/b,c ',
  ],
  ...[
    '[',
    ']',
    '![',
    '![](',
    '![a](b)',
    '[a](',
    '[a](b)',
    '[a]:',
    '[a]: b\n',
    '](',
    '(',
    ')',
    '<https://',
    '<a@b>,',
  ],
  ...[
    '\u200b',
    '\u200c',
    '\u200d',
    '\u200c ',
    '\u0301',
    '\u034f',
    '\ufe0f',
    '\u202e',
    '\u{E0041}',
    '=?utf-8?q?',
    '=?',
    ', ',
  ],
]
const markdown = [
  ...[
    '*',
    '**',
    '*a',
    '**a',
    '*a*',
    '* ',
    '_',
    '_a',
    '__',
    '_a_ ',
    '**_',
    '~~',
    '~~a',
    '`',
    '``',
    '`a`',
    '```\n',
    '\\',
  ],
  ...[
    '#',
    '# ',
    ' #',
    '##',
    '> ',
    '>',
    '>\n',
    '> a\n',
    '- ',
    '- a\n',
    '  - a\n',
    '1. a\n',
    '1. a\n ',
    '---\n',
    '+ ',
  ],
  ...['https://a_b*c ', '(https://a)', '<b'],
]
const css = [
  ...[
    '{',
    '}',
    '@media all{',
    '@media print{',
    '@a{',
    '.a,',
    '.a{',
    'p.a{color:red}',
    '.a{display:none}',
    ':is(',
    '.a:a(',
  ],
  ...[
    '[',
    '[a=',
    '[a= ',
    '[a=b]{color:red}',
    '[a~=b]{color:red}',
    '/*',
    '*/',
    'a:b;',
    '.a{color:red;',
    '! ',
    '> ',
    'a>b,',
  ],
  ...[
    'a b{color:red}',
    '#a,',
    '::',
    'a{margin:1',
    'a{margin:1 ',
    'a{transform:translate(',
    'a{filter:opacity( ',
  ],
]
const encoded = [
  '=',
  '=a',
  '=2',
  '=20',
  '= ',
  '=\n',
  '=\r\n',
  '+',
  '+a-',
  '+AGE-',
  'AAAA',
  'A=',
  ' ',
  '\r',
  '\n',
]
const authentication = ['(', ')', '"', '\\', ';', '=', 'a=', 'dmarc=pass;', 'header.from=', ' ', 'a/1', '/ ']
const addresses = ['<', '>', '<a@b>,', ',', '"', '\\', 'a,', 'a@b.example,', '(', '@', '.', ' ']

const style = (rules: string) => `<style>${rules}</style><p class="a b" a="b" style="color:red">x`
const manyElements = '<p class="a b" a="b" id=c>x'.repeat(15_000)
const attribute = (value: string) => value.replaceAll('"', '')

const reader = await loadMarkdown()

const readers: [name: string, tokens: readonly string[], read: (text: string) => unknown, share?: number][] =
  [
    ['HTML to text', [...markup, ...text], htmlToText],
    ['HTML to HTML', [...markup, ...text], sanitizeHtml],
    ['a style sheet', css, (rules) => htmlToText(style(rules))],
    [
      'a style sheet over many elements',
      css,
      (rules) => htmlToText(style(rules.slice(0, fewerBytes / 2)) + manyElements),
    ],
    [
      'attributes',
      [...text, ...css],
      (value) =>
        htmlToText(
          `<style>[a~=b],[a*=c],p.a{color:red}</style><p class="${attribute(value)}" style="${attribute(value)}" a="${attribute(value)}" alt="${attribute(value)}">x`,
        ),
    ],
    [
      'a hundred styles',
      [...text, ...css],
      (value) => {
        const part = attribute(value.slice(0, 400))
        return htmlToText(`<p style="margin:${part};transform:${part};background:${part}">x`.repeat(100))
      },
      quarter,
    ],
    ['a comment', [...markup, ...text], (words) => htmlToText(`<!--${words}-->`)],
    ['the text of a link', text, (words) => sanitizeHtml(`<a href="https://a.example">${words}</a>`)],
    [
      'the texts of many links',
      text,
      (words) => htmlToText(`<a href="https://a.example">${words.slice(0, 900)}</a>`.repeat(250)),
      quarter,
    ],
    [
      'plain text',
      [...markup, ...text, ...markdown],
      (plain) => neutraliseLinks(removeInvisible(plain).text),
    ],
    ['flowed text', text, (flowed) => unflow(flowed, true)],
    ['Markdown', [...markup, ...text, ...markdown], reader.render],
    [
      'quoted Markdown',
      [...text, ...markdown],
      (body) => reader.render(`**x**\n> ${body.replaceAll('\n', '\n> ')}`),
    ],
    ['Markdown by lines', markdown, (body) => reader.render(body.replaceAll(/.{70}/gs, '$&\n'))],
    ['a heading', [...text, ...markdown], (body) => reader.render(`# x${body}x`)],
    ['headers', [...text, ...addresses], (value) => parseHeaders(Buffer.from(`References: ${value}`))],
    ['a header on one line', text, cleanLine],
    [
      'authentication results',
      authentication,
      (value) =>
        readAuthentication(Array(100).fill(`mx.google.com;${value.slice(0, 10_000)}`), 'a.example', {
          provider: 'gmail',
          imapHost: 'imap.gmail.com',
        }),
    ],
    ['recipients', addresses, (list) => orInvalid(() => parseAddressList(list, 'to'))],
    ['quoted-printable', encoded, (part) => decodeTransfer(Buffer.from(part), 'quoted-printable')],
    ['base64', encoded, (part) => decodeTransfer(Buffer.from(part), 'base64')],
    ['UTF-7', encoded, (part) => decodeText(Buffer.from(part), 'utf-7')],
    ['a charset', [...text, '*', '*\n'], (label) => decodeText(Buffer.from('a'), label)],
  ]

/** These are given a megabyte, HTML in a long run alone. */
const whole = new Set<unknown>(inLongRun([htmlToText, sanitizeHtml, cleanLine], [cleanLine]))

function orInvalid(parse: () => unknown): void {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof MailError && error.code === 'invalid_input')) throw error
  }
}

describe('R77: a megabyte of one token', () => {
  test.each(readers)('through %s costs less than a second', async (_name, tokens, read, share = 1) => {
    const maxMs = maxCpuMs * share
    const slow: string[] = []
    for (const token of tokens) {
      const input = repeat(token, whole.has(read) ? bytes : fewerBytes)
      const ms = await leastCpuMs(maxMs, () => read(input))
      if (ms > maxMs) slow.push(`${JSON.stringify(token)}: ${Math.round(ms)} ms`)
    }
    expect(slow).toEqual([])
  })
})

/** What one email may bring without a thread of its own (read-text.ts): nothing else is answered meanwhile. */
const quickBytes = 128 * 1024
const quickElements = 1_200

describe('R77: what is costly though it is short', () => {
  const run = (token: string) => `x${repeat(token, quickBytes - 200)}x`
  const runs: [name: string, token: string, read: (text: string) => unknown][] = [
    ['spaces that are kept, before a word', ' ', (text) => htmlToText(`<pre>${text}</pre>`)],
    ['wide spaces before a word', '\u2003', htmlToText],
    [
      'full stops in an address',
      '.',
      (text) => neutraliseLinks(`http://a.example/${text.slice(0, 15_900)} `.repeat(8)),
    ],
    ['names that no host has', 'www.\u200d', plainForPeople],
    [
      'the words of a link to write to',
      'a',
      (text) => htmlToText(`<a href="mailto:a@b.example">${text}</a>`),
    ],
    ['declarations that are none', 'a;', (text) => htmlToText(`<p style="${text};display:none">Seen</p>`)],
    ['declarations of a sheet that are none', 'a;', (text) => htmlToText(`<style>p{${text}}</style>Seen`)],
    ['rules of a sheet that are none', '!{}', (text) => htmlToText(`<style>${text}</style>Seen`)],
    [
      'media that are none',
      'a;,',
      (text) => htmlToText(`<style media="${text}">p{display:none}</style><p>Seen`),
    ],
    [
      'escaped quotes of authentication results',
      '"\\',
      (text) =>
        readAuthentication(Array(32).fill(`mx.google.com;${text.slice(0, 8_000)}`), 'a.example', {
          provider: 'gmail',
          imapHost: 'imap.gmail.com',
        }),
    ],
  ]
  test.each(runs)('%s', async (_name, token, read) => {
    expect(await leastCpuMs(maxCpuMs, () => read(run(token)))).toBeLessThan(maxCpuMs)
  })

  const digits = '1'.repeat(980)
  const values = [
    `opacity:${digits}.1.1`,
    `zoom:${digits}.1.1`,
    `line-height:${digits}.1.1`,
    `filter:${'a'.repeat(990)}`,
    `filter:opacity(${digits}.1.1)`,
    `transform:${'a'.repeat(990)}`,
    `transform:scale(${digits}.1.1)`,
    `background-image:linear-gradient(${'red,'.repeat(240)}red)`,
    `width:calc(${'1px + '.repeat(160)}1px)`,
    `font-size:max(${'1em,'.repeat(240)}1px)`,
  ]
  test.each(values.map((value) => [value.slice(0, 30), value]))(
    'a value of a thousand characters, for a thousand elements: %s…',
    async (_start, value) => {
      const elements = '<p class=a>x'.repeat(quickElements)
      const sheet = `<style>.a{${value};overflow:hidden;position:absolute}</style>${elements}`
      const own = `<p style="${value}">x`.repeat(1_000)
      for (const html of [sheet, own])
        expect(await leastCpuMs(maxCpuMs, () => htmlToText(html))).toBeLessThan(maxCpuMs)
    },
  )

  test('keeps what is seen, and says where something may be hidden', () => {
    const unread = 'a;'.repeat(60_000)
    const sheet = htmlToText(`<style>.x{display:none}p{${unread}}</style><p class=x>UNSEEN</p><p>Seen`)
    expect(sheet.text).toMatch(/^\[The styles .+\]\n\nUNSEEN\n\nSeen$/)
    const own = htmlToText(`<p>Seen</p><p style="${unread};display:none">UNSEEN</p>`)
    expect(own.text).toMatch(/^Seen\n\n\[.*From here on only the words.*\]\nUNSEEN$/)
    for (const { warnings } of [sheet, own]) expect(warnings).toEqual(['hidden_text_possible'])
  })
})

describe('R77: what is too deep, too long or too costly to lay out', () => {
  const nestedText = `${'<div>'.repeat(100_000)}DEEP words${'</div>'.repeat(100_000)}AFTER`
  const manyCells = `${'<td>x</td>'.repeat(60_000)}LAST`
  const costly = `<style>${Array.from({ length: 300 }, (_, n) => `p.a${n}{color:red}`).join('')}</style>${Array.from({ length: 20_000 }, (_, n) => `<p class="b${n}">x`).join('')}LAST`
  const long = `<p>${'a b '.repeat(300_000)}</p><p>LAST</p>`

  test.each([
    ['deep', nestedText, ['DEEP words', 'AFTER']],
    ['many', manyCells, ['LAST']],
    ['costly', costly, ['LAST']],
    ['long', long, ['LAST']],
  ])('keeps its words and says so: %s', (_name, html, words) => {
    for (const render of [htmlToText, sanitizeHtml]) {
      const { text, warnings } = render(html)
      for (const word of words) expect(text).toContain(word)
      expect(text).toContain('From here on only the words')
      expect(warnings).toContain('hidden_text_possible')
    }
  })

  test('keeps code and style out of those words', () => {
    const html = `${'<b>'.repeat(40_000)}SEEN<style>.x{color:red}</style><script>steal()</script><!-- note -->&amp;<p>TOO`
    expect(htmlToText(html).text).toMatch(/SEEN\n?&\nTOO$/)
    expect(htmlToText(html).warnings).toEqual(['hidden_text_possible'])
    const cut = `<style>${'/* x */ '.repeat(150_000)}.y{color:red}</style>SEEN`
    expect(htmlToText(cut).text).toMatch(/SEEN$/)
    expect(htmlToText(cut).text).not.toContain('color:red')
  })

  test('groups nested deeper than is read leave the text, and say so', () => {
    const html = `<style>${'@media all{'.repeat(5_000)}.x{display:none}</style><p class=x>UNSEEN</p><p>Seen`
    const { text, warnings } = htmlToText(html)
    expect(text).toMatch(/^\[The styles .+\]\n\nUNSEEN\n\nSeen$/)
    expect(warnings).toEqual(['hidden_text_possible'])
    const fewer = htmlToText(html.replace('@media all{'.repeat(5_000), '@media all{'.repeat(30)))
    expect(fewer.text).toBe('Seen')
  })

  test('names of a prototype are no colours and no attributes', () => {
    const html =
      '<style>[constructor^=a]{display:none}</style><p style="color:constructor;background:toString">Seen</p>'
    expect(htmlToText(html)).toEqual({ text: 'Seen', warnings: [] })
  })
})

describe('R77: eight megabytes of an attachment', () => {
  const time = { signal: new AbortController().signal, leftMs: () => 120_000 }
  const attachments: [string, RenderJob['from'], string, string][] = [
    ['HTML', 'html', `${repeat('<b>x</b> ', 8 * bytes)}<p>LAST</p>`, 'hidden_text_possible'],
    ['deep HTML', 'html', `${repeat('<div>', 8 * bytes)}<p>LAST</p>`, 'hidden_text_possible'],
    ['one line of text', 'plain', `${repeat('a', 8 * bytes)}LAST`, ''],
    ['links', 'plain', `${repeat('![a](http://b)\n', 8 * bytes)}\nLAST`, ''],
  ]
  test.each(attachments)(
    '%s is read to its end while the event loop runs',
    async (_name, from, content, warning) => {
      let turns = 0
      const counting = setInterval(() => turns++, 1)
      const { text, warnings } = await readText({ content, from, to: 'text' }, time)
      clearInterval(counting)
      expect(text.endsWith('LAST')).toBe(true)
      expect(turns).toBeGreaterThanOrEqual(8)
      if (warning !== '') expect(warnings).toContain(warning)
    },
  )

  test('cuts no character and no line in two', async () => {
    const emoji = '😀'.repeat(bytes)
    expect((await render({ content: `x${emoji}`, from: 'values', to: 'text' })).text).toBe(`x${emoji}`)
    const lines = '0123456789 abc\n'.repeat(200_000)
    expect((await render({ content: lines, from: 'plain', to: 'text' })).text).toBe(lines)
  })
})
