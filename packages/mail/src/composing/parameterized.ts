/** `text/plain; charset=utf-8` and its like (RFC 2045 §5.1), with the parameters of RFC 2231. */
import { decodeCharset } from '../body-text/decode-part.ts'

export interface Parameterized {
  /** Lower case. */
  readonly value: string
  /** By lower-case name, decoded. */
  readonly parameters: Readonly<Record<string, string>>
}

const maxChars = 10_000
const parameter = /;\s*([^\s=;*]{1,100})(\*\d{1,3})?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))/gy

export function parseParameterized(header: string): Parameterized {
  const text = header.slice(0, maxChars)
  const end = text.indexOf(';')
  const value = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase()
  const pieces = new Map<string, { at: number; text: string; encoded: boolean }[]>()
  parameter.lastIndex = end < 0 ? text.length : end
  for (let found = parameter.exec(text); found !== null; found = parameter.exec(text)) {
    const [, name = '', section, star, quoted, bare = ''] = found
    const list = pieces.get(name.toLowerCase()) ?? []
    list.push({
      at: Number(section?.slice(1) ?? 0),
      text: quoted?.replaceAll(/\\(.)/g, '$1') ?? bare.trim(),
      encoded: star !== undefined,
    })
    pieces.set(name.toLowerCase(), list)
  }
  const parameters = Object.fromEntries(
    [...pieces].map(([name, list]) => [name, join(list.sort((a, b) => a.at - b.at))]),
  )
  return { value, parameters }
}

function join(pieces: readonly { text: string; encoded: boolean }[]): string {
  const [first] = pieces
  if (first === undefined) return ''
  const [, charset, rest] = first.encoded ? (/^([^']*)'[^']*'(.*)$/s.exec(first.text) ?? []) : []
  const bytes = pieces.map(({ text, encoded }, index) => {
    const own = index === 0 && rest !== undefined ? rest : text
    return encoded ? percentDecoded(own) : Buffer.from(own, 'utf8')
  })
  return decodeCharset(Buffer.concat(bytes), charset ?? 'utf-8')
}

function percentDecoded(text: string): Buffer {
  const decoded = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(decoded, 'latin1')
}
