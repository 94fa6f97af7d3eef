/**
 * DOCX: the text as it would be printed, in reading order: body with its text boxes, then notes, then what heads and
 * foots its pages. Deleted and hidden runs and comments are left out and counted.
 */

import { judge, type RunLook } from '../mime/run-look.ts'
import { readPart, readRelations } from './office-package.ts'
import type { TextSink } from './text-sink.ts'
import {
  addShade,
  addToLook,
  type ListPlace,
  type Numbering,
  readNumbering,
  readStyles,
  resolveStyle,
  type WordStyle,
} from './word-styles.ts'
import type { Attributes, XmlHandler } from './xml.ts'
import type { Zip } from './zip.ts'

export async function readWord(zip: Zip, main: string, sink: TextSink): Promise<void> {
  const relations = await readRelations(zip, main)
  const targets = (type: string) => relations.filter((one) => one.type === type).map(({ target }) => target)
  const styles = await readStyles(zip, targets('styles')[0] ?? 'word/styles.xml')
  const numbering = await readNumbering(zip, targets('numbering')[0] ?? 'word/numbering.xml')
  const read = (part: string) => readPart(zip, part, createHandler(sink, styles, numbering))

  await read(main)
  for (const type of ['footnotes', 'endnotes']) for (const part of targets(type)) await read(part)
  for (const type of ['header', 'footer']) for (const part of targets(type)) await read(part)
  for (const part of targets('comments'))
    await readPart(zip, part, {
      open(name) {
        if (name === 'w:comment') sink.leaveOut('comments')
      },
    })
}

interface Paragraph {
  text: string
  style: WordStyle
  look: RunLook
  list: ListPlace
}

/** A row of a table is a line; tables in tables stay in the line of the outermost. */
interface Table {
  cells: string[]
  isShaded: boolean
  background: string | undefined
}

/** Not text of the document, whatever it holds. */
const skipped = new Set([
  'mc:Fallback',
  'w:instrText',
  'w:delInstrText',
  // How it looked before a tracked change.
  ...['w:pPrChange', 'w:rPrChange', 'w:tblPrChange', 'w:trPrChange', 'w:tcPrChange', 'w:sectPrChange'],
])

