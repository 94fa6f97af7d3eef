/**
 * Markdown as plain text that people like to read: emphasis as letters show it, each link with its target once, tables
 * in columns, everything else as it was typed. Made of markdown-it's tokens, so that it says what the HTML says.
 */
import type { Token } from 'markdown-it'
import { toTextTable } from './text-table.ts'

interface Block {
  readonly lines: string[]
  /** Set close to its neighbour, as the items of a list. */
  readonly isTight: boolean
}

export function toMailText(tokens: readonly Token[]): string {
  let at = 0
  return joinBlocks(readBlocks())

  /** Until the token that closes what the caller opened. */
  function readBlocks(): Block[] {
    const blocks: Block[] = []
    for (; at < tokens.length; ) {
      const token = tokens[at]
      at += 1
      if (token === undefined || token.nesting < 0) break
      blocks.push(readBlock(token))
    }
    return blocks
  }

  function readBlock(token: Token): Block {
    switch (token.type) {
      case 'heading_open':
        return { lines: toHeading(inside(), token.tag), isTight: false }
      case 'fence':
      case 'code_block':
        return { lines: token.content.replace(/\n$/, '').split('\n').map(indent(4)), isTight: false }
      case 'hr':
        return { lines: ['-'.repeat(24)], isTight: false }
      case 'blockquote_open':
        return { lines: inside().map((line) => (line === '' ? '>' : `> ${line}`)), isTight: false }
      case 'bullet_list_open':
        return toList(() => '- ')
      case 'ordered_list_open':
        return toList(({ info, markup }) => `${info}${markup} `)
      case 'table_open':
        return { lines: readTable(), isTight: false }
      case 'inline':
        return { lines: toLine(token.children ?? []).split('\n'), isTight: false }
      default:
        return { lines: token.nesting > 0 ? inside() : [], isTight: token.hidden }
    }
  }

  function inside(): string[] {
    return joinBlocks(readBlocks()).split('\n')
  }

  function toList(markOf: (item: Token) => string): Block {
    const items: Block[] = []
    for (let item = tokens[at]; item?.type === 'list_item_open'; item = tokens[at]) {
      const mark = markOf(item)
      at += 1
      const blocks = readBlocks()
      const [first = '', ...rest] = joinBlocks(blocks).split('\n')
      const lines = [`${mark}${first}`, ...rest.map(indent(mark.length))]
      items.push({ lines, isTight: blocks.every(({ isTight }) => isTight) })
    }
    at += 1
    return { lines: joinBlocks(items).split('\n'), isTight: true }
  }

  function readTable(): string[] {
    const rows: string[][] = []
    const aligns: string[] = []
    for (; at < tokens.length; at += 1) {
      const { type, children, attrGet } = tokens[at] ?? {
        type: 'table_close',
        children: null,
        attrGet: undefined,
      }
      if (type === 'table_close') break
      if (type === 'tr_open') rows.push([])
      if (type === 'inline') rows.at(-1)?.push(toLine(children ?? []).replaceAll('\n', ' '))
      if (type === 'th_open' && attrGet !== undefined) aligns.push(String(tokens[at]?.attrGet('style') ?? ''))
    }
    at += 1
    return toTextTable(
      rows,
      aligns.map((style) => style.endsWith('right')),
    )
  }
}

function joinBlocks(blocks: readonly Block[]): string {
  return blocks
    .map(({ lines, isTight }, index) => {
      const isClose = isTight && blocks[index - 1]?.isTight === true
      return `${index === 0 ? '' : isClose ? '\n' : '\n\n'}${lines.join('\n')}`
    })
    .join('')
}

function toHeading(lines: string[], tag: string): string[] {
  const width = Math.min(72, Math.max(...lines.map((line) => line.length)))
  if (tag === 'h1') return [...lines, '='.repeat(width)]
  return tag === 'h2' ? [...lines, '-'.repeat(width)] : lines
}

function indent(columns: number): (line: string) => string {
  return (line) => (line === '' ? '' : `${' '.repeat(columns)}${line}`)
}

const marks: Readonly<Record<string, string>> = { strong: '*', em: '_', s: '~' }

function toLine(tokens: readonly Token[]): string {
  let text = ''
  const links: { from: number; target: string }[] = []
  for (const token of tokens) {
    const { type, tag, content } = token
    if (type === 'softbreak' || type === 'hardbreak') text += '\n'
    else if (type === 'link_open')
      links.push({ from: text.length, target: String(token.attrGet('href') ?? '') })
    else if (type === 'link_close') {
      const { from = 0, target = '' } = links.pop() ?? {}
      text += targetBehind(text.slice(from), target)
    } else if (type === 'image') {
      const target = String(token.attrGet('src') ?? '')
      text += content === '' ? target : content + targetBehind(content, target)
    } else
      text += token.nesting === 0 ? (type === 'code_inline' ? `\`${content}\`` : content) : (marks[tag] ?? '')
  }
  return text
}

/** Once: not behind words that are the target. */
function targetBehind(words: string, target: string): string {
  const bare = (one: string) =>
    one
      .replace(/^(?:https?:\/\/|mailto:|tel:)/i, '')
      .replace(/\/$/, '')
      .toLowerCase()
  const isSaid = target === '' || bare(words.trim()) === bare(target)
  return isSaid ? '' : ` <${target.replace(/^mailto:(?=[^?]*$)/i, '')}>`
}
