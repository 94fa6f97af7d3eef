/** Matrices and boxes of a PDF page (ISO 32000-1 §8.3). */
export type Matrix = readonly [number, number, number, number, number, number]
export type Box = readonly [left: number, bottom: number, right: number, top: number]

export const identity: Matrix = [1, 0, 0, 1, 0, 0]

/** First `inner`, then `outer`. */
export function multiply(outer: Matrix, inner: Matrix): Matrix {
  const [a, b, c, d, e, f] = outer
  const [a2, b2, c2, d2, e2, f2] = inner
  return [
    a * a2 + c * b2,
    b * a2 + d * b2,
    a * c2 + c * d2,
    b * c2 + d * d2,
    a * e2 + c * f2 + e,
    b * e2 + d * f2 + f,
  ]
}

export function toMatrix(values: unknown): Matrix | undefined {
  if (!isNumbers(values) || values.length < 6) return undefined
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = Array.from(values)
  return [a, b, c, d, e, f]
}

export function isNumbers(values: unknown): values is ArrayLike<number> & Iterable<number> {
  return (
    ArrayBuffer.isView(values) || (Array.isArray(values) && values.every((one) => typeof one === 'number'))
  )
}

/** Where a box lies on the page. */
export function place([a, b, c, d, e, f]: Matrix, [left, bottom, right, top]: Box): Box {
  const xs = [left, right].flatMap((x) => [bottom, top].map((y) => a * x + c * y + e))
  const ys = [left, right].flatMap((x) => [bottom, top].map((y) => b * x + d * y + f))
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

export function intersect(one: Box, other: Box | undefined): Box {
  if (other === undefined) return one
  return [
    Math.max(one[0], other[0]),
    Math.max(one[1], other[1]),
    Math.min(one[2], other[2]),
    Math.min(one[3], other[3]),
  ]
}

export function holds([left, bottom, right, top]: Box, [x, y]: readonly [number, number]): boolean {
  return x >= left && x <= right && y >= bottom && y <= top
}
