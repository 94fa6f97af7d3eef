/** Lines of iCalendar and vCard (RFC 5545 §3.1, RFC 6350 §3.3): unfolded, with their parameters, bounded. */
import { unfoldLines } from './unfold-lines.ts'

export interface ContentLine {
  /** Upper case, without a group. */
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  /** As written: what is a list or has escapes depends on the property. */
  readonly value: string
}

const maxLines = 200_000
const maxLineChars = 64 * 1024

export function* readContentLines(text: string): Generator<ContentLine> {
  for (const line of unfoldLines(text, maxLines)) {
    const parsed = parse(line.slice(0, maxLineChars))
    if (parsed !== undefined) yield parsed
  }
}

function parse(line: string): ContentLine | undefined {
  const parameters = new Map<string, string>()
  let isQuoted = false
  let from = 0
  let name: string | undefined
  const take = (piece: string) => {
    if (name === undefined)
      name = piece
        .slice(piece.lastIndexOf('.') + 1)
        .trim()
        .toUpperCase()
    else {
      const equals = piece.indexOf('=')
      // vCard 2.1 writes a type without its key.
      const key = equals < 0 ? 'TYPE' : piece.slice(0, equals).toUpperCase()
      parameters.set(key, piece.slice(equals + 1).replaceAll('"', ''))
    }
  }
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    if (char === '"') isQuoted = !isQuoted
    if (isQuoted || (char !== ';' && char !== ':')) continue
    take(line.slice(from, at))
    from = at + 1
    if (char === ':')
      return name === '' ? undefined : { name: name ?? '', parameters, value: line.slice(from) }
  }
  return undefined
}

/** RFC 5545 §3.3.11. */
export function unescapeText(value: string): string {
  return value.replaceAll(/\\([\\;,nN])/g, (_, char: string) => (char.toLowerCase() === 'n' ? '\n' : char))
}
