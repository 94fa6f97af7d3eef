/** The text of an attachment that has one. A nested email is read whole, the mails inside it included. */
import {
  type AttachmentContent,
  decodeAttachment,
  readLongHtml,
  readLongText,
  readSourceText,
} from '@email-connector/mail'

export interface ReadableAttachment {
  readonly text: string
  readonly warnings: readonly string[]
}

interface NamedType {
  readonly contentType: string
  readonly filename?: string
}

const textTypes = /^(text\/.+|message\/.+|application\/(ics|json|xml|x-yaml|yaml|.+\+(json|xml)))$/
/** Many programs label what they attach as nothing in particular. */
const textNames = /\.(txt|csv|tsv|md|log|json|xml|html?|ics|vcf|ya?ml|eml)$/i

export function isText({ contentType, filename = '' }: NamedType): boolean {
  if (contentType === 'application/octet-stream') return textNames.test(filename)
  return textTypes.test(contentType)
}

/** Undefined: not text. */
export async function readText(
  partId: string,
  part: AttachmentContent,
): Promise<ReadableAttachment | undefined> {
  if (!isText(part)) return undefined
  const { contentType, filename = '', content } = part
  const isEmail = /^message\/(?:rfc822|global|news)$/.test(contentType) || /\.eml$/i.test(filename)
  if (isEmail) return await readSourceText(content, partId)
  const decoded = decodeAttachment(part).replaceAll(/\r\n?/g, '\n')
  if (contentType === 'text/html' || /\.html?$/i.test(filename)) return await readLongHtml(decoded)
  return await readLongText(decoded, { areLinks: contentType === 'text/plain' })
}
