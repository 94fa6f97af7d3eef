/** A part as a list of attachments shows it: named, sized, and of a nested mail who wrote it. All of it is the sender's. */
import { removeInvisible } from '../body-text/invisible-characters.ts'
import type { AttachmentPart } from '../message.ts'
import { type BodyStructure, isMessageType } from '../mime/structure.ts'
import { cleanLine, toAddresses, toDate } from './envelope-text.ts'

export type ListedPart = AttachmentPart

/** Path and all. */
const maxNameChars = 4096

export function toListedPart(node: BodyStructure, { isInText }: { isInText: boolean }): ListedPart {
  const filename = filenameOf(node) ?? (isMessageType(node.type) ? messageName(node) : undefined)
  return {
    partId: node.part ?? '1',
    ...(filename === undefined ? {} : { filename }),
    contentType: /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/.test(node.type) ? node.type : 'application/octet-stream',
    // RFC 2045 §6.8: 76 characters and CRLF carry 57 octets.
    size: node.encoding === 'base64' ? Math.floor(((node.size ?? 0) * 57) / 78) : (node.size ?? 0),
    inline: isInText,
    ...(isMessageType(node.type) && node.envelope ? { message: toNestedHead(node.envelope) } : {}),
  }
}

function toNestedHead(
  envelope: NonNullable<BodyStructure['envelope']>,
): NonNullable<AttachmentPart['message']> {
  return {
    ...(envelope.date === undefined ? {} : { date: toDate({ envelope }) }),
    from: toAddresses(envelope.from),
    to: toAddresses(envelope.to),
    subject: cleanLine(envelope.subject),
  }
}

function filenameOf(node: BodyStructure): string | undefined {
  const name = node.dispositionParameters?.filename ?? node.parameters?.name
  if (name === undefined) return undefined
  return cleanFilename(name)
}

function messageName(node: BodyStructure): string {
  return (
    cleanFilename(`${(node.envelope?.subject || 'message').replaceAll(/[/\\]/g, '-')}.eml`) ?? 'message.eml'
  )
}

/** A name to show and to save under: no path, no direction tricks (`exe.fdp` shown backwards), bounded. */
function cleanFilename(name: string): string | undefined {
  const shown =
    removeInvisible(name.slice(-maxNameChars))
      .text.replaceAll(/[\r\n\t]/g, ' ')
      .split(/[/\\]/)
      .at(-1)
      ?.trim() ?? ''
  return shown === '' ? undefined : shown.slice(0, 255)
}
