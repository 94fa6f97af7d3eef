/**
 * The colours of an element: of its letters, and what they are painted on.
 */
import { blend, type Colour, contrast, parseColour, transparent } from '../css/colours.ts'
import { quirkColour } from '../css/defaults.ts'
import { splitSpaces, splitTop } from '../css/properties.ts'
import { leastContrast } from './judge.ts'
import type { Verdict } from './place.ts'
import type { Reader } from './style-reader.ts'

export function readColour(
  reader: Reader,
  property: string,
  otherwise: Colour | undefined,
  linkColour: Colour,
  current?: Colour | undefined,
): Colour | undefined {
  const value = reader.own(property)
  if (value === undefined) return otherwise
  if (value === 'currentcolor') return current ?? otherwise
  if (value === 'linktext') return linkColour
  if (value === quirkColour) return reader.parent.bodyColour
  return parseColour(value)
}

interface Paint {
  readonly background: Colour | undefined
  readonly ink: Verdict
}

/** `background-clip: text` leaves the ground as it is and fills the letters (Backgrounds 4 §3.8). */
export function readPaint(reader: Reader, text: Colour | undefined, isApart: boolean): Paint {
  const { background: under, ink } = reader.parent
  const image = reader.own('background-image') ?? 'none'
  const value = reader.own('background-color')
  const own = value === undefined ? transparent : value === 'currentcolor' ? text : parseColour(value)
  if (reader.own('background-clip') === 'text')
    return { background: under, ink: readInk(reader, { image, own, under }) }
  const background = readBackground(image, own, under)
  const isPainted = image !== 'none' || own?.alpha !== 0
  return { background, ink: isPainted ? 'hidden' : isApart && ink === 'shown' ? 'unsure' : ink }
}

interface Layers {
  readonly image: string
  readonly own: Colour | undefined
  readonly under: Colour | undefined
}

/** Seen where each of its colours is; a picture, or part of the letters, may be. */
function readInk(reader: Reader, { image, own, under }: Layers): Verdict {
  const isFlat = ['height', 'max-height', 'width', 'max-width'].some((name) =>
    /^0(?![.\d])/.test(reader.own(name) ?? ''),
  )
  if (isFlat) return 'unsure'
  const isPart = (property: string, whole: RegExp) => !whole.test(reader.own(property) ?? 'auto')
  if (isPart('background-size', /^(?:auto|cover|\d{3,4}%)(?: (?:auto|\d{3,4}%))?$/)) return 'unsure'
  if (isPart('background-repeat', /^(?:auto|repeat)$/)) return 'unsure'
  const colours = image === 'none' ? [transparent] : stopsOf(image)
  if (colours === undefined || own === undefined) return 'unsure'
  if (under === undefined) return colours.some(({ alpha }) => alpha > 0) || own.alpha > 0 ? 'shown' : 'hidden'
  const seen = colours.filter((one) => contrast(blend(one, blend(own, under)), under) >= leastContrast)
  return seen.length === 0 ? 'hidden' : seen.length < colours.length ? 'unsure' : 'shown'
}

const direction =
  /^(?:to (?:top|bottom|left|right)|-?[\d.]+(?:deg|turn|rad|grad)$|circle|ellipse|closest-|farthest-|at |from |top|bottom|left|right)/

/** Undefined: it is no gradient, or one of colours that are not known. */
function stopsOf(image: string): Colour[] | undefined {
  if (!/^(?:-webkit-)?(?:repeating-)?(?:linear|radial|conic)-gradient\(/.test(image) || !image.endsWith(')'))
    return undefined
  if (splitTop(image, ',').length > 1) return undefined
  const parts = splitTop(image.slice(image.indexOf('(') + 1, -1), ',')
  const stops = parts.slice(direction.test(parts[0] ?? '') ? 1 : 0).map((part) => {
    return splitSpaces(part)
      .map(parseColour)
      .find((one) => one !== undefined)
  })
  const colours = stops.filter((one) => one !== undefined)
  return colours.length === stops.length && colours.length > 0 ? colours : undefined
}

function readBackground(
  image: string,
  own: Colour | undefined,
  under: Colour | undefined,
): Colour | undefined {
  const ground =
    own === undefined || under === undefined ? (own?.alpha === 1 ? own : undefined) : blend(own, under)
  if (image === 'none') return ground
  // Pictures from elsewhere are not loaded before the reader asks; those inside the mail and gradients are painted.
  if (!/gradient\(|url\(\s*["']?data:/.test(image)) return undefined
  return /^(?:repeating-)?(?:linear|radial|conic)-gradient\(/.test(image)
    ? gradientColour(image, ground)
    : ground
}

/** A gradient all of whose stops are alike is a colour. */
function gradientColour(image: string, under: Colour | undefined): Colour | undefined {
  const inside = image.slice(image.indexOf('(') + 1, image.lastIndexOf(')'))
  const stops = splitTop(inside, ',').flatMap((stop) =>
    splitSpaces(stop)
      .map(parseColour)
      .filter((one) => one !== undefined),
  )
  const [first] = stops
  if (first === undefined || under === undefined) return undefined
  return stops.every((stop) => contrast(blend(stop, under), blend(first, under)) < leastContrast)
    ? blend(first, under)
    : undefined
}
