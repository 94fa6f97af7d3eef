/**
 * What a page of a PDF paints, in order, from pdf.js's list of operators: runs of text with place, size and colour, and
 * the areas that are filled. Everything here is read from the file of a stranger: what has another form is passed over.
 */
import {
  type Box,
  holds,
  identity,
  intersect,
  isNumbers,
  type Matrix,
  multiply,
  place,
  toMatrix,
} from './pdf-geometry.ts'

export interface PaintedText {
  readonly text: string
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  readonly sizePt: number
  readonly colour: string | undefined
  readonly isInvisible: boolean
  /** How many areas had been painted before it. */
  readonly after: number
}

export interface PaintedArea {
  readonly box: Box
  /** Undefined: a picture, a pattern, something that lets light through. */
  readonly colour: string | undefined
  /** No corner of the box is left out. */
  readonly isRectangle: boolean
}

export interface Painted {
  readonly texts: readonly PaintedText[]
  readonly areas: readonly PaintedArea[]
  /** Images that pdf.js left out, found by the empty place that they leave. */
  readonly images: readonly Box[]
}

interface State {
  ctm: Matrix
  clip: Box | undefined
  colour: string | undefined
  alpha: number
  isBlended: boolean
  size: number
  charSpacing: number
  wordSpacing: number
  scale: number
  leading: number
  rise: number
  mode: number
  /** For the search for images. */
  isMoved: boolean
  hasPainted: boolean
}

const maxStates = 1_000
/** A map has more; on it nothing is judged by its background. */
const maxAreas = 3_000
const unit: Box = [0, 0, 1, 1]
const invisibleMode = 3

export function readPainted(
  { fnArray, argsArray }: { fnArray: readonly number[]; argsArray: readonly unknown[] },
  operators: Readonly<Record<string, number>>,
): Painted {
  const names = new Map(Object.entries(operators).map(([name, number]) => [number, name]))
  const texts: PaintedText[] = []
  const areas: PaintedArea[] = []
  const images: Box[] = []
  const stack: State[] = []
  let state: State = {
    ...{
      ctm: identity,
      clip: undefined,
      colour: '000000',
      alpha: 1,
      isBlended: false,
      size: 0,
      charSpacing: 0,
    },
    ...{ wordSpacing: 0, scale: 1, leading: 0, rise: 0, mode: 0, isMoved: false, hasPainted: false },
  }
  let line: Matrix = identity
  let text: Matrix = identity
  let willClip = false

  const save = () => {
    stack.push(state)
    state = { ...state, isMoved: false, hasPainted: false }
  }
  const restore = () => {
    if (state.isMoved && !state.hasPainted) images.push(intersect(place(state.ctm, unit), state.clip))
    const { hasPainted } = state
    state = stack.pop() ?? state
    state.hasPainted ||= hasPainted
  }
  const transform = (matrix: Matrix | undefined) => {
    if (matrix === undefined) return
    state.ctm = multiply(state.ctm, matrix)
    state.isMoved = true
  }
  const paint = (box: Box, colour: string | undefined, isRectangle: boolean) => {
    state.hasPainted = true
    if (areas.length >= maxAreas) return
    const isOpaque = state.alpha >= 0.95 && !state.isBlended
    areas.push({
      box: intersect(place(state.ctm, box), state.clip),
      colour: isOpaque ? colour : undefined,
      isRectangle,
    })
  }
  const moveLine = (x: number, y: number) => {
    line = multiply(line, [1, 0, 0, 1, x, y])
    text = line
  }
  const show = (glyphs: unknown) => {
    state.hasPainted = true
    if (!Array.isArray(glyphs)) return
    const { size, scale, rise, ctm } = state
    const start = multiply(ctm, multiply(text, [1, 0, 0, 1, 0, rise]))
    let advance = 0
    let shown = ''
    for (const glyph of glyphs as unknown[]) {
      if (typeof glyph === 'number') {
        // ISO 32000-1 §9.4.3: a wide gap is a space that was not written.
        advance -= (glyph / 1000) * size
        if (glyph < -200 && shown !== '' && !shown.endsWith(' ')) shown += ' '
        continue
      }
      const { unicode, width, isSpace } = toGlyph(glyph)
      shown += unicode
      advance += (width / 1000) * size + state.charSpacing + (isSpace ? state.wordSpacing : 0)
    }
    text = multiply(text, [1, 0, 0, 1, advance * scale, 0])
    const end = multiply(ctm, multiply(text, [1, 0, 0, 1, 0, rise]))
    texts.push({
      text: shown,
      from: [start[4], start[5]],
      to: [end[4], end[5]],
      sizePt: Math.abs(size) * Math.hypot(start[2], start[3]),
      colour: state.colour,
      isInvisible: state.mode === invisibleMode || state.alpha < 0.05,
      after: areas.length,
    })
  }

  for (const [at, number] of fnArray.entries()) {
    const args = argsArray[at]
    const list: readonly unknown[] = Array.isArray(args) ? args : []
    const [first] = list
    const value = typeof first === 'number' ? first : 0
    switch (names.get(number)) {
      case 'save':
        // A list of operators may open more than it closes.
        if (stack.length < maxStates) save()
        break
      case 'restore':
      case 'paintFormXObjectEnd':
        restore()
        break
      case 'paintFormXObjectBegin':
        if (stack.length >= maxStates) break
        save()
        transform(toMatrix(first))
        state.isMoved = false
        break
      case 'transform':
        transform(toMatrix(list))
        break
      case 'setGState':
        for (const entry of Array.isArray(first) ? (first as unknown[]) : []) {
          const [key, set] = Array.isArray(entry) ? (entry as unknown[]) : []
          if (key === 'ca' && typeof set === 'number') state.alpha = set
          if (key === 'BM') state.isBlended = set !== 'source-over' && set !== 'Normal'
          if (key === 'Font' && Array.isArray(set) && typeof set[1] === 'number') state.size = set[1]
        }
        break
      case 'setFillRGBColor':
        state.colour = typeof first === 'string' ? first.replace('#', '') : undefined
        break
      case 'setFillColorN':
      case 'setFillTransparent':
        state.colour = undefined
        break
      case 'clip':
      case 'eoClip':
        willClip = true
        break
      case 'constructPath': {
        const [, [path] = [], extent] = list as [number, unknown[], unknown]
        if (!isNumbers(extent) || extent.length < 4) break
        const [left = 0, bottom = 0, right = 0, top = 0] = Array.from(extent)
        const box: Box = [left, bottom, right, top]
        if (isFill(names.get(value))) paint(box, state.colour, isRectangle(path))
        else state.hasPainted ||= names.get(value) !== 'endPath'
        if (willClip) state.clip = intersect(place(state.ctm, box), state.clip)
        willClip = false
        break
      }
      case 'shadingFill':
        paint(state.clip ?? [-1e9, -1e9, 1e9, 1e9], undefined, true)
        break
      case 'paintImageXObject':
      case 'paintInlineImageXObject':
      case 'paintImageMaskXObject':
      case 'paintSolidColorImageMask':
        paint(unit, undefined, true)
        break
      case 'paintImageXObjectRepeat':
      case 'paintImageMaskXObjectRepeat':
      case 'paintImageMaskXObjectGroup':
      case 'paintInlineImageXObjectGroup':
        paint([-1e9, -1e9, 1e9, 1e9], undefined, true)
        break
      case 'beginText':
        line = identity
        text = identity
        break
      case 'setFont':
        state.size = typeof list[1] === 'number' ? list[1] : 0
        break
      case 'setCharSpacing':
        state.charSpacing = value
        break
      case 'setWordSpacing':
        state.wordSpacing = value
        break
      case 'setHScale':
        state.scale = value / 100
        break
      case 'setLeading':
        state.leading = -value
        break
      case 'setTextRise':
        state.rise = value
        break
      case 'setTextRenderingMode':
        state.mode = value
        break
      case 'moveText':
        moveLine(value, typeof list[1] === 'number' ? list[1] : 0)
        break
      case 'setLeadingMoveText':
        state.leading = typeof list[1] === 'number' ? list[1] : 0
        moveLine(value, state.leading)
        break
      case 'setTextMatrix':
        line = toMatrix(isNumbers(first) ? first : list) ?? line
        text = line
        break
      case 'nextLine':
        moveLine(0, state.leading)
        break
      case 'showText':
      case 'showSpacedText':
        show(first)
        break
      case 'nextLineShowText':
        moveLine(0, state.leading)
        show(first)
        break
    }
  }
  return { texts, areas, images }
}

