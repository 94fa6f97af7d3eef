/** What browsers bring along: the style of each element before any mail says anything, and what attributes mean in CSS. */
import { attributeOf, isElement, type TreeElement } from '../html-tree.ts'
import { type Colour, linkBlue, parseLegacyColour } from './colours.ts'

const displays: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    none: 'head title style script link meta base template datalist noembed noframes area param source track rp dialog',
    block:
      'html body address article aside blockquote center dd details dir div dl dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend listing main menu nav ol optgroup option p plaintext pre search section slot summary ul xmp',
    'inline-block':
      'button input select textarea meter progress marquee img video audio canvas object embed iframe svg',
    'list-item': 'li',
    table: 'table',
    'table-row-group': 'tbody',
    'table-header-group': 'thead',
    'table-footer-group': 'tfoot',
    'table-row': 'tr',
    'table-cell': 'td th',
    'table-caption': 'caption',
    'table-column-group': 'colgroup',
    'table-column': 'col',
    contents: 'slot',
  }).flatMap(([display, tags]) => tags.split(' ').map((tag) => [tag, display])),
)

const fontSizes: Readonly<Record<string, string>> = {
  h1: '2em',
  h2: '1.5em',
  h3: '1.17em',
  h5: '0.83em',
  h6: '0.67em',
  small: 'smaller',
  big: 'larger',
  sub: 'smaller',
  sup: 'smaller',
  rt: '50%',
  input: '13.333px',
  select: '13.333px',
  textarea: '13.333px',
  button: '13.333px',
  pre: '13px',
  code: '13px',
  tt: '13px',
  kbd: '13px',
  samp: '13px',
  xmp: '13px',
  listing: '13px',
  plaintext: '13px',
}

/** The colour of the body (quirks.spec.whatwg.org §3.2). */
export const quirkColour = '-body-colour'

export type Declared = readonly [property: string, value: string]

export function userAgentStyle(element: TreeElement, isQuirky: boolean): Declared[] {
  const { tagName } = element
  const has = (name: string) => attributeOf(element, name) !== undefined
  const declared: Declared[] = [['display', displays[tagName] ?? 'inline']]
  const size = fontSizes[tagName]
  if (size !== undefined) declared.push(['font-size', size])
  if (tagName === 'dialog' && has('open')) declared.push(['display', 'block'])
  if (has('popover')) declared.push(['display', 'none'])
  if (has('hidden')) {
    const untilFound = attributeOf(element, 'hidden')?.toLowerCase() === 'until-found'
    declared.push(untilFound ? ['content-visibility', 'hidden'] : ['display', 'none'])
  }
  if (tagName === 'input' && attributeOf(element, 'type')?.toLowerCase() === 'hidden')
    declared.push(['display', 'none'])
  if (tagName === 'mark') declared.push(['background-color', 'yellow'], ['color', 'black'])
  if (tagName === 'button' || tagName === 'select')
    declared.push(['background-color', 'buttonface'], ['color', 'black'])
  if (tagName === 'textarea' || tagName === 'input')
    declared.push(['background-color', 'white'], ['color', 'black'])
  if (tagName === 'a' && has('href')) declared.push(['color', 'linktext'])
  if (/^(?:pre|listing|xmp|plaintext)$/.test(tagName)) declared.push(['white-space', 'pre'])
  if (tagName === 'textarea')
    declared.push(['white-space', 'pre-wrap'], ['overflow-x', 'auto'], ['overflow-y', 'auto'])
  if (/^(?:s|del|strike)$/.test(tagName)) declared.push(['text-decoration-line', 'line-through'])
  if (/^(?:ul|menu|dir)$/.test(tagName)) declared.push(['list-style-type', 'disc'])
  if (tagName === 'ol') declared.push(['list-style-type', 'decimal'])
  for (const side of ['top', 'right', 'bottom', 'left'])
    if (tagName === 'body') declared.push([`margin-${side}`, '8px'])
    else if (/^t[dh]$/.test(tagName)) declared.push([`padding-${side}`, '1px'])
  if (/^(?:ul|ol|menu|dir)$/.test(tagName)) declared.push(['padding-left', '40px'])
  if (/^(?:blockquote|figure|dd)$/.test(tagName)) declared.push(['margin-left', '40px'])
  if (/^(?:blockquote|figure)$/.test(tagName)) declared.push(['margin-right', '40px'])
  if (tagName === 'nobr') declared.push(['white-space', 'nowrap'])
  if (tagName === 'table') declared.push(['text-indent', '0'])
  // The table inherits colour quirk, and its font's (quirks.spec.whatwg.org §3.3).
  if (tagName === 'table' && isQuirky)
    declared.push(
      ...([
        ['color', quirkColour],
        ['font-size', 'medium'],
        ['line-height', 'normal'],
        ['white-space', 'normal'],
        ['text-align', 'start'],
      ] as const),
    )
  return declared
}

