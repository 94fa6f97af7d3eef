/**
 * The addresses of a header that we read ourselves, names decoded (RFC 5322 §3.4). Lenient and linear: it shows who is
 * named. Recipients of what is sent go through composing/address-list.ts, which refuses what is not plain.
 */
import { decodeText } from './charset.ts'
import { decodeWords } from './encoded-words.ts'
import type { EnvelopeAddress } from './structure.ts'

const maxFieldChars = 256 * 1024
const maxAddresses = 5_000

export function toEnvelopeAddresses(values: readonly Buffer[]): EnvelopeAddress[] {
  return values.flatMap((value) => parse(decodeText(value.subarray(0, maxFieldChars), '')))
}

interface Open {
  name: string
  comment: string
  address: string | undefined
}

const empty = (): Open => ({ name: '', comment: '', address: undefined })

function parse(field: string): EnvelopeAddress[] {
  const found: EnvelopeAddress[] = []
  let open = empty()
  let inside: '"' | '(' | '<' | undefined
  let depth = 0
  const end = () => {
    const one = toAddress(open)
    if (one !== undefined && found.length < maxAddresses) found.push(one)
    open = empty()
  }
  const keep = (char: string) => {
    if (inside === '(') open.comment += char
    else if (inside === '<') open.address += char
    else open.name += char
  }
  for (let at = 0; at < field.length; at++) {
    const char = field.charAt(at)
    if (char === '\\' && (inside === '"' || inside === '(')) keep(field.charAt(++at))
    else if (inside === '"') {
      if (char === '"') inside = undefined
      else keep(char)
    } else if (inside === '(') {
      if (char === '(') depth++
      if (char === ')' && --depth === 0) inside = undefined
      else keep(char)
    } else if (inside === '<') {
      if (char === '>') inside = undefined
      else keep(char)
    } else if (char === '"') inside = '"'
    else if (char === '(') {
      inside = '('
      depth = 1
    } else if (char === '<') {
      inside = '<'
      open.address = ''
    } else if (char === ',' || char === ';') end()
    // A group's name is no address (RFC 5322 §3.4).
    else if (char === ':' && open.address === undefined) open = empty()
    else keep(char)
  }
  end()
  return found
}

function toAddress({ name, comment, address }: Open): EnvelopeAddress | undefined {
  const shown = decodeWords(name.replaceAll(/\s+/g, ' ').trim())
  if (address !== undefined) {
    const bare = address.trim().replace(/^@[^:]*:/, '')
    return shown === '' ? { address: bare } : { name: shown, address: bare }
  }
  if (shown === '') return undefined
  if (!shown.includes('@')) return { name: shown }
  const called = decodeWords(comment.replaceAll(/\s+/g, ' ').trim())
  return called === '' ? { address: shown } : { name: called, address: shown }
}
