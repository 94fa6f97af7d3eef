/**
 * The CSS properties that can hide text, strike it out or number it: shorthands taken apart, flow-relative
 * names made physical (left to right). What a browser takes is valid-values.ts; what it means ../visibility/ knows.
 */
import { isColour } from './colours.ts'
import { cssWide, fontSizeWords, isKept, isLength, isValidValue, setOf, sides } from './valid-values.ts'

export interface Longhand {
  readonly property: string
  readonly value: string
}

export const inheritedProperties: ReadonlySet<string> = setOf(
  'color -webkit-text-fill-color font-size line-height visibility text-indent text-align white-space direction list-style-type',
)

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
    case 'text-decoration':
    case '-webkit-text-decoration':
      return decorationLonghands(value, parts)
    case 'list-style':
      return [{ property: 'list-style-type', value: cssWide.has(value) ? value : listTypeOf(parts) }]
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

/** `center / 0 0` */
function isSizeMark(part: string): boolean {
  return part.includes('/') && !part.includes('(')
}

/** A line, how it is drawn, its colour and its thickness, in any order. */
function decorationLonghands(value: string, parts: readonly string[]): Longhand[] {
  const property = 'text-decoration-line'
  if (cssWide.has(value) || value.includes('var(')) return [{ property, value }]
  const lines = parts.filter((part) => isValidValue(property, part, false))
  const isKnown = (part: string) =>
    /^(?:solid|double|dotted|dashed|wavy|auto|from-font)$/.test(part) ||
    isColour(part) ||
    isLength(part, false)
  if (!parts.every((part) => lines.includes(part) || isKnown(part))) return []
  return [{ property, value: lines.length === 0 ? 'none' : lines.join(' ') }]
}

/** What is neither a place nor a picture. */
function listTypeOf(parts: readonly string[]): string {
  return parts.find((part) => !/^(?:inside|outside)$|\(/.test(part)) ?? 'disc'
}

function backgroundLonghands(value: string): Longhand[] {
  if (cssWide.has(value))
    return ['background-color', 'background-image', 'background-clip'].map((property) => ({
      property,
      value,
    }))
  if (/\b(?:var|env)\(/.test(value)) return [{ property: 'background-color', value: 'var(--unknown)' }]
  const layers = splitTop(value, ',')
  const parts = layers.flatMap((layer) => splitSpaces(layer))
  const images = parts.filter((part) => /\(/.test(part) && !isColour(part))
  const colour = splitSpaces(layers.at(-1) ?? '').find((part) => isColour(part))
  return [
    { property: 'background-color', value: colour ?? 'transparent' },
    { property: 'background-image', value: images.length === 0 ? 'none' : images.join(', ') },
    { property: 'background-size', value: parts.some(isSizeMark) ? 'set' : 'auto' },
    {
      property: 'background-repeat',
      value: parts.find((part) => /repeat|^(?:space|round)$/.test(part)) ?? 'repeat',
    },
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
