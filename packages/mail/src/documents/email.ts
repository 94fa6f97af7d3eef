/**
 * A nested email, from its bytes: the headers people read, its text as a reader would see it, the names of its files.
 * Emails inside it are named, not opened.
 */
import { decodeCharset, decodeTransfer, unflow } from '../body-text/decode-part.ts'
import { readLongHtml, readLongText } from '../body-text/long-text.ts'
import { parseHeaders } from '../headers.ts'
import { decodeWords } from './encoded-words.ts'
import { shorten } from './parts.ts'
import type { TextSink } from './text-sink.ts'

const maxDepth = 20
const maxParts = 200
const maxTextBytes = 8 * 1024 * 1024

interface Leaf {
  readonly type: string
  readonly charset: string
  readonly isFlowed: boolean
  readonly filename: string | undefined
  readonly isAttachment: boolean
  readonly content: () => Buffer
  readonly bytes: number
}

type Node = Leaf | { readonly multipart: string; readonly children: readonly Node[] }

/** What its own renderers say. */
export async function readEmail(raw: Buffer, sink: TextSink): Promise<string[]> {
  const { headers, body } = split(raw)
  for (const name of ['From', 'To', 'Cc', 'Date', 'Subject']) {
    const value = headers.get(name.toLowerCase())?.[0]
    if (value !== undefined)
      sink.write(`${name}: ${shorten(decodeWords(value).slice(0, 4000)).slice(0, 600)}\n`)
  }
  sink.write('\n')
  const counted = { parts: 0 }
  const tree = parse(headers, body, 0, counted)
  const warnings: string[] = []
  const texts = chooseTexts(tree)
  for (const leaf of texts) {
    const text = decodeCharset(leaf.content(), leaf.charset)
    const read =
      leaf.type === 'text/html'
        ? await readLongHtml(text)
        : await readLongText(leaf.isFlowed ? unflow(text, false) : text.replaceAll(/\r\n?/g, '\n'), {
            areLinks: true,
          })
    warnings.push(...read.warnings)
    sink.write(`${read.text}\n\n`)
  }
  if (texts.length === 0) warnings.push('body_not_read')
  const files = leavesOf(tree).filter(
    (leaf) => !texts.includes(leaf) && (leaf.isAttachment || leaf.filename !== undefined),
  )
  for (const { filename, type, bytes } of files)
    sink.mark(`file: ${shorten(filename ?? 'unnamed')}, ${shorten(type)}, about ${bytes} bytes encoded`)
  return warnings
}

function split(raw: Buffer): { headers: Map<string, string[]>; body: Buffer } {
  const crlf = raw.indexOf('\r\n\r\n')
  const lf = raw.indexOf('\n\n')
  const at = crlf >= 0 && (lf < 0 || crlf < lf) ? crlf : lf
  if (at < 0) return { headers: parseHeaders(raw), body: Buffer.alloc(0) }
  return { headers: parseHeaders(raw.subarray(0, at)), body: raw.subarray(at + (at === crlf ? 4 : 2)) }
}

function parse(
  headers: Map<string, string[]>,
  body: Buffer,
  depth: number,
  counted: { parts: number },
): Node {
  counted.parts += 1
  const type = parseValue(headers.get('content-type')?.[0] ?? 'text/plain')
  const disposition = parseValue(headers.get('content-disposition')?.[0] ?? '')
  const boundary = type.parameters.get('boundary')
  if (type.value.startsWith('multipart/') && boundary !== undefined && depth < maxDepth) {
    const children: Node[] = []
    for (const piece of pieces(body, boundary)) {
      if (counted.parts >= maxParts) break
      const inner = split(piece)
      children.push(parse(inner.headers, inner.body, depth + 1, counted))
    }
    return { multipart: type.value, children }
  }
  const encoding = headers.get('content-transfer-encoding')?.[0] ?? '7bit'
  const named = disposition.parameters.get('filename') ?? type.parameters.get('name')
  return {
    type: type.value,
    charset: type.parameters.get('charset') ?? '',
    isFlowed: type.parameters.get('format')?.toLowerCase() === 'flowed',
    filename: named === undefined ? undefined : decodeWords(named),
    isAttachment: disposition.value === 'attachment' || type.value === 'message/rfc822',
    content: () => decodeTransfer(body.subarray(0, maxTextBytes), encoding),
    bytes: body.length,
  }
}

/** RFC 2046 §5.1.1: what lies between two delimiters at the start of a line; a mail that was cut has no last one. */
function* pieces(body: Buffer, boundary: string): Generator<Buffer> {
  const delimiter = Buffer.from(`--${boundary}`)
  let start: number | undefined
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    const isLineStart = at === 0 || body[at - 1] === 0x0a
    if (!isLineStart) continue
    const end = body[at - 2] === 0x0d ? at - 2 : at - 1
    if (start !== undefined) yield body.subarray(start, Math.max(start, end))
    if (body.toString('latin1', at + delimiter.length, at + delimiter.length + 2) === '--') return
    const lineEnd = body.indexOf(0x0a, at)
    start = lineEnd < 0 ? body.length : lineEnd + 1
  }
  if (start !== undefined) yield body.subarray(start)
}

/** HTML where there is some, as mail programs show it; RFC 2046 §5.1.4: of alternatives the last is the best. */
function chooseTexts(node: Node): Leaf[] {
  if (!('multipart' in node)) {
    const isText = node.type === 'text/plain' || node.type === 'text/html'
    return isText && !node.isAttachment ? [node] : []
  }
  if (node.multipart === 'multipart/alternative') {
    const readable = node.children.map(chooseTexts).filter((texts) => texts.length > 0)
    return (
      readable.findLast((texts) => texts.some(({ type }) => type === 'text/html')) ?? readable.at(-1) ?? []
    )
  }
  const [first, ...rest] = node.children
  if (first === undefined) return []
  if (node.multipart === 'multipart/related') return chooseTexts(first)
  return [
    ...chooseTexts(first),
    ...rest.flatMap(chooseTexts).filter(({ filename }) => filename === undefined),
  ]
}

function leavesOf(node: Node): Leaf[] {
  return 'multipart' in node ? node.children.flatMap(leavesOf) : [node]
}

/** RFC 2045 §5.1, with the names of RFC 2231 §4 in one piece. */
function parseValue(field: string): { value: string; parameters: Map<string, string> } {
  const [value = '', ...rest] = splitOutsideQuotes(field.slice(0, 4096))
  const parameters = new Map<string, string>()
  for (const one of rest) {
    const equals = one.indexOf('=')
    if (equals < 0) continue
    const key = one.slice(0, equals).trim().toLowerCase()
    const text = one
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replaceAll(/\\(.)/g, '$1')
    if (key.endsWith('*')) parameters.set(key.slice(0, -1), decodeExtended(text))
    else if (!parameters.has(key)) parameters.set(key, text)
  }
  return { value: value.trim().toLowerCase(), parameters }
}

function splitOutsideQuotes(field: string): string[] {
  const parts: string[] = []
  let isQuoted = false
  let from = 0
  for (let at = 0; at < field.length; at++) {
    if (field.charAt(at) === '"') isQuoted = !isQuoted
    if (field.charAt(at) !== ';' || isQuoted) continue
    parts.push(field.slice(from, at))
    from = at + 1
  }
  return [...parts, field.slice(from)]
}

function decodeExtended(text: string): string {
  const [charset = '', , encoded = ''] = text.split("'", 3)
  const bytes = encoded.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decodeCharset(Buffer.from(bytes, 'latin1'), charset)
}
