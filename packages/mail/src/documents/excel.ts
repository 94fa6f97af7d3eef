/**
 * XLSX, sheet by sheet: a row is a line, its cells separated by tabs, each as its format shows it; of a formula the
 * value that was stored with it. Hidden sheets, rows, columns and comments are left out and counted.
 */
import type { ReadingOrder } from './document.ts'
import { toGeneral } from './excel-formats.ts'
import { type CellLook, isSet, readCellLooks, readSharedStrings } from './excel-strings.ts'
import { localName, readPart, readRelations } from './office-package.ts'
import { isAsked, type PartCount, shorten } from './parts.ts'
import type { TextSink } from './text-sink.ts'
import type { XmlHandler } from './xml.ts'
import type { Zip } from './zip.ts'

interface Sheet {
  readonly name: string
  readonly id: string
  readonly isHidden: boolean
}

export async function readExcel(
  zip: Zip,
  main: string,
  sink: TextSink,
  order: ReadingOrder,
): Promise<PartCount> {
  const { sheets, is1904 } = await readWorkbook(zip, main)
  const relations = await readRelations(zip, main)
  const target = (type: string) => relations.find((one) => one.type === type)?.target
  const shared = await readSharedStrings(zip, target('sharedStrings') ?? 'xl/sharedStrings.xml')
  const looks = await readCellLooks(zip, target('styles') ?? 'xl/styles.xml', is1904)
  const shown = sheets.filter(({ isHidden }) => !isHidden)
  sink.leaveOut('sheets', sheets.length - shown.length)
  for (const [index, sheet] of shown.entries()) {
    const number = index + 1
    const part = relations.find(({ id }) => id === sheet.id)?.target
    if (!isAsked(order, number) || part === undefined) continue
    sink.mark(`sheet ${number}: ${shorten(sheet.name)}`)
    await readPart(zip, part, createSheetHandler(sink, shared, looks))
    for (const { type, target: beside } of await readRelations(zip, part)) {
      if (type !== 'comments' && type !== 'threadedComment') continue
      // A threaded comment is stored a second time for older programs.
      if (type === 'comments') await countComments(zip, beside, sink)
    }
  }
  return { unit: 'sheet', count: shown.length, last: shown.length }
}

async function readWorkbook(zip: Zip, main: string): Promise<{ sheets: Sheet[]; is1904: boolean }> {
  const sheets: Sheet[] = []
  let is1904 = false
  await readPart(zip, main, {
    open(name, attributes) {
      if (localName(name) === 'workbookPr') is1904 = isSet(attributes.date1904)
      if (localName(name) !== 'sheet') return
      const { state = 'visible' } = attributes
      sheets.push({
        name: attributes.name ?? '',
        id: attributes['r:id'] ?? '',
        isHidden: state !== 'visible',
      })
    },
  })
  return { sheets, is1904 }
}

async function countComments(zip: Zip, part: string, sink: TextSink): Promise<void> {
  await readPart(zip, part, {
    open(name) {
      if (localName(name) === 'comment') sink.leaveOut('comments')
    },
  })
}

/** A cell far out is no reason for a line of 16,384 tabs. */
const maxGap = 20
const maxHiddenColumns = 16_384

function createSheetHandler(
  sink: TextSink,
  shared: readonly string[],
  looks: readonly CellLook[],
): XmlHandler {
  const hiddenColumns = new Set<number>()
  let cells: string[] = []
  let column = 0
  let isRowHidden = false
  let isRowUsed = false
  let type = ''
  let look: CellLook | undefined
  let value = ''
  let isValue = false
  let phonetic = 0
  const usedHidden = new Set<number>()

  const show = (): string => {
    switch (type) {
      case 's':
        return shared[Number(value)] ?? ''
      case 'b':
        return value === '1' ? 'TRUE' : 'FALSE'
      case 'str':
      case 'inlineStr':
      case 'e':
      case 'd':
        return value
      default: {
        const number = Number(value)
        if (value === '' || Number.isNaN(number)) return value
        return look?.format(number) ?? toGeneral(number)
      }
    }
  }
  const endCell = () => {
    const text = show().replaceAll(/[\t\r\n]+/g, ' ')
    const at = column
    column += 1
    if (text === '') return
    isRowUsed = true
    if (isRowHidden) return
    if (hiddenColumns.has(at)) {
      usedHidden.add(at)
      return
    }
    if (look?.hidden !== undefined) {
      sink.hide(look.hidden, text)
      return
    }
    while (cells.length < at && at - cells.length <= maxGap) cells.push('')
    cells.push(text)
  }

  return {
    open(full, attributes) {
      const name = localName(full)
      if (name === 'col' && isSet(attributes.hidden)) {
        const to = Math.min(Number(attributes.max), maxHiddenColumns)
        for (let at = Number(attributes.min); at <= to; at++) hiddenColumns.add(at - 1)
      } else if (name === 'row') {
        cells = []
        column = 0
        isRowUsed = false
        isRowHidden = isSet(attributes.hidden)
      } else if (name === 'c') {
        column = toColumn(attributes.r) ?? column
        type = attributes.t ?? ''
        look = looks[Number(attributes.s ?? 0)]
        value = ''
      } else if (name === 'rPh') phonetic += 1
      else if (name === 'v' || name === 't') isValue = phonetic === 0
    },
    text(text) {
      if (isValue) value += text
    },
    close(full) {
      const name = localName(full)
      if (name === 'v' || name === 't') isValue = false
      else if (name === 'rPh') phonetic -= 1
      else if (name === 'c') endCell()
      else if (name === 'row') {
        if (isRowHidden && isRowUsed) sink.leaveOut('rows')
        if (cells.length > 0) sink.write(`${cells.join('\t')}\n`)
      } else if (name === 'sheetData') sink.leaveOut('columns', usedHidden.size)
    },
  }
}

/** `AB12` is column 27, counted from 0. */
function toColumn(reference: string | undefined): number | undefined {
  const [letters] = /^[A-Z]{1,3}/.exec(reference ?? '') ?? []
  if (letters === undefined) return undefined
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}
