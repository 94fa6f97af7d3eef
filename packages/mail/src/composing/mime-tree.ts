/**
 * A stored message as the tree of its parts, each with the place of its bytes, so that one part can be changed and the
 * rest stays as it is. Built like the server's BODYSTRUCTURE, part numbers too, so that one set of rules (reading/structure.ts)
 * says what is text and what is a file. Linear: every line is looked at once for each level it is in.
 */
import { parseParameterized } from '../mime/parameters.ts'
import { type BodyStructure, maxDepth, toRecord } from '../mime/structure.ts'
import { bytesOfField, findField, type HeaderField, splitMessage } from './header-fields.ts'

export interface MimePart {
  readonly part: string
  readonly fields: readonly HeaderField[]
  /** Where its header begins; for all but the message itself right behind a delimiter line. */
  readonly start: number
  /** Behind the blank line of its header. */
  readonly bodyStart: number
  /** Before the line end that belongs to the delimiter behind it. */
  readonly end: number
  readonly type: string
  readonly encoding: string
  readonly boundary?: string
  readonly children: readonly MimePart[]
  readonly structure: BodyStructure
}

const maxParts = 1_000
const lf = 0x0a

export function parseMime(raw: Buffer): MimePart {
  let left = maxParts
  return parse(0, raw.length, '', 0)

  function parse(start: number, end: number, number: string, depth: number): MimePart {
    left -= 1
    const { fields, rest } = splitMessage(raw.subarray(start, end))
    const blank = rest.length === 0 ? 0 : rest[0] === lf ? 1 : 2
    const bodyStart = end - rest.length + blank
    const value = (name: string) => textOf(fields, name)
    const content = parseParameterized(value('content-type') || 'text/plain')
    const type = /^[^\s/]+\/[^\s/]+$/.test(content.value) ? content.value : 'text/plain'
    const boundary = content.parameters.get('boundary')?.trimEnd()
    const isMultipart = type.startsWith('multipart/') && boundary !== undefined && boundary !== ''
    const ranges = isMultipart && depth < maxDepth ? findParts(raw, bodyStart, end, boundary) : []
    const children = ranges
      .slice(0, Math.max(0, left))
      .map(([from, to], index) =>
        parse(from, to, number === '' ? `${index + 1}` : `${number}.${index + 1}`, depth + 1),
      )
    const part = number === '' && children.length === 0 ? '1' : number
    const disposition = parseParameterized(value('content-disposition'))
    const encoding = value('content-transfer-encoding').toLowerCase()
    const id = value('content-id')
    const structure: BodyStructure = {
      part,
      type,
      parameters: toRecord(content.parameters),
      encoding,
      size: end - bodyStart,
      ...(disposition.value === '' ? {} : { disposition: disposition.value }),
      dispositionParameters: toRecord(disposition.parameters),
      ...(id === '' ? {} : { id }),
      ...(children.length === 0 ? {} : { childNodes: children.map((child) => child.structure) }),
    }
    const bounded = isMultipart ? { boundary } : {}
    return { part, fields, start, bodyStart, end, type, encoding, ...bounded, children, structure }
  }
}

export function* allParts(root: MimePart): Generator<MimePart> {
  yield root
  for (const child of root.children) yield* allParts(child)
}

function textOf(fields: readonly HeaderField[], name: string): string {
  const field = findField(fields, name)
  return field === undefined ? '' : bytesOfField(field)
}

/** RFC 2046 §5.1.1. The line end before a delimiter belongs to it. */
function findParts(raw: Buffer, from: number, to: number, boundary: string): [number, number][] {
  const parts: [number, number][] = []
  let open: number | undefined
  for (const { start, next, isLast } of delimiters(raw, from, to, boundary)) {
    if (open !== undefined) parts.push([open, Math.max(open, withoutLineEnd(raw, start))])
    open = isLast ? undefined : next
    if (isLast) break
  }
  if (open !== undefined) parts.push([open, Math.max(open, to)])
  return parts
}

export interface Delimiter {
  readonly start: number
  /** Where the line behind it begins. */
  readonly next: number
  readonly isLast: boolean
}

export function* delimiters(raw: Buffer, from: number, to: number, boundary: string): Generator<Delimiter> {
  const mark = Buffer.from(`--${boundary}`, 'utf8')
  for (let at = raw.indexOf(mark, from); at >= 0 && at < to; at = raw.indexOf(mark, at + 1)) {
    if (at > from && raw[at - 1] !== lf) continue
    const end = raw.indexOf(lf, at)
    const next = end < 0 || end >= to ? to : end + 1
    const tail = raw
      .subarray(at + mark.length, next)
      .toString('latin1')
      .trim()
    if (tail === '' || tail === '--') yield { start: at, next, isLast: tail === '--' }
  }
}

function withoutLineEnd(raw: Buffer, at: number): number {
  if (raw[at - 1] !== lf) return at
  return raw[at - 2] === 0x0d ? at - 2 : at - 1
}
