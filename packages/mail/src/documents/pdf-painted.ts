/**
 * What was painted on a page of a PDF, and what that does to a text: what it is painted on, and whether something lies
 * over it. Read from the page by pdf-operators.ts.
 */
import { type Box, holds } from './pdf-geometry.ts'

export interface PaintedText {
  readonly text: string
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  readonly sizePt: number
  readonly colour: string | undefined
  readonly isInvisible: boolean
  /** How many areas had been painted before it. */
  readonly after: number
}

export interface PaintedArea {
  readonly box: Box
  /** Undefined: a picture, a pattern, something that lets light through. */
  readonly colour: string | undefined
  /** No corner of the box is left out. */
  readonly isRectangle: boolean
}

export interface Painted {
  readonly texts: readonly PaintedText[]
  readonly areas: readonly PaintedArea[]
  /** Images that pdf.js left out, found by the empty place that they leave. */
  readonly images: readonly Box[]
}

/** A map has more; on it nothing is judged by its background. */
export const maxAreas = 3_000

/** What stands behind a place when something is painted there; undefined is the paper, `unknown` not one colour. */
export function backgroundAt(
  { areas, images }: Painted,
  point: readonly [number, number],
  after: number,
): string | undefined {
  if (areas.length >= maxAreas || images.some((box) => holds(box, point))) return 'unknown'
  const area = areas.slice(0, after).findLast(({ box }) => holds(box, point))
  if (area === undefined) return undefined
  return area.isRectangle ? (area.colour ?? 'unknown') : 'unknown'
}

/** Whether what was painted later leaves nothing of a run: how a careless redaction is made. */
export function isCovered({ areas }: Painted, { from, to, after }: PaintedText): boolean {
  return (
    areas.length < maxAreas &&
    areas
      .slice(after)
      .some(
        ({ box, colour, isRectangle }) =>
          isRectangle && colour !== undefined && holds(box, from) && holds(box, to),
      )
  )
}
