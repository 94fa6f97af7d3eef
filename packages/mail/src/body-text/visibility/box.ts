/**
 * Where the content of a box begins and how wide it is, as far as the styles say: margins, paddings, offsets.
 */
import { viewport } from '../css/lengths.ts'
import { farAway } from './judge.ts'
import type { Place } from './place.ts'
import type { Step } from './push.ts'
import type { Pixels } from './style-reader.ts'

export interface Box {
  readonly left: number
  readonly width: number
  readonly top: number
  /** How far it is below its place. */
  readonly down: number
  readonly step: Step
  readonly paddingRight: number
  readonly paddingBottom: number
  readonly paddings: readonly [width: number, height: number]
}

export function readBox(
  px: Pixels,
  {
    around,
    parent,
    position,
    isBox,
    display,
  }: {
    around: Pick<Place, 'left' | 'width'>
    parent: Place
    position: string
    isBox: boolean
    display: string
  },
): Box {
  const isOut = position === 'absolute' || position === 'fixed'
  const isCell = display === 'table-cell'
  const padding = (side: string) => px(`padding-${side}`) ?? 0
  const [paddingLeft, paddingRight, paddingTop, paddingBottom] = [
    padding('left'),
    padding('right'),
    padding('top'),
    padding('bottom'),
  ]
  const marginLeft = isCell || /^table-/.test(display) ? 0 : (px('margin-left') ?? 0)
  const marginRight = px('margin-right') ?? 0
  const own = isBox ? (px('width') ?? px('max-width')) : undefined
  const free = around.width - marginLeft - marginRight
  let left = around.left + marginLeft
  let top = isOut && position === 'fixed' ? 0 : parent.top
  const marginTop = isBox && !/^table-/.test(display) ? (px('margin-top') ?? 0) : 0
  if (marginTop < 0) top += marginTop
  let down = Math.max(marginTop, isBox ? paddingTop : 0)
  let offset = 0
  if (position !== 'static' && position !== 'sticky') {
    const [toLeft, toRight, toTop, toBottom] = [
      px('left'),
      px('right'),
      px('top', viewport.height),
      px('bottom', viewport.height),
    ]
    const exact = px('top', Number.NaN) ?? (isOut ? undefined : -(px('bottom', Number.NaN) ?? 0))
    offset = exact ?? 0
    down = Math.max(down, toTop ?? (toBottom === undefined ? 0 : -toBottom))
    if (toLeft !== undefined) left += toLeft
    else if (toRight !== undefined) left += isOut ? Math.max(0, free - (own ?? free)) - toRight : -toRight
    if (toTop !== undefined) top += Math.min(0, toTop)
    else if (toBottom !== undefined && !isOut) top += Math.min(0, -toBottom)
    if (
      position === 'fixed' &&
      ((toTop ?? 0) >= viewport.height ||
        (toBottom ?? 0) <= -viewport.height ||
        (toBottom ?? 0) >= viewport.height)
    ) {
      top = -farAway
    }
    if (isOut && toTop === undefined && (toBottom ?? 0) >= farAway * 5) top = -farAway
  }
  const outerWidth = own ?? free
  const width = Math.max(0, isBox && own !== undefined ? own : outerWidth - paddingLeft - paddingRight)
  return {
    left: left + paddingLeft,
    width,
    top,
    down,
    step: { margin: marginTop, padding: isBox && !/^table-(?!cell)/.test(display) ? paddingTop : 0, offset },
    paddingRight,
    paddingBottom,
    paddings: [paddingLeft + paddingRight, paddingTop + paddingBottom],
  }
}
