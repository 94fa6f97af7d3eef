/**
 * Long lines as format=flowed (RFC 3676): at most 76 columns for programs that show lines as they are, whole paragraphs
 * for those that join them again. A text of short lines is left as it is.
 */
import type { RenderedBody } from './entity.ts'

/** RFC 3676 §4.2: 78 with the blank that marks a soft end, and room for one quote mark. */
const maxColumns = 76

export function flow(text: string): RenderedBody {
  const lines = text.split('\n')
  if (!lines.some((line) => line.length > maxColumns && /\S\s+\S/.test(line))) return { text, flowed: false }
  return { text: lines.flatMap(flowLine).join('\n'), flowed: true }
}

/** A line of our own: a blank at its end would join it to the next, one at its start is stuffing. */
function flowLine(line: string): string[] {
  if (line === '-- ') return [line]
  const whole = line.trimEnd()
  const quote = /^(?:> ?)+/.exec(whole)?.[0]
  if (quote !== undefined) return flowQuoted(whole.slice(quote.length), quote.replaceAll(' ', ''))
  return wrap(whole, maxColumns).map(stuff)
}

function flowQuoted(text: string, marks: string): string[] {
  return wrap(text, Math.max(20, maxColumns - marks.length - 1)).map((line) => `${marks} ${line}`)
}

function stuff(line: string): string {
  return /^(?: |>|From )/.test(line) ? ` ${line}` : line
}

/** Every line but the last ends in the blank it was cut at. */
function wrap(line: string, columns: number): string[] {
  const lines: string[] = []
  let rest = line
  while (rest.length > columns) {
    // the first of a run of blanks would start the next line with one
    const within = rest.lastIndexOf(' ', columns - 1)
    const indent = rest.search(/\S/)
    const at = within > indent ? within : rest.indexOf(' ', Math.max(columns, indent + 1))
    if (at < 0) break
    let end = at + 1
    while (rest[end] === ' ') end += 1
    if (end >= rest.length) break
    lines.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...lines, rest]
}
