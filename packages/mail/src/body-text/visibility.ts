/**
 * Would a person see text that stands here? Style is followed down the tree, and what hides is judged at the text: a
 * wrapper of size nought may hold a child that sets its own. Three answers: `shown`, `hidden`, and `unsure` where a
 * declaration touches what hides and is not understood. The oracle in the tests is Chromium, 800 pixels wide.
 */

import type { Cascaded } from './css/cascade.ts'
import { black, blend, type Colour, contrast, parseColour, transparent, white } from './css/colours.ts'
import { quirkColour } from './css/defaults.ts'
import { toPixels, toRatio, viewport } from './css/lengths.ts'
import { inheritedProperties, splitSpaces, splitTop } from './css/properties.ts'

export type Verdict = 'shown' | 'hidden' | 'unsure'

/** A box that something opaque may have been laid over. */
export interface Ground {
  cover: number | undefined
  readonly outer: Ground | undefined
}

/** What text inherits from where it stands. Immutable but for `Ground`. */
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
  readonly textIndent: number
  readonly whiteSpace: string
  readonly isRightToLeft: boolean
  readonly textAlign: string
  /** Where its content begins, and how wide it is, as far as the styles say. */
  readonly left: number
  readonly width: number
  /** How far it was moved up on purpose. */
  readonly top: number
  readonly clip: Clip | undefined
  /** Of the nearest positioned ancestor: what an absolute box starts from. */
  readonly positioned: Pick<Place, 'left' | 'width' | 'clip'> | undefined
  readonly ground: Ground
  readonly covers: readonly number[]
  readonly customProperties: ReadonlyMap<string, string>
}

interface Clip {
  readonly width: number
  readonly height: number
}

/** Text this small is there for machines. */
const smallestPx = 2
const faintest = 0.1
const leastContrast = 1.1
/** Part of a letter's size that must be left of it. */
const leastPart = 0.3
const farAway = 1_000

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
    textIndent: 0,
    whiteSpace: 'normal',
    isRightToLeft: false,
    textAlign: 'start',
    left: 0,
    width: viewport.width,
    top: 0,
    clip: undefined,
    positioned: undefined,
    ground: { cover: undefined, outer: undefined },
    covers: [],
    customProperties: new Map(),
  }
}

/** Of a text node; `chars` is how much of it there is. */
export function judgeText(place: Place, chars: number): Verdict {
  if (place.isHidden || !place.isVisible) return 'hidden'
  const size = place.fontSize * place.scale
  if (size < smallestPx || place.opacity < faintest) return 'hidden'
  const colourVerdict = judgeColour(place)
  if (colourVerdict === 'hidden') return 'hidden'
  const placed = judgePosition(place, chars)
  if (placed === 'hidden') return 'hidden'
  const clipped = judgeClip(place, chars)
  if (clipped === 'hidden') return 'hidden'
  const isUnsure = place.isUnsure || [colourVerdict, placed, clipped].includes('unsure')
  return isUnsure ? 'unsure' : 'shown'
}

/** Of a picture or a line: it has no colour and no size of letters. */
export function judgePicture(place: Place): Verdict {
  if (place.isHidden || !place.isVisible || place.opacity < faintest) return 'hidden'
  return judgePosition(place, 1) === 'hidden' || (place.clip?.height ?? 1) < 1 || (place.clip?.width ?? 1) < 1
    ? 'hidden'
    : 'shown'
}

function judgeColour({ colour, fillColour, background, opacity }: Place): Verdict {
  const text = fillColour ?? colour
  if (text === undefined) return 'unsure'
  const alpha = text.alpha * opacity
  if (alpha < faintest) return 'hidden'
  if (background === undefined) return 'shown'
  return contrast(blend({ ...text, alpha }, background), background) < leastContrast ? 'hidden' : 'shown'
}

function judgePosition(place: Place, chars: number): Verdict {
  const { left, width, top, textIndent, fontSize } = place
  if (top <= -farAway) return 'hidden'
  const start = left + textIndent
  const textWidth = Math.min(Math.max(width, 0), chars * fontSize * 0.5)
  // Text on the other side of a wide box may be inside the window though the box begins outside.
  const isAtStart = textIndent < 0 || (!place.isRightToLeft && !/center|right|end/.test(place.textAlign))
  const extent = isAtStart ? textWidth : Math.max(textWidth, width)
  if (start >= viewport.width || (start < 0 && start + extent <= 0)) return 'hidden'
  if ((start < 0 && start + textWidth <= 0) || top < -150) return 'unsure'
  return 'shown'
}

