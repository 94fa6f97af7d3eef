/** An attachment as it goes to nodemailer: bytes in memory, a type that is one, a name that is a name. */
import { isAscii, isUtf8 } from 'node:buffer'
import { assertNoControls, invalid } from '../input.ts'
import { withShortLines } from './short-lines.ts'

/** A file to send, decoded. Bounds on its size are the caller's. */
export interface OutgoingAttachment {
  readonly filename: string
  readonly contentType: string
  readonly content: Buffer
  /** Of a text: what its bytes are said to be. */
  readonly charset?: string
  /** Of an invitation: without it a mail program shows a file (RFC 6047 §2.4). */
  readonly method?: string
  /** Of a picture that the HTML shows as `cid:`; it stands beside the HTML and is no file to its reader. */
  readonly cid?: string
}

export function toComposerAttachment({
  filename,
  contentType,
  content,
  charset,
  method,
  cid,
}: OutgoingAttachment) {
  assertNoControls(filename, 'attachments')
  assertNoControls(contentType, 'attachments')
  // R38: nodemailer reads `{path}` and fetches `{href}`; a Buffer is the only thing it can do neither with
  if (!Buffer.isBuffer(content) || filename.trim() === '') throw invalid('attachments')
  if (cid !== undefined && !/^[\w.-]{1,100}@[\w.-]{1,100}$/.test(cid)) throw invalid('attachments')
  // RFC 6838 §4.2; a leaf that calls itself multipart, or a message in pieces, would change the tree around it
  const isLeaf =
    /^[a-z0-9][\w!#$&^.+-]{0,126}\/[a-z0-9][\w!#$&^.+-]{0,126}$/i.test(contentType) &&
    !/^(?:multipart\/|message\/(?!rfc822$))/i.test(contentType)
  const asks = /^text\/calendar$/i.test(contentType) && /^[a-z-]{1,40}$/i.test(method ?? '')
  const label = /^text\//i.test(contentType) ? labelOf(content, charset) : undefined
  const type = `${contentType}${asks ? `; method=${method}` : ''}${label === undefined ? '' : `; charset=${label}`}`
  return {
    filename: cleanFilename(filename),
    contentType: isLeaf ? type : 'application/octet-stream',
    contentDisposition: cid === undefined ? ('attachment' as const) : ('inline' as const),
    ...(cid === undefined ? {} : { cid }),
    content: /^message\/rfc822$/i.test(contentType) ? withShortLines(content) : content,
  }
}

/**
 * RFC 2046 §4.1.2: without a charset a text is US-ASCII, which servers say of one that has none. Its bytes know better;
 * where they are neither that nor UTF-8, nobody can say what they are.
 */
function labelOf(content: Buffer, charset = ''): string | undefined {
  const isLabel = /^[\w.:+-]{1,40}$/.test(charset)
  if (isLabel && !/^us-ascii$/i.test(charset)) return charset
  if (isAscii(content)) return isLabel ? charset : 'utf-8'
  return isUtf8(content) ? 'utf-8' : undefined
}

/** From the root of something, or by way of a folder above. */
const pathForm = /^(?:[a-z]:|~|\.{1,2})?[/\\]|[/\\]\.{0,2}[/\\]/i

/**
 * A name to save under: no path, none of the characters that a file cannot have, no direction marks that show another
 * ending, not hidden, not endless. `Report 11/2026.csv` is a name and no path.
 */
function cleanFilename(filename: string): string {
  const shown = filename.replaceAll(/\p{Cf}/gu, '').trim()
  const name = (pathForm.test(shown) ? (shown.split(/[/\\]/).at(-1) ?? '') : shown)
    .replaceAll(/[/\\:*?"<>|]/g, '-')
    .trim()
    .replace(/^\.+/, '')
  return name === '' ? 'attachment' : name.slice(-200)
}

/** `a.txt`, `a (2).txt`: a program that saves all of them loses none. */
export function withNamesApart<T extends { readonly filename: string }>(attachments: readonly T[]): T[] {
  const taken = new Set<string>()
  return attachments.map((attachment) => {
    const { filename } = attachment
    const dot = filename.lastIndexOf('.')
    const [stem, ending] = dot > 0 ? [filename.slice(0, dot), filename.slice(dot)] : [filename, '']
    let name = filename
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${stem} (${number})${ending}`
    taken.add(name.toLowerCase())
    return { ...attachment, filename: name }
  })
}
