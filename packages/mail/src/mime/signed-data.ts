/**
 * The content of a CMS object (RFC 5652) as S/MIME wraps it (RFC 8551 §3): signed or compressed data is read, encrypted
 * data is told apart. Signatures are not checked: what the owner's provider says of a sender is told elsewhere. A walk
 * of BER, bounded in depth, that copies nothing but the content.
 */
import { inflateSync } from 'node:zlib'

export type OpenedCms = { readonly content: Buffer } | 'encrypted' | undefined

interface Element {
  readonly tag: number
  readonly isConstructed: boolean
  readonly start: number
  readonly end: number
  readonly next: number
}

const maxNesting = 12
const maxInflatedBytes = 16 * 1024 * 1024
const sequence = 0x10
const octetString = 0x04
const objectId = 0x06

/** The arcs behind 1.2.840.113549.1 (RFC 5652, RFC 5083, RFC 3274), as they are on the wire. */
const signedData = '2a864886f70d010702'
const compressedData = '2a864886f70d0109100109'
const encrypted = ['2a864886f70d010703', '2a864886f70d010706', '2a864886f70d0109100117']

export function openCms(bytes: Buffer): OpenedCms {
  const [type, wrapped] = childrenOf(bytes, elementAt(bytes, 0, bytes.length, 0), 2)
  const oid = oidOf(bytes, type)
  if (oid !== undefined && encrypted.includes(oid)) return 'encrypted'
  const [object] = childrenOf(bytes, wrapped, 1)
  // SignedData: version, digest algorithms, content; CompressedData: version, algorithm, content.
  const info = childrenOf(bytes, object, 4)
    .slice(1)
    .find(({ tag }, at) => tag === sequence && (oid === signedData || at > 0))
  if (oid === signedData || oid === compressedData) {
    const [, holder] = childrenOf(bytes, info, 2)
    const [octets] = childrenOf(bytes, holder, 1)
    const content = octets && octetsOf(bytes, octets, 0)
    if (content !== undefined && content.length > 0)
      return oid === compressedData ? inflate(content) : { content }
  }
  return openDamaged(bytes)
}

function inflate(content: Buffer): OpenedCms {
  try {
    return { content: inflateSync(content, { maxOutputLength: maxInflatedBytes }) }
  } catch {
    return undefined
  }
}

/** A gateway that took the bytes for text breaks their lengths; the entity inside is still readable. */
function openDamaged(bytes: Buffer): OpenedCms {
  const at = bytes
    .subarray(0, 8192)
    .toString('latin1')
    .search(/(?:Content-Type|MIME-Version):/i)
  return at < 0 ? undefined : { content: bytes.subarray(at) }
}

function oidOf(bytes: Buffer, element: Element | undefined): string | undefined {
  if (element?.tag !== objectId) return undefined
  return bytes.subarray(element.start, Math.min(element.end, element.start + 20)).toString('hex')
}

function childrenOf(bytes: Buffer, parent: Element | undefined, count: number): Element[] {
  const children: Element[] = []
  if (parent === undefined || !parent.isConstructed) return children
  for (let at = parent.start; at < parent.end && children.length < count; ) {
    const child = elementAt(bytes, at, parent.end, 0)
    if (child === undefined) break
    children.push(child)
    at = child.next
  }
  return children
}

/** X.690 §8.7.3: a string may come in pieces, and pieces of pieces. */
function octetsOf(bytes: Buffer, element: Element, depth: number): Buffer | undefined {
  if (!element.isConstructed)
    return element.tag === octetString ? bytes.subarray(element.start, element.end) : undefined
  if (depth > maxNesting) return undefined
  const pieces: Buffer[] = []
  for (let at = element.start; at < element.end; ) {
    const piece = elementAt(bytes, at, element.end, 0)
    const content = piece && octetsOf(bytes, piece, depth + 1)
    if (piece === undefined || content === undefined) break
    pieces.push(content)
    at = piece.next
  }
  return Buffer.concat(pieces)
}

function elementAt(bytes: Buffer, at: number, end: number, depth: number): Element | undefined {
  const identifier = bytes[at]
  const first = bytes[at + 1]
  if (identifier === undefined || first === undefined || at + 1 >= end || depth > maxNesting) return undefined
  const tag = identifier & 0x1f
  if (tag === 0x1f) return undefined
  const isConstructed = (identifier & 0x20) !== 0
  if (first === 0x80) return isConstructed ? indefinite(bytes, { tag, start: at + 2, end }, depth) : undefined
  const lengthOctets = first & 0x80 ? first & 0x7f : 0
  if (lengthOctets > 5) return undefined
  let length = lengthOctets === 0 ? first : 0
  for (let n = 0; n < lengthOctets; n++) length = length * 256 + (bytes[at + 2 + n] ?? 0)
  const start = at + 2 + lengthOctets
  if (start > end) return undefined
  // What was cut ends where the bytes end.
  const last = Math.min(end, start + length)
  return { tag, isConstructed, start, end: last, next: last }
}

/** §8.1.3.6: it ends with two zero octets on its own level. */
function indefinite(
  bytes: Buffer,
  { tag, start, end }: { tag: number; start: number; end: number },
  depth: number,
): Element {
  let at = start
  while (at < end && !(bytes[at] === 0 && bytes[at + 1] === 0)) {
    const child = elementAt(bytes, at, end, depth + 1)
    if (child === undefined) return { tag, isConstructed: true, start, end: at, next: end }
    at = child.next
  }
  return { tag, isConstructed: true, start, end: Math.min(at, end), next: Math.min(at + 2, end) }
}
