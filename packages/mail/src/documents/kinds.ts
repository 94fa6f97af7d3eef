/**
 * What a file is, by its content: the first bytes, then what stands inside. Its label and name decide only between kinds
 * of plain text, which have no marks of their own.
 */
import type { ReadingOrder } from './document.ts'
import type { Zip } from './zip.ts'

export type PictureType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
export type Kind =
  | 'pdf'
  | 'rtf'
  | 'zip'
  | 'ole'
  | 'heic'
  | 'picture'
  | 'html'
  | 'calendar'
  | 'contacts'
  | 'email'
  | 'delimited'
  | 'text'
  | 'unknown'

/** A file, an empty archive, one in pieces. */
const zipMarks = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08']
/** Before the header of a PDF some programs write up to this much (ISO 32000-1 §H.3 note 13). */
const maxJunkBytes = 1024

/** What a file is, by its content first and its label and name second. */
export function kindOf(content: Buffer, order: Pick<ReadingOrder, 'contentType' | 'filename'>): Kind {
  const start = content.toString('latin1', 0, maxJunkBytes)
  if (/^%PDF-\d/m.test(start)) return 'pdf'
  if (zipMarks.includes(start.slice(0, 4))) return 'zip'
  if (start.startsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return 'ole'
  if (/^(?:\xef\xbb\xbf)?\s*\{\\rtf/.test(start)) return 'rtf'
  if (pictureTypeOf(content) !== undefined) return 'picture'
  if (/^....ftyp(hei[cxms]|hev[cx]|mif1|msf1|avif)/s.test(start)) return 'heic'
  if (!isText(content)) return 'unknown'
  return textKindOf(start, order)
}

export function pictureTypeOf(content: Buffer): PictureType | undefined {
  const start = content.toString('latin1', 0, 16)
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(start)) return 'image/gif'
  if (/^RIFF....WEBP/s.test(start)) return 'image/webp'
  return undefined
}

/** Text has no zeros and few controls, unless it is UTF-16, which has a mark or a zero in every second byte. */
function isText(content: Buffer): boolean {
  const sample = content.subarray(0, 8192)
  if (sample.length === 0) return true
  if ((sample[0] === 0xff && sample[1] === 0xfe) || (sample[0] === 0xfe && sample[1] === 0xff)) return true
  let zeros = 0
  let controls = 0
  for (const byte of sample) {
    if (byte === 0) zeros += 1
    else if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls += 1
  }
  const isWide = zeros > sample.length * 0.4 && zeros <= sample.length * 0.55
  return (zeros === 0 || isWide) && controls <= sample.length * 0.01
}

function textKindOf(
  start: string,
  { contentType, filename }: Pick<ReadingOrder, 'contentType' | 'filename'>,
): Kind {
  const head = start
    .replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '')
    .replaceAll('\0', '')
    .trimStart()
  const isNamed = (extension: RegExp) => extension.test(filename)
  if (/^BEGIN:VCALENDAR/i.test(head)) return 'calendar'
  if (/^BEGIN:VCARD/i.test(head)) return 'contacts'
  const isHtml =
    /^(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).){0,500}-->\s*)*<(?:!doctype\s+html|html|head|body)\b/is.test(
      head,
    )
  if (isHtml || (/^(text\/html|application\/xhtml\+xml)$/.test(contentType) && head.includes('<')))
    return 'html'
  if (isNamed(/\.x?html?$/i) && head.startsWith('<')) return 'html'
  if (
    contentType === 'message/rfc822' ||
    contentType === 'message/global' ||
    (isNamed(/\.eml$/i) && isHeader(head))
  )
    return 'email'
  if (
    /^text\/(csv|tab-separated-values|comma-separated-values)$/.test(contentType) ||
    isNamed(/\.(csv|tsv|tab)$/i)
  )
    return 'delimited'
  // What Outlook labels text/csv.
  if (contentType === 'application/vnd.ms-excel') return 'delimited'
  return 'text'
}

const isHeader = (head: string) => /^[!-9;-~]{1,70}:[ \t]?/.test(head)

export type ZipKind =
  | { readonly is: 'word' | 'excel' | 'powerpoint'; readonly main: string }
  | { readonly is: 'odf'; readonly of: 'text' | 'spreadsheet' | 'presentation' }
  | { readonly is: 'excelBinary' | 'iwork' | 'archive' }

/** By the parts inside; a file that only bears an Office name is a plain archive. */
export function zipKindOf(zip: Zip, mimetype: string, office: string | undefined, main: string): ZipKind {
  const [, of] =
    /^application\/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)(?:-template|-web|-master)?$/.exec(
      mimetype.trim(),
    ) ?? []
  if (of === 'text' || of === 'spreadsheet' || of === 'presentation') return { is: 'odf', of }
  if (/spreadsheetml|ms-excel\.(sheet|template)\.macro/.test(office ?? '')) return { is: 'excel', main }
  if (/ms-excel\.sheet\.binary/.test(office ?? '')) return { is: 'excelBinary' }
  if (/wordprocessingml|ms-word/.test(office ?? '')) return { is: 'word', main }
  if (/presentationml|ms-powerpoint/.test(office ?? '')) return { is: 'powerpoint', main }
  if (zip.has('Index/Document.iwa') || zip.has('Index.zip')) return { is: 'iwork' }
  return { is: 'archive' }
}
