/**
 * `winmail.dat` (MS-OXTNEF): the body and the files that Outlook put into one attachment, as MIME parts. Of its
 * properties only those few are read; lengths are checked against what is there, checksums are not asked. node-tnef
 * brings native code and writes to stdout, so this is our own.
 */
import { decodeText } from './charset.ts'
import { decompressRtf } from './compressed-rtf.ts'
import { readRtf } from './rtf.ts'
import { type BodyStructure, below } from './structure.ts'

const signature = 0x223e9f78
const maxAttributes = 10_000
const maxFiles = 200
/** A mail in a mail in a mail. */
const maxNesting = 4

const attribute = {
  body: 0x2800c,
  properties: 0x69003,
  codepage: 0x69007,
  fileStart: 0x69002,
  fileTitle: 0x18010,
  fileData: 0x6800f,
  fileProperties: 0x69005,
}
const property = {
  body: 0x1000,
  rtf: 0x1009,
  html: 0x1013,
  data: 0x3701,
  shortName: 0x3704,
  longName: 0x3707,
  mimeType: 0x370e,
  contentId: 0x3712,
}

interface File {
  name?: string
  type?: string
  id?: string
  content?: Buffer
}

/** Undefined: this is none. */
export function openTnef(bytes: Buffer, under: string, depth = 0): BodyStructure | undefined {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== signature || depth > maxNesting) return undefined
  let charset = ''
  let plain: string | undefined
  let html: string | undefined
  const files: File[] = []
  for (const { id, data } of attributesOf(bytes)) {
    const file = files.at(-1)
    if (id === attribute.codepage && data.length >= 4) charset = `windows-${data.readUInt32LE(0)}`
    else if (id === attribute.body) plain ??= toText(data, charset)
    else if (id === attribute.properties) {
      const found = propertiesOf(data)
      const rtf = found.get(property.rtf)
      const body = found.get(property.body)
      const htmlBody = found.get(property.html)
      if (body !== undefined) plain = toText(body.value, charset, body.isWide)
      if (htmlBody !== undefined) html = decodeText(htmlBody.value, charset, { isHtml: true })
      else if (rtf !== undefined) {
        const written: string[] = []
        const sink = { write: (text: string) => void written.push(text), hide: () => {} }
        const { isHtml } = readRtf(decompressRtf(rtf.value), sink)
        if (isHtml) html = written.join('')
        else plain ??= written.join('')
      }
    } else if (id === attribute.fileStart && files.length < maxFiles) files.push({})
    else if (id === attribute.fileTitle && file) file.name ??= toText(data, charset)
    else if (id === attribute.fileData && file) file.content = data
    else if (id === attribute.fileProperties && file) readFile(file, data, charset)
  }
  const bodies = [
    ...(plain === undefined ? [] : [textNode('text/plain', plain)]),
    ...(html === undefined ? [] : [textNode('text/html', html)]),
  ]
  const body: BodyStructure[] =
    bodies.length > 1 ? [{ type: 'multipart/alternative', childNodes: bodies }] : bodies
  const nodes = [...body, ...files.flatMap((file) => (file.content ? fileNode(file) : []))]
  return number({ type: 'multipart/mixed', childNodes: nodes }, under, depth)
}

function* attributesOf(bytes: Buffer): Generator<{ id: number; data: Buffer }> {
  let at = 6
  for (let count = 0; at + 9 <= bytes.length && count < maxAttributes; count++) {
    const length = bytes.readUInt32LE(at + 5)
    const start = at + 9
    yield {
      id: bytes.readUInt32LE(at + 1),
      data: bytes.subarray(start, Math.min(bytes.length, start + length)),
    }
    at = start + length + 2
  }
}

interface Value {
  readonly value: Buffer
  readonly isWide: boolean
}

/** MS-OXTNEF §2.1.3.4, MS-OXCDATA §2.11.1: the first value of each property. */
function propertiesOf(data: Buffer): Map<number, Value> {
  const found = new Map<number, Value>()
  if (data.length < 4) return found
  const count = Math.min(data.readUInt32LE(0), maxAttributes)
  let at = 4
  const number = () => {
    if (at + 4 > data.length) throw new RangeError('cut')
    at += 4
    return data.readUInt32LE(at - 4)
  }
  const skip = (length: number) => {
    at += Math.ceil(length / 4) * 4
  }
  try {
    for (let n = 0; n < count; n++) {
      const tag = number()
      const id = tag >>> 16
      const type = tag & 0xfff
      if (id >= 0x8000) {
        at += 16
        if (number() === 1) skip(number())
        else number()
      }
      const fixed = fixedSizes.get(type)
      const isSeveral = (tag & 0x1000) !== 0
      const values = isSeveral || fixed === undefined ? number() : 1
      for (let one = 0; one < Math.min(values, maxAttributes); one++) {
        const length = fixed ?? number()
        const value = data.subarray(at, Math.min(data.length, at + length))
        if (one === 0 && !found.has(id)) found.set(id, { value, isWide: type === 0x1f })
        skip(length)
      }
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return found
}

const fixedSizes: ReadonlyMap<number, number> = new Map([
  ...[0x00, 0x01, 0x02, 0x03, 0x04, 0x0a, 0x0b].map((type) => [type, 4] as const),
  ...[0x05, 0x06, 0x07, 0x14, 0x40].map((type) => [type, 8] as const),
  [0x48, 16],
])

function readFile(file: File, data: Buffer, charset: string): void {
  const found = propertiesOf(data)
  const text = (id: number) => {
    const one = found.get(id)
    return one === undefined ? undefined : toText(one.value, charset, one.isWide)
  }
  file.name = text(property.longName) ?? file.name ?? text(property.shortName) ?? 'attachment'
  file.type = text(property.mimeType) ?? file.type ?? 'application/octet-stream'
  const id = text(property.contentId)
  if (id !== undefined && id !== '') file.id = id
  const content = found.get(property.data)?.value
  // An object begins with the identifier of its interface; one that is a mail is TNEF behind it.
  const object = content?.subarray(16)
  if (object && object.length > 6 && object.readUInt32LE(0) === signature) {
    file.content = object
    file.type = 'application/ms-tnef'
  } else if (content !== undefined && (file.content === undefined || file.content.length === 0))
    file.content = content
}

function textNode(type: string, text: string): BodyStructure {
  const content = Buffer.from(text, 'utf8')
  return { type, parameters: { charset: 'utf-8' }, encoding: '8bit', size: content.length, content }
}

function fileNode({
  name = 'attachment',
  type = 'application/octet-stream',
  id,
  content,
}: File): BodyStructure {
  const isType = /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/.test(type)
  return {
    type: isType ? type.toLowerCase() : 'application/octet-stream',
    encoding: 'binary',
    size: content?.length ?? 0,
    disposition: 'attachment',
    dispositionParameters: { filename: name },
    ...(id === undefined ? {} : { id }),
    ...(content === undefined ? {} : { content }),
  }
}

function number(node: BodyStructure, part: string, depth: number): BodyStructure {
  if (node.childNodes === undefined) return { ...node, part }
  const childNodes = node.childNodes.map((child, index) => number(child, below(part, index + 1), depth))
  return { ...node, part, childNodes }
}

function toText(bytes: Buffer, charset: string, isWide = false): string {
  const text = isWide ? bytes.toString('utf16le') : decodeText(bytes, charset)
  let end = text.length
  while (text.charCodeAt(end - 1) === 0) end--
  return text.slice(0, end)
}
