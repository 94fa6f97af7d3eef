/** The body that Outlook keeps as compressed RTF (MS-OXRTFCP): one pass, with a cap on the output. */

const maxOutputBytes = 8 * 1024 * 1024
const dictionarySize = 4096
const known =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx'

export function decompressRtf(bytes: Buffer): Buffer {
  if (bytes.length < 16) return Buffer.alloc(0)
  const kind = bytes.readUInt32LE(8)
  if (kind === 0x414c454d) return bytes.subarray(16)
  if (kind !== 0x75465a4c) return Buffer.alloc(0)
  const size = Math.min(bytes.readUInt32LE(4), maxOutputBytes)
  const dictionary = Buffer.alloc(dictionarySize)
  dictionary.write(known, 'latin1')
  let write = known.length
  const output = Buffer.alloc(size)
  let length = 0
  const put = (byte: number) => {
    dictionary[write] = byte
    write = (write + 1) % dictionarySize
    if (length < size) output[length++] = byte
  }
  for (let at = 16; at < bytes.length && length < size; ) {
    const control = bytes[at++] ?? 0
    for (let bit = 0; bit < 8 && at < bytes.length; bit++) {
      if ((control & (1 << bit)) === 0) {
        put(bytes[at++] ?? 0)
        continue
      }
      const word = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      at += 2
      const offset = word >> 4
      if (offset === write) return output.subarray(0, length)
      for (let n = 0; n < (word & 0x0f) + 2; n++) put(dictionary[(offset + n) % dictionarySize] ?? 0)
    }
  }
  return output.subarray(0, length)
}
