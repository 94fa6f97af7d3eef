/**
 * A message or MIME entity parsed from its bytes (RFC 5322, RFC 2045, RFC 2046), for what a server does not tell: no
 * BODYSTRUCTURE or a wrong one, content inside a signature or an attached file. The same tree as a server's. Bounded in
 * depth and parts; broken boundaries, missing blank lines and cut ends are read as far as they go.
 */
import { toEnvelopeAddresses } from './addresses.ts'
import { decodeHeader } from './encoded-words.ts'
import { splitMultipart } from './multipart.ts'
import { parseParameterized } from './parameters.ts'
import { type BodyStructure, below, type Envelope, isMessageType, maxDepth, toRecord } from './structure.ts'
import { decodeTransfer } from './transfer.ts'

export interface ParsedSource {
  readonly root: BodyStructure
  readonly envelope: Envelope
  readonly fields: readonly HeaderField[]
}

export interface HeaderField {
  /** Lower case. */
  readonly name: string
  /** Unfolded; latin1 stands for the bytes. */
  readonly value: string
}

const maxHeaderBytes = 256 * 1024
/** Of one source, all levels together. */
const maxParts = 2_000

interface Room {
  parts: number
  readonly isCut: boolean
}

/** `below`: the number that the parts' own begin with, `2~` or the number of the message part that this is in. */
export function parseSource(source: Buffer, under = '', isCut = false): ParsedSource {
  const room: Room = { parts: 0, isCut }
  return parseMessage(source, under, 0, room)
}

function parseMessage(source: Buffer, under: string, depth: number, room: Room): ParsedSource {
  const start = source.subarray(0, 5).toString('latin1') === 'From ' ? source.indexOf(10) + 1 : 0
  const entity = source.subarray(start)
  const { fields, body } = splitEntity(entity)
  const root = toNode(fields, body, { part: under, isRoot: true, depth, isDigest: false }, room)
  return { root, envelope: toEnvelope(fields), fields }
}

interface NodePlace {
  /** Of the entity itself, or of the message that it is the whole of. */
  readonly part: string
  readonly isRoot: boolean
  readonly depth: number
  readonly isDigest: boolean
}

function toNode(
  fields: readonly HeaderField[],
  body: Buffer,
  { part, isRoot, depth, isDigest }: NodePlace,
  room: Room,
): BodyStructure {
  room.parts++
  const type = parseParameterized(findField(fields, 'content-type') ?? '')
  const disposition = parseParameterized(findField(fields, 'content-disposition') ?? '')
  const contentType = toType(type.value, isDigest)
  // The entity that is a whole message has the number 1 unless it is a multipart, which has none.
  const own = isRoot ? below(part, 1) : part
  const encoding = (findField(fields, 'content-transfer-encoding') ?? '7bit').toLowerCase().trim()
  const id = findField(fields, 'content-id')
  const location = findField(fields, 'content-location')
  const common = {
    type: contentType,
    parameters: toRecord(type.parameters),
    encoding,
    size: body.length,
    ...(id === undefined ? {} : { id }),
    ...(location === undefined ? {} : { location }),
    ...(disposition.value === '' ? {} : { disposition: disposition.value }),
    ...(disposition.parameters.size === 0 ? {} : { dispositionParameters: toRecord(disposition.parameters) }),
  }
  const leaf = { ...common, part: own, content: body, ...(room.isCut ? { isCut: true } : {}) }
  if (depth >= maxDepth || room.parts > maxParts) return leaf
  if (contentType.startsWith('multipart/')) {
    const bodies = splitMultipart(body, type.parameters, encoding, maxParts)
    if (bodies.length === 0) return { ...leaf, type: 'text/plain' }
    const holds = contentType === 'multipart/digest'
    const childNodes = bodies.slice(0, maxParts - room.parts).map((child, index) => {
      const inner = splitEntity(child)
      const place = { part: below(part, index + 1), isRoot: false, depth: depth + 1, isDigest: holds }
      return toNode(inner.fields, inner.body, place, room)
    })
    return { ...common, ...(isRoot && part === '' ? {} : { part: isRoot ? part : own }), childNodes }
  }
  if (isMessageType(contentType)) {
    // §5.2.1 forbids it an encoding; it comes with one all the same.
    const { root, envelope } = parseMessage(decodeTransfer(body, encoding), own, depth + 1, room)
    return { ...leaf, envelope, childNodes: [root] }
  }
  return leaf
}

