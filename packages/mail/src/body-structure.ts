/**
 * Which parts of a message are its text and which are attachments, decided from BODYSTRUCTURE alone, so that nothing
 * else is fetched. Names come decoded (RFC 2231, RFC 2047); sizes are the server's octets, less the base64 overhead.
 */

import { removeInvisible } from './body-text/invisible-characters.ts'
import type { FetchedMessage } from './imap-session.ts'
import type { AttachmentPart } from './message.ts'

export type BodyStructure = NonNullable<FetchedMessage['bodyStructure']>

export interface TextPart {
  readonly partId: string
  readonly type: 'text/plain' | 'text/html'
  readonly charset: string
  readonly encoding: string
  /** Encoded octets. */
  readonly size: number
  readonly flowed: boolean
  readonly deleteSpace: boolean
}

/** One place of the body: what may stand there, as text, as HTML, or both. */
export interface BodyAlternative {
  readonly plain?: TextPart
  readonly html?: TextPart
}

export interface MessageParts {
  readonly bodies: readonly BodyAlternative[]
  readonly attachments: readonly AttachmentPart[]
}

/** A mail that nests or splits further than this is made to exhaust its readers. */
const maxDepth = 20
const maxBodies = 10
const maxAttachments = 200
/** Path and all. */
const maxNameChars = 4096

export function sortParts(structure: BodyStructure | undefined): MessageParts {
  const bodies: BodyAlternative[] = []
  const attachments: AttachmentPart[] = []
  if (structure !== undefined) walk(structure, 0, alone)
  return { bodies, attachments }

  function walk(node: BodyStructure, depth: number, place: Place): void {
    if (depth > maxDepth) return
    if (node.type === 'multipart/alternative') {
      const plain = findText(node, 'text/plain', depth)
      const html = findText(node, 'text/html', depth)
      if (plain || html) addBody({ ...(plain ? { plain } : {}), ...(html ? { html } : {}) })
      for (const [child, childPlace] of placed(node)) collectAttachments(child, depth + 1, childPlace)
      return
    }
    if (node.type.startsWith('multipart/')) {
      for (const [child, childPlace] of placed(node)) walk(child, depth + 1, childPlace)
      return
    }
    const text = toTextPart(node, place)
    if (text && bodies.length < maxBodies)
      addBody(text.type === 'text/html' ? { html: text } : { plain: text })
    else addAttachment(node)
  }

  function addBody(body: BodyAlternative): void {
    if (bodies.length < maxBodies) bodies.push(body)
  }

  /** Whatever hangs in an alternative beside its texts: calendar invitations, related images. */
  function collectAttachments(node: BodyStructure, depth: number, place: Place): void {
    if (depth > maxDepth) return
    if (node.type.startsWith('multipart/')) {
      for (const [child, childPlace] of placed(node)) collectAttachments(child, depth + 1, childPlace)
    } else if (toTextPart(node, place) === undefined) addAttachment(node)
  }

  function addAttachment(node: BodyStructure): void {
    if (attachments.length < maxAttachments) attachments.push(toAttachment(node))
  }
}

/** RFC 8621 §4.1.4 asks these two of a part's place before its text is taken for body. */
interface Place {
  readonly isFirst: boolean
  /** Of a multipart/related, in which all but the first are what the first refers to. */
  readonly isRelated: boolean
}

const alone: Place = { isFirst: true, isRelated: false }

function placed(multipart: BodyStructure): [BodyStructure, Place][] {
  const isRelated = multipart.type === 'multipart/related'
  return (multipart.childNodes ?? []).map((child, index) => [child, { isFirst: index === 0, isRelated }])
}

/** RFC 2046 §5.1.4: of alternatives the last is the best, and the one that mail programs show; elsewhere the first is read. */
function findText(multipart: BodyStructure, type: TextPart['type'], depth: number): TextPart | undefined {
  if (depth > maxDepth) return undefined
  const children = placed(multipart)
  for (const [node, place] of multipart.type === 'multipart/alternative' ? children.reverse() : children) {
    const text = toTextPart(node, place)
    if (text?.type === type) return text
    const nested = node.type.startsWith('multipart/') ? findText(node, type, depth + 1) : undefined
    if (nested) return nested
  }
  return undefined
}

/** A leaf that is read as part of the body. Text with a name is a file, unless it is where the body stands (RFC 8621 §4.1.4). */
function toTextPart(node: BodyStructure, { isFirst, isRelated }: Place): TextPart | undefined {
  if (node.type !== 'text/plain' && node.type !== 'text/html') return undefined
  if (node.disposition === 'attachment') return undefined
  if (!isFirst && (isRelated || filenameOf(node) !== undefined)) return undefined
  return {
    partId: node.part ?? '1',
    type: node.type,
    charset: node.parameters?.charset ?? '',
    encoding: node.encoding ?? '7bit',
    size: node.size ?? 0,
    flowed: node.parameters?.format?.toLowerCase() === 'flowed',
    deleteSpace: node.parameters?.delsp?.toLowerCase() === 'yes',
  }
}

function toAttachment(node: BodyStructure): AttachmentPart {
  const filename = filenameOf(node) ?? (node.type === 'message/rfc822' ? messageName(node) : undefined)
  return {
    partId: node.part ?? '1',
    ...(filename === undefined ? {} : { filename }),
    contentType: /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/.test(node.type) ? node.type : 'application/octet-stream',
    // RFC 2045 §6.8: 76 characters and CRLF carry 57 octets
    size: node.encoding === 'base64' ? Math.floor(((node.size ?? 0) * 57) / 78) : (node.size ?? 0),
    inline: node.disposition === 'inline' || (node.disposition === undefined && node.id !== undefined),
  }
}

function filenameOf(node: BodyStructure): string | undefined {
  const name = node.dispositionParameters?.filename ?? node.parameters?.name
  if (name === undefined) return undefined
  return cleanFilename(name)
}

function messageName(node: BodyStructure): string {
  return cleanFilename(`${node.envelope?.subject || 'message'}.eml`) ?? 'message.eml'
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

export function findPart(structure: BodyStructure | undefined, partId: string): BodyStructure | undefined {
  let found: BodyStructure | undefined
  const visit = (node: BodyStructure, depth: number): void => {
    if (found !== undefined || depth > maxDepth) return
    if (!node.type.startsWith('multipart/') && (node.part ?? '1') === partId) found = node
    else for (const child of node.childNodes ?? []) visit(child, depth + 1)
  }
  if (structure !== undefined) visit(structure, 0)
  return found
}

export { toAttachment }
