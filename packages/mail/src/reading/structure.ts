/**
 * Which parts of a message are its text and which are attachments, decided from BODYSTRUCTURE alone, so that nothing
 * else is fetched. Names come decoded (RFC 2231, RFC 2047); sizes are the server's octets, less the base64 overhead.
 */

import { removeInvisible } from '../body-text/invisible-characters.ts'
import type { FetchedMessage } from '../imap/session.ts'
import type { AttachmentPart } from '../message.ts'

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

export function sortParts(structure: BodyStructure | undefined): MessageParts {
  const bodies: BodyAlternative[] = []
  const attachments: AttachmentPart[] = []
  if (structure !== undefined) walk(structure, 0)
  return { bodies, attachments }

  function walk(node: BodyStructure, depth: number): void {
    if (depth > maxDepth) return
    const children = node.childNodes ?? []
    if (node.type === 'multipart/alternative') {
      const plain = findText(children, 'text/plain', depth)
      const html = findText(children, 'text/html', depth)
      if (plain || html) addBody({ ...(plain ? { plain } : {}), ...(html ? { html } : {}) })
      for (const child of children) collectAttachments(child, depth + 1)
      return
    }
    if (node.type.startsWith('multipart/')) {
      for (const child of children) walk(child, depth + 1)
      return
    }
    const text = toTextPart(node)
    if (text && bodies.length < maxBodies)
      addBody(text.type === 'text/html' ? { html: text } : { plain: text })
    else addAttachment(node)
  }

  function addBody(body: BodyAlternative): void {
    if (bodies.length < maxBodies) bodies.push(body)
  }

  /** Whatever hangs in an alternative beside its texts: calendar invitations, related images. */
  function collectAttachments(node: BodyStructure, depth: number): void {
    if (depth > maxDepth) return
    if (node.type.startsWith('multipart/')) {
      for (const child of node.childNodes ?? []) collectAttachments(child, depth + 1)
    } else if (toTextPart(node) === undefined) addAttachment(node)
  }

  function addAttachment(node: BodyStructure): void {
    if (attachments.length < maxAttachments) attachments.push(toAttachment(node))
  }
}

/** The last of its kind wins nowhere in practice; the first does in every mail client. */
function findText(
  nodes: readonly BodyStructure[],
  type: TextPart['type'],
  depth: number,
): TextPart | undefined {
  if (depth > maxDepth) return undefined
  for (const node of nodes) {
    const text = toTextPart(node)
    if (text?.type === type) return text
    const nested = node.type.startsWith('multipart/')
      ? findText(node.childNodes ?? [], type, depth + 1)
      : undefined
    if (nested) return nested
  }
  return undefined
}

/** A leaf that is read as part of the body; named or attached text is an attachment. */
function toTextPart(node: BodyStructure): TextPart | undefined {
  if (node.type !== 'text/plain' && node.type !== 'text/html') return undefined
  if (node.disposition === 'attachment' || filenameOf(node) !== undefined) return undefined
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
    contentType: /^[\w.+-]+\/[\w.+-]+$/.test(node.type) ? node.type : 'application/octet-stream',
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
    removeInvisible(name)
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