/** RFC 2045 §5.2: what is not understood is plain text, as is `text` alone; another kind is a file. */
function toType(value: string, isDigest: boolean): string {
  if (/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(value)) return value
  // `text/html charset=utf-8`: the `;` was forgotten.
  const [, type] = /^([\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127})\s/.exec(value) ?? []
  if (type !== undefined) return type
  if (value === '') return isDigest ? 'message/rfc822' : 'text/plain'
  if (/^text\b/.test(value)) return 'text/plain'
  return /^[\w.+-]+\//.test(value) ? 'application/octet-stream' : 'text/plain'
}

/**
 * Headers up to the blank line, or to a line that is none: a mail may lack the blank line. Beyond the bound only those that
 * say what the entity is are kept: without them its text would be lost.
 */
export function splitEntity(entity: Buffer): { fields: HeaderField[]; body: Buffer } {
  const lines: string[] = []
  let at = 0
  let isKept = true
  while (at < entity.length) {
    const end = entity.indexOf(10, at)
    const next = end < 0 ? entity.length : end + 1
    if (at >= maxHeaderBytes && !isBlankOrContent(entity, at)) {
      // Also what is folded below it.
      isKept &&= entity[at] === 32 || entity[at] === 9
      if (!isKept || at >= 2 * maxHeaderBytes) {
        at = next
        continue
      }
    }
    const line = entity
      .subarray(at, next)
      .toString('latin1')
      .replace(/\r?\n$/, '')
    if (line === '') {
      at = next
      break
    }
    const isFolded = /^[ \t]/.test(line) && lines.length > 0
    if (isFolded) lines[lines.length - 1] += ` ${line.trim()}`
    else if (/^[!-9;-~]{1,200}[ \t]*:/.test(line)) lines.push(line)
    else break
    isKept = true
    at = next
  }
  const fields = lines.map((line) => {
    const colon = line.indexOf(':')
    return { name: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() }
  })
  return { fields, body: entity.subarray(at) }
}

function isBlankOrContent(entity: Buffer, at: number): boolean {
  const first = entity[at]
  if (first === 10 || (first === 13 && entity[at + 1] === 10)) return true
  return (
    (first === 67 || first === 99) &&
    entity
      .subarray(at, at + 8)
      .toString('latin1')
      .toLowerCase() === 'content-'
  )
}

export function findField(fields: readonly HeaderField[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value
}

function decodeField(fields: readonly HeaderField[], name: string): string | undefined {
  const value = findField(fields, name)
  return value === undefined ? undefined : decodeHeader(Buffer.from(value, 'latin1'))
}

function toEnvelope(fields: readonly HeaderField[]): Envelope {
  const dateText = findField(fields, 'date')
  const date = dateText === undefined ? undefined : new Date(dateText)
  const subject = decodeField(fields, 'subject')
  const addresses = (name: string) =>
    toEnvelopeAddresses(
      fields.filter((field) => field.name === name).map(({ value }) => Buffer.from(value, 'latin1')),
    )
  const inReplyTo = findField(fields, 'in-reply-to')
  const messageId = findField(fields, 'message-id')
  return {
    ...(date === undefined || Number.isNaN(date.getTime()) ? {} : { date }),
    ...(dateText === undefined ? {} : { dateText }),
    ...(subject === undefined ? {} : { subject }),
    from: addresses('from'),
    sender: addresses('sender'),
    replyTo: addresses('reply-to'),
    to: addresses('to'),
    cc: addresses('cc'),
    bcc: addresses('bcc'),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    ...(messageId === undefined ? {} : { messageId }),
  }
}
