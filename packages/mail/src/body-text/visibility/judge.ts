/**
 * Would a person see text that is here? Judged at the text, not where a style is set: a wrapper of size nought may
 * hold a child that sets its own. Three answers: `shown`, `hidden`, and `unsure` where a declaration touches what hides
 * and is not understood. The oracle in the tests is Chromium, 800 pixels wide.
 */
import { blend, contrast } from '../css/colours.ts'
import { viewport } from '../css/lengths.ts'
import { indentOf, widthPerSize } from './line.ts'
import type { Clip, Ground, Place, Verdict } from './place.ts'

/** Text this small is there for machines. */
const smallestPx = 2

export const faintest = 0.1

export const leastContrast = 1.1

/** Part of a letter's size that must be left of it. */
const leastPart = 0.3

export const farAway = 1_000

/** As far as this a line that begins outside the page may be there by what is around it. */
const nearby = 150

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

function judgeColour({ colour, fillColour, background, opacity, ink }: Place): Verdict {
  const text = fillColour ?? colour
  if (text === undefined) return 'unsure'
  const alpha = text.alpha * opacity
  if (alpha < faintest) return ink
  if (background === undefined) return 'shown'
  if (contrast(blend({ ...text, alpha }, background), background) >= leastContrast) return 'shown'
  return ink === 'hidden' ? 'hidden' : 'unsure'
}

function judgePosition(place: Place, chars: number): Verdict {
  const { left, width, top, fontSize } = place
  if (top <= -farAway) return 'hidden'
  const textWidth = Math.min(Math.max(width, 0), chars * fontSize * widthPerSize)
  const isAtRight = !place.isRightToLeft && /right|end/.test(place.textAlign)
  const indent = isAtRight ? Math.max(0, place.textIndent) : indentOf(place.line, place.textIndent)
  // A line that is centred has half of what it leaves free in front of it.
  const isCentred = indent < 0 && place.textAlign.endsWith('center')
  const textIndent = isCentred ? Math.max(indent, (width + indent - textWidth) / 2) : indent
  const start = left + textIndent
  // Text on the other side of a wide box may be inside the window though the box begins outside.
  const isAtStart = textIndent < 0 || (!place.isRightToLeft && !/center|right|end/.test(place.textAlign))
  const extent = isAtStart ? textWidth : Math.max(textWidth, width)
  if (start >= viewport.width) return 'hidden'
  if (start < 0 && start + extent <= 0) {
    const mayBeWide = start + chars * fontSize > 0
    return left >= 0 && textIndent > -nearby && (place.isAdrift || mayBeWide) ? 'unsure' : 'hidden'
  }
  if ((start < 0 && start + textWidth <= 0) || top < -150) return 'unsure'
  return 'shown'
}

function judgeClip(place: Place, chars: number): Verdict {
  const { clip, fontSize, scale, lineHeight, width } = place
  if (clip === undefined) return 'shown'
  const size = fontSize * scale
  const pushed = judgePush(place, clip, chars)
  if (pushed !== 'shown') return pushed
  if (clip.height < size * leastPart || clip.width < size * leastPart) return 'hidden'
  // More text than the box has room for, by far: the rest of it is cut off.
  const line = lineHeight === undefined || lineHeight < 1 ? size * 1.2 : lineHeight
  const lines = Math.ceil(clip.height / line)
  const room = lines * (Math.min(clip.width, Math.max(width, size)) / (size * 0.5))
  return clip.height < size * 0.7 || chars > 4 * room + 40 ? 'unsure' : 'shown'
}

/** Below the window that cuts it off, or beside it. */
function judgePush(place: Place, clip: Clip, chars: number): Verdict {
  const { push, lineHeight, fontSize, scale, isRightToLeft } = place
  const size = fontSize * scale
  // A line that is higher than its letters has them in its middle.
  const inLine = Math.max(0, ((lineHeight ?? 0) - size) / 2)
  const start = place.left + indentOf(place.line, place.textIndent)
  const isBeside = !isRightToLeft && (start >= clip.left + clip.width || start + chars * size <= clip.left)
  const isBelow = clip.isExact && push.least + inLine >= clip.height
  if (isBelow || (isBeside && !place.isAdrift)) return 'hidden'
  const most = Math.max(push.least, push.most + place.line.above) + inLine
  return isBeside || (clip.isExact && most + size * leastPart > clip.height) ? 'unsure' : 'shown'
}

/** Whether something that is not around the text was laid over its ground. Asked when the whole tree was walked. */
export function isCovered({ ground, covers }: Place): boolean {
  for (let at: Ground | undefined = ground; at !== undefined; at = at.outer) {
    if (at.cover !== undefined && !covers.includes(at.cover)) return true
  }
  return false
}
