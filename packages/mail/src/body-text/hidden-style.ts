/**
 * Does a set of CSS declarations hide text from a person? Only what mail clients honour. Where a declaration is
 * unclear it counts as hiding when the text could not be seen, and colours count only against a known background.
 */

export type Declarations = ReadonlyMap<string, string>

/** What `hides` and the colours look at; nothing else of a style is kept. */
const judged = new Set([
  ...[
    'display',
    'visibility',
    'content-visibility',
    'opacity',
    'filter',
    'position',
    'transform',
    'clip',
    'clip-path',
  ],
  ...[
    'font',
    'font-size',
    'max-height',
    'max-width',
    'height',
    'width',
    'overflow',
    'overflow-x',
    'overflow-y',
  ],
  ...['text-indent', 'left', 'top', 'right', 'bottom', 'margin', 'margin-left', 'margin-top'],
  ...['color', 'background', 'background-color', 'background-image'],
])
/** No property needs more, and it bounds the expressions below. */
const maxValueChars = 1000

/** `!important` ones are kept as `!name`, until `applyImportant` lets them win over whatever came later. */
export function parseDeclarations(style: string): Map<string, string> {
  const declarations = new Map<string, string>()
  if (style === '') return declarations
  for (const part of withoutComments(style).split(';')) {
    const colon = part.indexOf(':')
    if (colon < 1) continue
    const name = part.slice(0, colon).trim().toLowerCase()
    if (!judged.has(name)) continue
    const said = part.slice(colon + 1).toLowerCase()
    const value = said
      .replace(/!\s*important/, '')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, maxValueChars)
    if (value !== '') declarations.set(/!\s*important/.test(said) ? `!${name}` : name, value)
  }
  return declarations
}

export function applyImportant(style: Map<string, string>): Declarations {
  for (const [name, value] of [...style]) if (name.startsWith('!')) style.set(name.slice(1), value)
  return style
}

export function withoutComments(css: string): string {
  return css.replace(/\/\*[\s\S]*?(\*\/|$)/g, ' ')
}

/** Text this small is there for machines. */
const smallestReadablePx = 2
/** Moved further than this, it is off every screen. */
const offScreenPx = 300
const faintestOpacity = 0.1

