/**
 * Whether a person would see a run of text in a document or in an email that is one: its own switch, its size, its colour against what is behind
 * it. What is behind it and cannot be known hides nothing.
 */
/** Why nobody sees a run. */
export type Unseen = 'hidden' | 'tiny' | 'white'

export interface RunLook {
  readonly isHidden?: boolean | undefined
  /** Six hexadecimal digits. */
  readonly colour?: string | undefined
  readonly sizePt?: number | undefined
  /** `unknown`: a picture, a pattern, a theme. Undefined is white paper. */
  readonly background?: string | undefined
}

/** Below this nobody reads it, on paper or on a screen at its own size. */
const leastSizePt = 1.5
/** Of 255, in each of the three channels. */
const sameColour = 12

export function judge({ isHidden, colour, sizePt, background = 'ffffff' }: RunLook): Unseen | undefined {
  if (isHidden === true) return 'hidden'
  if (sizePt !== undefined && sizePt < leastSizePt) return 'tiny'
  if (colour !== undefined && isAlike(colour, background)) return 'white'
  return undefined
}

function isAlike(one: string, other: string): boolean {
  const [a, b] = [toChannels(one), toChannels(other)]
  if (a === undefined || b === undefined) return false
  return a.every((value, index) => Math.abs(value - (b[index] ?? 0)) <= sameColour)
}

function toChannels(colour: string): number[] | undefined {
  const [, hex] = /^#?([0-9a-f]{6})$/i.exec(colour) ?? []
  if (hex === undefined) return undefined
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
}
