/**
 * The CSS properties that can hide text: shorthands taken apart, flow-relative names made physical (left to right), and
 * whether a browser would take a value at all. What a value means is lengths.ts, colours.ts and ../visibility/.
 */
import { isColour } from './colours.ts'

export interface Longhand {
  readonly property: string
  readonly value: string
}

export const inheritedProperties: ReadonlySet<string> = setOf(
  'color -webkit-text-fill-color font-size line-height visibility text-indent text-align white-space direction',
)

const sides = ['top', 'right', 'bottom', 'left'] as const
const cssWide = new Set(['inherit', 'initial', 'unset', 'revert', 'revert-layer'])

const keywords: Readonly<Record<string, ReadonlySet<string>>> = {
  display: setOf(
    'none contents block inline inline-block flex inline-flex grid inline-grid flow flow-root table inline-table table-row-group table-header-group table-footer-group table-row table-cell table-column-group table-column table-caption list-item ruby ruby-text math -webkit-box -webkit-inline-box -webkit-flex -webkit-inline-flex',
  ),
  visibility: setOf('visible hidden collapse'),
  'content-visibility': setOf('visible hidden auto'),
  position: setOf('static relative absolute fixed sticky -webkit-sticky'),
  'overflow-x': setOf('visible hidden clip scroll auto overlay'),
  'overflow-y': setOf('visible hidden clip scroll auto overlay'),
  'box-sizing': setOf('content-box border-box'),
  float: setOf('left right none inline-start inline-end'),
  direction: setOf('ltr rtl'),
  'background-clip': setOf('border-box padding-box content-box text'),
  'text-align': setOf(
    'left right center justify start end match-parent -webkit-center -webkit-left -webkit-right -webkit-auto',
  ),
  'writing-mode': setOf('horizontal-tb vertical-rl vertical-lr sideways-rl sideways-lr tb lr rl'),
  'white-space': setOf('normal nowrap pre pre-wrap pre-line break-spaces'),
}

const fontSizeWords = setOf('xx-small x-small small medium large x-large xx-large xxx-large smaller larger')
/** Lengths, percentages and the words each takes beside them. */
const lengths: Readonly<Record<string, ReadonlySet<string>>> = {
  'font-size': fontSizeWords,
  'line-height': setOf('normal'),
  'letter-spacing': setOf('normal'),
  'word-spacing': setOf('normal'),
  'text-indent': setOf(''),
  ...Object.fromEntries(
    [
      ...['width', 'height', 'min-width', 'min-height'],
      ...sides,
      ...sides.map((side) => `margin-${side}`),
    ].map((name) => [name, setOf('auto min-content max-content fit-content -webkit-fill-available stretch')]),
  ),
  ...Object.fromEntries(
    ['max-width', 'max-height'].map((name) => [
      name,
      setOf('none min-content max-content fit-content -webkit-fill-available stretch'),
    ]),
  ),
  ...Object.fromEntries(sides.map((side) => [`padding-${side}`, setOf('')])),
}
const notNegative = /^(?:width|height|(?:min|max)-(?:width|height)|padding-.+|font-size|line-height)$/

/** Kept as they are: their judge says what is understood. */
const judgedLater = setOf(
  'filter backdrop-filter transform translate scale rotate zoom clip clip-path mask mask-image mask-size mask-clip mask-border contain z-index mix-blend-mode animation-name content grid-template-rows grid-template-columns background-image opacity offset-path shape-outside all appearance',
)
const colours = setOf('color background-color -webkit-text-fill-color')

