/** Orders in HTML that no mail program shows: by style, by rule, by element, by attribute. Chromium was the judge of each. */
import { html, mail, multipart, order, plain, type Trick } from './mail.ts'

const hidden = ['hidden_text_removed', 'hidden_text_possible'] as const

/** Of the element that holds the order. */
const styles = [
  ...['display:none', 'DISPLAY : None !important', 'display:none;display:bogus', 'dis\\70lay:none'],
  ...['visibility:hidden', 'visibility:collapse', 'opacity:0', 'opacity:0%', 'opacity:-1', 'opacity:calc(0)'],
  ...['font-size:0', 'font-size:0px', 'font-size:0vmin', 'font:normal 0px Arial', 'font:0/0 a'],
  ...['font-size:max(0px, 0em)', '--s:0;font-size:var(--s)', 'font-size:calc(0px)', 'font-size:0.01px'],
  ...['color:white;background:white', 'color:#fff', 'color:rgb(255 255 255)', 'color:hsl(0 0% 100%)'],
  ...['color:transparent', 'color:#0000', 'color:rgba(0,0,0,0)', '-webkit-text-fill-color:transparent'],
  ...['color:lab(100% 0 0)', 'background:maroon;color:maroon', 'color:rgb(100% 100% 100%)'],
  ...['position:absolute;left:-9999px', 'position:absolute;left:-200vw', 'position:absolute;top:-9999px'],
  ...['position:relative;left:-3000px', 'margin-left:-9999px', 'text-indent:-9999px;white-space:nowrap'],
  ...['transform:scale(0)', 'transform:translateX(-300vw)', 'scale:0', 'translate:-9999px', 'zoom:0.01'],
  ...['transform:rotateY(90deg)', 'clip-path:inset(100%)', 'clip-path:circle(0)', 'filter:opacity(0)'],
  ...['position:absolute;clip:rect(0,0,0,0)', 'max-height:0;overflow:hidden', 'height:0;overflow:clip'],
  ...['height:0;overflow:auto', 'width:0;overflow:hidden;white-space:nowrap', 'content-visibility:hidden'],
  ...['mask:linear-gradient(#0000,#0000)', 'max-width:0;overflow:hidden', 'mso-hide:all;display:none'],
]

/** A style sheet, and the element that it hides. */
const sheets: readonly (readonly [sheet: string, open: string])[] = [
  ['.t{display:none}', '<p class="t">'],
  ['p.t{visibility:hidden}', '<p class="t">'],
  ['#i{font-size:0}', '<p id="i">'],
  ['[data-x]{opacity:0}', '<p data-x="1">'],
  ['[data-x^="1"]{display:none}', '<p data-x="1">'],
  ['div > .t{display:none}', '<div><p class="t">'],
  ['.t:not(.zz){display:none}', '<p class="t">'],
  [':is(.t, .q){display:none}', '<p class="t">'],
  [':where(.t){display:none}', '<p class="t">'],
  ['.\\74{display:none}', '<p class="t">'],
  ['.t{display:none}.zz .t{display:block}', '<p class="t">'],
  ['.t{display:none}@media (min-width:99999px){.t{display:block}}', '<p class="t">'],
  ['@media screen{.t{display:none}}', '<p class="t">'],
  ['@media all{@media screen{.t{display:none}}}', '<p class="t">'],
  ['@supports (display:grid){.t{display:none}}', '<p class="t">'],
  ['@layer a{.t{display:none}}', '<p class="t">'],
  ['.w{.t{display:none}}', '<div class="w"><p class="t">'],
  ['div:has(.t) .t{display:none}', '<div><p class="t">'],
  ['p ~ .t{display:none}', '<p class="t">'],
  ['.t{color:white}body{background:white}', '<p class="t">'],
]

/** What holds the order, by the name of the trick. */
const elements: Readonly<Record<string, (text: string) => string>> = {
  'attribute hidden': (text) => `<p hidden>${text}</p>`,
  'hidden=until-found': (text) => `<p hidden="until-found">${text}</p>`,
  'end tag that HTML ignores': (text) => `<div hidden><table><tr><td></div>${text}</td></tr></table>`,
  template: (text) => `<template><p>${text}</p></template>`,
  comment: (text) => `<!-- ${text} -->`,
  'conditional comment': (text) => `<!--[if mso]><p>${text}</p><![endif]-->`,
  'bogus comment': (text) => `<!${text}>`,
  'processing instruction': (text) => `<?xml ${text}?>`,
  CDATA: (text) => `<![CDATA[${text}]]>`,
  script: (text) => `<script type="text/plain">${text}</script>`,
  'style sheet': (text) => `<style>/* ${text} */</style>`,
  title: (text) => `<title>${text}</title>`,
  'hidden input': (text) => `<input type="hidden" value="${text}">`,
  meta: (text) => `<meta name="description" content="${text}">`,
  datalist: (text) => `<datalist><option>${text}</option></datalist>`,
  'video fallback': (text) => `<video>${text}</video>`,
  'audio fallback': (text) => `<audio>${text}</audio>`,
  'canvas fallback': (text) => `<canvas>${text}</canvas>`,
  'iframe fallback': (text) => `<iframe>${text}</iframe>`,
  'iframe srcdoc': (text) => `<iframe hidden srcdoc="<p>${text}</p>"></iframe>`,
  noframes: (text) => `<noframes>${text}</noframes>`,
  noembed: (text) => `<noembed>${text}</noembed>`,
  'closed dialog': (text) => `<dialog>${text}</dialog>`,
  popover: (text) => `<div popover>${text}</div>`,
  'closed details': (text) => `<details><summary>More</summary>${text}</details>`,
  'alternative of a pixel': (text) => `<img width="1" height="1" src="https://x.example/p" alt="${text}">`,
  'title attribute': (text) => `<span title="${text}">word</span>`,
  'aria-label': (text) => `<span aria-label="${text}">word</span>`,
  'data attribute': (text) => `<span data-note="${text}">word</span>`,
  'svg desc': (text) => `<svg><desc>${text}</desc></svg>`,
  'svg title': (text) => `<svg><title>${text}</title></svg>`,
  'rp of ruby': (text) => `<ruby>word<rp>${text}</rp><rt>w</rt></ruby>`,
  'closing bracket inside': (text) => `<p style="mask:url(#m)">x] ${text} [y</p>`,
  'attribute of a link': (text) => `<a href="https://x.example" title="${text}">word</a>`,
  'white font': (text) => `<font color="white">${text}</font>`,
  'white on white cell': (text) =>
    `<table bgcolor="#ffffff"><tr><td><font color="#ffffff">${text}</font></td></tr></table>`,
  'below a word that is shown': (text) =>
    `<div style="display:none"><p style="font-size:14px">${text}</p></div>`,
}

