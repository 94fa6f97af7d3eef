/** A text part of a stored message as its writer sees it: decoded, its lines end with LF, paragraphs whole. */
import type { MimePart } from '../composing/mime-tree.ts'
import { findNode } from '../composing/splice-parts.ts'
import { decodeText } from '../mime/charset.ts'
import { unflow } from '../mime/flowed.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import type { TextPart } from '../reading/structure.ts'

export function readPart(raw: Buffer, root: MimePart, part: TextPart): string {
  const node = findNode(root, part.partId)
  const bytes = decodeTransfer(raw.subarray(node?.bodyStart, node?.end), part.encoding, true)
  const decoded = decodeText(bytes, part.charset, { isHtml: part.type === 'text/html' })
  const text = decoded.replaceAll(/\r\n?/g, '\n')
  return part.flowed ? unflow(text, part.deleteSpace) : text
}