/** The same property by its older or flow-relative name. */
const aliases: Readonly<Record<string, string>> = {
  '-webkit-opacity': 'opacity',
  '-webkit-filter': 'filter',
  '-webkit-transform': 'transform',
  '-webkit-clip-path': 'clip-path',
  '-webkit-mask': 'mask',
  '-webkit-mask-image': 'mask-image',
  '-webkit-mask-size': 'mask-size',
  '-webkit-mask-clip': 'mask-clip',
  '-webkit-mask-box-image': 'mask-border',
  '-webkit-background-clip': 'background-clip',
  '-webkit-box-sizing': 'box-sizing',
  '-webkit-animation-name': 'animation-name',
  'inset-inline-start': 'left',
  'inset-inline-end': 'right',
  'inset-block-start': 'top',
  'inset-block-end': 'bottom',
  'inline-size': 'width',
  'block-size': 'height',
  'min-inline-size': 'min-width',
  'min-block-size': 'min-height',
  'max-inline-size': 'max-width',
  'max-block-size': 'max-height',
  'overflow-inline': 'overflow-x',
  'overflow-block': 'overflow-y',
  ...Object.fromEntries(
    ['margin', 'padding'].flatMap((box) => [
      [`${box}-inline-start`, `${box}-left`],
      [`${box}-inline-end`, `${box}-right`],
      [`${box}-block-start`, `${box}-top`],
      [`${box}-block-end`, `${box}-bottom`],
      [`-webkit-${box}-start`, `${box}-left`],
      [`-webkit-${box}-end`, `${box}-right`],
      [`-webkit-${box}-before`, `${box}-top`],
      [`-webkit-${box}-after`, `${box}-bottom`],
    ]),
  ),
}

/** Longhands that can hide text; none for a property that cannot, or for a shorthand that is no such. */
export function toLonghands(name: string, value: string, isQuirky: boolean): Longhand[] {
  if (name.startsWith('--')) return [{ property: name, value }]
  const property = aliases[name] ?? name
  const parts = splitSpaces(value)
  switch (property) {
    case 'margin':
    case 'padding':
      return fourSides(parts, (side) => `${property}-${side}`, isQuirky)
    case 'inset':
      return fourSides(parts, (side) => side, false)
    case 'margin-inline':
    case 'padding-inline':
      return twoSides(parts, `${property.split('-')[0]}-left`, `${property.split('-')[0]}-right`)
    case 'margin-block':
    case 'padding-block':
      return twoSides(parts, `${property.split('-')[0]}-top`, `${property.split('-')[0]}-bottom`)
    case 'inset-inline':
      return twoSides(parts, 'left', 'right')
    case 'inset-block':
      return twoSides(parts, 'top', 'bottom')
    case 'overflow':
      return twoSides(parts, 'overflow-x', 'overflow-y')
    case 'font':
      return fontLonghands(value, parts)
    case 'background':
      return backgroundLonghands(value)
    case 'animation':
    case '-webkit-animation':
      return [{ property: 'animation-name', value }]
    case 'grid':
    case 'grid-template':
      return [{ property: 'grid-template-rows', value }]
    default:
      return isKept(property) ? [{ property, value }] : []
  }
}

function isKept(property: string): boolean {
  return property in keywords || property in lengths || judgedLater.has(property) || colours.has(property)
}

