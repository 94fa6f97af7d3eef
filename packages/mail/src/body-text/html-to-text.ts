/**
 * The HTML of a mail as text for a model to read, from the tree of what a person sees: paragraphs, lists with their
 * numbers, tables by rows, quotes behind `> `, links as `text (host)`, pictures as `[image: …]`. What may be hidden
 * stays and is marked where it is.
 */
import { imageText, raisedText } from './inline-text.ts'
import { neutraliseLinks, parseLink, textNamesAnotherHost } from './links.ts'
import { restMark } from './plain-rest.ts'
import type { ReadableText } from './readable-text.ts'
import { shownText } from './shown-text.ts'
import { isData, isRow, rowsOf, type TableRow, toLine, withoutSpacers } from './tables.ts'
import { createTextWriter, type Gap, type TextWriter } from './text-writer.ts'
import { toVisibleTree, type VisibleElement, type VisibleNode } from './visible-tree.ts'
import { hiddenWarnings, partlyStyledMark } from './warnings.ts'

/** Everything else that is a block starts a new line. */
const paragraphs = new Set('p h1 h2 h3 h4 h5 h6 table blockquote pre hr dl figure fieldset'.split(' '))

export function htmlToText(html: string): ReadableText {
  const tree = toVisibleTree(html)
  const hasTable = findTables(tree.children)
  let mismatch = false
  const writer = createTextWriter()
  if (tree.isPartlyStyled && tree.children.length > 0) {
    writer.write(partlyStyledMark)
    writer.breakLine(2)
  }
  layOut(tree.children, writer)
  if (tree.rest !== '') {
    writer.breakLine(2)
    writer.write(`${restMark}\n${tree.rest}`, true)
  }
  const neutral = neutraliseLinks(writer.toText())
  const warnings = [...hiddenWarnings(tree), ...(mismatch || neutral.mismatch ? ['link_text_mismatch'] : [])]
  return { text: neutral.text, warnings }

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
        if (!node.isUnsure) endMark()
        else if (!isMarked) out.write(/^\s/.test(node.value) ? ' [possibly hidden: ' : '[possibly hidden: ')
        isMarked = node.isUnsure
        out.write(node.isUnsure ? node.value.trim() : node.value, isPreformatted)
      }
    }
    endMark()
  }

  function layOutElement(element: VisibleElement, out: TextWriter, depth: number): void {
    const { tag } = element
    const gap = gapOf(element)
    const inside = () => layOut(element.children, out, element.isPreformatted, depth)
    out.breakLine(gap)
    if (tag === 'br') out.addBreak()
    else if (tag === 'hr') out.write('---')
    else if (tag === 'img') out.write(` ${imageText(element)} `)
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
    out.breakLine(gap)
  }

  function layOutLink(element: VisibleElement, out: TextWriter, inside: () => void): void {
    const target = parseLink(element.attributes.get('href'))
    inside()
    if (target === undefined) return
    const shown = shownText(element)
    if (shown === '') return
    if (textNamesAnotherHost(shown, target)) mismatch = true
    if (shown !== target.host) out.attach(` (${target.host})`)
  }

  /** A price that no longer holds reads as one that does without its line. */
  function layOutStruck(element: VisibleElement, out: TextWriter, inside: () => void): void {
    const isStruck = shownText(element) !== ''
    if (isStruck) out.write('~~')
    inside()
    if (isStruck) out.attach('~~')
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
      const mark = tag === 'ol' ? `${number}. ` : '- '
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
    const data = isData(all, rows) ? withoutSpacers(all.map((cells) => cells ?? [])) : undefined
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
