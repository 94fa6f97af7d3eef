/**
 * What may be laid over text: an element out of the flow, or what `::after` puts on its own element.
 */
import type { Cascaded } from '../css/cascade.ts'
import { parseColour } from '../css/colours.ts'
import type { Pixels, Reader } from './style-reader.ts'

/** Something opaque, out of the flow, as large as a line or more. */
export function isCovering(
  reader: Reader,
  { position, isOut, px }: { position: string; isOut: boolean; px: Pixels },
): boolean {
  if (position === 'static' || (!isOut && position !== 'relative')) return false
  const colour = parseColour(reader.own('background-color') ?? 'transparent')
  const hasGround = (colour?.alpha ?? 1) > 0.5 || (reader.own('background-image') ?? 'none') !== 'none'
  if (!hasGround || /^-/.test(reader.own('z-index') ?? '')) return false
  const isMovedOver = !isOut && ((px('top') ?? 0) < -5 || (px('margin-top') ?? 0) < -5)
  const stretches = ['top', 'bottom', 'left', 'right'].every((side) => reader.own(side) !== undefined)
  const size = (name: string) => (px(name) ?? 0) >= 10
  return (
    isMovedOver ||
    (isOut && (stretches || (size('width') && size('height')) || reader.own('width') === '100%'))
  )
}

/** `::after` laid over its own element. */
export function isCoveredByItsOwn({ generated, hasLineStyle }: Cascaded): boolean {
  if (hasLineStyle) return true
  if (!generated.has('content') || !/^(?:absolute|fixed)$/.test(generated.get('position') ?? '')) return false
  const ground = generated.get('background-color') ?? 'transparent'
  const image = generated.get('background-image') ?? 'none'
  return image !== 'none' || (parseColour(ground)?.alpha ?? 1) > 0.5
}
