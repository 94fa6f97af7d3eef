/**
 * How an element is moved, made smaller or turned away, by `transform` and its three short forms, and by `zoom`.
 */
import { toPixels, toRatio } from '../css/lengths.ts'
import { splitSpaces, splitTop } from '../css/properties.ts'
import type { Verdict } from './place.ts'
import type { Reader } from './style-reader.ts'

interface Transform {
  readonly verdict: Verdict
  readonly isSet: boolean
  readonly scale: number
  readonly left: number
  readonly top: number
}

export const untransformed: Transform = { verdict: 'shown', isSet: false, scale: 1, left: 0, top: 0 }

export function readTransform(reader: Reader, fontSize: number, width: number): Transform {
  const values = ['transform', 'translate', 'scale', 'rotate'].map(
    (property) => reader.own(property) ?? 'none',
  )
  if (values.every((value) => value === 'none')) return untransformed
  const [transform = 'none', translate = 'none', scaleValue = 'none', rotate = 'none'] = values
  let verdict: Verdict = 'shown'
  let [scale, left, top] = [1, 0, 0]
  const move = (x: string | undefined, y: string | undefined) => {
    const [dx, dy] = [
      toPixels(x ?? '0', { fontSize, whole: width }),
      toPixels(y ?? '0', { fontSize, whole: fontSize * 1.2 }),
    ]
    if (dx === undefined || dy === undefined) verdict = 'unsure'
    left += dx ?? 0
    top += dy ?? 0
  }
  const grow = (...factors: (string | undefined)[]) => {
    for (const factor of factors) scale *= Math.abs(factor === undefined ? 1 : (toRatio(factor) ?? 1))
  }
  const turn = (angle: string) => {
    const degrees = toDegrees(angle)
    if (degrees === undefined) verdict = 'unsure'
    else if (Math.abs(Math.cos((degrees * Math.PI) / 180)) < 0.1) verdict = 'hidden'
  }
  if (translate !== 'none') move(...(splitSpaces(translate) as [string, string?]))
  if (scaleValue !== 'none') grow(...splitSpaces(scaleValue).slice(0, 2))
  if (/^[xy] /.test(rotate)) turn(splitSpaces(rotate)[1] ?? '')
  else if (splitSpaces(rotate).length > 1 && !rotate.startsWith('z ')) verdict = 'unsure'
  for (const [, name = '', inside = ''] of transform.matchAll(
    /(?<![a-z0-9])([a-z0-9]+)\(((?:[^()]|\([^()]*\))*)\)/g,
  )) {
    const parts = splitTop(inside, ',')
    const [x, y] = parts
    if (/^translate(?:3d)?$/.test(name)) move(x, y)
    else if (name === 'translatex') move(x, undefined)
    else if (name === 'translatey') move(undefined, x)
    else if (/^scale(?:3d)?$/.test(name)) grow(x, y ?? x)
    else if (/^scale[xy]$/.test(name)) grow(x)
    else if (/^rotate[xy]$/.test(name)) turn(x ?? '')
    else if (!/^(?:rotate|rotatez|skew[xy]?|translatez|scalez|perspective)$/.test(name)) verdict = 'unsure'
  }
  return { verdict, isSet: true, scale, left, top }
}

function toDegrees(angle: string): number | undefined {
  const found = /^(-?[\d.]+)(deg|turn|rad|grad)?$/.exec(angle.trim())
  const perUnit: Record<string, number> = { deg: 1, turn: 360, rad: 180 / Math.PI, grad: 0.9 }
  return found === null ? undefined : Number(found[1]) * (perUnit[found[2] ?? 'deg'] ?? 1)
}

export function readZoom(zoom: string | undefined): number | undefined {
  return zoom === undefined || zoom === 'normal' ? undefined : toRatio(zoom)
}