function judgeClip({ clip, fontSize, scale, lineHeight, width }: Place, chars: number): Verdict {
  if (clip === undefined) return 'shown'
  const size = fontSize * scale
  if (clip.height < size * leastPart || clip.width < size * leastPart) return 'hidden'
  // More text than the box has room for, by far: the rest of it is cut off.
  const line = lineHeight === undefined || lineHeight < 1 ? size * 1.2 : lineHeight
  const lines = Math.ceil(clip.height / line)
  const room = lines * (Math.min(clip.width, Math.max(width, size)) / (size * 0.5))
  return clip.height < size * 0.7 || chars > 4 * room + 40 ? 'unsure' : 'shown'
}

/** How an element changes the place. `cover` numbers it if it may lie over what else its ground holds. */
export function placeInside(
  style: Cascaded,
  parent: Place,
  { linkColour, keyframes, nextCover }: Surroundings,
): Place {
  const reader = createReader(style, parent)
  const fontSize = toFontSize(reader.own('font-size'), parent.fontSize)
  const display = reader.word('display', 'inline')
  const position = reader.word('position', 'static').replace('-webkit-', '')
  const isOut = position === 'absolute' || position === 'fixed'
  const isBox =
    isOut || reader.word('float', 'none') !== 'none' || !/^(?:inline|contents|ruby.*)$/.test(display)
  const isTablePart = !isOut && /^table-(?!cell)/.test(display)
  const outer = isOut ? (position === 'absolute' ? parent.positioned : undefined) : parent
  const around = outer ?? (isOut ? { left: 0, width: viewport.width, clip: undefined } : parent)
  const px = (property: string, whole: number | undefined = around.width) => {
    const value = reader.own(property)
    return value === undefined || value === 'auto' ? undefined : toPixels(value, { fontSize, whole })
  }

  // A box inside a line cannot be transformed (Transforms 1 §2).
  const transform = isBox ? readTransform(reader, fontSize, around.width) : untransformed
  const scale = parent.scale * transform.scale * (readZoom(reader.own('zoom')) ?? 1)
  const opacity = parent.opacity * clamp(toRatio(reader.own('opacity') ?? '1') ?? 1)
  const filter = readFilter(reader.own('filter') ?? 'none')
  const colour = readColour(reader, 'color', parent.colour, linkColour)
  const fillColour = readColour(reader, '-webkit-text-fill-color', parent.fillColour, linkColour, colour)
  const background = readBackground(reader, parent.background, colour)
  const box = readBox(px, { around, parent, position, isBox, display, fontSize })
  const clip = readClip(reader, px, {
    isBox,
    isTablePart,
    display,
    fontSize,
    outer: isOut ? around.clip : parent.clip,
    box,
  })
  const isPositioned = position !== 'static' || transform.isSet
  const lines = reader.own('line-height')
  const lineHeight =
    lines === undefined
      ? parent.lineHeight
      : lines === 'normal'
        ? undefined
        : /^[\d.]+$/.test(lines)
          ? Number(lines) * fontSize
          : toPixels(lines, { fontSize, whole: fontSize })
  const isAnimated = animates(reader.own('animation-name'), keyframes)
  const hides =
    /^(?:none|table-column|table-column-group)$/.test(display) ||
    (isBox && reader.word('content-visibility', 'visible') === 'hidden') ||
    filter === 'hidden' ||
    transform.verdict === 'hidden' ||
    opacity < faintest ||
    isClippedAway(reader, position) ||
    isCutAway(reader.own('clip-path') ?? 'none')
  const isUnsure =
    parent.isUnsure ||
    style.isUnsure ||
    isAnimated ||
    filter === 'unsure' ||
    transform.verdict === 'unsure' ||
    isOddlyStyled(reader, fontSize, parent) ||
    isCoveredByItsOwn(style)
  const ground = isPositioned ? { cover: undefined, outer: parent.ground } : parent.ground
  const covers = isCovering(reader, { position, isOut, px, parent })
  if (covers) parent.ground.cover = nextCover()

  return {
    isHidden: parent.isHidden || (hides && !isAnimated),
    isUnsure,
    isVisible: reader.word('visibility', parent.isVisible ? 'visible' : 'hidden') === 'visible',
    display,
    fontSize,
    lineHeight,
    scale,
    colour,
    fillColour,
    bodyColour: parent.bodyColour,
    background,
    opacity: isAnimated ? Math.max(opacity, 1) : opacity,
    textIndent: (isBox ? px('text-indent') : undefined) ?? parent.textIndent,
    whiteSpace: reader.word('white-space', parent.whiteSpace),
    isRightToLeft: reader.word('direction', parent.isRightToLeft ? 'rtl' : 'ltr') === 'rtl',
    textAlign: reader.word('text-align', parent.textAlign),
    left: box.left + transform.left,
    width: box.width,
    top: box.top + transform.top,
    clip,
    positioned: isPositioned ? { left: box.left, width: box.width, clip } : parent.positioned,
    ground,
    covers:
      covers && parent.ground.cover !== undefined ? [...parent.covers, parent.ground.cover] : parent.covers,
    customProperties: style.customProperties,
  }
}

