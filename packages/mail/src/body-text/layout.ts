/**
 * The tree of what a person sees, as lines of text: paragraphs, lists with their numbers, tables by rows, quotes behind
 * `> `. What a link or a picture becomes is for the manner to say: a model and a person read them differently.
 */
import { insideMark } from './hidden-mark.ts'
import { raisedText } from './inline-text.ts'
import { listMark } from './list-marks.ts'
import { regionOf } from './mail-programs.ts'
import { isShown, shownText } from './shown-text.ts'
import { isRow, rowsOf, type TableRow, toData, toLine } from './tables.ts'
import { createTextWriter, type Gap, type TextWriter } from './text-writer.ts'
import type { VisibleElement, VisibleNode } from './visible-nodes.ts'

export interface Manner {
  /** In front of a text that may be hidden; undefined: it is shown like any other. */
  readonly unsureMark: string | undefined
  /** Instead of a picture. */
  toPicture(picture: VisibleElement): string
  /** It is seen, whatever it becomes: a link around it leads somewhere. */
  showsPicture(picture: VisibleElement): boolean
  /** Behind the words of a link, which may be none. */
  toTarget(link: VisibleElement, words: string): string
  readonly rule: string
  /** On both sides of words that were struck out. */
  readonly struck: string
}

/** Everything else that is a block starts a new line. */
const paragraphs = new Set('p h1 h2 h3 h4 h5 h6 table blockquote pre hr dl figure fieldset'.split(' '))

