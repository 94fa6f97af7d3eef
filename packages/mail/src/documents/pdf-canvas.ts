/**
 * The state in which a page of a PDF is painted (ISO 32000-1 §8.4), and what it makes of each stroke: runs of text with
 * place, size and colour, and the areas that are filled. Which operator does what is pdf-operators.ts.
 */
import { type Box, identity, intersect, type Matrix, multiply, place } from './pdf-geometry.ts'
import { maxAreas, type Painted, type PaintedArea, type PaintedText } from './pdf-painted.ts'

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

const beginning: State = {
  ctm: identity,
  clip: undefined,
  colour: '000000',
  alpha: 1,
  isBlended: false,
  size: 0,
  charSpacing: 0,
  wordSpacing: 0,
  scale: 1,
  leading: 0,
  rise: 0,
  mode: 0,
  isMoved: false,
  hasPainted: false,
}

/** What operators set without more; the sizes are in text space. */
type Settings = Omit<State, 'ctm' | 'clip' | 'isMoved' | 'hasPainted'>

export interface Canvas {
  set(settings: Partial<Settings>): void
  save(): void
  restore(): void
  /** A drawing within the drawing, which ends with `restore`. */
  beginForm(matrix: Matrix | undefined): void
  transform(matrix: Matrix | undefined): void
  /** With the colour that is set. */
  fill(box: Box, isRectangle: boolean): void
  /** With what is not one colour. Without a box, anywhere on the page. */
  paintOver(box?: Box): void
  /** The whole window that a clip leaves. */
  shade(): void
  /** Lines of no area. */
  stroke(): void
  clipTo(box: Box): void
  beginText(): void
  setTextMatrix(matrix: Matrix | undefined): void
  moveLine(x: number, y: number): void
  nextLine(): void
  show(glyphs: unknown): void
  readonly painted: Painted
}

export const unit: Box = [0, 0, 1, 1]
const everywhere: Box = [-1e9, -1e9, 1e9, 1e9]
const maxStates = 1_000
const invisibleMode = 3

export function createCanvas(): Canvas {
  const texts: PaintedText[] = []
  const areas: PaintedArea[] = []
  const images: Box[] = []
  const stack: State[] = []
  let state: State = { ...beginning }
  let line: Matrix = identity
  let text: Matrix = identity

  const save = () => {
    stack.push(state)
    state = { ...state, isMoved: false, hasPainted: false }
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

  return {
    painted: { texts, areas, images },
    set: (settings) => Object.assign(state, settings),
    // A list of operators may open more than it closes.
    save: () => {
      if (stack.length < maxStates) save()
    },
    restore: () => {
      if (state.isMoved && !state.hasPainted) images.push(intersect(place(state.ctm, unit), state.clip))
      const { hasPainted } = state
      state = stack.pop() ?? state
      state.hasPainted ||= hasPainted
    },
    beginForm: (matrix) => {
      if (stack.length >= maxStates) return
      save()
      transform(matrix)
      state.isMoved = false
    },
    transform,
    fill: (box, isRectangle) => paint(box, state.colour, isRectangle),
    paintOver: (box = everywhere) => paint(box, undefined, true),
    shade: () => paint(state.clip ?? everywhere, undefined, true),
    stroke: () => {
      state.hasPainted = true
    },
    clipTo: (box) => {
      state.clip = intersect(place(state.ctm, box), state.clip)
    },
    beginText: () => {
      line = identity
      text = identity
    },
    setTextMatrix: (matrix) => {
      line = matrix ?? line
      text = line
    },
    moveLine,
    nextLine: () => moveLine(0, state.leading),
    show: (glyphs) => {
      state.hasPainted = true
      if (!Array.isArray(glyphs)) return
      const { size, scale, rise, ctm } = state
      const start = multiply(ctm, multiply(text, [1, 0, 0, 1, 0, rise]))
      const { shown, advance } = setGlyphs(glyphs, state)
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
    },
  }
}

function setGlyphs(
  glyphs: readonly unknown[],
  { size, charSpacing, wordSpacing }: State,
): { shown: string; advance: number } {
  let advance = 0
  let shown = ''
  for (const glyph of glyphs) {
    if (typeof glyph === 'number') {
      // ISO 32000-1 §9.4.3: a wide gap is a space that was not written.
      advance -= (glyph / 1000) * size
      if (glyph < -200 && shown !== '' && !shown.endsWith(' ')) shown += ' '
      continue
    }
    const { unicode, width, isSpace } = toGlyph(glyph)
    shown += unicode
    advance += (width / 1000) * size + charSpacing + (isSpace ? wordSpacing : 0)
  }
  return { shown, advance }
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
