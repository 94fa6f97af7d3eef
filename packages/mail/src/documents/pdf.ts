/**
 * PDF, page by page, so that a page is forgotten before the next is read. Reading ends with the page behind which
 * nothing is asked for. Pages that are only pictures are given as pictures, a few at a time.
 */
import { DocumentError, type Picture, type ReadingOrder } from './document.ts'
import { isAsked, type PartCount } from './parts.ts'
import { openPdf } from './pdf-library.ts'
import { readPage } from './pdf-page.ts'
import { maxPagePictures, readPagePictures } from './pdf-pictures.ts'
import type { TextSink } from './text-sink.ts'

export interface ReadPdf {
  readonly type: string
  readonly parts: PartCount
  readonly pictures: readonly Picture[]
  readonly isCut: boolean
}

/** Text of pictures is not looked for: the tools have none, and the model can read a picture itself. */
const scanSentence = 'no text: a scan or a picture'

/** Decoding is left for pages whose picture is wanted. */
const noPixels = 1

export async function readPdf(content: Buffer, sink: TextSink, order: ReadingOrder): Promise<ReadPdf> {
  const pdf = await openPdf(content, noPixels)
  const { document } = pdf
  const count = document.numPages
  const { from, to } = order.pages ?? { from: 1, to: count }
  if (from > count)
    throw new DocumentError(`This document has ${count} pages: choose "pages" from 1 to ${count}.`, {
      refusal: 'pages',
    })
  const scanned: number[] = []
  let last = from
  for (let number = from; number <= Math.min(to, count); number++) {
    if (!isAsked(order, number)) continue
    const page = await document.getPage(number)
    const { text, hasImages } = await readPage(page, pdf, sink)
    page.cleanup()
    last = number
    if (text === '' && hasImages) {
      scanned.push(number)
      sink.mark(`page ${number}, ${scanSentence}`)
    } else {
      sink.mark(`page ${number}`)
      sink.write(`${text}\n`)
    }
    if (sink.length > order.enough) break
  }
  await pdf.close()
  const wanted = order.pages === undefined && count > maxPagePictures ? [] : scanned.slice(0, maxPagePictures)
  const pictures = wanted.length === 0 ? [] : await readPagePictures(content, wanted)
  if (scanned.length > pictures.length)
    sink.mark(
      `page pictures: ask for "pages", at most ${maxPagePictures} at a time, to see pages without text`,
    )
  return { type: 'PDF', parts: { unit: 'page', count, last }, pictures, isCut: last < Math.min(to, count) }
}
