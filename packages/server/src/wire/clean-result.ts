/**
 * What leaves in an answer is text that a person would see: no NUL, no control character, no half of a surrogate pair,
 * nothing that turns lines around or spells words invisibly, and no markup that a client would load something by, no matter who
 * chose the string (R37 for the way out). Names, paths and addresses are one line; only what is read as a text keeps its
 * line breaks and tabs. In one place, since a tool that forgets it would hand a client a row that imitates another.
 */
import { breakMarkup, removeInvisible } from '@email-connector/mail'
import type { ToolResult } from './tool-result.ts'

/** Keys whose value is a text of several lines. */
const texts = new Set(['body', 'text'])
/** What some readers break a line at and others do not. */
const lineBreaks = /\r\n?|[\u0085\u2028\u2029]/g
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
  return breakMarkup(removeInvisible(line.replace(notInLine, ' ')).text.replace(loneSurrogate, '\ufffd'))
}

function toCleanText(text: string): string {
  const shown = removeInvisible(text.replace(lineBreaks, '\n').replace(notInText, '')).text
  return breakMarkup(shown.replace(loneSurrogate, '\ufffd'))
}
