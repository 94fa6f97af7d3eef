/**
 * ODT, ODS and ODP from one content.xml (OASIS OpenDocument 1.3): text, sheets and slides with their marks. What a style
 * hides, tracked deletions, annotations, notes, hidden sheets, rows, columns and slides are left out and counted.
 */

import { judge, type RunLook } from '../mime/run-look.ts'
import type { ReadingOrder } from './document.ts'
import { readPart } from './office-package.ts'
import { createLists } from './open-document-lists.ts'
import { createStyles, type OdfStyles } from './open-document-styles.ts'
import { isAsked, type PartCount, shorten } from './parts.ts'
import type { LeftOut, TextSink } from './text-sink.ts'
import type { Attributes, XmlHandler } from './xml.ts'
import type { Zip } from './zip.ts'

export type OdfKind = 'text' | 'spreadsheet' | 'presentation'

export async function readOpenDocument(
  zip: Zip,
  kind: OdfKind,
  sink: TextSink,
  order: ReadingOrder,
): Promise<PartCount | undefined> {
  const styles = createStyles()
  await readPart(zip, 'styles.xml', styles)
  // Automatic styles stand in front of the body that uses them.
  const counted = { shown: 0 }
  await readPart(zip, 'content.xml', createHandler(kind, { styles, sink, order, counted }))
  if (kind === 'text') return undefined
  return { unit: kind === 'spreadsheet' ? 'sheet' : 'slide', count: counted.shown, last: counted.shown }
}

/** A file repeats an empty cell 16,384 times in four bytes. */
const maxRepeats = 50
const maxGap = 20

const inCounts: Readonly<Record<string, LeftOut | 'none'>> = {
  'office:annotation': 'comments',
  'text:tracked-changes': 'none',
  'presentation:notes': 'notes',
  'office:forms': 'none',
  'text:sequence-decls': 'none',
  'svg:title': 'none',
  'svg:desc': 'none',
  'text:ruby-text': 'none',
}

