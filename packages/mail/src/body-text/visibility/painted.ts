/**
 * The colours of an element: of its letters, and what they are painted on.
 */
import { blend, type Colour, contrast, parseColour, transparent } from '../css/colours.ts'
import { quirkColour } from '../css/defaults.ts'
import { splitSpaces, splitTop } from '../css/properties.ts'
import { leastContrast } from './judge.ts'
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

export function readBackground(
  reader: Reader,
  under: Colour | undefined,
  text: Colour | undefined,
): Colour | undefined {
  const image = reader.own('background-image') ?? 'none'
  const value = reader.own('background-color')
  const own = value === undefined ? transparent : value === 'currentcolor' ? text : parseColour(value)
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
