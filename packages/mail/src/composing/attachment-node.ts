/** An attachment as it goes to nodemailer: bytes in memory, a type that is one, a name that is a name. */
import { assertNoControls, invalid } from '../input.ts'

export interface OutgoingAttachment {
  readonly filename: string
  readonly contentType: string
  readonly content: Buffer
}

export function toComposerAttachment({ filename, contentType, content }: OutgoingAttachment) {
  assertNoControls(filename, 'attachments')
  assertNoControls(contentType, 'attachments')
  // R38: nodemailer reads `{path}` and fetches `{href}`; a Buffer is the only thing it can do neither with
  if (!Buffer.isBuffer(content) || filename.trim() === '') throw invalid('attachments')
  // RFC 6838 §4.2; a leaf that calls itself multipart, or a message in pieces, would change the tree around it
  const isLeaf =
    /^[a-z0-9][\w!#$&^.+-]{0,126}\/[a-z0-9][\w!#$&^.+-]{0,126}$/i.test(contentType) &&
    !/^(?:multipart\/|message\/(?!rfc822$))/i.test(contentType)
  return {
    filename,
    contentType: isLeaf ? contentType : 'application/octet-stream',
    contentDisposition: 'attachment' as const,
    content,
  }
}
