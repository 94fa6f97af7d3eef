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
  const isHtml = part.type === 'text/html'
  const decoded = decodeText(bytes, part.charset, { isHtml })
  const text = (isHtml ? saysUtf8(decoded) : decoded).replaceAll(/\r\n?/g, '\n')
  return part.flowed ? unflow(text, part.deleteSpace) : text
}

/** What is read here is written in UTF-8. */
function saysUtf8(html: string): string {
  return html.replaceAll(/(<meta\b[^<>]{0,200}?\bcharset\s?=\s?["']?)[\w.:-]{1,40}/gi, '$1utf-8')
}
