/**
 * What each operator of a page does, from pdf.js's list of them, in order. Everything here is read from the file of a
 * stranger: what has another form is passed over.
 */

import { createCanvas, unit } from './pdf-canvas.ts'
import { type Box, isNumbers, toMatrix } from './pdf-geometry.ts'
import type { Painted } from './pdf-painted.ts'

export function readPainted(
  { fnArray, argsArray }: { fnArray: readonly number[]; argsArray: readonly unknown[] },
  operators: Readonly<Record<string, number>>,
): Painted {
  const names = new Map(Object.entries(operators).map(([name, number]) => [number, name]))
  const canvas = createCanvas()
  let willClip = false
  for (const [at, number] of fnArray.entries()) {
    const args = argsArray[at]
    const list: readonly unknown[] = Array.isArray(args) ? args : []
    const [first] = list
    const value = typeof first === 'number' ? first : 0
    const second = typeof list[1] === 'number' ? list[1] : 0
    switch (names.get(number)) {
      case 'save':
        canvas.save()
        break
      case 'restore':
      case 'paintFormXObjectEnd':
        canvas.restore()
        break
      case 'paintFormXObjectBegin':
        canvas.beginForm(toMatrix(first))
        break
      case 'transform':
        canvas.transform(toMatrix(list))
        break
      case 'setGState':
        for (const entry of Array.isArray(first) ? (first as unknown[]) : []) {
          const [key, set] = Array.isArray(entry) ? (entry as unknown[]) : []
          if (key === 'ca' && typeof set === 'number') canvas.set({ alpha: set })
          if (key === 'BM') canvas.set({ isBlended: set !== 'source-over' && set !== 'Normal' })
          if (key === 'Font' && Array.isArray(set) && typeof set[1] === 'number') canvas.set({ size: set[1] })
        }
        break
      case 'setFillRGBColor':
        canvas.set({ colour: typeof first === 'string' ? first.replace('#', '') : undefined })
        break
      case 'setFillColorN':
      case 'setFillTransparent':
        canvas.set({ colour: undefined })
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
        if (isFill(names.get(value))) canvas.fill(box, isRectangle(path))
        else if (names.get(value) !== 'endPath') canvas.stroke()
        if (willClip) canvas.clipTo(box)
        willClip = false
        break
      }
      case 'shadingFill':
        canvas.shade()
        break
      case 'paintImageXObject':
      case 'paintInlineImageXObject':
      case 'paintImageMaskXObject':
      case 'paintSolidColorImageMask':
        canvas.paintOver(unit)
        break
      case 'paintImageXObjectRepeat':
      case 'paintImageMaskXObjectRepeat':
      case 'paintImageMaskXObjectGroup':
      case 'paintInlineImageXObjectGroup':
        canvas.paintOver()
        break
      case 'beginText':
        canvas.beginText()
        break
      case 'setFont':
        canvas.set({ size: second })
        break
      case 'setCharSpacing':
        canvas.set({ charSpacing: value })
        break
      case 'setWordSpacing':
        canvas.set({ wordSpacing: value })
        break
      case 'setHScale':
        canvas.set({ scale: value / 100 })
        break
      case 'setLeading':
        canvas.set({ leading: -value })
        break
      case 'setTextRise':
        canvas.set({ rise: value })
        break
      case 'setTextRenderingMode':
        canvas.set({ mode: value })
        break
      case 'moveText':
        canvas.moveLine(value, second)
        break
      case 'setLeadingMoveText':
        canvas.set({ leading: second })
        canvas.moveLine(value, second)
        break
      case 'setTextMatrix':
        canvas.setTextMatrix(toMatrix(isNumbers(first) ? first : list))
        break
      case 'nextLine':
        canvas.nextLine()
        break
      case 'showText':
      case 'showSpacedText':
        canvas.show(first)
        break
      case 'nextLineShowText':
        canvas.nextLine()
        canvas.show(first)
        break
    }
  }
  return canvas.painted
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