export interface Surroundings {
  readonly linkColour: Colour
  readonly keyframes: ReadonlySet<string>
  nextCover(): number
}

/** Whether something that is not around the text was laid over its ground. Asked when the whole tree was walked. */
export function isCovered({ ground, covers }: Place): boolean {
  for (let at: Ground | undefined = ground; at !== undefined; at = at.outer) {
    if (at.cover !== undefined && !covers.includes(at.cover)) return true
  }
  return false
}

interface Reader {
  /** The element's own value, undefined where it says nothing or to inherit what is inherited anyway. */
  own(property: string): string | undefined
  word(property: string, otherwise: string): string
  readonly parent: Place
}

function createReader(style: Cascaded, parent: Place): Reader {
  const own = (property: string) => {
    const value = style.get(property)
    if (value === undefined) return undefined
    const isReset =
      /^(?:initial|revert|revert-layer)$/.test(value) ||
      (value === 'unset' && !inheritedProperties.has(property))
    if (isReset) return initial[property]
    return value === 'inherit' || value === 'unset' ? undefined : value
  }
  return { own, word: (property, otherwise) => own(property) ?? otherwise, parent }
}

const initial: Readonly<Record<string, string>> = {
  color: 'black',
  'font-size': 'medium',
  'line-height': 'normal',
  visibility: 'visible',
  'text-indent': '0',
  'white-space': 'normal',
}

const sizes: Readonly<Record<string, number>> = {
  'xx-small': 9,
  'x-small': 10,
  small: 13,
  medium: 16,
  large: 18,
  'x-large': 24,
  'xx-large': 32,
  'xxx-large': 48,
}

function toFontSize(value: string | undefined, parent: number): number {
  if (value === undefined) return parent
  if (value === 'smaller') return parent / 1.2
  if (value === 'larger') return parent * 1.2
  return sizes[value] ?? toPixels(value, { fontSize: parent, whole: parent }) ?? parent
}