function createHandler(
  kind: OdfKind,
  {
    styles,
    sink,
    order,
    counted,
  }: { styles: OdfStyles; sink: TextSink; order: ReadingOrder; counted: { shown: number } },
): XmlHandler {
  const lists = createLists()
  /** Open elements with a style of their own. */
  const spans: string[] = []
  const lines: string[] = []
  let skipping = 0
  let skipped: { what: LeftOut | 'none'; text: string } | undefined
  let silent = 0
  let row: { cells: string[]; isHidden: boolean; isUsed: boolean; repeats: number } | undefined
  let column = 0
  let cell: { text: string; repeats: number } | undefined
  const hiddenColumns = new Set<number>()
  const usedColumns = new Set<number>()
  let tables = 0
  let boxes = 0

  const currentLook = (): RunLook =>
    Object.assign(
      boxes > 0 || kind === 'presentation' ? { background: 'unknown' } : {},
      ...spans.map((style) => styles.lookOf(style)),
    )
  const add = (text: string) => {
    if (lines.length === 0 || silent > 0) return
    const why = judge(currentLook())
    if (why === undefined) lines.push((lines.pop() ?? '') + text)
    else sink.hide(why, text)
  }
  const startSkip = (what: LeftOut | 'none') => {
    skipping = 1
    skipped = { what, text: '' }
  }
  const endSkip = () => {
    if (skipped !== undefined && skipped.what !== 'none') sink.hide(skipped.what, skipped.text)
    skipped = undefined
  }
  const endLine = () => {
    const line = lines.pop()
    if (line === undefined || silent > 0) return
    if (cell !== undefined) cell.text += `${line} `
    else if (lines.length > 0) lines.push(`${lines.pop()} ${line} `)
    else sink.write(`${line.trim() === '' ? '' : lists.nextLabel()}${line}\n`)
  }
  const endCell = () => {
    const [repeats, text] = [cell?.repeats ?? 1, (cell?.text ?? '').trim().replaceAll(/[\t\n]+/g, ' ')]
    cell = undefined
    if (text !== '' && row !== undefined) {
      row.isUsed = true
      for (let at = column; at < column + Math.min(repeats, maxRepeats); at++) {
        if (hiddenColumns.has(at)) {
          usedColumns.add(at)
          continue
        }
        while (row.cells.length < at && at - row.cells.length <= maxGap) row.cells.push('')
        row.cells.push(text)
      }
    }
    column += repeats
  }
  const endRow = () => {
    const done = row
    row = undefined
    if (done === undefined || !done.isUsed || silent > 0) return
    const times = Math.min(done.repeats, maxRepeats)
    if (done.isHidden) sink.leaveOut('rows', times)
    else if (done.cells.length > 0)
      sink.write(`${done.cells.join(kind === 'spreadsheet' ? '\t' : ' | ')}\n`.repeat(times))
  }
  const startPart = (isHidden: boolean, what: 'sheets' | 'slides', name: string) => {
    if (isHidden) sink.leaveOut(what)
    // Slides keep their numbers in a show; a hidden sheet has none.
    if (!isHidden || what === 'slides') counted.shown += 1
    if (isHidden || !isAsked(order, counted.shown)) {
      silent += 1
      return
    }
    sink.mark(what === 'sheets' ? `sheet ${counted.shown}: ${shorten(name)}` : `slide ${counted.shown}`)
  }
  const openTable = (attributes: Attributes) => {
    tables += 1
    if (tables > 1 || kind !== 'spreadsheet') return
    column = 0
    hiddenColumns.clear()
    usedColumns.clear()
    startPart(styles.isHidden(attributes['table:style-name']), 'sheets', attributes['table:name'] ?? '')
  }

  return {
    open(name, attributes) {
      if (skipping > 0) {
        skipping += 1
        return
      }
      const what = inCounts[name]
      if (what !== undefined) return startSkip(what)
      styles.open?.(name, attributes)
      lists.open?.(name, attributes)
      switch (name) {
        case 'text:p':
        case 'text:h':
          lines.push('')
          break
        case 'text:s':
          add(' '.repeat(Math.min(maxRepeats, Number(attributes['text:c'] ?? 1))))
          break
        case 'text:tab':
          add('\t')
          break
        case 'text:line-break':
          add('\n')
          break
        case 'text:section':
        case 'text:hidden-text':
        case 'text:hidden-paragraph':
          if (attributes['text:display'] === 'none' || attributes['text:is-hidden'] === 'true')
            return startSkip('hidden')
          break
        case 'draw:text-box':
        case 'draw:custom-shape':
          boxes += 1
          break
        case 'table:table':
          openTable(attributes)
          break
        case 'table:table-column': {
          const repeats = Number(attributes['table:number-columns-repeated'] ?? 1)
          if (attributes['table:visibility'] === 'collapse' || attributes['table:visibility'] === 'filter')
            for (let at = column; at < column + Math.min(repeats, 16_384); at++) hiddenColumns.add(at)
          column += repeats
          break
        }
        case 'table:table-row':
          if (tables > 1) break
          column = 0
          row = {
            cells: [],
            isHidden: ['collapse', 'filter'].includes(attributes['table:visibility'] ?? ''),
            isUsed: false,
            repeats: Number(attributes['table:number-rows-repeated'] ?? 1),
          }
          break
        case 'table:table-cell':
        case 'table:covered-table-cell':
          if (tables === 1)
            cell = { text: '', repeats: Number(attributes['table:number-columns-repeated'] ?? 1) }
          break
        case 'draw:page':
          if (kind === 'presentation') startPart(styles.isHidden(attributes['draw:style-name']), 'slides', '')
          break
      }
      const style =
        attributes['text:style-name'] ?? attributes['table:style-name'] ?? attributes['draw:style-name']
      spans.push(style ?? '')
    },
    text(text) {
      if (skipped !== undefined) skipped.text += skipped.text.length < 1000 ? text : ''
      else add(text.replaceAll(/\s+/g, ' '))
    },
    close(name) {
      if (skipping > 0) {
        skipping -= 1
        if (skipping === 0) endSkip()
        return
      }
      styles.close?.(name)
      lists.close?.(name)
      switch (name) {
        case 'text:p':
        case 'text:h':
          endLine()
          break
        case 'draw:text-box':
        case 'draw:custom-shape':
          boxes -= 1
          break
        case 'table:table-cell':
        case 'table:covered-table-cell':
          if (tables === 1) endCell()
          break
        case 'table:table-row':
          if (tables === 1) endRow()
          break
        case 'table:table':
          tables -= 1
          if (tables > 0 || kind !== 'spreadsheet') break
          if (silent > 0) silent -= 1
          else sink.leaveOut('columns', usedColumns.size)
          break
        case 'draw:page':
          if (silent > 0) silent -= 1
          break
      }
      spans.pop()
    },
  }
}
