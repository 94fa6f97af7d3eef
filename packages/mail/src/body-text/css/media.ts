/**
 * Conditions of at-rules for the judge's window: a colour screen, 800 pixels wide, light, with a mouse and no script.
 * `unsure` is an honest third answer: the rule may apply or not, so nothing is hidden on its word alone.
 */
import type { CssNode } from 'css-tree'
import { toPixels, viewport } from './lengths.ts'
import { toLonghands } from './properties.ts'
import { isValidValue } from './valid-values.ts'

export type Condition = 'holds' | 'fails' | 'unsure'

const features: Readonly<Record<string, string>> = {
  orientation: 'portrait',
  'prefers-color-scheme': 'light',
  'prefers-reduced-motion': 'no-preference',
  'prefers-reduced-transparency': 'no-preference',
  'prefers-contrast': 'no-preference',
  'forced-colors': 'none',
  'inverted-colors': 'none',
  hover: 'hover',
  'any-hover': 'hover',
  pointer: 'fine',
  'any-pointer': 'fine',
  'display-mode': 'browser',
  scripting: 'none',
  update: 'fast',
  'overflow-block': 'scroll',
  'overflow-inline': 'scroll',
  scan: 'progressive',
  'dynamic-range': 'standard',
  'color-gamut': 'srgb',
}
const numbers: Readonly<Record<string, number>> = {
  width: viewport.width,
  height: viewport.height,
  'device-width': viewport.width,
  'device-height': viewport.height,
  color: 8,
  'color-index': 0,
  monochrome: 0,
  grid: 0,
  resolution: 1,
  '-webkit-device-pixel-ratio': 1,
  '-webkit-min-device-pixel-ratio': 1,
  'device-pixel-ratio': 1,
  '-webkit-transform-3d': 1,
  'aspect-ratio': viewport.width / viewport.height,
  'device-aspect-ratio': viewport.width / viewport.height,
}

/** Media Queries 4: a list holds when one of its queries does. */
export function evaluateMedia(prelude: CssNode | null | undefined): Condition {
  if (!prelude) return 'holds'
  const list = childrenOf(prelude).find(({ type }) => type === 'MediaQueryList') ?? prelude
  if (list.type !== 'MediaQueryList')
    return list.type === 'Raw' && list.value.trim() === '' ? 'holds' : 'unsure'
  const queries = childrenOf(list)
  if (queries.length === 0) return 'holds'
  return anyOf(queries.map(evaluateQuery))
}

function evaluateQuery(query: CssNode): Condition {
  // A query that is no query holds nowhere (§3.2).
  if (query.type !== 'MediaQuery') return 'fails'
  const { modifier, mediaType, condition } = query as CssNode & {
    modifier: string | null
    mediaType: string | null
    condition: CssNode | null
  }
  const type: Condition = mediaType === null || /^(?:all|screen)$/i.test(mediaType) ? 'holds' : 'fails'
  const whole = allOf([type, condition === null ? 'holds' : evaluateCondition(condition, evaluateFeature)])
  return modifier?.toLowerCase() === 'not' ? not(whole) : whole
}

/** `@supports`: whether a browser would know the declaration. Names that no browser has fail. */
export function evaluateSupports(prelude: CssNode | null | undefined): Condition {
  const condition = prelude && childrenOf(prelude).find(({ type }) => type === 'Condition')
  return condition ? evaluateCondition(condition, evaluateSupported) : 'unsure'
}

function evaluateCondition(node: CssNode, leaf: (node: CssNode) => Condition): Condition {
  if (node.type !== ('Condition' as string)) return leaf(node)
  let result: Condition | undefined
  let operator = 'and'
  let negated = false
  for (const child of childrenOf(node)) {
    if (child.type === 'Identifier') {
      const word = child.name.toLowerCase()
      if (word === 'not') negated = !negated
      else if (word === 'and' || word === 'or') operator = word
      else return 'unsure'
      continue
    }
    const value = negated ? not(evaluateCondition(child, leaf)) : evaluateCondition(child, leaf)
    negated = false
    if (result === undefined) result = value
    else result = operator === 'or' ? anyOf([result, value]) : allOf([result, value])
  }
  return result ?? 'unsure'
}

