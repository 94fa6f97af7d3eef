/**
 * pdf.js with what it may not do switched off: no script of a document, no fonts of the machine, nothing fetched. It tells
 * nobody that it left an image out but the console, which in this thread is ours to read.
 */
import type { PDFDocumentProxy } from 'unpdf/pdfjs'
import { DocumentError, refusals, unreadable } from './document.ts'

export interface OpenPdf {
  readonly document: PDFDocumentProxy
  readonly operators: Readonly<Record<string, number>>
  /** Images that were left out since it was asked last. */
  countImages(): number
  close(): Promise<void>
}

/** `maxPixels`: larger images are not decoded. */
export async function openPdf(content: Buffer, maxPixels: number): Promise<OpenPdf> {
  addMissing()
  const { getDocument, OPS } = await import('unpdf/pdfjs')
  let images = 0
  const { warn } = console
  console.warn = (remark: unknown) => {
    if (String(remark).includes('Image exceeded')) images += 1
  }
  const options = {
    // A copy: what pdf.js is given it takes away.
    data: new Uint8Array(content),
    maxImageSize: maxPixels,
    isEvalSupported: false,
    enableXfa: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    useWasm: false,
    stopAtErrors: false,
    verbosity: 1,
  }
  const loading = getDocument(options)
  const document = await loading.promise.catch((error: unknown) => {
    console.warn = warn
    const isLocked = error instanceof Error && error.name === 'PasswordException'
    throw isLocked ? unreadable(refusals.encrypted) : new DocumentError(refusals.broken, { cause: error })
  })
  return {
    document,
    operators: OPS as unknown as Readonly<Record<string, number>>,
    countImages() {
      const counted = images
      images = 0
      return counted
    },
    async close() {
      console.warn = warn
      await loading.destroy()
    },
  }
}

/** Of what pdf.js takes for granted, Node 20 lacks one thing. */
function addMissing(): void {
  if ('transferToFixedLength' in ArrayBuffer.prototype) return
  Object.defineProperty(ArrayBuffer.prototype, 'transferToFixedLength', {
    value(this: ArrayBuffer, length = this.byteLength) {
      return this.slice(0, length)
    },
  })
}
