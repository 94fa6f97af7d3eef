/** Width and height of a picture from its first bytes, before anybody decodes it. */
import type { PictureType } from './kinds.ts'

export interface PictureSize {
  readonly width: number
  readonly height: number
}

export function readPictureSize(content: Buffer, type: PictureType): PictureSize | undefined {
  try {
    switch (type) {
      case 'image/png':
        return { width: content.readUInt32BE(16), height: content.readUInt32BE(20) }
      case 'image/gif':
        return { width: content.readUInt16LE(6), height: content.readUInt16LE(8) }
      case 'image/jpeg':
        return readJpegSize(content)
      case 'image/webp':
        return readWebpSize(content)
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** ITU T.81 §B.1.1: segments, each with its length, until the one that starts a frame. */
function readJpegSize(content: Buffer): PictureSize | undefined {
  let at = 2
  while (at + 9 < content.length) {
    if (content[at] !== 0xff) return undefined
    const marker = content[at + 1] ?? 0
    if (marker === 0xff) {
      at += 1
      continue
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { height: content.readUInt16BE(at + 5), width: content.readUInt16BE(at + 7) }
    const isAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
    at += isAlone ? 2 : 2 + content.readUInt16BE(at + 2)
  }
  return undefined
}

function readWebpSize(content: Buffer): PictureSize | undefined {
  switch (content.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: content.readUInt16LE(26) & 0x3fff, height: content.readUInt16LE(28) & 0x3fff }
    case 'VP8L': {
      const bits = content.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { width: content.readUIntLE(24, 3) + 1, height: content.readUIntLE(27, 3) + 1 }
    default:
      return undefined
  }
}
