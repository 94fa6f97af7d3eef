/** Whether a browser would take a value at all. What one means is lengths.ts, colours.ts and ../visibility/. */
import { isColour } from './colours.ts'

export const sides = ['top', 'right', 'bottom', 'left'] as const
export const cssWide = new Set(['inherit', 'initial', 'unset', 'revert', 'revert-layer'])

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
  'text-decoration-line': setOf('none underline overline line-through blink'),
  'writing-mode': setOf('horizontal-tb vertical-rl vertical-lr sideways-rl sideways-lr tb lr rl'),
  'white-space': setOf('normal nowrap pre pre-wrap pre-line break-spaces'),
}

export const fontSizeWords = setOf(
  'xx-small x-small small medium large x-large xx-large xxx-large smaller larger',
)
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
  'filter backdrop-filter transform translate scale rotate zoom clip clip-path mask mask-image mask-size mask-clip mask-border contain z-index mix-blend-mode animation-name content grid-template-rows grid-template-columns background-image opacity background-size background-repeat offset-path shape-outside all appearance',
)
const colours = setOf('color background-color -webkit-text-fill-color')

/** A property that changes what is read. */
export function isKept(property: string): boolean {
  return (
    property === 'list-style-type' ||
    property in keywords ||
    property in lengths ||
    judgedLater.has(property) ||
    colours.has(property)
  )
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
  if (property === 'list-style-type') return /^(?:-?[a-z_][\w-]*|"[^"]*"|'[^']*'|symbols\(.*\))$/.test(value)
  if (property === 'opacity') return /^[-+]?[\d.]+(?:e[-+]?\d+)?%?$/.test(value) || value.includes('(')
  if (property === 'zoom') return /^[\d.]+(?:e[-+]?\d+)?%?$|^normal$|\(/.test(value)
  return true
}

/** A number alone is pixels in a page without a doctype, and otherwise none but nought (quirks.spec.whatwg.org §4.2). */
export function isLength(value: string, takesNumbers: boolean): boolean {
  const unit = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(%|[a-z]{1,5})?$/.exec(value)
  return unit !== null && (unit[1] !== undefined || takesNumbers || Number(value) === 0)
}

export function setOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}
