/**
 * The bytes of a message that goes out twice, to the server that sends it and into the mailbox that keeps it. What is
 * large stays where it is and becomes base64 as it leaves: a file of 25 MB is 36 MB of message, which nobody has to hold.
 */
import { isAscii } from 'node:buffer'

/** A content as it is, or as base64 in lines (RFC 2045 §6.8), without a line end behind the last. */
export type MessagePart = Buffer | { readonly base64: Buffer }

/** What a message is made of, to be read as often as wanted. */
export interface MessageBytes {
  readonly length: number
  readonly isAscii: boolean
  /** From the start, whenever it is called. None is empty, or larger than 80 kB. */
  pieces(): Generator<Buffer>
  /** All of them in one place. */
  toBuffer(): Buffer
}

const lineBytes = 57
const lineChars = 76
const linesAtOnce = 860
const pieceBytes = 64 * 1024

export function createMessageBytes(parts: readonly MessagePart[]): MessageBytes {
  const message: MessageBytes = {
    length: parts.reduce((sum, part) => sum + lengthOf(part), 0),
    isAscii: parts.every((part) => !Buffer.isBuffer(part) || isAscii(part)),
    *pieces() {
      for (const part of parts) yield* Buffer.isBuffer(part) ? cut(part) : encode(part.base64)
    },
    toBuffer() {
      const [only] = parts
      if (parts.length === 1 && Buffer.isBuffer(only)) return only
      const whole = Buffer.allocUnsafe(message.length)
      let at = 0
      for (const piece of message.pieces()) at += piece.copy(whole, at)
      return whole
    },
  }
  return message
}

function lengthOf(part: MessagePart): number {
  if (Buffer.isBuffer(part)) return part.length
  const chars = Math.ceil(part.base64.length / 3) * 4
  return chars + 2 * Math.max(0, Math.ceil(chars / lineChars) - 1)
}

function* cut(part: Buffer): Generator<Buffer> {
  for (let at = 0; at < part.length; at += pieceBytes) yield part.subarray(at, at + pieceBytes)
}

function* encode(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += linesAtOnce * lineBytes) {
    const code = content.toString('base64', at, Math.min(content.length, at + linesAtOnce * lineBytes))
    const lines = Buffer.allocUnsafe(code.length + 2 * Math.ceil(code.length / lineChars))
    let length = 0
    for (let from = 0; from < code.length; from += lineChars) {
      if (at + from > 0) length += lines.write('\r\n', length, 'latin1')
      length += lines.write(code.slice(from, from + lineChars), length, 'latin1')
    }
    yield lines.subarray(0, length)
  }
}