export function hides(style: Declarations): boolean {
  if (style.size === 0) return false
  const get = (name: string) => style.get(name) ?? ''
  if (get('display') === 'none' || /^(hidden|collapse)$/.test(get('visibility'))) return true
  if (get('content-visibility') === 'hidden') return true
  if (style.has('opacity') && ratio(get('opacity')) < faintestOpacity) return true
  if (/opacity\( ?0*(\.0\d*)?%? ?\)|alpha\( ?opacity ?= ?0 ?\)/.test(get('filter'))) return true
  if (style.has('font-size') && lengthPx(get('font-size')) < smallestReadablePx) return true
  if (/(^|\s)0(px|pt|em|%)?\s*\//.test(get('font')) || /^0(px|pt|em|%)?\s/.test(get('font'))) return true
  if (style.has('max-height') && lengthPx(get('max-height')) < smallestReadablePx) return true
  if (style.has('max-width') && lengthPx(get('max-width')) < smallestReadablePx) return true
  const clipped = /hidden|clip/.test(get('overflow') + get('overflow-x') + get('overflow-y'))
  if (clipped && ['height', 'width'].some((name) => lengthPx(get(name)) < smallestReadablePx)) return true
  for (const name of [
    'text-indent',
    'left',
    'top',
    'right',
    'bottom',
    'margin-left',
    'margin-top',
    'margin',
  ]) {
    if (lengthPx(get(name).split(/\s+/).at(-1) ?? '') <= -offScreenPx) return true
  }
  if (['left', 'top'].some((name) => lengthPx(get(name)) >= 5000) && get('position') !== '') return true
  if (/scale[xy]?\( ?0(\.0\d*)? ?[,)]|translate[xy]?\([^)]{0,100}- ?\d{3,}/.test(get('transform')))
    return true
  if (/rect\( ?[01](px)?[\s,]+[01](px)?[\s,]+[01](px)?[\s,]+[01](px)?/.test(get('clip'))) return true
  return /inset\( ?(50|[6-9]\d|100)%|circle\( ?0/.test(get('clip-path'))
}

/** CSS lengths in pixels, near enough; not a length: NaN, which compares false. */
function lengthPx(value: string): number {
  const match = /^(-?(?:\d+(?:\.\d+)?|\.\d+))(px|pt|em|rem|ex|ch|%|vw|vh|cm|mm|in|pc)?$/.exec(value)
  if (match === null) return Number.NaN
  const perUnit: Readonly<Record<string, number>> = {
    px: 1,
    pt: 1.33,
    '%': 0.16,
    vw: 10,
    vh: 8,
    cm: 38,
    mm: 3.8,
    in: 96,
  }
  return Number(match[1]) * (perUnit[match[2] ?? 'px'] ?? 16)
}

function ratio(value: string): number {
  return value.endsWith('%') ? Number.parseFloat(value) / 100 : Number.parseFloat(value)
}

export type Colour = readonly [red: number, green: number, blue: number] | 'transparent'

/** Not an object: its prototype would answer to `color:constructor`. */
const named = new Map<string, Colour>([
  ['white', [255, 255, 255]],
  ['black', [0, 0, 0]],
  ['snow', [255, 250, 250]],
  ['ivory', [255, 255, 240]],
  ['ghostwhite', [248, 248, 255]],
  ['whitesmoke', [245, 245, 245]],
  ['transparent', 'transparent'],
  ['red', [255, 0, 0]],
  ['green', [0, 128, 0]],
  ['blue', [0, 0, 255]],
  ['yellow', [255, 255, 0]],
  ['gray', [128, 128, 128]],
  ['grey', [128, 128, 128]],
  ['silver', [192, 192, 192]],
  ['navy', [0, 0, 128]],
])

/** `undefined`: not a colour we can compare (a gradient, an image, a variable). */
export function parseColour(value: string): Colour | undefined {
  const text = value.trim().toLowerCase()
  const name = named.get(text)
  if (name !== undefined) return name
  const hex = /^#?([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{4}|[0-9a-f]{3})$/.exec(text)?.[1]
  if (hex !== undefined) {
    const long = hex.length < 6 ? [...hex].map((digit) => digit + digit).join('') : hex
    if (long.length === 8 && Number.parseInt(long.slice(6), 16) < 255 * faintestOpacity) return 'transparent'
    return [0, 2, 4].map((at) => Number.parseInt(long.slice(at, at + 2), 16)) as [number, number, number]
  }
  const numbers = /^rgba?\(([^)]*)\)$/
    .exec(text)?.[1]
    ?.split(/[\s,/]+/)
    .filter((part) => part !== '')
  if (numbers !== undefined && numbers.length >= 3) {
    if (numbers[3] !== undefined && ratio(numbers[3]) < faintestOpacity) return 'transparent'
    const channels = numbers
      .slice(0, 3)
      .map((part) => (part.endsWith('%') ? ratio(part) * 255 : Number(part)))
    return channels as [number, number, number]
  }
  const hsl = /^hsla?\([^,\s]+[\s,]+[^,\s]+[\s,]+(\d+)%/.exec(text)?.[1]
  if (hsl === '100' || hsl === '0') return hsl === '100' ? [255, 255, 255] : [0, 0, 0]
  return undefined
}

/** Sum of channel differences below which a person sees nothing. */
const leastContrast = 30

export function indistinguishable(text: Colour, background: Colour): boolean {
  if (text === 'transparent') return true
  if (background === 'transparent') return false
  return text.reduce((sum, channel, at) => sum + Math.abs(channel - (background[at] ?? 0)), 0) < leastContrast
}
