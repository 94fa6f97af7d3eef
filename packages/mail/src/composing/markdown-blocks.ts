/**
 * Where a block of a mail ends: at its line end, as people mean it. No line is a heading because of the next one, none
 * is gathered in by the quote, item or table above it, a signature begins where its mark stands (RFC 3676 §4.3), and
 * the items of a list have the numbers that were typed.
 */
import type {
  StateBlock as BlockState,
  StateCore as CoreState,
  StateInline as InlineState,
  MarkdownIt,
  Token,
} from 'markdown-it'

export function mailBlocks(parser: MarkdownIt): void {
  parser.disable(['lheading', 'reference'])
  const { ruler } = parser.block
  ruler.before('table', 'line_end', endsBlockAbove, { alt: ['paragraph', 'blockquote'] })
  ruler.before('table', 'shallow_item', takeShallowItems)
  parser.inline.ruler.before('newline', 'signature', readSignatureMark)
  parser.core.ruler.after('block', 'numbers', numberItems)
}

/** Asked silently, whether this line ends the block above it. The chain of quotes is asked by tables, too. */
function endsBlockAbove(state: BlockState, line: number, _end: number, silent: boolean): boolean {
  if (!silent) return false
  if (state.parentType === 'blockquote') return true
  if (state.parentType === 'table') return !isRow(lineOf(state, line), state.tokens)
  const isOutside = state.sCount[line] === 0 && state.blkIndent > 0
  return isOutside || isSignatureMark(state, line) || isNextNumber(state, line)
}

/** `1. Ship?`, `Yes.`, `2. Price?` line by line: what stands close below a numbered list is followed by its next item. */
function isNextNumber(state: BlockState, line: number): boolean {
  const above = state.tokens.at(-1)
  if (above?.type !== 'ordered_list_close' || state.isEmpty(state.line - 1)) return false
  const from = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0)
  return /^\d{1,9}([.)])[ \t]/.exec(state.src.slice(from, from + 11))?.[1] === above.markup
}

/** A cell with words beyond the columns would be lost. */
function isRow(line: string, tokens: readonly Token[]): boolean {
  const cells = line
    .trim()
    .replace(/^\|/, '')
    .split(/(?<!\\)\|/)
  const columns = tokens.slice(tokens.findLastIndex(({ type }) => type === 'tr_open'))
  const count = columns.filter(({ type }) => type === 'inline').length
  return line.includes('|') && cells.slice(count).every((cell) => cell.trim() === '')
}

function isSignatureMark({ src, bMarks, eMarks }: BlockState, line: number): boolean {
  const start = bMarks[line] ?? 0
  const length = (eMarks[line] ?? 0) - start
  return src.startsWith('--', start) && (length === 2 || (length === 3 && src.charAt(start + 2) === ' '))
}

function lineOf({ src, bMarks, eMarks }: BlockState, line: number): string {
  return src.slice(bMarks[line], eMarks[line])
}

/** The blank of the mark is part of it, where other lines lose theirs. */
function readSignatureMark(state: InlineState, silent: boolean): boolean {
  if (state.pos !== 0 || !state.src.startsWith('-- \n')) return false
  if (!silent) {
    state.pending += '-- '
    state.push('softbreak', 'br', 0)
  }
  state.pos += 4
  return true
}

const itemMark = /^(?:[-*+]|\d{1,9}[.)])[ \t]/

/** A list two columns inside the number above it belongs to it, though the words there begin at the third or fourth. */
function takeShallowItems(state: BlockState, line: number, end: number, silent: boolean): boolean {
  const { info, type } = state.tokens.at(-1) ?? {}
  if (silent || type !== 'list_item_open' || info === undefined || info === '') return false
  const next = state.skipEmptyLines(line + 1)
  const words = state.sCount[line] ?? 0
  const indent = state.sCount[next] ?? 0
  const start = state.bMarks[line] ?? 0
  const lead = state.src.slice(start, start + (state.tShift[line] ?? 0))
  const mark = words - (lead.length - lead.lastIndexOf(info))
  const isShallow = next < end && indent < state.blkIndent && indent >= mark + 2 && words - indent < 4
  const from = (state.bMarks[next] ?? 0) + (state.tShift[next] ?? 0)
  if (isShallow && itemMark.test(state.src.slice(from, from + 11))) state.blkIndent = indent
  return false
}

/** The number of each item as text; in HTML where counting on would show another. */
function numberItems({ tokens }: CoreState): void {
  const lists: Token[][] = []
  for (const token of tokens) {
    if (token.type === 'ordered_list_open' || token.type === 'bullet_list_open') lists.push([])
    else if (token.type === 'list_item_open') lists.at(-1)?.push(token)
    else if (token.type === 'ordered_list_close') numberList(lists.pop() ?? [])
    else if (token.type === 'bullet_list_close') lists.pop()
  }
}

/** `1. 1. 1.` is how Markdown asks to be counted. */
function numberList(items: readonly Token[]): void {
  const typed = items.map(({ info }) => Number(info))
  const [first = 1] = typed
  const isCounted = first <= 1 && typed.every((number) => number === first)
  let counted = first
  for (const [index, item] of items.entries()) {
    const number = isCounted ? counted : (typed[index] ?? counted)
    item.info = String(number)
    if (number !== counted) item.attrSet('value', String(number))
    counted = number + 1
  }
}