function readColour(
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

function readBackground(
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

function readFilter(filter: string): Verdict {
  if (filter === 'none') return 'shown'
  let verdict: Verdict = filter.includes('url(') ? 'unsure' : 'shown'
  for (const [, name = '', argument = ''] of filter.matchAll(/(?<![a-z-])([a-z-]+)\(([^()]*)\)/g)) {
    if (name === 'opacity' && (toRatio(argument.trim()) ?? 1) < faintest) return 'hidden'
    if (!/^(?:opacity|drop-shadow|grayscale|sepia|saturate|hue-rotate)$/.test(name)) verdict = 'unsure'
  }
  return verdict
}

function readZoom(zoom: string | undefined): number | undefined {
  return zoom === undefined || zoom === 'normal' ? undefined : toRatio(zoom)
}

interface Transform {
  readonly verdict: Verdict
  readonly isSet: boolean
  readonly scale: number
  readonly left: number
  readonly top: number
}

const untransformed: Transform = { verdict: 'shown', isSet: false, scale: 1, left: 0, top: 0 }

function readTransform(reader: Reader, fontSize: number, width: number): Transform {
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

type Pixels = (property: string, whole?: number | undefined) => number | undefined

interface Box {
  readonly left: number
  readonly width: number
  readonly top: number
  readonly paddingRight: number
  readonly paddingBottom: number
  readonly paddings: readonly [width: number, height: number]
}

function readBox(
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
    fontSize: number
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
  if (position !== 'static' && position !== 'sticky') {
    const [toLeft, toRight, toTop, toBottom] = [
      px('left'),
      px('right'),
      px('top', viewport.height),
      px('bottom', viewport.height),
    ]
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
    paddingRight,
    paddingBottom,
    paddings: [paddingLeft + paddingRight, paddingTop + paddingBottom],
  }
}

function readClip(
  reader: Reader,
  px: Pixels,
  {
    isBox,
    isTablePart,
    display,
    fontSize,
    outer,
    box,
  }: {
    isBox: boolean
    isTablePart: boolean
    display: string
    fontSize: number
    outer: Clip | undefined
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
    const whole = name === 'width' ? undefined : -1
    const get = (property: string) => {
      const value = px(property, whole === -1 ? undefined : box.width)
      return value
    }
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
  return {
    height: Math.min(own.height, outer?.height ?? Number.POSITIVE_INFINITY),
    width: Math.min(own.width, outer?.width ?? Number.POSITIVE_INFINITY),
  }
}

/** `clip` works on absolute boxes only. */
function isClippedAway(reader: Reader, position: string): boolean {
  const clip = /^rect\(([^()]*)\)/.exec(reader.own('clip') ?? '')?.[1]
  if (clip === undefined || !/^(?:absolute|fixed)$/.test(position)) return false
  const [top = 0, right = Number.NaN, bottom = Number.NaN, left = 0] = clip
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => (part === 'auto' ? Number.NaN : (toPixels(part, { fontSize: 16 }) ?? Number.NaN)))
  return right - (left || 0) < 4 || bottom - (top || 0) < 4
}

/** Shapes without an inside; any other shape is not worked out. */
function isCutAway(path: string): boolean {
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

/** Touches what hides, and is not worked out here. */
function isOddlyStyled(reader: Reader, fontSize: number, parent: Place): boolean {
  const own = (property: string) => reader.own(property) ?? 'none'
  const isSet = (property: string) => !/^(?:none|normal|auto|unset)$/.test(own(property))
  if (['clip-path', 'mask', 'mask-image', 'mask-border', 'offset-path', 'mix-blend-mode'].some(isSet))
    return true
  if (own('background-clip') === 'text' && reader.own('background-image') !== undefined) return true
  if (/\b(?:size|inline-size|strict)\b/.test(own('contain'))) return true
  if (/^-/.test(own('z-index')) && parent.background !== undefined) return true
  if (/(?:^|\s)0(?:px|fr)?(?:\s|$)/.test(own('grid-template-rows'))) return true
  if (/url\(/.test(own('content'))) return true
  if (/^url\(\s*["']?data:/.test(own('background-image'))) return true
  const spacing = toPixels(own('letter-spacing'), { fontSize }) ?? 0
  const words = toPixels(own('word-spacing'), { fontSize }) ?? 0
  return spacing < -0.25 * fontSize || words < -3 * fontSize
}

/** Something opaque, out of the flow, as large as a line or more. */
function isCovering(
  reader: Reader,
  { position, isOut, px }: { position: string; isOut: boolean; px: Pixels; parent: Place },
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
function isCoveredByItsOwn({ generated, hasLineStyle }: Cascaded): boolean {
  if (hasLineStyle) return true
  if (!generated.has('content') || !/^(?:absolute|fixed)$/.test(generated.get('position') ?? '')) return false
  const ground = generated.get('background-color') ?? 'transparent'
  const image = generated.get('background-image') ?? 'none'
  return image !== 'none' || (parseColour(ground)?.alpha ?? 1) > 0.5
}

function animates(names: string | undefined, keyframes: ReadonlySet<string>): boolean {
  return (
    names !== undefined && keyframes.size > 0 && names.split(/[\s,]+/).some((name) => keyframes.has(name))
  )
}

function clamp(ratio: number): number {
  return Math.min(1, Math.max(0, ratio))
}