/** Of `type` (HTML §15.3.7); letters are as large as they are written. */
const listTypes: Readonly<Record<string, string>> = {
  ...{ 1: 'decimal', a: 'lower-alpha', A: 'upper-alpha', i: 'lower-roman', I: 'upper-roman' },
  ...{ disc: 'disc', circle: 'circle', square: 'square' },
}

const fontSizeSteps = ['10px', '13px', '16px', '18px', '24px', '32px', '48px']

/** HTML §15: attributes as declarations that every style sheet beats. */
export function presentationalHints(element: TreeElement): Declared[] {
  const { tagName } = element
  const declared: Declared[] = []
  const of = (name: string) => attributeOf(element, name)
  const colour = (property: string, value: string | undefined) => {
    const parsed = value === undefined ? undefined : parseLegacyColour(value)
    if (parsed !== undefined) declared.push([property, toCssColour(parsed)])
  }
  const picture = of('background')
  if (/^(?:body|table|thead|tbody|tfoot|tr|td|th)$/.test(tagName)) {
    colour('background-color', of('bgcolor'))
    if (picture !== undefined && picture.trim() !== '') declared.push(['background-image', 'url(attribute)'])
  }
  if (tagName === 'body') colour('color', of('text'))
  if (tagName === 'marquee') colour('background-color', of('bgcolor'))
  if (tagName === 'font') {
    colour('color', of('color'))
    const size = toFontSize(of('size'))
    if (size !== undefined) declared.push(['font-size', size])
  }
  if (/^(?:table|td|th|img|iframe|object|embed|video|canvas|svg|hr|marquee)$/.test(tagName)) {
    for (const name of ['width', 'height']) {
      const length = /^\s*(\d+(?:\.\d+)?)\s*(%|px)?/.exec(of(name) ?? '')
      if (length !== null) declared.push([name, `${length[1]}${length[2] === '%' ? '%' : 'px'}`])
    }
  }
  const margin = tagName === 'body' ? (of('marginwidth') ?? of('leftmargin')) : undefined
  if (margin !== undefined && /^\s*\d{1,4}/.test(margin))
    declared.push(['margin-left', `${Number.parseInt(margin, 10)}px`])
  const padding = /^t[dh]$/.test(tagName) ? cellPadding(element) : undefined
  if (padding !== undefined) declared.push(['padding-left', padding], ['padding-right', padding])
  const listType = /^(?:ol|ul|li)$/.test(tagName) ? listTypes[of('type')?.trim() ?? ''] : undefined
  if (listType !== undefined) declared.push(['list-style-type', listType])
  const align = of('align')?.toLowerCase()
  if (tagName === 'center' || align === 'center' || align === 'middle')
    declared.push(['text-align', 'center'])
  else if (align === 'right') declared.push(['text-align', 'right'])
  if (of('dir')?.toLowerCase() === 'rtl') declared.push(['direction', 'rtl'])
  if (of('nowrap') !== undefined && /^t[dh]$/.test(tagName)) declared.push(['white-space', 'nowrap'])
  return declared
}

/** Of the table that the cell is in: a row and a group are between them. */
function cellPadding(cell: TreeElement): string | undefined {
  let at = cell.parentNode
  for (let above = 0; above < 2 && at !== null && isElement(at) && at.tagName !== 'table'; above += 1)
    at = at.parentNode
  const value =
    at !== null && isElement(at) && at.tagName === 'table' ? attributeOf(at, 'cellpadding') : undefined
  return value !== undefined && /^\s*\d{1,3}/.test(value) ? `${Number.parseInt(value, 10)}px` : undefined
}

/** `<font size>`: 1 to 7, `+1`; what is less is 1 and what is more is 7. */
function toFontSize(size: string | undefined): string | undefined {
  const found = /^\s*([-+]?)(\d+)/.exec(size ?? '')
  if (found === null) return undefined
  const number = Number(found[2])
  const step = found[1] === '+' ? 3 + number : found[1] === '-' ? 3 - number : number
  return fontSizeSteps[Math.min(7, Math.max(1, step)) - 1]
}

function toCssColour({ red, green, blue, alpha }: Colour): string {
  return `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)} / ${alpha})`
}

/** `<body link>`: what links look like unless they say so themselves. */
export function linkColourOf(body: TreeElement | undefined): Colour {
  const attribute = body === undefined ? undefined : attributeOf(body, 'link')
  return (attribute === undefined ? undefined : parseLegacyColour(attribute)) ?? linkBlue
}