/** What stands behind a place when something is painted there; undefined is the paper, `unknown` not one colour. */
export function backgroundAt(
  { areas, images }: Painted,
  point: readonly [number, number],
  after: number,
): string | undefined {
  if (areas.length >= maxAreas || images.some((box) => holds(box, point))) return 'unknown'
  const area = areas.slice(0, after).findLast(({ box }) => holds(box, point))
  if (area === undefined) return undefined
  return area.isRectangle ? (area.colour ?? 'unknown') : 'unknown'
}

/** Whether what was painted later leaves nothing of a run: how a careless redaction is made. */
export function isCovered({ areas }: Painted, { from, to, after }: PaintedText): boolean {
  return (
    areas.length < maxAreas &&
    areas
      .slice(after)
      .some(
        ({ box, colour, isRectangle }) =>
          isRectangle && colour !== undefined && holds(box, from) && holds(box, to),
      )
  )
}

function toGlyph(glyph: unknown): { unicode: string; width: number; isSpace: boolean } {
  const { unicode, width, isSpace } = (typeof glyph === 'object' && glyph !== null ? glyph : {}) as Record<
    string,
    unknown
  >
  return {
    unicode: typeof unicode === 'string' ? unicode : '',
    width: typeof width === 'number' ? width : 0,
    isSpace: isSpace === true,
  }
}

const isFill = (name: string | undefined) => name !== undefined && /fill/i.test(name)

/** Move, three or four lines, close; pdf.js writes 0 for a move, 1 for a line, 4 for the end. */
function isRectangle(path: unknown): boolean {
  if (!isNumbers(path)) return false
  const values = Array.from(path)
  if (values.length < 12 || values.length > 16) return false
  const corners: [number, number][] = []
  for (let at = 0; at + 2 < values.length; at += 3) {
    if (values[at] === 4) break
    if (values[at] !== 0 && values[at] !== 1) return false
    corners.push([values[at + 1] ?? 0, values[at + 2] ?? 0])
  }
  const [first] = corners
  if (first === undefined || corners.length < 4) return false
  return corners.every(([x, y], index) => {
    const [nextX, nextY] = corners[index + 1] ?? first
    return Math.abs(x - nextX) < 1e-3 || Math.abs(y - nextY) < 1e-3
  })
}
