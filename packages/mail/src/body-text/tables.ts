/**
 * Which tables hold data and which only place things. A row of short cells is a line, `a | b`; in a table of data an
 * empty cell keeps its place, in any other it is a spacer. Everything else is blocks in order.
 */
import type { VisibleElement, VisibleNode } from './visible-tree.ts'

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

/** Two rows or more of as many cells, two or more of them filled; or one that has a heading. */
export function isData(
  lines: readonly (readonly string[] | undefined)[],
  rows: readonly TableRow[],
): boolean {
  const wide = lines.filter((cells) => cells !== undefined && cells.filter((text) => text !== '').length >= 2)
  const hasHeading = rows.some(({ cells }) => cells.some(({ tag }) => tag === 'th'))
  const hasShape = wide.length >= 2 && wide.every((cells) => cells?.length === wide[0]?.length)
  return wide.length >= 1 && lines.every((cells) => cells !== undefined) && (hasHeading || hasShape)
}

/** Columns that are empty in every row are spacers in a table of data, too. */
export function withoutSpacers(lines: readonly (readonly string[])[]): string[][] {
  const columns = Math.max(0, ...lines.map((cells) => cells.length))
  const isFilled = Array.from({ length: columns }, (_, at) => lines.some((cells) => (cells[at] ?? '') !== ''))
  return lines.map((cells) => cells.filter((_, at) => isFilled[at]))
}

function isElement(node: VisibleNode): node is VisibleElement {
  return node.kind === 'element'
}
