/**
 * Which tables hold data and which only place things. A row of short cells is a line, `a | b`; in a table of data an
 * empty cell keeps its place, in any other it is a spacer. Everything else is blocks in order.
 */
import type { VisibleElement, VisibleNode } from './visible-nodes.ts'

export interface TableRow {
  readonly element: VisibleElement
  readonly cells: readonly VisibleElement[]
}

const maxCellChars = 200

/** The rows of this table itself, not of those inside it; whatever else it holds stays where it is. */
export function rowsOf(table: VisibleElement): (TableRow | VisibleNode)[] {
  return table.children.flatMap((child) => {
    if (child.kind === 'text') return /\S/.test(child.value) ? [child] : []
    if (/^t(?:head|body|foot)$/.test(child.tag)) return rowsOf(child)
    if (child.tag !== 'tr') return [child]
    const cells = child.children.filter(isElement)
    return cells.every(({ tag }) => /^t[dh]$/.test(tag)) ? [{ element: child, cells }] : [child]
  })
}

export function isRow(one: TableRow | VisibleNode): one is TableRow {
  return 'cells' in one
}

/** Cells as text, where each is short and on one line; undefined where the row is laid out as blocks. */
export function toLine(
  row: TableRow,
  { hasTable, toText }: { hasTable(cell: VisibleElement): boolean; toText(cell: VisibleElement): string },
): string[] | undefined {
  if (row.cells.some(hasTable)) return undefined
  const texts = row.cells.map(toText)
  return texts.every((text) => text.length <= maxCellChars && !text.includes('\n')) ? texts : undefined
}

/** The rows of a table of data, each cell in its column; undefined for any other table. */
export function toData(
  lines: readonly (readonly string[] | undefined)[],
  rows: readonly TableRow[],
): string[][] | undefined {
  const cells = lines.filter((line) => line !== undefined)
  if (cells.length < lines.length) return undefined
  const spanned = withSpans(cells, rows)
  if (isData(cells, rows)) return withoutSpacers(spanned ?? cells)
  // Rows that a cell reaches into have fewer of their own.
  return spanned !== undefined && hasRowSpans(rows) && isData(spanned, rows)
    ? withoutSpacers(spanned)
    : undefined
}

/** Two rows or more of as many cells, two or more of them filled; or one that has a heading. */
function isData(lines: readonly (readonly string[])[], rows: readonly TableRow[]): boolean {
  const wide = lines.filter((cells) => cells.filter((text) => text !== '').length >= 2)
  const hasHeading = rows.some(({ cells }) => cells.some(({ tag }) => tag === 'th'))
  const hasShape = wide.length >= 2 && wide.every((cells) => cells.length === wide[0]?.length)
  return wide.length >= 1 && (hasHeading || hasShape)
}

/** The widest tables of receipts and timetables have a dozen columns; spans are as large as a sender likes. */
const maxColumns = 24

/** Rows with an empty cell where one of the row, or of a row above, spans (HTML §4.9.12). Undefined: too wide. */
function withSpans(lines: readonly (readonly string[])[], rows: readonly TableRow[]): string[][] | undefined {
  /** Rows that the cell above each column still reaches into. */
  const reaching: number[] = []
  const found: string[][] = []
  for (const [index, { cells }] of rows.entries()) {
    const line: string[] = []
    const skip = () => {
      for (let left = reaching[line.length] ?? 0; left > 0; left = reaching[line.length] ?? 0) {
        reaching[line.length] = left - 1
        line.push('')
      }
    }
    for (const [at, cell] of cells.entries()) {
      skip()
      const down = spanOf(cell, 'rowspan')
      // Behind the last one there is nothing to keep in its column.
      const across = at === cells.length - 1 && down === 1 ? 1 : spanOf(cell, 'colspan')
      for (let column = 0; column < across; column += 1) {
        if (line.length >= maxColumns) return undefined
        reaching[line.length] = down - 1
        line.push(column === 0 ? (lines[index]?.[at] ?? '') : '')
      }
    }
    skip()
    found.push(line)
  }
  return found
}

function hasRowSpans(rows: readonly TableRow[]): boolean {
  return rows.some(({ cells }) => cells.some((cell) => spanOf(cell, 'rowspan') > 1))
}

function spanOf({ attributes }: VisibleElement, name: 'colspan' | 'rowspan'): number {
  const span = Number.parseInt((attributes.get(name) ?? '').slice(0, 10), 10)
  return span >= 1 ? Math.min(span, 65_534) : 1
}

/** Columns that are empty in every row are spacers in a table of data, too. */
function withoutSpacers(lines: readonly (readonly string[])[]): string[][] {
  const columns = Math.max(0, ...lines.map((cells) => cells.length))
  const isFilled = Array.from({ length: columns }, (_, at) => lines.some((cells) => (cells[at] ?? '') !== ''))
  return lines.map((cells) => cells.filter((_, at) => isFilled[at]))
}

function isElement(node: VisibleNode): node is VisibleElement {
  return node.kind === 'element'
}
