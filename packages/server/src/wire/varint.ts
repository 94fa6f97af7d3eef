/** Numbers of 32 bits in as few bytes as they need, seven bits each: for ids and tokens that pass through a model. */

export function toVarint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

export function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } | undefined {
  let value = 0
  // Five groups of seven bits hold 32 bits.
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[start + index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return { value, end: start + index + 1 }
  }
  return undefined
}
