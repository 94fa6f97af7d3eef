/**
 * The names in a ZIP archive, and the content of one of them as a stream that is counted while it is inflated: what an
 * entry says of its own size is not believed. Nothing is ever written, and no archive inside an archive is opened.
 */
import { createInflateRaw } from 'node:zlib'
import { DocumentError, refusals, unreadable } from './document.ts'

export interface ZipEntry {
  readonly name: string
  /** As the archive says. */
  readonly size: number
  readonly isEncrypted: boolean
  readonly method: number
  readonly compressedSize: number
  readonly headerAt: number
}

export interface Zip {
  readonly entries: readonly ZipEntry[]
  /** More than were looked at. */
  readonly isCut: boolean
  /** Undefined where there is none of this name. */
  open(name: string): AsyncIterable<Buffer> | undefined
  has(name: string): boolean
}

const maxEntries = 20_000
const maxNameBytes = 1024
/** Of all entries of a document together. A workbook of 60 MB XML has a million cells. */
const maxInflatedBytes = 96 * 1024 * 1024
const endSignature = 0x06054b50
const end64LocatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
const endBytes = 22

/** Throws DocumentError where there is no directory: a file that was cut off has lost it. */
export function openZip(content: Buffer): Zip {
  const { at, count } = findDirectory(content)
  const entries: ZipEntry[] = []
  let next = at
  while (entries.length < Math.min(count, maxEntries)) {
    if (next + 46 > content.length || content.readUInt32LE(next) !== entrySignature) break
    const nameBytes = content.readUInt16LE(next + 28)
    const extraBytes = content.readUInt16LE(next + 30)
    const flags = content.readUInt16LE(next + 8)
    const name = content.subarray(next + 46, next + 46 + Math.min(nameBytes, maxNameBytes))
    const extra = content.subarray(next + 46 + nameBytes, next + 46 + nameBytes + extraBytes)
    entries.push({
      name: decodeName(name, (flags & 0x800) !== 0),
      isEncrypted: (flags & 1) !== 0,
      method: content.readUInt16LE(next + 10),
      ...readSizes(content, next, extra),
    })
    next += 46 + nameBytes + extraBytes + content.readUInt16LE(next + 32)
  }
  // Of two entries with one name the first is read, everywhere.
  const byName = new Map<string, ZipEntry>()
  for (const entry of entries) {
    const key = toKey(entry.name)
    if (!byName.has(key)) byName.set(key, entry)
  }
  let left = maxInflatedBytes
  return {
    entries,
    isCut: count > entries.length,
    has: (name) => byName.has(toKey(name)),
    open(name) {
      const entry = byName.get(toKey(name))
      if (entry === undefined) return undefined
      if (entry.isEncrypted) throw unreadable(refusals.encrypted)
      return inflate(content, entry, (bytes) => {
        left -= bytes
        if (left < 0) throw new DocumentError(refusals.tooMuch)
      })
    },
  }
}

/** Office writes names in one case and refers to them in another. */
const toKey = (name: string) => name.replace(/^\//, '').toLowerCase()

function findDirectory(content: Buffer): { at: number; count: number } {
  // A comment of at most 65,535 bytes may follow.
  const least = Math.max(0, content.length - endBytes - 0xffff)
  for (let at = content.length - endBytes; at >= least; at--) {
    if (content.readUInt32LE(at) !== endSignature) continue
    const directory = { at: content.readUInt32LE(at + 16), count: content.readUInt16LE(at + 10) }
    if (directory.at !== 0xffffffff && directory.count !== 0xffff) return directory
    return findDirectory64(content, at) ?? directory
  }
  throw new DocumentError(refusals.broken)
}

function findDirectory64(content: Buffer, end: number): { at: number; count: number } | undefined {
  const locator = end - 20
  if (locator < 0 || content.readUInt32LE(locator) !== end64LocatorSignature) return undefined
  const at = Number(content.readBigUInt64LE(locator + 8))
  if (at + 56 > content.length || content.readUInt32LE(at) !== end64Signature) return undefined
  return {
    at: Number(content.readBigUInt64LE(at + 48)),
    count: Number(content.readBigUInt64LE(at + 32)),
  }
}

function readSizes(
  content: Buffer,
  at: number,
  extra: Buffer,
): Pick<ZipEntry, 'size' | 'compressedSize' | 'headerAt'> {
  const sizes = {
    size: content.readUInt32LE(at + 24),
    compressedSize: content.readUInt32LE(at + 20),
    headerAt: content.readUInt32LE(at + 42),
  }
  // APPNOTE §4.5.3: what does not fit is in the extra field, in this order.
  const long = findExtra(extra, 1)
  let from = 0
  for (const key of ['size', 'compressedSize', 'headerAt'] as const) {
    if (sizes[key] !== 0xffffffff || long === undefined || from + 8 > long.length) continue
    sizes[key] = Number(long.readBigUInt64LE(from))
    from += 8
  }
  return sizes
}

function findExtra(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2))
  }
  return undefined
}

function decodeName(name: Buffer, isUtf8: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(name)
  } catch {
    return isUtf8 ? name.toString('utf8') : name.toString('latin1')
  }
}

async function* inflate(
  content: Buffer,
  entry: ZipEntry,
  take: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const { headerAt, compressedSize, method } = entry
  if (headerAt + 30 > content.length || content.readUInt32LE(headerAt) !== localSignature)
    throw new DocumentError(refusals.broken)
  const from = headerAt + 30 + content.readUInt16LE(headerAt + 26) + content.readUInt16LE(headerAt + 28)
  const packed = content.subarray(from, from + compressedSize)
  if (packed.length < compressedSize) throw new DocumentError(refusals.broken)
  if (method === 0) {
    take(packed.length)
    yield packed
    return
  }
  // Anything but deflate is written by no office program.
  if (method !== 8) throw new DocumentError(refusals.broken)
  const stream = createInflateRaw({ chunkSize: 64 * 1024 })
  stream.end(packed)
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      take(chunk.length)
      yield chunk
    }
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError(refusals.broken, { cause: error })
  } finally {
    stream.destroy()
  }
}
