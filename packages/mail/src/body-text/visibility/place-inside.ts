/**
 * How an element changes the place of what is in it. Style is followed down the tree; each kind of style has a file of
 * its own in this folder, and this one puts them together.
 */
import type { Cascaded } from '../css/cascade.ts'
import type { Colour } from '../css/colours.ts'
import { toPixels, toRatio, viewport } from '../css/lengths.ts'
import { readBox } from './box.ts'
import { isClippedAway, isCutAway, readClip } from './clip.ts'
import { isCoveredByItsOwn, isCovering } from './covers.ts'
import { animates, isOddlyStyled, readFilter } from './effects.ts'
import { faintest } from './judge.ts'
import { createLine } from './line.ts'
import { readColour, readPaint } from './painted.ts'
import type { Place } from './place.ts'
import { notPushed, pushBy } from './push.ts'
import { createReader, type Reader, toFontSize } from './style-reader.ts'
import { readTransform, readZoom, untransformed } from './transform.ts'

export interface Surroundings {
  readonly linkColour: Colour
  readonly keyframes: ReadonlySet<string>
  nextCover(): number
}

/** Several empty screens lie above it: it can be scrolled to, and nobody does. */
const farDown = 5_000

/** How an element changes the place. `cover` numbers it if it may lie over what else its ground holds. */
export function placeInside(
  style: Cascaded,
  parent: Place,
  { linkColour, keyframes, nextCover }: Surroundings,
): Place {
  const reader = createReader(style, parent)
  const fontSize = toFontSize(reader.own('font-size'), parent.fontSize)
  const display = reader.word('display', 'inline')
  // CSS Display 3 §2.5: without a box of its own nothing moves, fades, filters or cuts it.
  const isContents = display === 'contents'
  const position = isContents ? 'static' : reader.word('position', 'static').replace('-webkit-', '')
  const isOut = position === 'absolute' || position === 'fixed'
  const isFloating = !isContents && reader.word('float', 'none') !== 'none'
  const isBox = isOut || isFloating || !/^(?:inline|contents|ruby.*)$/.test(display)
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
  const ofBox = (property: string, otherwise: string) =>
    isContents ? otherwise : (reader.own(property) ?? otherwise)
  const opacity = parent.opacity * clamp(toRatio(ofBox('opacity', '1')) ?? 1)
  const filter = readFilter(ofBox('filter', 'none'))
  const colour = readColour(reader, 'color', parent.colour, linkColour)
  const fillColour = readColour(reader, '-webkit-text-fill-color', parent.fillColour, linkColour, colour)
  const { background, ink } = readPaint(reader, colour, position !== 'static' || transform.isSet)
  const boxPx = isContents ? () => undefined : px
  const box = readBox(boxPx, { around, parent, position, isBox, display })
  const isPlaced = isOut && boxPx('top') !== undefined
  const from = isPlaced ? (outer?.push ?? notPushed) : parent.push
  const pushed = pushBy(from, isBox && !isOut ? parent.line.above : 0, box.step)
  const outerClip = isOut ? around.clip : parent.clip
  const clip = readClip(reader, boxPx, {
    isBox,
    isTablePart,
    // A cell that is out of the flow is a block (CSS 2.1 §9.7).
    display: (isOut || isFloating) && display === 'table-cell' ? 'block' : display,
    fontSize,
    outer: outerClip,
    push: pushed,
    box,
  })
  // A window of its own height is where its content begins.
  const push = clip === outerClip || clip?.height === outerClip?.height ? pushed : notPushed
  const inheritedIndent = px('text-indent') ?? parent.inheritedIndent
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
    isCutAway(ofBox('clip-path', 'none'))
  const isUnsure =
    parent.isUnsure ||
    style.isUnsure ||
    isAnimated ||
    Math.max(box.down, transform.top) >= farDown ||
    filter === 'unsure' ||
    transform.verdict === 'unsure' ||
    isOddlyStyled(reader, fontSize, parent) ||
    isCoveredByItsOwn(style)
  const ground = isPositioned ? { cover: undefined, outer: parent.ground } : parent.ground
  const covers = isCovering(reader, { position, isOut, px })
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
    ink,
    line: isBox ? createLine() : parent.line,
    isAdrift: parent.isAdrift || isFloating || mayDrift(reader, display),
    textIndent: isBox ? inheritedIndent : parent.textIndent,
    inheritedIndent,
    whiteSpace: reader.word('white-space', parent.whiteSpace),
    listStyle: reader.word('list-style-type', parent.listStyle),
    strike: readStrike(reader, isOut || isFloating || /^inline-/.test(display)),
    isRightToLeft: reader.word('direction', parent.isRightToLeft ? 'rtl' : 'ltr') === 'rtl',
    textAlign: reader.word('text-align', parent.textAlign),
    left: box.left + transform.left,
    width: box.width,
    top: box.top + transform.top,
    clip,
    push,
    height: isBox ? boxPx('height', undefined) : undefined,
    isInFlow:
      isBox &&
      !isOut &&
      !isFloating &&
      /^(?:block|list-item|table|flow-root|flex|grid|inline-block)$/.test(display),
    positioned: isPositioned ? { left: box.left, width: box.width, clip, push } : parent.positioned,
    ground,
    covers:
      covers && parent.ground.cover !== undefined ? [...parent.covers, parent.ground.cover] : parent.covers,
    customProperties: style.customProperties,
  }
}

/** Centred, or behind others in a row. */
function mayDrift(reader: Reader, display: string): boolean {
  return (
    /^(?:table-cell|inline-.+)$/.test(display) ||
    /\b(?:flex|grid)$/.test(reader.parent.display) ||
    reader.own('margin-left') === 'auto' ||
    (display === 'table' && /center|right|end/.test(reader.parent.textAlign))
  )
}

/** The line of an element goes on through what is in it, and nothing in it can take it away (Text Decoration 3 §2). */
function readStrike(reader: Reader, isAtomic: boolean): Place['strike'] {
  if (reader.parent.strike !== 'none' && !isAtomic) return 'goes on'
  return /\bline-through\b/.test(reader.own('text-decoration-line') ?? '') ? 'begins' : 'none'
}

function clamp(ratio: number): number {
  return Math.min(1, Math.max(0, ratio))
}
