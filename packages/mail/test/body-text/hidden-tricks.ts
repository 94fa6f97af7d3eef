/**
 * Mails that hide a word, or seem to: a property that can hide, one of its values in one of its units, overridden or
 * not, by a style or by a rule whose selector and condition hold or do not, on an element or above one that undoes it.
 * Seeded: the same number gives the same mail. One colour on itself is left out: Chromium's smoothing of letters moves
 * it by a shade that the judge sees and nobody else does.
 */
export const word = 'TEXT'

const declarations = [
  ...['display:none', 'display:block', 'display:inline', 'display:contents', 'DISPLAY: None'],
  ...['display:none\\9', 'display:none!ie', 'opacity:0\\0/', 'text-indent:-9999', 'margin-left:-9999'],
  ...['visibility:hidden', 'visibility:collapse', 'visibility:visible'],
  ...['opacity:0', 'opacity:0%', 'opacity:.0', 'opacity:-1', 'opacity:calc(0)', 'opacity:1', 'opacity:90%'],
  ...['font-size:0', 'font-size:0px', 'font-size:0em', 'font-size:0Q', 'font-size:0%', 'font-size:calc(0px)'],
  ...['font-size:max(0px, 0em)', 'font-size:0vmin', 'font-size:14px', 'font-size:medium', 'font-size:2em'],
  ...['font:0/0 a', 'font:normal 0px Arial', 'font:bold 14px Arial', '--s:0;font-size:var(--s)'],
  ...['color:white', 'color:#fff', 'color:#ffff', 'color:rgb(255 255 255)', 'color:rgb(100% 100% 100%)'],
  ...[
    'color:hsl(0 0% 100%)',
    'color:hwb(0 100% 0)',
    'color:transparent',
    'color:rgba(0,0,0,0)',
    'color:#0000',
  ],
  ...['color:black', 'color:red', 'color:#123', 'color:oklch(0.3 0.1 20)', '-webkit-text-fill-color:#fff'],
  ...['-webkit-text-fill-color:transparent', '-webkit-text-fill-color:navy', 'color:lab(100% 0 0)'],
  ...[
    'background:none',
    'background:linear-gradient(90deg,#f0f,#00f);-webkit-background-clip:text;color:transparent',
    'background:linear-gradient(#fff,#fff);-webkit-background-clip:text;color:transparent',
  ],
  ...['position:absolute;left:-9999px', 'position:absolute;left:-200vw', 'position:absolute;top:-9999px'],
  ...['position:relative;left:-3000px', 'position:fixed;top:9999px', 'position:absolute;right:9999px'],
  ...[
    'position:absolute;left:0',
    'position:relative;top:4px',
    'left:-9999px',
    'position:static;left:-9999px',
  ],
  ...[
    'text-indent:-9999px',
    'text-indent:-200em',
    'text-indent:12px',
    'text-indent:-20px',
    'text-indent:-30px;text-align:center',
    'margin-left:-9999px',
    'margin:-9999px',
  ],
  ...['margin:0 0 0 -5000px', 'margin-left:20px', 'margin-top:-9999px', 'margin:0 auto'],
  ...['transform:scale(0)', 'transform:translate(-9999px)', 'transform:translateX(-300vw)', 'scale:0'],
  ...[
    'transform:rotateY(90deg)',
    'transform:none',
    'transform:scale(1)',
    'translate:-9999px',
    'transform:scaleY(0)',
  ],
  ...['clip-path:inset(100%)', 'clip-path:inset(50%)', 'clip-path:circle(0)', 'clip-path:inset(0)'],
  ...['position:absolute;clip:rect(0,0,0,0)', 'clip:rect(0,0,0,0)', 'position:absolute;clip:rect(0 0 0 0)'],
  ...[
    'max-height:0;overflow:hidden',
    'max-height:0',
    'height:0;overflow:hidden',
    'height:0',
    'height:0;overflow:clip',
  ],
  ...[
    'width:0;overflow:hidden;white-space:nowrap',
    'width:0',
    'max-width:0;overflow:hidden',
    'height:0;overflow:auto',
  ],
  ...['content-visibility:hidden', 'content-visibility:auto', 'filter:opacity(0)', 'filter:opacity(100%)'],
  ...[
    'filter:alpha(opacity=0)',
    'zoom:0.01',
    'zoom:1',
    'mso-hide:all',
    'line-height:0',
    'letter-spacing:1px',
  ],
  ...[
    'height:20px;overflow:hidden;padding-top:30px',
    'overflow:hidden',
    'padding:0',
    'all:unset',
    'mask:linear-gradient(#0000,#0000)',
    'mix-blend-mode:screen',
  ],
]
const overrides = [
  '',
  '',
  '',
  ';display:bogus',
  ';display:block',
  ';visibility:visible',
  ';opacity:1',
  ';color:black',
]
const moreOverrides = [
  ';font-size:xyz',
  ';font-size:14px',
  ';color:',
  ';opacity:bogus',
  ' !important',
  '/**/',
  ';}',
]
const selectors = [
  ...[
    '.t',
    'p.t',
    '#i',
    '[data-x]',
    '[data-x="1"]',
    '[data-x^=2]',
    'div > .t',
    'div .t',
    '.zz .t',
    '.t:hover',
  ],
  ...[
    '.t:not(.zz)',
    '.t:not(.t)',
    ':is(.t, .q)',
    ':where(.t)',
    '.t:first-child',
    '.t:nth-child(2)',
    '.t:last-child',
  ],
  ...[
    'p + .t',
    'p ~ .t',
    'body .t',
    '*',
    'p',
    '.T',
    '[class~=t]',
    'table .t',
    '.t, .q',
    '.t::before',
    '.\\74',
    '.t:empty',
  ],
  ...['html body div p', '.w p', '.w > p', '.t:nth-last-child(1)', 'div:has(.t)', '.t:bogus', '.t[', 'q, .t'],
]
const conditions = [
  ...['', '', '', '@media screen', '@media print', '@media (max-width:600px)', '@media (min-width:600px)'],
  ...[
    '@media (min-width:99999px)',
    '@media not print',
    '@media only screen and (max-width: 900px)',
    '@media (width > 1px)',
  ],
  ...[
    '@supports (display:grid)',
    '@supports (foo:bar)',
    '@layer a',
    '@media print, screen',
    '@media bogus',
    '@bogus',
  ],
  ...[
    '@media (prefers-color-scheme:dark)',
    '@media all and (orientation:portrait)',
    '@supports not (display:grid)',
  ],
]
const undoings = [
  '',
  '',
  '',
  'font-size:14px',
  'visibility:visible',
  'opacity:1',
  'color:black',
  'display:block',
  'color:inherit',
]
const places = [
  (own: string, inner: string) => `<p>Before</p><p class="t" id="i" data-x="1"${own}>${inner}</p>`,
  (own: string, inner: string) => `<div class="t" id="i" data-x="1"${own}><div><p>${inner}</p></div></div>`,
  (own: string, inner: string) =>
    `<table><tr><td class="t" id="i" data-x="1"${own}>${inner}</td></tr></table>`,
  (own: string, inner: string) => `<p>Before <span class="t" id="i" data-x="1"${own}>${inner}</span></p>`,
  (own: string, inner: string) =>
    `<div${own}><table><tr><td><p class="t" id="i">${inner}</p></td></tr></table></div>`,
  (own: string, inner: string) =>
    `<div style="overflow:hidden;height:60px"><p class="t" id="i"${own}>${inner}</p></div>`,
  (own: string, inner: string) => `<center class="t" id="i"${own}><b>${inner}</b></center>`,
]

export function toTrick(number: number): string {
  const random = createRandom(number)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const declaration = `${pick(declarations)}${pick(random() < 0.5 ? overrides : moreOverrides)}`
  const undoing = pick(undoings)
  const inner = undoing === '' ? word : `<span style="${undoing}">${word}</span>`
  const place = pick(places)
  const doctype = random() < 0.5 ? '<!DOCTYPE html>' : ''
  if (random() < 0.4) return `${doctype}<div class="w">${place(` style="${declaration}"`, inner)}</div>`
  const rules = `${pick(selectors)}{${declaration}}`
  const condition = pick(conditions)
  const second = random() < 0.3 ? `${pick(selectors)}{${pick(declarations)}}` : ''
  const own = random() < 0.2 ? ` style="${pick(declarations)}"` : ''
  const sheet = `<style>${condition === '' ? rules : `${condition}{${rules}}`}${second}</style>`
  return `${doctype}<html><head>${sheet}</head><body><div class="w">${place(own, inner)}</div></body></html>`
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
