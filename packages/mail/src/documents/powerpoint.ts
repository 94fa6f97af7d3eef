/**
 * PPTX, slide by slide in the order of the show: each shape's paragraphs, tables row by row. Hidden slides and shapes,
 * what lies beside the slide, notes and comments are left out and counted.
 */

import { judge, type RunLook } from '../mime/run-look.ts'
import type { ReadingOrder } from './document.ts'
import { isOn, localName, readPart, readRelations } from './office-package.ts'
import { isAsked, type PartCount } from './parts.ts'
import type { TextSink } from './text-sink.ts'
import type { XmlHandler } from './xml.ts'
import type { Zip } from './zip.ts'

interface Size {
  readonly width: number
  readonly height: number
}

export async function readPowerPoint(
  zip: Zip,
  main: string,
  sink: TextSink,
  order: ReadingOrder,
): Promise<PartCount> {
  const ids: string[] = []
  let size: Size | undefined
  await readPart(zip, main, {
    open(name, attributes) {
      if (name === 'p:sldId') ids.push(attributes['r:id'] ?? '')
      if (name === 'p:sldSz') size = { width: Number(attributes.cx), height: Number(attributes.cy) }
    },
  })
  const relations = await readRelations(zip, main)
  const slides = ids.flatMap((id) => relations.find((one) => one.id === id)?.target ?? [])
  for (const [index, part] of slides.entries()) {
    const number = index + 1
    if (!isAsked(order, number)) continue
    const { isHidden, isPlain } = await look(zip, part)
    if (isHidden) {
      sink.leaveOut('slides')
      continue
    }
    sink.mark(`slide ${number}`)
    const beside = await readRelations(zip, part)
    const isOnPaper = isPlain && (await isOnWhite(zip, beside))
    await readPart(zip, part, createSlideHandler(sink, size, isOnPaper))
    for (const { type, target } of beside) {
      if (type === 'notesSlide' && (await hasNotes(zip, target))) sink.leaveOut('notes')
      if (type === 'comments') await countComments(zip, target, sink)
    }
  }
  return { unit: 'slide', count: slides.length, last: slides.length }
}

/** Whether a slide is shown, and whether it has no fill or picture that could stand behind its text. */
async function look(zip: Zip, part: string): Promise<{ isHidden: boolean; isPlain: boolean }> {
  let isHidden = false
  let isPlain = true
  const path: string[] = []
  await readPart(zip, part, {
    open(name, attributes) {
      if (name === 'p:sld') isHidden = attributes.show !== undefined && !isOn(attributes.show)
      const parent = path.at(-1)
      path.push(name)
      const isFill =
        /^a:(solid|grad|blip|patt)Fill$/.test(name) &&
        (parent === 'p:spPr' || parent === 'a:tcPr' || parent === 'p:bgPr')
      if (isFill || name === 'p:pic' || name === 'p:bgRef' || name === 'p:style' || name === 'a:tableStyleId')
        isPlain = false
    },
    close() {
      path.pop()
    },
  })
  return { isHidden, isPlain }
}

/** Only where layout and master have no picture or fill of their own, and their background is that of a sheet of paper. */
async function isOnWhite(zip: Zip, relations: readonly { type: string; target: string }[]): Promise<boolean> {
  const layout = relations.find(({ type }) => type === 'slideLayout')?.target
  if (layout === undefined) return false
  const master = (await readRelations(zip, layout)).find(({ type }) => type === 'slideMaster')?.target
  if (master === undefined) return false
  for (const part of [layout, master]) {
    let isWhite = true
    const path: string[] = []
    await readPart(zip, part, {
      open(name, attributes) {
        const parent = path.at(-1)
        path.push(name)
        if (name === 'p:pic' || (name === 'p:clrMap' && attributes.bg1 !== 'lt1')) isWhite = false
        const isBackground = path.includes('p:bg')
        if (isBackground && name === 'a:schemeClr' && attributes.val !== 'bg1') isWhite = false
        if (isBackground && name === 'a:srgbClr' && attributes.val?.toLowerCase() !== 'ffffff')
          isWhite = false
        if (isBackground && /^a:(grad|blip|patt)Fill$/.test(name)) isWhite = false
        if (/^a:(solid|grad|blip|patt)Fill$/.test(name) && parent === 'p:spPr') isWhite = false
      },
      close() {
        path.pop()
      },
    })
    if (!isWhite) return false
  }
  return true
}

async function hasNotes(zip: Zip, part: string): Promise<boolean> {
  let isBody = false
  let isText = false
  let found = false
  await readPart(zip, part, {
    open(name, attributes) {
      // The picture of the slide and its number are placeholders too.
      if (name === 'p:sp') isBody = false
      if (name === 'p:ph') isBody = attributes.type === 'body'
      if (name === 'a:t') isText = isBody
    },
    text(text) {
      if (isText && text.trim() !== '') found = true
    },
    close(name) {
      if (name === 'a:t') isText = false
    },
  })
  return found
}

