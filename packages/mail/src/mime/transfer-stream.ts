/**
 * A transfer encoding undone piece by piece: for parts that are too large to be held at once, and for those that would
 * keep others waiting if they were decoded at once. Says the same as mime/transfer.ts does of the whole.
 */
import { createTurns } from '../turns.ts'
import {
  decodeTransfer,
  decodeUuLines,
  endOfCode,
  maxBeforeUuBytes,
  startOfUu,
  type TransferEncoding,
  toTransferEncoding,
} from './transfer.ts'

export interface TransferStream {
  decode(piece: Buffer): Buffer
  /** What was held back. */
  end(): Buffer
}

/** Held back at most; a line of it is no line. */
const maxHeldBytes = 64 * 1024

export function createTransferStream(label: string): TransferStream {
  const encoding = toTransferEncoding(label)
  switch (encoding) {
    case 'base64':
      return createHolding(encoding, endOfQuads)
    case 'quoted-printable':
      return createHolding(encoding, endOfLines)
    case 'uuencode':
      return createUu()
    case 'none':
      return { decode: (piece) => piece, end: () => Buffer.alloc(0) }
  }
}

export interface WholePart {
  /** What a mailing list glued behind the code is text too, and is kept. */
  readonly isText?: boolean
  /** Nobody needs the encoded bytes any more: they are written over. */
  readonly isOurs?: boolean
}

/** A megabyte takes up to ten milliseconds. */
const turnBytes = 256 * 1024

/** A whole part, however large: others get their turns meanwhile. */
export async function decodeInTurns(
  content: Buffer,
  label: string,
  { isText = false, isOurs = false }: WholePart = {},
): Promise<Buffer> {
  const encoding = toTransferEncoding(label)
  if (encoding === 'none') return content
  if (content.length <= turnBytes) return decodeTransfer(content, encoding, isText)
  const end = isText && encoding === 'base64' ? endOfCode(content) : content.length
  const stream = createTransferStream(encoding)
  const turns = createTurns(turnBytes)
  // What is decoded is never ahead of what is read, and a stream copies what it holds back.
  const out = isOurs ? content : Buffer.allocUnsafe(content.length)
  let length = 0
  const put = (decoded: Buffer) => {
    out.set(decoded, length)
    length += decoded.length
  }
  for (let at = 0; at < end; at += turnBytes) {
    put(stream.decode(content.subarray(at, Math.min(end, at + turnBytes))))
    await turns(turnBytes)
  }
  put(stream.end())
  put(content.subarray(end))
  return out.subarray(0, length)
}

/** `endOf`: up to where a piece can be decoded without what follows it. */
function createHolding(encoding: TransferEncoding, endOf: (bytes: Buffer) => number): TransferStream {
  let held: Buffer = Buffer.alloc(0)
  return {
    decode(piece) {
      const bytes = Buffer.concat([held, piece])
      const end = endOf(bytes)
      held = Buffer.from(bytes.subarray(end))
      return decodeTransfer(bytes.subarray(0, end), encoding)
    },
    end() {
      const last = decodeTransfer(held, encoding)
      held = Buffer.alloc(0)
      return last
    },
  }
}

/** More of a line is not looked at: it holds 63 octets at most. */
const maxUuLineBytes = 128

/** Line by line, once the one that begins it is here, or will not be. */
function createUu(): TransferStream {
  let held: Buffer = Buffer.alloc(0)
  let hasBegun = false
  let isOver = false
  function read(piece: Buffer, isLast: boolean): Buffer {
    if (isOver) return Buffer.alloc(0)
    const bytes = Buffer.concat([held, piece])
    if (!hasBegun && !isLast && bytes.length < maxBeforeUuBytes) {
      held = bytes
      return Buffer.alloc(0)
    }
    const from = hasBegun ? 0 : startOfUu(bytes)
    hasBegun = true
    const end = isLast ? bytes.length : Math.max(from, bytes.lastIndexOf(lf) + 1)
    held = Buffer.from(bytes.subarray(end, end + maxUuLineBytes))
    const lines = decodeUuLines(bytes.subarray(from, end))
    isOver = lines.isOver
    return lines.decoded
  }
  return { decode: (piece) => read(piece, false), end: () => read(Buffer.alloc(0), true) }
}

const equals = '='.charCodeAt(0)
const [lf, space, tab] = [0x0a, 0x20, 0x09]

/** After the last whole group of four since the last padding. */
function endOfQuads(bytes: Buffer): number {
  const from = bytes.lastIndexOf(equals) + 1
  let count = 0
  for (let at = from; at < bytes.length; at++) if (isBase64(bytes[at] ?? 0)) count++
  let over = count % 4
  let end = bytes.length
  while (over > 0 && end > from) if (isBase64(bytes[--end] ?? 0)) over--
  return end
}

function isBase64(byte: number): boolean {
  const letter = byte | 0x20
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    [0x2b, 0x2f, 0x2d, 0x5f].includes(byte)
  )
}

/** After the last line end, or, in a line without one, before what may be half a code or blanks at its end. */
function endOfLines(bytes: Buffer): number {
  const line = bytes.lastIndexOf(lf) + 1
  if (bytes.length - line < maxHeldBytes) return line
  let end = bytes.length
  const isOpen = (at: number) => {
    const byte = bytes[at - 1]
    return byte === space || byte === tab || byte === 0x0d || byte === equals || bytes[at - 2] === equals
  }
  while (end > line && isOpen(end)) end--
  return end
}
