/**
 * What leaves in an answer is text: no NUL, no control character, no half of a surrogate pair, whoever chose the
 * string (R37 for the way out). Names, paths and addresses are one line; only what is read as a text keeps its line
 * breaks and tabs. In one place, since a tool that forgets it would hand a client a row that imitates another.
 */
import type { ToolResult } from './tool-result.ts'

/** Keys whose value is a text of several lines. */
const texts = new Set(['body', 'text'])
const lineBreaks = /\r\n?|\u0085/g
const notInLine = /[\p{Cc}\u2028\u2029]+/gu
const notInText = /(?![\n\t])\p{Cc}/gu
const loneSurrogate = /\p{Cs}/gu

export function cleanResult(result: ToolResult<unknown>): ToolResult<unknown> {
  return { ...result, structured: clean(result.structured, ''), text: toCleanText(result.text) }
}

function clean(value: unknown, key: string): unknown {
  if (typeof value === 'string') return texts.has(key) ? toCleanText(value) : toCleanLine(value)
  if (Array.isArray(value)) return value.map((one) => clean(one, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, clean(one, name)]))
}

function toCleanLine(line: string): string {
  return line.replace(notInLine, ' ').replace(loneSurrogate, '\ufffd')
}

function toCleanText(text: string): string {
  return text.replace(lineBreaks, '\n').replace(notInText, '').replace(loneSurrogate, '\ufffd')
}
