/** ZIP archives made by hand, with sizes and flags that lie when a test wants them to. */
import { deflateRawSync } from 'node:zlib'

export interface ZipFileEntry {
  readonly name: string
  readonly content: string | Buffer
  /** Packed already. */
  readonly packed?: Buffer
  /** What the archive says of its size. */
  readonly size?: number
  readonly isEncrypted?: boolean
}

export function buildZip(entries: readonly ZipFileEntry[]): Buffer {
  const pieces: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const {
    name,
    content,
    packed = deflateRawSync(content),
    size = Buffer.byteLength(content),
    isEncrypted = false,
  } of entries) {
    const bytes = Buffer.from(name)
    // Version, flags (names in UTF-8), method, time, date, CRC (which nobody here checks), sizes.
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(0x800 | (isEncrypted ? 1 : 0), 2)
    facts.writeUInt16LE(8, 4)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(size, 18)
    facts.writeUInt16LE(bytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, bytes, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, rest, bytes]))
    pieces.push(local)
    offset += local.length
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(
    directory.reduce((sum, one) => sum + one.length, 0),
    12,
  )
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...pieces, ...directory, end])
}
