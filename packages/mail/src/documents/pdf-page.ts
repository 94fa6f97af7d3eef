/**
 * One page of a PDF as its reader sees it. Where everything on it can be seen, the words are set together by pdf.js, which
 * knows the ways of typesetters; where something is hidden, from the runs that are not.
 */
import type { PDFPageProxy } from 'unpdf/pdfjs'
import { judge } from '../mime/run-look.ts'
import { type Box, holds } from './pdf-geometry.ts'
import type { OpenPdf } from './pdf-library.ts'
import { readPainted } from './pdf-operators.ts'
import { backgroundAt, isCovered, type Painted, type PaintedText } from './pdf-painted.ts'
import type { LeftOut, TextSink } from './text-sink.ts'

export interface ReadPage {
  readonly text: string
  /** There are pictures on it. */
  readonly hasImages: boolean
}

/** pdf.js's AnnotationMode.DISABLE: what is drawn by notes and form fields is read from them. */
const withoutAnnotations = 0

export async function readPage(
  page: PDFPageProxy,
  { operators, countImages }: OpenPdf,
  sink: TextSink,
): Promise<ReadPage> {
  countImages()
  const list = await page.getOperatorList({ annotationMode: withoutAnnotations })
  const painted = readPainted(list, operators)
  const images = countImages()
  const hasImages = images > 0 || painted.areas.some(({ colour }) => colour === undefined)
  const places: Places = {
    painted,
    view: page.view as unknown as Box,
    // An image that was left out and left no empty place could be anywhere.
    areImagesKnown: images <= painted.images.length,
  }
  const hidden = new Map<PaintedText, LeftOut>()
  for (const run of painted.texts) {
    const why = judgeRun(run, places)
    if (why !== undefined) hidden.set(run, why)
  }
  for (const [run, why] of hidden) sink.hide(why, run.text)
  const text =
    hidden.size === 0
      ? await setByLibrary(page)
      : setTogether(painted.texts.filter((run) => !hidden.has(run)))
  const fields = await readFields(page, sink)
  return {
    text: [text.trim(), ...fields].filter((one) => one !== '').join('\n'),
    hasImages,
  }
}

interface Places {
  readonly painted: Painted
  readonly view: Box
  readonly areImagesKnown: boolean
}

function judgeRun(run: PaintedText, { painted, view, areImagesKnown }: Places): LeftOut | undefined {
  if (run.text.trim() === '') return undefined
  const middle = [(run.from[0] + run.to[0]) / 2, (run.from[1] + run.to[1]) / 2] as const
  if (!holds(view, run.from) && !holds(view, run.to) && !holds(view, middle)) return 'offPage'
  if (isCovered(painted, run)) return 'hidden'
  // On the line itself a rule or the edge of a cell may lie.
  const inside = [middle[0], middle[1] + run.sizePt * 0.3] as const
  const background = areImagesKnown ? backgroundAt(painted, inside, run.after) : 'unknown'
  // The words of a scan are laid over its picture, invisible.
  if (run.isInvisible) return background === 'unknown' ? undefined : 'hidden'
  return judge({ colour: run.colour, sizePt: run.sizePt, background })
}

async function setByLibrary(page: PDFPageProxy): Promise<string> {
  const { items } = await page.getTextContent()
  let text = ''
  for (const item of items) if ('str' in item) text += item.hasEOL ? `${item.str}\n` : item.str
  return text
}

/** Of the size of its letters: a wider gap is a space, a step up or down a new line. */
const spaceGap = 0.18
const lineStep = 0.5

function setTogether(runs: readonly PaintedText[]): string {
  let text = ''
  let last: PaintedText | undefined
  for (const run of runs) {
    if (last !== undefined) {
      const size = Math.max(1, Math.min(last.sizePt, run.sizePt))
      const gap = run.from[0] - last.to[0]
      const isOtherLine = Math.abs(run.from[1] - last.to[1]) > size * lineStep || gap < -size
      if (isOtherLine) text += '\n'
      else if (gap > size * spaceGap && !text.endsWith(' ')) text += ' '
    }
    text += run.text
    last = run
  }
  return text
}

/** Values of form fields are seen; notes beside the text are counted. */
async function readFields(page: PDFPageProxy, sink: TextSink): Promise<string[]> {
  const lines: string[] = []
  for (const annotation of (await page.getAnnotations()) as Record<string, unknown>[]) {
    const { subtype, fieldValue, hidden, contentsObj, alternativeText, fieldName } = annotation
    if (hidden === true) continue
    if (subtype === 'Widget') {
      const values = (Array.isArray(fieldValue) ? fieldValue : [fieldValue]).filter(
        (one) => typeof one === 'string' && one !== '',
      )
      const name = [alternativeText, fieldName].find((one) => typeof one === 'string' && one !== '')
      const isUnset = values.length === 0 || (values.length === 1 && values[0] === 'Off')
      if (!isUnset) lines.push(`${typeof name === 'string' ? `${name}: ` : ''}${values.join(', ')}`)
      continue
    }
    const note = (contentsObj as { str?: unknown } | undefined)?.str
    if (typeof note !== 'string' || note === '' || subtype === 'Link' || subtype === 'Popup') continue
    if (subtype === 'FreeText') lines.push(note)
    else sink.hide('comments', note)
  }
  return lines
}
