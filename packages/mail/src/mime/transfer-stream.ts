/**
 * A transfer encoding undone piece by piece, for parts that are too large to be held at once. Says the same as
 * mime/transfer.ts does of the whole; uuencode, which nobody sends any more, is not among them.
 */
import { decodeTransfer } from './transfer.ts'

export interface TransferStream {
  decode(piece: Buffer): Buffer
  /** What was held back. */
  end(): Buffer
}

/** Held back at most; a line of it is no line. */
const maxHeldBytes = 64 * 1024

/** Undefined for an encoding that cannot be read in pieces. */
export function createTransferStream(encoding: string): TransferStream | undefined {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
    case 'b':
      return createHolding('base64', endOfQuads)
    case 'quoted-printable':
      return createHolding('quoted-printable', endOfLines)
    case 'uuencode':
    case 'x-uuencode':
    case 'x-uue':
      return undefined
    default:
      return { decode: (piece) => piece, end: () => Buffer.alloc(0) }
  }
}

/** `endOf`: up to where a piece can be decoded without what follows it. */
function createHolding(encoding: string, endOf: (bytes: Buffer) => number): TransferStream {
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
