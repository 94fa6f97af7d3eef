/** From the bytes of one file to its text: which reader it is for, and what every text goes through on its way out. */
import { render } from '../body-text/render.ts'
import { decodeText } from '../mime/charset.ts'
import { dropInlineData } from '../mime/inline-data.ts'
import { readRtf } from '../mime/rtf.ts'
import { writeCalendar } from './calendar.ts'
import { readContacts } from './contacts.ts'
import { readDelimited } from './delimited.ts'
import {
  DocumentError,
  type DocumentText,
  type ReadDocument,
  type ReadingOrder,
  refusals,
  unreadable,
} from './document.ts'
import { type Kind, kindOf } from './kinds.ts'
import { assertNoPages } from './parts.ts'
import { createTextSink, type TextSink } from './text-sink.ts'

/** Text without structure is laid out as a whole: some seconds of the worst HTML. */
const maxTextBytes = 16 * 1024 * 1024

/** Never throws for what is in a document. */
export async function readBytes(content: Buffer, order: ReadingOrder): Promise<ReadDocument> {
  try {
    return await extract(content, order)
  } catch (error) {
    // What a library throws at a damaged document has no meaning beyond that.
    if (!(error instanceof DocumentError))
      return { kind: 'refused', sentence: refusals.broken, cause: 'harmful' }
    return { kind: 'refused', sentence: error.message, cause: error.refusal }
  }
}

async function extract(content: Buffer, order: ReadingOrder): Promise<ReadDocument> {
  const kind = kindOf(content, order)
  if (kind === 'picture') {
    const { readPicture } = await import('./pictures.ts')
    return await readPicture(content)
  }
  if (kind === 'unknown') return { kind: 'unknown' }
  const sink = createTextSink()
  if (kind === 'pdf') {
    const { readPdf } = await import('./pdf.ts')
    const { type, parts, pictures, isCut } = await readPdf(content, sink, order)
    return await finish(sink, { type, parts, pictures, isCut, areLinks: true })
  }
  if (kind === 'zip') {
    const { readZipDocument } = await import('./zip-document.ts')
    const { type, parts } = await readZipDocument(content, sink, order)
    return await finish(sink, { type, parts, areLinks: parts?.unit !== 'sheet' })
  }
  assertNoPages(order)
  return await readOther(kind, content, sink, order)
}

async function readOther(
  kind: Exclude<Kind, 'pdf' | 'zip' | 'picture' | 'unknown'>,
  content: Buffer,
  sink: TextSink,
  order: ReadingOrder,
): Promise<ReadDocument> {
  switch (kind) {
    case 'ole':
      throw unreadable(oleSentence(content))
    case 'heic':
      throw unreadable(
        'This is a picture in HEIC or AVIF format, which cannot be shown here. Ask the sender for JPEG or PNG.',
      )
    case 'rtf':
      if (readRtf(content, sink).isTooDeep) throw new DocumentError(refusals.tooMuch)
      return await finish(sink, { type: 'RTF document', areLinks: true })
    case 'email':
      // The caller reads it as an email (reading/source-text.ts).
      throw unreadable('This is an email, which is read as one.')
  }
  const written = kind === 'html' ? await dropInlineData(content) : content
  if (written.length > maxTextBytes) throw new DocumentError(refusals.tooMuch)
  const text = decodeText(written, order.charset, { isHtml: kind === 'html' }).replaceAll(/\r\n?/g, '\n')
  switch (kind) {
    case 'html': {
      const read = await render({ content: text, from: 'html', to: 'text' })
      return toDocument(sink, { type: 'HTML', text: read.text, warnings: read.warnings })
    }
    case 'calendar':
      writeCalendar(text, sink)
      return await finish(sink, { type: 'Calendar', areLinks: true })
    case 'contacts':
      readContacts(text, sink)
      return await finish(sink, { type: 'Contacts', areLinks: true })
    case 'delimited':
      readDelimited(text, sink)
      return await finish(sink, { type: 'Table', areLinks: false })
    case 'text': {
      const isProse = /^(text\/(plain|(x-)?markdown)|application\/octet-stream)$/.test(order.contentType)
      const read = await render({ content: text, from: isProse ? 'plain' : 'values', to: 'text' })
      return toDocument(sink, { type: 'Text', text: read.text, warnings: read.warnings })
    }
  }
}

interface Finished extends Partial<Omit<DocumentText, 'kind' | 'parts'>> {
  readonly type: string
  readonly parts?: DocumentText['parts'] | undefined
}

/** What a reader wrote becomes safe to show: nothing invisible in it, and no link that shows another target. */
async function finish(
  sink: TextSink,
  { areLinks, ...rest }: Finished & { areLinks: boolean },
): Promise<DocumentText> {
  const { text, warnings } = await render({
    content: sink.toText(),
    from: areLinks ? 'plain' : 'values',
    to: 'text',
  })
  return toDocument(sink, { ...rest, text, warnings })
}

function toDocument(
  sink: TextSink,
  { type, text = '', warnings = [], parts, pictures = [], isCut = false }: Finished,
): DocumentText {
  return {
    kind: 'text',
    type,
    text,
    warnings: [...new Set([...warnings, ...sink.warnings()])],
    ...(parts === undefined ? {} : { parts }),
    pictures,
    isCut,
  }
}

/** A compound file: Office of last century, or an envelope around an encrypted one. Names in it are UTF-16. */
function oleSentence(content: Buffer): string {
  const holds = (name: string) => content.includes(Buffer.from(name, 'utf16le'))
  if (holds('EncryptedPackage')) return refusals.encrypted
  if (holds('__properties_version1.0'))
    return 'This is an email saved by Outlook (.msg), which cannot be read here. Ask the sender to forward the email itself, or for .eml or PDF.'
  return refusals.oldOffice
}
