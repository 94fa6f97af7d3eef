/**
 * How far down content is in the window that cuts it off. Margins, paddings and offsets around it push it for sure;
 * content in front of it may push it, or be beside it.
 */
import type { Line } from './line.ts'

export interface Push {
  readonly least: number
  readonly most: number
  /** Of `least` the margin that a margin of the first thing inside falls together with (CSS 2.1 §8.3.1). */
  readonly margin: number
}

export const notPushed: Push = { least: 0, most: 0, margin: 0 }

export interface Step {
  readonly margin: number
  readonly padding: number
  /** `top` of a relative or an absolute box; not a number where it is per cent of a height that nobody knows. */
  readonly offset: number
}

export function pushBy(from: Push, above: number, { margin, padding, offset }: Step): Push {
  const known = Number.isNaN(offset) ? 0 : offset
  const own = margin < 0 ? margin : Math.max(0, margin - from.margin)
  return {
    least: from.least + own + padding + known,
    most: from.most + above + margin + padding + known,
    margin: padding > 0 || known !== 0 ? 0 : Math.max(from.margin, margin),
  }
}

interface Box {
  readonly line: Line
  readonly height: number | undefined
  readonly fontSize: number
  readonly display: string
}

/** Behind a box in the same flow: what was inside it, or the height that it says. What is in a line stands on its ground. */
export function addAbove(around: Line, { line, height, fontSize, display }: Box): void {
  const whole = height ?? line.above + (line.width > 0 ? fontSize : 0)
  around.above += display === 'inline-block' ? Math.max(0, whole - fontSize) : whole
}