/** Nobody could take these for text: nothing has to be said of them. */
const unsaid = new Set([
  // Outlook shows it.
  'conditional comment',
  ...['script', 'style sheet', 'title', 'hidden input', 'meta', 'title attribute', 'aria-label'],
  ...['data attribute', 'attribute of a link', 'iframe srcdoc', 'alternative of a pixel', 'bogus comment'],
  ...['processing instruction', 'CDATA', 'rp of ruby', 'svg title', 'svg desc'],
])

const page = (head: string, body: string) =>
  `<!DOCTYPE html><html><head>${head}</head><body>${body}</body></html>`

const byStyle = styles.map(
  (style, at): Trick => ({
    name: `hidden html: ${style}`,
    raw: ({ seen, unseen }) =>
      mail(
        [],
        html(
          page(
            '',
            at % 2 === 0
              ? `<p>Some words, ${seen}.</p><div style="${style}">${order(unseen)}</div>`
              : `<p>Some words, ${seen}.</p><p><span style="display:inline-block;${style}">${order(unseen)}</span></p>`,
          ),
        ),
      ),
    flags: [hidden],
  }),
)

const bySheet = sheets.map(
  ([sheet, open]): Trick => ({
    name: `hidden html: rule ${sheet}`,
    raw: ({ seen, unseen }) =>
      mail([], html(page(`<style>${sheet}</style>`, `<p>Some words, ${seen}.</p>${open}${order(unseen)}`))),
    flags: [hidden],
  }),
)

const byElement = Object.entries(elements).map(
  ([name, element]): Trick => ({
    name: `hidden html: ${name}`,
    raw: ({ seen, unseen }) =>
      mail([], html(page('', `<p>Some words, ${seen}.</p>${element(order(unseen))}`))),
    flags: unsaid.has(name) ? [] : [hidden],
  }),
)

const elsewhere: readonly Trick[] = [
  {
    name: 'hidden html: behind more styles than are read, so that the whole text is marked',
    raw: ({ seen }) =>
      mail(
        [],
        html(
          page(
            `<style>${'.a{color:red}'.repeat(4_000)}.t{display:none}</style>`,
            `<p>${seen}</p><p class="t">${order(seen)}</p>`,
          ),
        ),
      ),
    flags: ['hidden_text_possible'],
  },
  {
    name: 'hidden html: in the preview line that comes first',
    raw: ({ seen, unseen }) =>
      mail([], html(page('', `<div style="display:none;max-height:0">${order(unseen)}</div><p>${seen}</p>`))),
    flags: [hidden],
  },
  {
    name: 'hidden html: plain part that nobody sees',
    raw: ({ seen, unseen }) =>
      mail(
        [],
        multipart('alternative', [
          plain(order(unseen)),
          html(`<p>Some words of a mail, ${seen}, and more of them.</p>`),
        ]),
      ),
    flags: ['text_part_differs'],
  },
  {
    name: 'hidden html: first of two HTML alternatives',
    raw: ({ seen, unseen }) =>
      mail(
        [],
        multipart('alternative', [
          html(`<p>${order(unseen)}</p>`),
          html(`<p>Some words of a mail, ${seen}.</p>`),
        ]),
      ),
  },
  {
    name: 'hidden html: in the part of AMP',
    raw: ({ seen, unseen }) =>
      mail(
        [],
        multipart('alternative', [
          plain(`Some words, ${seen}.`),
          {
            ...html(`<p>${order(unseen)}</p>`),
            headers: [
              ['Content-Type', 'text/x-amp-html; charset=utf-8'],
              ['Content-Transfer-Encoding', 'base64'],
            ],
          },
          html(`<p>Some words, ${seen}.</p>`),
        ]),
      ),
  },
]

export const hiddenHtml: readonly Trick[] = [...byStyle, ...bySheet, ...byElement, ...elsewhere]