async function countComments(zip: Zip, part: string, sink: TextSink): Promise<void> {
  await readPart(zip, part, {
    open(name) {
      if (localName(name) === 'cm') sink.leaveOut('comments')
    },
  })
}

const isShape = (name: string) =>
  name === 'p:sp' || name === 'p:graphicFrame' || name === 'p:cxnSp' || name === 'p:pic' || name === 'p:grpSp'

interface Shape {
  isHidden: boolean
  isAway: boolean
  text: string
}

function createSlideHandler(sink: TextSink, size: Size | undefined, isOnPaper: boolean): XmlHandler {
  const shapes: Shape[] = []
  const path: string[] = []
  let run: RunLook = {}
  let defaults: RunLook = {}
  let line = ''
  let cells: string[] | undefined
  let isText = false
  let skipping = 0
  let offset = { x: 0, y: 0 }

  const add = (text: string) => {
    const why = judge({ ...defaults, ...run, background: isOnPaper ? undefined : 'unknown' })
    if (why === undefined) line += text
    else sink.hide(why, text)
  }
  const endParagraph = () => {
    const shape = shapes.at(-1)
    if (cells !== undefined) cells.push(`${cells.pop() ?? ''}${line} `)
    else if (shape !== undefined) shape.text += `${line}\n`
    line = ''
  }
  const endShape = () => {
    const shape = shapes.pop()
    if (shape === undefined) return
    const outer = shapes.at(-1)
    if (shape.isHidden) sink.hide('shapes', shape.text)
    else if (shape.isAway) sink.hide('offPage', shape.text)
    else if (outer !== undefined) outer.text += shape.text
    else if (shape.text.trim() !== '') sink.write(shape.text)
  }

  return {
    open(name, attributes) {
      if (skipping > 0 || name === 'mc:Fallback') {
        skipping += 1
        return
      }
      const parent = path.at(-1)
      path.push(name)
      if (isShape(name)) {
        shapes.push({ isHidden: false, isAway: false, text: '' })
        defaults = {}
      } else if (name === 'p:cNvPr') {
        const shape = shapes.at(-1)
        if (shape && attributes.hidden !== undefined) shape.isHidden = isOn(attributes.hidden)
      } else if (name === 'a:off') offset = { x: Number(attributes.x), y: Number(attributes.y) }
      else if (name === 'a:ext' && size !== undefined && (parent === 'a:xfrm' || parent === 'p:xfrm')) {
        const shape = shapes.at(-1)
        const right = offset.x + Number(attributes.cx)
        const bottom = offset.y + Number(attributes.cy)
        // Inside a group the numbers are the group's own.
        if (shape && shapes.length === 1)
          shape.isAway = offset.x >= size.width || offset.y >= size.height || right <= 0 || bottom <= 0
      } else if (name === 'a:p') line = ''
      else if (name === 'a:r' || name === 'a:fld') run = {}
      else if (name === 'a:rPr') run = toLook(run, attributes.sz)
      else if (name === 'a:defRPr' && parent === 'a:lvl1pPr') defaults = toLook({}, attributes.sz)
      else if (name === 'a:srgbClr' && parent === 'a:solidFill') {
        if (path.at(-3) === 'a:rPr') run = { ...run, colour: attributes.val }
      } else if (name === 'a:schemeClr' && attributes.val === 'bg1' && parent === 'a:solidFill') {
        if (path.at(-3) === 'a:rPr') run = { ...run, colour: 'ffffff' }
      } else if (name === 'a:alpha' && attributes.val === '0' && path.includes('a:rPr'))
        run = { ...run, isHidden: true }
      else if (name === 'a:t') isText = true
      else if (name === 'a:br') add('\n')
      else if (name === 'a:tab') add('\t')
      else if (name === 'a:tr') cells = []
      else if (name === 'a:tc') cells?.push('')
    },
    text(text) {
      if (isText && skipping === 0) add(text)
    },
    close(name) {
      if (skipping > 0) {
        skipping -= 1
        return
      }
      path.pop()
      if (name === 'a:t') isText = false
      else if (name === 'a:p') endParagraph()
      else if (name === 'a:tr') {
        const shape = shapes.at(-1)
        const row = (cells ?? []).map((cell) => cell.trim().replaceAll('\n', ' ')).join(' | ')
        if (shape) shape.text += `${row}\n`
        cells = undefined
      } else if (isShape(name)) endShape()
    },
  }
}

function toLook(look: RunLook, size: string | undefined): RunLook {
  // Hundredths of a point.
  return size === undefined ? look : { ...look, sizePt: Number(size) / 100 }
}