/** Whether a browser takes the value; what only the value's context decides (`var()`) counts as taken. */
export function isValidValue(property: string, value: string, isQuirky: boolean): boolean {
  if (value === '') return property.startsWith('--')
  if (property.startsWith('--') || cssWide.has(value) || /\b(?:var|env|attr)\(/.test(value)) return true
  const words = keywords[property]
  if (words !== undefined) return value.split(' ').every((word) => words.has(word))
  const extra = lengths[property]
  if (extra !== undefined) {
    if (extra.has(value) || /^(?:calc|min|max|clamp|fit-content|[a-z-]+)\(/.test(value)) return true
    return (
      isLength(value, isQuirky || property === 'line-height') &&
      !(notNegative.test(property) && value.startsWith('-'))
    )
  }
  if (colours.has(property)) return isColour(value)
  if (property === 'filter')
    return (
      value === 'none' ||
      /^(?:(?:blur|brightness|contrast|drop-shadow|grayscale|hue-rotate|invert|opacity|saturate|sepia|url)\((?:[^()]|\([^()]*\))*\)\s*)+$/.test(
        value,
      )
    )
  if (property === 'opacity') return /^[-+]?[\d.]+(?:e[-+]?\d+)?%?$/.test(value) || value.includes('(')
  if (property === 'zoom') return /^[\d.]+(?:e[-+]?\d+)?%?$|^normal$|\(/.test(value)
  return true
}

/** A number alone is pixels in a page without a doctype, and otherwise none but nought (quirks.spec.whatwg.org §4.2). */
function isLength(value: string, takesNumbers: boolean): boolean {
  const unit = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(%|[a-z]{1,5})?$/.exec(value)
  return unit !== null && (unit[1] !== undefined || takesNumbers || Number(value) === 0)
}

function fontLonghands(value: string, parts: readonly string[]): Longhand[] {
  if (cssWide.has(value)) return [{ property: 'font-size', value }]
  if (value.includes('var(')) return [{ property: 'font-size', value: 'var(--unknown)' }]
  if (parts.length === 1)
    return /^(?:caption|icon|menu|message-box|small-caption|status-bar)$/.test(value)
      ? [{ property: 'font-size', value: 'small' }]
      : []
  const at = parts.findIndex(
    (part) =>
      fontSizeWords.has(part.split('/')[0] ?? '') ||
      (/^[-+.\d]|^(?:calc|min|max|clamp)\(/.test(part) && !/^[1-9]\d{0,2}$|^1000$/.test(part)),
  )
  // A family has to follow; before the size come style, variant, weight and stretch.
  if (at < 0 || at === parts.length - 1) return []
  const [size = '', inSame] = (parts[at] ?? '').split('/')
  const height = inSame !== undefined && inSame !== '' ? inSame : 'normal'
  return [
    { property: 'font-size', value: size },
    { property: 'line-height', value: height },
  ]
}

function backgroundLonghands(value: string): Longhand[] {
  if (cssWide.has(value))
    return ['background-color', 'background-image'].map((property) => ({ property, value }))
  if (/\b(?:var|env)\(/.test(value)) return [{ property: 'background-color', value: 'var(--unknown)' }]
  const layers = splitTop(value, ',')
  const images = layers
    .flatMap((layer) => splitSpaces(layer))
    .filter((part) => /\(/.test(part) && !isColour(part))
  const colour = splitSpaces(layers.at(-1) ?? '').find((part) => isColour(part))
  return [
    { property: 'background-color', value: colour ?? 'transparent' },
    { property: 'background-image', value: images.length === 0 ? 'none' : images.join(', ') },
    { property: 'background-clip', value: /(?:^|\s)text(?:\s|$)/.test(value) ? 'text' : 'border-box' },
  ]
}

function fourSides(
  parts: readonly string[],
  nameOf: (side: string) => string,
  isQuirky: boolean,
): Longhand[] {
  const [top = '', right = top, bottom = top, left = right] = parts
  if (parts.length < 1 || parts.length > 4) return []
  const values = { top, right, bottom, left }
  // One side that is wrong makes the whole shorthand void.
  const longhands = sides.map((side) => ({ property: nameOf(side), value: values[side] }))
  return longhands.every(({ property, value }) => isValidValue(property, value, isQuirky)) ? longhands : []
}

function twoSides(parts: readonly string[], first: string, second: string): Longhand[] {
  const [one = '', other = one] = parts
  if (parts.length < 1 || parts.length > 2) return []
  return [
    { property: first, value: one },
    { property: second, value: other },
  ]
}

export function splitSpaces(value: string): string[] {
  return splitTop(value, ' ').filter((part) => part !== '')
}

/** At `separator` outside brackets and quotes. */
export function splitTop(value: string, separator: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quote = ''
  let from = 0
  for (let at = 0; at < value.length; at += 1) {
    const char = value.charAt(at)
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '(') depth += 1
    else if (char === ')') depth -= 1
    else if (depth <= 0 && (char === separator || (separator === ' ' && /\s/.test(char)))) {
      parts.push(value.slice(from, at).trim())
      from = at + 1
    }
  }
  parts.push(value.slice(from).trim())
  return parts
}

function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}
