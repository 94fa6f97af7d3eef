/**
 * What text inherits from where it is on the page: size, colours, box and what may lie over it. Made here for the page,
 * changed by each element in place-inside.ts, judged in judge.ts.
 */
import { black, type Colour, white } from '../css/colours.ts'
import { viewport } from '../css/lengths.ts'
import { createLine, type Line } from './line.ts'
import { notPushed, type Push } from './push.ts'

export type Verdict = 'shown' | 'hidden' | 'unsure'

/** A box that something opaque may have been laid over. */
export interface Ground {
  cover: number | undefined
  readonly outer: Ground | undefined
}

/** What text inherits from where it stands. Immutable but for `Ground` and `Line`. */
export interface Place {
  readonly isHidden: boolean
  readonly isUnsure: boolean
  readonly isVisible: boolean
  readonly display: string
  readonly fontSize: number
  readonly lineHeight: number | undefined
  /** Of zoom and of every scale together. */
  readonly scale: number
  readonly colour: Colour | undefined
  readonly fillColour: Colour | undefined
  /** What tables begin with in a page without a doctype. */
  readonly bodyColour: Colour | undefined
  /** Undefined: a picture, against which no colour can be judged. */
  readonly background: Colour | undefined
  readonly opacity: number
  /** Whether letters that have no colour of their own are seen by what is painted in their shape. */
  readonly ink: Verdict
  /** Of the lines that it is in, which are those of the nearest box. */
  readonly textIndent: number
  readonly line: Line
  /** It may stand further to the right than the styles say: centred, or beside others. */
  readonly isAdrift: boolean
  /** What a box inside begins its own lines with. */
  readonly inheritedIndent: number
  readonly whiteSpace: string
  readonly listStyle: string
  /** A line through its words. */
  readonly strike: 'none' | 'begins' | 'goes on'
  readonly isRightToLeft: boolean
  readonly textAlign: string
  /** Where its content begins, and how wide it is, as far as the styles say. */
  readonly left: number
  readonly width: number
  /** How far it was moved up on purpose. */
  readonly top: number
  readonly clip: Clip | undefined
  readonly push: Push
  /** Of a box in the flow, so that what is behind it is below it. */
  readonly height: number | undefined
  readonly isInFlow: boolean
  /** Of the nearest positioned ancestor: what an absolute box starts from. */
  readonly positioned: Pick<Place, 'left' | 'width' | 'clip' | 'push'> | undefined
  readonly ground: Ground
  readonly covers: readonly number[]
  readonly customProperties: ReadonlyMap<string, string>
}

export interface Clip {
  /** Where its window begins; the place of the page where nothing is cut off at the sides. */
  readonly left: number
  readonly width: number
  readonly height: number
  /** Its height is no guess. */
  readonly isExact: boolean
}

export function rootPlace(): Place {
  return {
    isHidden: false,
    isUnsure: false,
    isVisible: true,
    display: 'block',
    fontSize: 16,
    lineHeight: undefined,
    scale: 1,
    colour: black,
    fillColour: undefined,
    bodyColour: black,
    background: white,
    opacity: 1,
    ink: 'hidden',
    textIndent: 0,
    line: createLine(),
    isAdrift: false,
    inheritedIndent: 0,
    whiteSpace: 'normal',
    listStyle: 'disc',
    strike: 'none',
    isRightToLeft: false,
    textAlign: 'start',
    left: 0,
    width: viewport.width,
    top: 0,
    clip: undefined,
    push: notPushed,
    height: undefined,
    isInFlow: true,
    positioned: undefined,
    ground: { cover: undefined, outer: undefined },
    covers: [],
    customProperties: new Map(),
  }
}
