/**
 * A picture that a client can take: small ones as they are, large ones as a smaller JPEG. Its size is read from its header
 * first: a few kilobytes may say that they are a hundred thousand pixels wide.
 */
import { decodeJpeg, decodePng, encodeJpeg } from './codecs.ts'
import { DocumentError, type DocumentPicture, refusals, unreadable } from './document.ts'
import { pictureTypeOf } from './kinds.ts'
import { readPictureSize } from './picture-header.ts'
import { scaleDown } from './raster.ts'

/** Base64 of it is what clients take in one answer. */
const maxPlainBytes = 1024 * 1024
/** Four bytes each, twice, while it is decoded. */
const maxPixels = 13_000_000
/** What a client may have to decode; beyond it a picture is made to do harm. */
const maxPlainPixels = 50_000_000

export async function readPicture(content: Buffer): Promise<DocumentPicture> {
  const type = pictureTypeOf(content)
  const size = type === undefined ? undefined : readPictureSize(content, type)
  if (type === undefined || size === undefined || size.width === 0 || size.height === 0)
    throw new DocumentError(refusals.broken)
  const { width, height } = size
  const pixels = width * height
  const shown = `${width} x ${height} pixels`
  if (content.length <= maxPlainBytes && pixels <= maxPlainPixels)
    return { kind: 'picture', picture: { mimeType: type, data: new Uint8Array(content) }, text: shown }
  if (pixels > maxPixels || (type !== 'image/jpeg' && type !== 'image/png'))
    throw unreadable(
      `This picture (${shown}, ${content.length} bytes) is too large to be shown here. The owner can open it in their own mail program, or ask the sender for a smaller one.`,
    )
  const decoded = type === 'image/jpeg' ? await decodeJpeg(content) : await decodePng(content)
  const small = scaleDown({ ...decoded, channels: 4 })
  const data = await encodeJpeg(small)
  return {
    kind: 'picture',
    picture: { mimeType: 'image/jpeg', data },
    text: `${shown}, shown smaller at ${small.width} x ${small.height}`,
  }
}
