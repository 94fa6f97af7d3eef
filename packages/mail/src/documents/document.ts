/** What reading a document comes to, and how a reader refuses one. It crosses a thread, so all of it is plain data. */

/** What the tool was asked for. */
export interface ReadingOrder {
  readonly filename: string
  readonly contentType: string
  /** As labelled. */
  readonly charset: string
  /** First and last, counted from 1. */
  readonly pages?: { readonly from: number; readonly to: number }
  /** Text beyond this many characters is not asked for: a reader that can stop between two pages stops. */
  readonly enough: number
}

/** A picture as clients take it. */
export interface Picture {
  readonly page?: number
  readonly mimeType: string
  readonly data: Uint8Array
}

/** The text of a document that a reader would see, and what it is of. */
export interface DocumentText {
  readonly kind: 'text'
  /** For a reader: `PDF`, `Excel workbook`. */
  readonly type: string
  readonly text: string
  readonly warnings: readonly string[]
  /** What `pages` counts here. */
  readonly parts?: { readonly unit: PartUnit; readonly count: number; readonly last: number }
  readonly pictures: readonly Picture[]
  /** There is more text behind `text`. */
  readonly isCut: boolean
}

export type PartUnit = 'page' | 'sheet' | 'slide'

/** No text, but something to show. */
export interface DocumentPicture {
  readonly kind: 'picture'
  readonly picture: Picture
  readonly text: string
}

/** A sentence for the model, which says what to do instead. */
export interface DocumentRefusal {
  readonly kind: 'refused'
  readonly sentence: string
  readonly cause: RefusalCause
}

/** `unreadable`: a program that knows the format may read the file; `pages`: asked for amiss. */
export type RefusalCause = 'harmful' | 'unreadable' | 'pages'

/** No kind that is read here. */
export interface UnknownDocument {
  readonly kind: 'unknown'
}

export type ReadDocument = DocumentText | DocumentPicture | DocumentRefusal | UnknownDocument

/** Thrown by a reader, caught in worker.ts: the document ends, not the call. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly refusal: RefusalCause

  constructor(sentence: string, options: { refusal?: RefusalCause; cause?: unknown } = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause })
    this.refusal = options.refusal ?? 'harmful'
  }
}

/** Of a format that is not read here. */
export function unreadable(sentence: string): DocumentError {
  return new DocumentError(sentence, { refusal: 'unreadable' })
}

export const refusals = {
  tooMuch:
    'This document takes more memory or work to read than the connector allows: it may be made to do harm. The owner can open it with care in a program of their own.',
  tooSlow:
    'Reading this document took too long. Ask for fewer "pages", or let the owner open it in a program of their own.',
  broken: 'This document is damaged or cut off and cannot be read. Ask the sender to send it again.',
  encrypted:
    'This document is protected by a password and cannot be read here. The owner can open it, or ask the sender for one without a password.',
  oldOffice:
    'This is a file of Office 97-2003 (.doc, .xls, .ppt), which cannot be read here. Ask the sender for .docx, .xlsx, .pptx or PDF, or let the owner save it as one.',
  noParts: 'This kind of document has no pages to choose from: ask again without "pages", and use "offset".',
} as const
