/**
 * What is cut off an element: by `overflow`, which leaves a window, or by `clip` and `clip-path`, which may leave
 * nothing.
 */
import { toPixels } from '../css/lengths.ts'
import { splitSpaces } from '../css/properties.ts'
import type { Box } from './box.ts'
import type { Clip } from './place.ts'
import type { Push } from './push.ts'
import type { Pixels, Reader } from './style-reader.ts'

/** Lower than this there is nothing to read in it, and nobody scrolls it. */
const leastScrolled = 50

export function readClip(
  reader: Reader,
  px: Pixels,
  {
    isBox,
    isTablePart,
    display,
    fontSize,
    outer,
    push,
    box,
  }: {
    isBox: boolean
    isTablePart: boolean
    display: string
    fontSize: number
    outer: Clip | undefined
    /** Of what is in it, by the window around. */
    push: Push
    box: Box
  },
): Clip | undefined {
  if (!isBox || isTablePart || display === 'table' || display === 'table-cell') return outer
  const contains = /\b(?:paint|strict|content)\b/.test(reader.own('contain') ?? '')
  const cuts = (axis: 'x' | 'y') => contains || reader.word(`overflow-${axis}`, 'visible') !== 'visible'
  if (!cuts('x') && !cuts('y')) return outer
  const isBorderBox = reader.word('box-sizing', 'content-box') === 'border-box'
  const [aroundWidth, aroundHeight] = box.paddings
  const inner = (size: number | undefined, paddings: number) =>
    size === undefined ? undefined : Math.max(0, isBorderBox ? size - paddings : size)
  const least = (name: 'width' | 'height') => {
    // Per cent of a height that nobody knows count as per cent of the width around.
    const get = (property: string) => px(property, name === 'width' ? box.width : undefined)
    const size = Math.min(
      get(name) ?? Number.POSITIVE_INFINITY,
      get(`max-${name}`) ?? Number.POSITIVE_INFINITY,
    )
    const most = Math.max(size, get(`min-${name}`) ?? 0)
    return Number.isFinite(most) ? most : undefined
  }
  const height = inner(least('height'), aroundHeight)
  const width = inner(least('width'), aroundWidth)
  const lines = reader.own('line-height')
  const flat =
    lines !== undefined && height === undefined && toPixels(lines, { fontSize, whole: fontSize }) === 0
  const own = {
    height: flat ? 0 : height === undefined ? Number.POSITIVE_INFINITY : height + box.paddingBottom,
    width: width === undefined ? Number.POSITIVE_INFINITY : width + box.paddingRight,
  }
  const isOwnHeight = Number.isFinite(own.height)
  // Per cent of what nobody knows; and a window of some lines that can be scrolled holds more than it shows.
  const isGuessed = ['height', 'max-height'].some((name) => reader.own(name)?.includes('%'))
  const isScrolled =
    own.height > leastScrolled && /^(?:auto|scroll)$/.test(reader.word('overflow-y', 'visible'))
  const isOwnWidth = Number.isFinite(own.width)
  const heightLeft = (outer?.height ?? Number.POSITIVE_INFINITY) - (isOwnHeight ? push.least : 0)
  const right = outer === undefined ? Number.POSITIVE_INFINITY : outer.left + outer.width
  return {
    height: Math.min(own.height, Math.max(0, heightLeft)),
    left: isOwnWidth ? box.left : (outer?.left ?? 0),
    width: isOwnWidth
      ? Math.min(own.width, Math.max(0, right - box.left))
      : (outer?.width ?? Number.POSITIVE_INFINITY),
    isExact: isOwnHeight ? !isScrolled && !isGuessed : (outer?.isExact ?? true),
  }
}

/** `clip` works on absolute boxes only. */
export function isClippedAway(reader: Reader, position: string): boolean {
  const clip = /^rect\(([^()]*)\)/.exec(reader.own('clip') ?? '')?.[1]
  if (clip === undefined || !/^(?:absolute|fixed)$/.test(position)) return false
  const [top = 0, right = Number.NaN, bottom = Number.NaN, left = 0] = clip
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => (part === 'auto' ? Number.NaN : (toPixels(part, { fontSize: 16 }) ?? Number.NaN)))
  return right - (left || 0) < 4 || bottom - (top || 0) < 4
}

/** Shapes without an inside; any other shape is not worked out. */
export function isCutAway(path: string): boolean {
  const inset = /^inset\(([^()]*)\)/.exec(path)?.[1]?.split(' round')[0]
  if (inset !== undefined) {
    const [top = 0, right = top, bottom = top, left = right] = splitSpaces(inset).map(
      (side) => toPixels(side, { fontSize: 16, whole: 100 }) ?? 0,
    )
    return inset.includes('%') && (top + bottom >= 95 || left + right >= 95)
  }
  return /^circle\(0(?:px|%)?(?: at [^()]*)?\)|^ellipse\(0(?:px|%)? |^polygon\((?:0(?:px|%)? 0(?:px|%)?(?:, ?|\)))+$/.test(
    path,
  )
}