function createHandler(
  sink: TextSink,
  styles: ReadonlyMap<string, WordStyle>,
  numbering: Numbering,
): XmlHandler {
  const paragraphs: Paragraph[] = []
  const tables: Table[] = []
  let page: string | undefined
  let run: RunLook = {}
  let runStyle: RunLook = {}
  let skipping = 0
  let deleting = 0
  let boxes = 0
  let isRun = false
  let isText = false
  let deleted = ''

  const background = (): string | undefined => {
    if (boxes > 0 || tables.some(({ isShaded }) => isShaded)) return 'unknown'
    return tables.findLast((table) => table.background !== undefined)?.background ?? page
  }
  const add = (text: string) => {
    const paragraph = paragraphs.at(-1)
    if (paragraph === undefined) return
    const inherited = { ...paragraph.style.look, ...paragraph.look, ...runStyle, ...run }
    const behind = inherited.background ?? background()
    const why = judge({ ...inherited, background: behind })
    if (why === undefined) paragraph.text += text
    else sink.hide(why, text)
  }
  const startParagraph = (style: string) => {
    const found = resolveStyle(styles, style)
    const paragraph = paragraphs.at(-1)
    if (paragraph !== undefined) Object.assign(paragraph, { style: found, list: { ...found.list } })
  }
  const endParagraph = () => {
    const paragraph = paragraphs.pop()
    if (paragraph === undefined) return
    const isListed = paragraph.list.list !== undefined && paragraph.list.list !== '0'
    const number = isListed && paragraph.text.trim() !== '' ? numbering.next(paragraph.list) : ''
    const line = number === '' ? paragraph.text : `${number} ${paragraph.text}`
    const outer = paragraphs.at(-1)
    const table = tables.at(-1)
    // A text box is anchored inside a paragraph, and read before it.
    if (table !== undefined && boxes === 0) table.cells.push(`${table.cells.pop() ?? ''}${line} `)
    else if (outer !== undefined && table !== undefined) outer.text += ` ${line}`
    else sink.write(`${line}\n`)
  }
  const endRow = () => {
    const table = tables.at(-1)
    if (table === undefined) return
    const line = table.cells.map((cell) => cell.trim().replaceAll('\n', ' ')).join(' | ')
    table.cells = []
    const outer = tables.at(-2)
    if (outer === undefined) sink.write(`${line}\n`)
    else outer.cells.push(`${outer.cells.pop() ?? ''}${line} `)
  }
  const openProperty = (name: string, attributes: Attributes) => {
    const paragraph = paragraphs.at(-1)
    const value = attributes['w:val']
    if (name === 'w:pStyle') startParagraph(value ?? '')
    else if (name === 'w:rStyle') runStyle = resolveStyle(styles, value ?? '').look
    else if (name === 'w:numId' && paragraph)
      paragraph.list = { level: 0, ...paragraph.list, list: value ?? '0' }
    else if (name === 'w:ilvl' && paragraph) paragraph.list = { ...paragraph.list, level: Number(value) }
    else if (isRun) run = addToLook(run, name, attributes)
    else if (name === 'w:shd' && paragraph) paragraph.look = addShade(paragraph.look, attributes)
  }

  return {
    open(name, attributes) {
      if (skipping > 0 || skipped.has(name)) {
        skipping += 1
        return
      }
      switch (name) {
        case 'w:background':
          page = attributes['w:color']
          break
        case 'w:p':
          paragraphs.push({ text: '', style: resolveStyle(styles, ''), look: {}, list: {} })
          break
        case 'w:r':
          run = {}
          runStyle = {}
          isRun = true
          break
        case 'w:t':
        case 'm:t':
        case 'w:delText':
          isText = true
          break
        case 'w:tab':
          // In w:pPr it is a tab stop.
          if (isRun) add('\t')
          break
        case 'w:br':
        case 'w:cr':
          add('\n')
          break
        case 'w:noBreakHyphen':
          add('-')
          break
        case 'w:sym':
          add(String.fromCodePoint(Number.parseInt(attributes['w:char'] ?? '', 16) || 0x20))
          break
        case 'w:del':
        case 'w:moveFrom':
          // In w:rPr and w:trPr it is a mark of the end of the paragraph or the row.
          deleting += 1
          break
        case 'w:txbxContent':
          boxes += 1
          break
        case 'w:tbl':
          tables.push({ cells: [], isShaded: false, background: undefined })
          break
        case 'w:tblStyle': {
          const table = tables.at(-1)
          if (table) table.isShaded = resolveStyle(styles, attributes['w:val'] ?? '').hasShade
          break
        }
        case 'w:tc': {
          const table = tables.at(-1)
          if (table) table.background = undefined
          table?.cells.push('')
          break
        }
        case 'w:shd': {
          const table = tables.at(-1)
          if (paragraphs.length === 0 && table) table.background = addShade({}, attributes).background
          else openProperty(name, attributes)
          break
        }
        default:
          openProperty(name, attributes)
      }
    },
    text(text) {
      if (skipping > 0 || !isText) return
      if (deleting > 0) deleted += text
      else add(text)
    },
    close(name) {
      if (skipping > 0) {
        skipping -= 1
        return
      }
      if (name === 'w:t' || name === 'm:t' || name === 'w:delText') isText = false
      else if (name === 'w:r') {
        isRun = false
      } else if (name === 'w:del' || name === 'w:moveFrom') {
        deleting -= 1
        if (deleting > 0) return
        sink.hide('deleted', deleted)
        deleted = ''
      } else if (name === 'w:txbxContent') boxes -= 1
      else if (name === 'w:p') endParagraph()
      else if (name === 'w:tr') endRow()
      else if (name === 'w:tbl') tables.pop()
    },
  }
}
