/**
 * Styles that may hide by an effect: filters, and what is known to touch visibility and is not worked out.
 */
import { toPixels, toRatio } from '../css/lengths.ts'
import { faintest } from './judge.ts'
import type { Place, Verdict } from './place.ts'
import type { Reader } from './style-reader.ts'

export function readFilter(filter: string): Verdict {
  if (filter === 'none') return 'shown'
  let verdict: Verdict = filter.includes('url(') ? 'unsure' : 'shown'
  for (const [, name = '', argument = ''] of filter.matchAll(/(?<![a-z-])([a-z-]+)\(([^()]*)\)/g)) {
    if (name === 'opacity' && (toRatio(argument.trim()) ?? 1) < faintest) return 'hidden'
    if (!/^(?:opacity|drop-shadow|grayscale|sepia|saturate|hue-rotate)$/.test(name)) verdict = 'unsure'
  }
  return verdict
}

/** Touches what hides, and is not worked out here. */
export function isOddlyStyled(reader: Reader, fontSize: number, parent: Place): boolean {
  const own = (property: string) => reader.own(property) ?? 'none'
  const isSet = (property: string) => !/^(?:none|normal|auto|unset)$/.test(own(property))
  if (['clip-path', 'mask', 'mask-image', 'mask-border', 'offset-path', 'mix-blend-mode'].some(isSet))
    return true
  if (own('background-clip') === 'text' && /url\(/.test(own('background-image'))) return true
  if (/\b(?:size|inline-size|strict)\b/.test(own('contain'))) return true
  if (/^-/.test(own('z-index')) && parent.background !== undefined) return true
  if (/(?:^|\s)0(?:px|fr)?(?:\s|$)/.test(own('grid-template-rows'))) return true
  if (/url\(/.test(own('content'))) return true
  if (/^url\(\s*["']?data:/.test(own('background-image'))) return true
  const spacing = toPixels(own('letter-spacing'), { fontSize }) ?? 0
  const words = toPixels(own('word-spacing'), { fontSize }) ?? 0
  return spacing < -0.25 * fontSize || words < -3 * fontSize
}

export function animates(names: string | undefined, keyframes: ReadonlySet<string>): boolean {
  return (
    names !== undefined && keyframes.size > 0 && names.split(/[\s,]+/).some((name) => keyframes.has(name))
  )
}