function evaluateFeature(node: CssNode): Condition {
  const feature = node as unknown as { type: string; name?: string; value?: CssNode | null }
  if (feature.type === 'FeatureRange') return evaluateRange(node)
  if (feature.type !== 'Feature' || feature.name === undefined) return 'unsure'
  const name = feature.name.toLowerCase()
  const [, bound, plain = name] = /^(?:-webkit-)?(min|max)-(.+)$/.exec(name) ?? []
  const own = numbers[plain] ?? numbers[name]
  if (!feature.value) {
    if (own !== undefined) return own === 0 ? 'fails' : 'holds'
    return features[name] === undefined ? 'unsure' : features[name] === 'none' ? 'fails' : 'holds'
  }
  if (own !== undefined) {
    const value = numberOf(feature.value)
    if (value === undefined) return 'unsure'
    return toCondition(bound === 'min' ? own >= value : bound === 'max' ? own <= value : own === value)
  }
  const known = features[name]
  return known === undefined || feature.value.type !== 'Identifier'
    ? 'unsure'
    : toCondition(known === feature.value.name.toLowerCase())
}

/** `(width > 1px)`, `(1px < width <= 900px)`. */
function evaluateRange(node: CssNode): Condition {
  const range = node as unknown as {
    left: CssNode
    leftComparison: string
    middle: CssNode
    rightComparison: string | null
    right: CssNode | null
  }
  const compare = (left: CssNode, comparison: string, right: CssNode): Condition => {
    const [one, other] = [numberOf(left), numberOf(right)]
    if (one === undefined || other === undefined) return 'unsure'
    const holds: Record<string, boolean> = {
      '<': one < other,
      '<=': one <= other,
      '>': one > other,
      '>=': one >= other,
      '=': one === other,
    }
    return holds[comparison] === undefined ? 'unsure' : toCondition(holds[comparison])
  }
  const first = compare(range.left, range.leftComparison, range.middle)
  if (range.right === null || range.rightComparison === null) return first
  return allOf([first, compare(range.middle, range.rightComparison, range.right)])
}

function numberOf(node: CssNode): number | undefined {
  switch (node.type as string) {
    case 'Identifier':
      return numbers[(node as unknown as { name: string }).name.toLowerCase()]
    case 'Number':
      return Number((node as unknown as { value: string }).value)
    case 'Ratio': {
      const { left, right } = node as unknown as { left: CssNode; right: CssNode | null }
      const [one, other] = [numberOf(left), right === null ? 1 : numberOf(right)]
      return one === undefined || other === undefined ? undefined : one / other
    }
    case 'Dimension': {
      const { value, unit } = node as unknown as { value: string; unit: string }
      if (/^(?:dppx|x)$/i.test(unit)) return Number(value)
      if (/^dpi$/i.test(unit)) return Number(value) / 96
      if (/^dpcm$/i.test(unit)) return (Number(value) * 2.54) / 96
      return toPixels(`${value}${unit.toLowerCase()}`, { fontSize: 16 })
    }
    default:
      return undefined
  }
}

function evaluateSupported(node: CssNode): Condition {
  const supported = node as unknown as { type: string; declaration?: { property: string; value: CssNode } }
  if (supported.type !== 'SupportsDeclaration' || supported.declaration === undefined) return 'unsure'
  const { property, value } = supported.declaration
  const name = property.toLowerCase()
  if (/^-(?:ms|moz|o|apple|khtml)-|^mso-/.test(name)) return 'fails'
  const text = value.type === 'Raw' ? value.value.trim().toLowerCase() : ''
  const longhands = toLonghands(name, text, false)
  if (longhands.length > 0)
    return toCondition(longhands.every((one) => isValidValue(one.property, one.value, false)))
  return otherKnownProperties.has(name) ? 'holds' : /^-webkit-/.test(name) ? 'unsure' : 'fails'
}

/** Properties that cannot hide text and that mails ask for all the same. */
const otherKnownProperties = new Set(
  'align-items align-content align-self animation aspect-ratio background-size border border-radius bottom box-shadow caret-color columns column-count cursor fill flex flex-direction flex-wrap font-family font-style font-weight font-variation-settings gap grid-area grid-gap grid-template-areas hyphens isolation justify-content letter-spacing list-style object-fit object-position order outline pointer-events quotes resize scroll-behavior stroke table-layout text-decoration text-overflow text-shadow text-size-adjust text-transform transition user-select vertical-align will-change word-break word-wrap overflow-wrap accent-color color-scheme'.split(
    ' ',
  ),
)

export function allOf(conditions: readonly Condition[]): Condition {
  if (conditions.includes('fails')) return 'fails'
  return conditions.includes('unsure') ? 'unsure' : 'holds'
}

function anyOf(conditions: readonly Condition[]): Condition {
  if (conditions.includes('holds')) return 'holds'
  return conditions.includes('unsure') ? 'unsure' : 'fails'
}

function not(condition: Condition): Condition {
  return condition === 'unsure' ? 'unsure' : condition === 'holds' ? 'fails' : 'holds'
}

function toCondition(holds: boolean): Condition {
  return holds ? 'holds' : 'fails'
}

export function childrenOf(node: CssNode): CssNode[] {
  return 'children' in node && node.children ? [...(node.children as Iterable<CssNode>)] : []
}
