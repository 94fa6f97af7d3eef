/**
 * A message that goes along as a file may not be encoded as a whole (RFC 2046 §5.2.1), a draft goes out as it is, and no
 * line may be longer than 998 octets (RFC 5322 §2.1.1): the parts of it that have longer ones are encoded by themselves,
 * the rest stays.
 */
import { decodeTransfer } from '../mime/transfer.ts'
import { joinMessage, toField } from './header-fields.ts'
import { allParts, type MimePart, parseMime } from './mime-tree.ts'
import { lineEnd, splice } from './splice-parts.ts'

const maxLineBytes = 998
const maxDepth = 5

export function withShortLines(raw: Buffer, depth = 0): Buffer {
  if (!hasLongLine(raw)) return raw
  // a multipart that none is found in is never encoded (RFC 2045 §6.4)
  const isLeaf = ({ children, type }: MimePart) => children.length === 0 && !type.startsWith('multipart/')
  const leaves = [...allParts(parseMime(raw))].filter(isLeaf)
  const changes = leaves.flatMap((leaf) => {
    const content = raw.subarray(leaf.bodyStart, leaf.end)
    if (!hasLongLine(content)) return []
    const isMessage = leaf.type === 'message/rfc822' && depth < maxDepth
    const bytes = isMessage ? withShortLines(content, depth + 1) : undefined
    return bytes === undefined
      ? [{ start: leaf.start, end: leaf.end, bytes: encode(leaf, content) }]
      : [{ start: leaf.bodyStart, end: leaf.end, bytes }]
  })
  return splice(raw, changes)
}

function encode({ fields, encoding }: MimePart, content: Buffer): Buffer {
  const base64 = decodeTransfer(content, encoding).toString('base64')
  const lines = base64.match(/.{1,76}/g) ?? []
  return joinMessage({
    fields: [
      ...fields.filter(({ name }) => name !== 'content-transfer-encoding'),
      toField('Content-Transfer-Encoding', 'base64'),
    ],
    rest: Buffer.concat([lineEnd, Buffer.from(lines.join('\r\n'), 'latin1')]),
  })
}

function hasLongLine(raw: Buffer): boolean {
  let start = 0
  while (start < raw.length) {
    const end = raw.indexOf(0x0a, start)
    if ((end < 0 ? raw.length : end) - start > maxLineBytes + 1) return true
    if (end < 0) return false
    start = end + 1
  }
  return false
}
