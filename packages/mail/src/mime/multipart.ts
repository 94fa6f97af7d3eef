/**
 * The parts of a multipart (RFC 2046 §5.1.1), by the boundary that its header names or, where its body has no such line,
 * by the one that is there. Read as far as it goes where the end is missing.
 */
import type { Parameters } from './parameters.ts'
import { decodeTransfer, toTransferEncoding } from './transfer.ts'

/** `encoding`: RFC 2045 §6.4 allows a multipart none; some programs encode it all the same. */
export function splitMultipart(
  body: Buffer,
  parameters: Parameters,
  encoding: string,
  maxParts: number,
): Buffer[] {
  const parts = splitWritten(body, parameters, maxParts)
  if (parts.length > 0 || toTransferEncoding(encoding) === 'none') return parts
  return splitWritten(decodeTransfer(body, encoding), parameters, maxParts)
}

function splitWritten(body: Buffer, parameters: Parameters, maxParts: number): Buffer[] {
  const named = parameters.get('boundary')?.trimEnd() ?? ''
  const parts = splitAt(body, named, maxParts)
  if (parts.length > 0) return parts
  const bare = withoutComment(named)
  const inside = bare === named ? [] : splitAt(body, bare, maxParts)
  return inside.length > 0 ? inside : splitAt(body, findBoundary(body), maxParts)
}

/** A boundary begins a line; the line end before it belongs to it. */
function splitAt(body: Buffer, boundary: string, maxParts: number): Buffer[] {
  if (boundary === '') return []
  const mark = Buffer.from(`--${boundary}`, 'utf8')
  const parts: Buffer[] = []
  let from: number | undefined
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    if (at > 0 && body[at - 1] !== 10) continue
    const lineEnd = body.indexOf(10, at)
    const rest = body.subarray(at + mark.length, lineEnd < 0 ? body.length : lineEnd).toString('latin1')
    if (!/^(?:--)?[ \t\r]*$/.test(rest) && !/^--[ \t]/.test(rest)) continue
    if (from !== undefined) parts.push(body.subarray(from, endOfPart(body, from, at)))
    from = lineEnd < 0 ? body.length : lineEnd + 1
    if (rest.startsWith('--')) return parts
    if (parts.length >= maxParts) return parts
  }
  // No end: the last part reaches as far as the source.
  if (from !== undefined && from < body.length) parts.push(body.subarray(from))
  return parts
}

function endOfPart(body: Buffer, from: number, boundaryAt: number): number {
  const lineEnd = body[boundaryAt - 2] === 13 ? boundaryAt - 2 : boundaryAt - 1
  return Math.max(from, lineEnd)
}

/** `boundary=abc (comment)`, with quotes or without: RFC 822 §3.4.3 lets a comment stand behind any word. */
function withoutComment(value: string): string {
  const open = value.endsWith(')') ? value.lastIndexOf('(') : -1
  return open < 0 ? value : value.slice(0, open).trimEnd().replace(/"$/, '')
}

/** Old programs are told a sentence in front of the first part. */
const maxPreambleBytes = 64 * 1024
/** RFC 2046 §5.1.1: 70 characters. Some programs write more. */
const maxLineBytes = 200

/** Of the first line that may be one and has a part's header below it. */
function findBoundary(body: Buffer): string {
  const start = body.toString('latin1', 0, maxPreambleBytes)
  for (let at = 0, end = start.indexOf('\n'); end >= 0; at = end + 1, end = start.indexOf('\n', at)) {
    if (!start.startsWith('--', at) || end - at > maxLineBytes) continue
    const boundary = start.slice(at + 2, end).trimEnd()
    const below = start.slice(end + 1, end + 1 + maxLineBytes)
    if (boundary !== '' && /^content-[a-z-]{1,40}:/i.test(below))
      return Buffer.from(boundary, 'latin1').toString('utf8')
  }
  return ''
}
