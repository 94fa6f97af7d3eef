/** CSV and TSV: rows as lines, cells separated by tabs, whatever separated them before; RFC 4180 quotes are undone. */
import type { TextSink } from './text-sink.ts'

const separators = [',', ';', '\t', '|']
const sampleChars = 16 * 1024

export function readDelimited(text: string, sink: TextSink): void {
  const separator = findSeparator(text.slice(0, sampleChars))
  let cells: string[] = []
  let cell = ''
  let isQuoted = false
  const endCell = () => {
    cells.push(cell.replaceAll(/[\t\r\n]+/g, ' ').trim())
    cell = ''
  }
  const endRow = () => {
    endCell()
    sink.write(`${cells.join('\t')}\n`)
    cells = []
  }
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (isQuoted) {
      if (char !== '"') continue
      cell += text.slice(from, at)
      from = at + 1
      if (text.charAt(from) === '"') at += 1
      else isQuoted = false
    } else if (char === '"' && cell === '' && text.slice(from, at).trim() === '') {
      from = at + 1
      isQuoted = true
    } else if (char === separator || char === '\n') {
      cell += text.slice(from, at)
      from = at + 1
      if (char === separator) endCell()
      else endRow()
    }
  }
  cell += text.slice(from)
  if (cell.trim() !== '' || cells.length > 0) endRow()
}

/** The one that divides most lines of the beginning into equally many cells. */
function findSeparator(sample: string): string {
  const lines = sample
    .replaceAll(/"[^"]*"/g, '')
    .split('\n')
    .slice(0, 20)
    .filter((line) => line.trim() !== '')
  const [first = ''] = lines
  const scored = separators.map((separator) => {
    const count = (line: string) => line.split(separator).length - 1
    const expected = count(first)
    return {
      separator,
      score: expected === 0 ? 0 : lines.filter((line) => count(line) === expected).length,
      expected,
    }
  })
  scored.sort((a, b) => b.score - a.score || b.expected - a.expected)
  return scored[0]?.separator ?? ','
}