export function layOutTree(children: readonly VisibleNode[], writer: TextWriter, manner: Manner): void {
  const hasTable = findTables(children)
  /** One line through words is enough. */
  let isStruck = false
  layOut(children, writer)

  function layOut(nodes: readonly VisibleNode[], out: TextWriter, isPreformatted = false, depth = 0): void {
    let isMarked = false
    const endMark = () => {
      if (isMarked) out.attach(']')
      isMarked = false
    }
    for (const node of nodes) {
      if (node.kind === 'element') {
        endMark()
        layOutElement(node, out, depth)
      } else if (!/\S/.test(node.value)) out.write(node.value, isPreformatted)
      else {
        const isUnsure = node.isUnsure && manner.unsureMark !== undefined
        if (!isUnsure) endMark()
        else if (!isMarked) out.write(`${/^\s/.test(node.value) ? ' ' : ''}${manner.unsureMark}`)
        isMarked = isUnsure
        out.write(isUnsure ? insideMark(node.value) : node.value, isPreformatted)
      }
    }
    endMark()
  }

  function layOutElement(element: VisibleElement, out: TextWriter, depth: number): void {
    const gap = gapOf(element)
    const region = regionOf(element)
    out.breakLine(gap)
    if (region === undefined) layOutInside(element, out, depth, gap)
    else out.enclose(region, () => layOutInside(element, out, depth, gap))
    out.breakLine(gap)
  }

  function layOutInside(element: VisibleElement, out: TextWriter, depth: number, gap: Gap): void {
    const { tag } = element
    const inside = () => layOut(element.children, out, element.isPreformatted, depth)
    if (tag === 'br') out.addBreak()
    else if (tag === 'hr') out.write(manner.rule)
    else if (tag === 'img') out.write(` ${manner.toPicture(element)} `)
    else if (tag === 'a') layOutLink(element, out, inside)
    else if (tag === 'sup' || tag === 'sub') {
      const raised = raisedText(element)
      if (raised === undefined) inside()
      else out.write(raised)
    } else if (/^(?:del|s|strike)$/.test(tag)) layOutStruck(element, out, inside)
    else if (tag === 'ul' || tag === 'ol') layOutList(element, out, depth)
    else if (tag === 'blockquote') {
      out.open('> ', '> ')
      inside()
      out.breakLine(2)
      out.close()
    } else if (tag === 'table') layOutTable(element, out, depth)
    else if (/^(?:flex|inline-flex|grid|inline-grid)$/.test(element.display)) {
      for (const child of element.children) {
        layOut([child], out, false, depth)
        out.write(' ')
      }
    } else inside()
    if (element.display === 'inline-block' && gap === 0) out.write(' ')
  }

  function layOutLink(element: VisibleElement, out: TextWriter, inside: () => void): void {
    inside()
    if (!isShown(element, manner.showsPicture)) return
    const target = manner.toTarget(element, shownText(element))
    if (target !== '') out.attach(target)
  }

  /** A price that no longer holds reads as one that does without its line. */
  function layOutStruck(element: VisibleElement, out: TextWriter, inside: () => void): void {
    if (isStruck || manner.struck === '' || shownText(element) === '') {
      inside()
      return
    }
    out.write(manner.struck)
    isStruck = true
    inside()
    isStruck = false
    out.attach(manner.struck)
  }

  function layOutList({ tag, attributes, children }: VisibleElement, out: TextWriter, depth: number): void {
    out.breakLine(depth > 0 ? 1 : 2)
    const start = Number.parseInt(attributes.get('start') ?? '', 10)
    const items = children.filter((child) => child.kind === 'element' && child.tag === 'li')
    const isReversed = attributes.has('reversed')
    let number = Number.isNaN(start) ? (isReversed ? items.length : 1) : start
    for (const child of children) {
      if (child.kind === 'text' || child.tag !== 'li') {
        layOut([child], out, false, depth + 1)
        continue
      }
      const value = Number.parseInt(child.attributes.get('value') ?? '', 10)
      if (!Number.isNaN(value)) number = value
      const mark = markOf(child, number) || (tag === 'ol' ? '' : '- ')
      number += isReversed ? -1 : 1
      out.breakLine(1)
      out.open(mark, ' '.repeat(mark.length))
      layOut(child.children, out, child.isPreformatted, depth + 1)
      out.close()
      out.breakLine(1)
    }
    out.breakLine(depth > 0 ? 1 : 2)
  }

  function layOutTable(table: VisibleElement, out: TextWriter, depth: number): void {
    const parts = rowsOf(table)
    const rows = parts.filter(isRow)
    const lines = new Map<unknown, readonly string[] | undefined>(
      rows.map((row) => [
        row,
        toLine(row, { hasTable: (cell) => hasTable.has(cell), toText: (cell) => cellText(cell, depth) }),
      ]),
    )
    const all = [...lines.values()]
    const data = toData(all, rows)
    for (const part of parts) {
      out.breakLine(1)
      if (!isRow(part)) layOut([part], out, false, depth)
      else {
        const line = data?.[rows.indexOf(part)] ?? lines.get(part)?.filter((text) => text !== '')
        if (line === undefined) layOutRow(part, out, depth)
        else if (line.some((text) => text !== '')) out.write(line.join(' | '), true)
      }
      out.breakLine(1)
    }
  }

  function layOutRow({ cells }: TableRow, out: TextWriter, depth: number): void {
    for (const cell of cells) {
      out.breakLine(1)
      layOut(cell.children, out, cell.isPreformatted, depth)
      out.breakLine(1)
    }
  }

  function cellText(cell: VisibleElement, depth: number): string {
    const out = createTextWriter()
    layOut(cell.children, out, cell.isPreformatted, depth)
    return out.toText()
  }
}

/** Only a list item has a mark. */
function markOf({ display, listStyle }: VisibleElement, number: number): string {
  return display === 'list-item' ? listMark(number, listStyle) : ''
}

function gapOf({ tag, display }: VisibleElement): Gap {
  if (tag === 'br' || tag === 'img') return 0
  if (paragraphs.has(tag)) return 2
  if (tag === 'div' && display === 'inline-block') return 1
  return /^(?:block|flex|grid|flow-root|list-item|table|table-row|table-cell|table-caption|-webkit-box)$/.test(
    display,
  )
    ? 1
    : 0
}

/** Every element with a table in it. */
function findTables(nodes: readonly VisibleNode[]): ReadonlySet<VisibleElement> {
  const found = new Set<VisibleElement>()
  const walk = (node: VisibleNode): boolean => {
    if (node.kind === 'text') return false
    let has = false
    for (const child of node.children) if (walk(child)) has = true
    if (has) found.add(node)
    return has || node.tag === 'table'
  }
  for (const node of nodes) walk(node)
  return found
}
