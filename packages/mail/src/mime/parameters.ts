/**
 * The parameters of Content-Type and Content-Disposition: continuations and charsets (RFC 2231), and what programs
 * send instead, encoded words and raw bytes. The same for what a server lists and for what is read here.
 */
import { decodeText } from './charset.ts'
import { decodeHeader, decodeWords } from './encoded-words.ts'

/** Names as sent; values as bytes. */
export type RawParameter = readonly [name: string, value: Buffer]
export type Parameters = ReadonlyMap<string, string>

const maxParameters = 200
const maxSegments = 1000

interface Segment {
  readonly index: number
  readonly isExtended: boolean
  readonly value: Buffer
}

export function decodeParameters(raw: readonly RawParameter[]): Parameters {
  const plain = new Map<string, string>()
  const segments = new Map<string, Segment[]>()
  for (const [name, value] of raw.slice(0, maxParameters + maxSegments)) {
    const lower = name.trim().toLowerCase()
    const [, base, index, star] = /^([^*]+)\*(?:(\d{1,4})(\*)?)?$/.exec(lower) ?? []
    if (base === undefined) {
      if (!plain.has(lower)) plain.set(lower, decodePlain(value))
      continue
    }
    const list = segments.get(base) ?? []
    segments.set(base, list)
    const isExtended = index === undefined || star !== undefined
    if (list.length < maxSegments) list.push({ index: Number(index ?? 0), isExtended, value })
  }
  for (const [name, list] of segments) plain.set(name, decodeSegments(list))
  return plain
}

/** RFC 2047 §5 forbids encoded words here; most programs of the world send them. */
function decodePlain(value: Buffer): string {
  const text = decodeHeader(value)
  const [, charset, coded] = /^([\w.:-]{2,40})'[\w-]{0,20}'([^']*%[^']*)$/.exec(text) ?? []
  // The value of `filename*` under the name of `filename`.
  return charset === undefined || coded === undefined ? text : decodeText(unpercent(coded), charset)
}

/** §4.1: the charset is in the first; only those with a star are percent-encoded. */
function decodeSegments(list: readonly Segment[]): string {
  const sorted = [...list].sort((a, b) => a.index - b.index)
  let charset = ''
  const bytes = sorted.map(({ isExtended, value }, at) => {
    let text = value.toString('latin1')
    const [whole, label] = (at === 0 && isExtended && /^([^']{0,100})'[^']{0,100}'/.exec(text)) || []
    if (whole !== undefined) {
      charset = label ?? ''
      text = text.slice(whole.length)
    }
    return isExtended ? unpercent(text) : Buffer.from(text, 'latin1')
  })
  return decodeWords(decodeText(Buffer.concat(bytes), charset))
}

function unpercent(text: string): Buffer {
  const bytes = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1')
}

/** `text/plain; charset="utf-8"`, as it is in a header: latin1 stands for the bytes. */
export function parseParameterized(field: string): { value: string; parameters: Parameters } {
  const raw: RawParameter[] = []
  const [value = '', ...rest] = splitParameters(field)
  for (const one of rest) {
    const equals = one.indexOf('=')
    if (equals < 1) continue
    raw.push([one.slice(0, equals), Buffer.from(unquote(one.slice(equals + 1).trim()), 'latin1')])
  }
  return { value: value.trim().toLowerCase(), parameters: decodeParameters(raw) }
}

/** A parameter whose `;` was forgotten, behind a value in quotes. */
const nextParameter = /^\s+[\w.*-]{1,60}=/
const maxNextChars = 100

/** At each `;` outside quotes. The comment behind a type goes; in a value it may be part of a name, `Invoice (1).pdf`. */
function splitParameters(field: string): string[] {
  const parts: string[] = ['']
  let isQuoted = false
  const keep = (text: string) => {
    parts[parts.length - 1] += text
  }
  for (let at = 0; at < field.length && parts.length < maxParameters; at++) {
    const char = field.charAt(at)
    if (char === '\\' && isQuoted) {
      keep(char + field.charAt(at + 1))
      at++
      continue
    }
    if (char === '"') isQuoted = !isQuoted
    const isForgotten = () =>
      /\s/.test(char) && field[at - 1] === '"' && nextParameter.test(field.slice(at, at + maxNextChars))
    if (!isQuoted && parts.length > 1 && isForgotten()) parts.push('')
    else if (char === ';' && !isQuoted) parts.push('')
    else keep(char)
  }
  const [value = '', ...rest] = parts
  return [value.replace(/\(.*$/s, ''), ...rest]
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value
  const end = value.endsWith('"') && value.length > 1 ? value.length - 1 : value.length
  return value.slice(1, end).replaceAll(/\\(.)/gs, '$1')
}
