/**
 * Bytes that arrive in pieces, put in one place from the start: joined at the end, all of them would be held twice. What
 * is expected is a guess (servers count characters); more is made room for, and room that stays empty costs no memory.
 */

export interface CollectedBytes {
  add(piece: Uint8Array): void
  readonly length: number
  /** Shares its memory with what is collected: nothing may be added afterwards. */
  toBuffer(): Buffer
}

/** Beyond this a guess is worth nothing. */
const mostExpected = 64 * 1024 * 1024

export function collectBytes(expected: number): CollectedBytes {
  let room = Buffer.allocUnsafe(Math.min(mostExpected, Math.max(0, Math.ceil(expected))))
  let length = 0
  return {
    add(piece) {
      if (length + piece.length > room.length) {
        const larger = Buffer.allocUnsafe(Math.max(length + piece.length, 2 * length))
        room.copy(larger, 0, 0, length)
        room = larger
      }
      room.set(piece, length)
      length += piece.length
    },
    get length() {
      return length
    },
    toBuffer: () => room.subarray(0, length),
  }
}
