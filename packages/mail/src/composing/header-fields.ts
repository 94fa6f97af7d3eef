/**
 * The header of a stored message as the bytes it is made of: fields are kept, dropped or put in the place of others,
 * and what is not touched stays as it was, folding and all. Reading values for people is headers.ts.
 */
import { decodeText } from '../mime/charset.ts'
import { decodeWords as decodeAll } from '../mime/encoded-words.ts'

export interface HeaderField {
  /** Lower case; empty for a line that is no field, such as the `From ` of an mbox. */
  readonly name: string
  /** With its folded lines and the line end, also where the message ends before it. */
  readonly raw: Buffer
}

export interface SplitMessage {
  readonly fields: readonly HeaderField[]
  /** From the blank line on; empty where there is none. */
  readonly rest: Buffer
}

/** More fields than any program writes. */
const maxFields = 2_000
const [lf, cr, space, tab] = [0x0a, 0x0d, 0x20, 0x09]

export function splitMessage(raw: Buffer): SplitMessage {
  const fields: HeaderField[] = []
  let start = 0
  while (start < raw.length && fields.length < maxFields) {
    if (raw[start] === lf || (raw[start] === cr && raw[start + 1] === lf)) break
    let end = endOfLine(raw, start)
    while (raw[end] === space || raw[end] === tab) end = endOfLine(raw, end)
    fields.push({ name: nameOf(raw.subarray(start, end)), raw: ended(raw.subarray(start, end)) })
    start = end
  }
  return { fields, rest: raw.subarray(start) }
}

/** A message may end within its header: what is put behind its last field must not become part of it. */
function ended(field: Buffer): Buffer {
  if (field.at(-1) === lf) return field
  return Buffer.concat([field, Buffer.from(field.at(-1) === cr ? '\n' : '\r\n')])
}

export function joinMessage({ fields, rest }: SplitMessage): Buffer {
  return Buffer.concat([...fields.map((field) => field.raw), rest])
}

/** Unfolded, encoded words as they are. */
export function textOfField({ raw }: HeaderField): string {
  return unfold(decodeText(raw, 'utf-8'))
}

/** The same with a character for each byte, as parameters are read (mime/parameters.ts). */
export function bytesOfField({ raw }: HeaderField): string {
  return unfold(raw.toString('latin1'))
}

function unfold(text: string): string {
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll(/\r?\n(?=[ \t])/g, '')
    .trim()
}

export function findField(fields: readonly HeaderField[], name: string): HeaderField | undefined {
  return fields.find((field) => field.name === name)
}

/** The bytes of a field that is ASCII already and folded where it has to be. */
export function toField(name: string, value: string): HeaderField {
  return { name: name.toLowerCase(), raw: Buffer.from(`${name}: ${value}\r\n`, 'utf8') }
}

/** RFC 2047, on one line: an encoded word may hold line ends. */
export function decodeWords(value: string): string {
  return decodeAll(value).replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
}

function endOfLine(raw: Buffer, from: number): number {
  const at = raw.indexOf(lf, from)
  return at < 0 ? raw.length : at + 1
}

/** RFC 5322 §2.2, with the blanks before the colon of its obsolete form. */
function nameOf(field: Buffer): string {
  const [, name = ''] = /^([!-9;-~]{1,200})[ \t]*:/.exec(field.subarray(0, 210).toString('latin1')) ?? []
  return name.toLowerCase()
}
