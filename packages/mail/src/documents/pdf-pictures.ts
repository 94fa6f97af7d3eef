/**
 * Pictures of scanned pages: the largest image of each page, as a small JPEG. A page is not drawn, since that needs a
 * canvas, which is native code; of a page of several strips the largest is given.
 */
import { encodeJpeg } from './codecs.ts'
import type { Picture } from './document.ts'
import { type OpenPdf, openPdf } from './pdf-library.ts'
import { type Raster, scaleDown } from './raster.ts'

/** Each is some 1,500 tokens and a few hundred kilobytes. */
export const maxPagePictures = 3
/** A4 at 300 dpi is 8.7 million; each is three or four bytes while it is decoded. */
const maxPixels = 10_000_000
const objectWaitMs = 5_000

export async function readPagePictures(content: Buffer, pages: readonly number[]): Promise<Picture[]> {
  const pdf = await openPdf(content, maxPixels)
  const pictures: Picture[] = []
  for (const number of pages) {
    const largest = await findLargest(pdf, number)
    if (largest === undefined) continue
    const data = await encodeJpeg(scaleDown(largest))
    pictures.push({ page: number, mimeType: 'image/jpeg', data })
  }
  await pdf.close()
  return pictures
}

async function findLargest({ document, operators }: OpenPdf, number: number): Promise<Raster | undefined> {
  const page = await document.getPage(number)
  const { fnArray, argsArray } = await page.getOperatorList()
  let largest: Raster | undefined
  for (const [at, operator] of fnArray.entries()) {
    const [first] = argsArray[at] ?? []
    const isMask = operator === operators.paintImageMaskXObject
    if (!isMask && operator !== operators.paintImageXObject && operator !== operators.paintInlineImageXObject)
      continue
    const image: unknown = await resolveObject(
      page,
      isMask ? ((first as { data?: unknown })?.data ?? first) : first,
      first,
    )
    const raster = toRaster(image, isMask)
    if (raster !== undefined && raster.width * raster.height > (largest ? largest.width * largest.height : 0))
      largest = raster
  }
  page.cleanup()
  return largest
}

type Page = Awaited<ReturnType<OpenPdf['document']['getPage']>>

/** Images are named, and come when they are decoded. */
async function resolveObject(page: Page, reference: unknown, whole: unknown): Promise<unknown> {
  if (typeof reference !== 'string') return whole
  const objects = reference.startsWith('g_') ? page.commonObjs : page.objs
  return await new Promise((resolve) => {
    const timer = setTimeout(resolve, objectWaitMs, undefined)
    objects.get(reference, (object: unknown) => {
      clearTimeout(timer)
      resolve(object)
    })
  })
}

/** pdf.js's ImageKind. */
const kinds: Readonly<Record<number, Raster['channels']>> = { 1: 0, 2: 3, 3: 4 }

function toRaster(image: unknown, isMask: boolean): Raster | undefined {
  const { width, height, kind, data } = (typeof image === 'object' && image !== null ? image : {}) as Record<
    string,
    unknown
  >
  if (typeof width !== 'number' || typeof height !== 'number') return undefined
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) return undefined
  const channels = isMask ? 0 : typeof kind === 'number' ? kinds[kind] : undefined
  if (channels === undefined || width * height > maxPixels) return undefined
  // A mask paints where its bit is zero.
  return { width, height, channels, data }
}
