/**
 * The transfer encodings of a MIME part (RFC 2045 §6), undone. Never throws: mail is full of wrong labels, and a body
 * cut in the middle of a code is ordinary here. What became of the bytes as text is left to mime/charset.ts.
 */

const code = (char: string) => char.charCodeAt(0)
const [equals, cr, lf, space, tab] = [code('='), code('\r'), code('\n'), code(' '), code('\t')]

export type TransferEncoding = 'base64' | 'quoted-printable' | 'uuencode' | 'none'

/**
 * The label as programs write it: `base64;`, `"quoted-printable"`, `quoted printable`, `base64 (comment)`. Letters alone
 * tell them apart, and none of these is another's beginning.
 */
export function toTransferEncoding(label: string): TransferEncoding {
  const letters = label
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
  if (letters === 'b' || /^x?base64/.test(letters)) return 'base64'
  if (/^x?quotedprintable/.test(letters)) return 'quoted-printable'
  return /^x?uue/.test(letters) ? 'uuencode' : 'none'
}

/** `isText`: what a mailing list glued behind the code is text too, and is kept. */
export function decodeTransfer(content: Buffer, label: string, isText = false): Buffer {
  switch (toTransferEncoding(label)) {
    case 'base64':
      return isText ? decodeBase64Text(content) : decodeBase64Bytes(content)
    case 'quoted-printable':
      return decodeQuotedPrintable(content)
    case 'uuencode':
      return decodeUuLines(content.subarray(startOfUu(content))).decoded
    case 'none':
      return content
  }
}

/** RFC 2045 §6.8: no line is longer than 76; one of these is code for certain. */
const longLine = /^[A-Za-z0-9+/]{60,}={0,2}\s*$/
const codeLine = /^[A-Za-z0-9+/]+={0,2}\s*$/

function decodeBase64Text(content: Buffer): Buffer {
  const end = endOfCode(content)
  const code = decodeBase64Bytes(content.subarray(0, end))
  return end === content.length ? code : Buffer.concat([code, content.subarray(end)])
}

/** A list's footer has some lines; it is looked for in the end of a text, however long that is. */
const maxFooterBytes = 64 * 1024

/** Where the code ends and a footer begins. A stray character with code below it is damage, and no footer. */
export function endOfCode(content: Buffer): number {
  const start = Math.max(0, content.length - maxFooterBytes)
  const text = content.toString('latin1', start)
  let footer: number | undefined
  let isPadded = false
  // The line that the end of the text begins in is code: its own beginning is not here.
  for (let from = start > 0 ? text.indexOf('\n') + 1 || text.length : 0; from < text.length; ) {
    const lineEnd = text.indexOf('\n', from)
    const next = lineEnd < 0 ? text.length : lineEnd + 1
    const line = text.slice(from, next)
    if (footer !== undefined && longLine.test(line)) return content.length
    const code = line.trim()
    const isFooter = code !== '' && (!codeLine.test(line) || (isPadded && code.length % 4 !== 0))
    if (isFooter) footer ??= from
    if (code.endsWith('=')) isPadded = true
    from = next
  }
  return footer === undefined ? content.length : start + footer
}

/** Behind its beginning. Each line says in its first character how many octets it holds; four characters are three. */
export function decodeUuLines(content: Buffer): { readonly decoded: Buffer; readonly isOver: boolean } {
  const decoded = Buffer.alloc(Math.ceil((content.length * 3) / 4))
  let length = 0
  const bits = (at: number, end: number) => (at < end ? ((content[at] ?? 0) - space) & 63 : 0)
  for (let at = 0; at < content.length; ) {
    const next = content.indexOf(lf, at)
    const lineEnd = next < 0 ? content.length : next
    const end = content[lineEnd - 1] === cr ? lineEnd - 1 : lineEnd
    if (content.toString('latin1', at, Math.min(end, at + 4)).trimEnd() === 'end')
      return { decoded: decoded.subarray(0, length), isOver: true }
    const octets = bits(at, end)
    for (let done = 0, from = at + 1; done < octets; done += 3, from += 4) {
      const word =
        (bits(from, end) << 18) |
        (bits(from + 1, end) << 12) |
        (bits(from + 2, end) << 6) |
        bits(from + 3, end)
      for (let shift = 16, n = done; shift >= 0 && n < octets && length < decoded.length; shift -= 8, n++)
        decoded[length++] = word >> shift
    }
    at = lineEnd + 1
  }
  return { decoded: decoded.subarray(0, length), isOver: false }
}

/** The line that begins it stands at its start, or behind some words. */
export const maxBeforeUuBytes = 64 * 1024

/** Behind the line that begins it; what has none is code from its first line. */
export function startOfUu(whole: Buffer): number {
  const content = whole.subarray(0, maxBeforeUuBytes)
  for (let at = content.indexOf('begin '); at >= 0; at = content.indexOf('begin ', at + 1)) {
    const isLine = at === 0 || content[at - 1] === lf
    if (!isLine || !/^begin [0-7]{3,4} /.test(content.toString('latin1', at, at + 12))) continue
    const end = content.indexOf(lf, at)
    return end < 0 ? content.length : end + 1
  }
  return 0
}

const maxBase64Runs = 1000

/** Parts that were concatenated end in padding more than once; Node stops at the first. It skips line ends itself. */
function decodeBase64(text: string): Buffer {
  const runs: Buffer[] = []
  let from = 0
  // nobody joins this many; of more the rest is one run, read to its first padding
  for (let at = text.indexOf('='); at >= 0 && runs.length < maxBase64Runs; at = text.indexOf('=', from)) {
    if (at > from) runs.push(Buffer.from(text.slice(from, at), 'base64'))
    from = at + 1
  }
  return Buffer.concat([...runs, Buffer.from(text.slice(from), 'base64')])
}

const pieceBytes = 64 * 1024

/** Piece by piece up to the first padding: a file of 25 MB would be a string of 34 MB once more. */
function decodeBase64Bytes(content: Buffer): Buffer {
  const out = Buffer.allocUnsafe(content.length)
  let length = 0
  const put = (decoded: Buffer) => {
    out.set(decoded, length)
    length += decoded.length
  }
  let rest = ''
  for (let at = 0; at < content.length; at += pieceBytes) {
    const piece = rest + content.toString('latin1', at, at + pieceBytes).replaceAll(/[^A-Za-z0-9+/=_-]+/g, '')
    if (piece.includes('=')) {
      put(decodeBase64(piece + content.toString('latin1', at + pieceBytes)))
      return out.subarray(0, length)
    }
    const whole = piece.length - (piece.length % 4)
    put(Buffer.from(piece.slice(0, whole), 'base64'))
    rest = piece.slice(whole)
  }
  put(Buffer.from(rest, 'base64'))
  return out.subarray(0, length)
}

/** RFC 2045 §6.7, byte by byte: an attachment has millions of codes. Blanks at the end of a line are no content. */
function decodeQuotedPrintable(content: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(content.length)
  let length = 0
  let blanks = 0
  for (let at = 0; at < content.length; at++) {
    const byte = content[at] ?? 0
    const hex = byte === equals ? hexAt(content, at + 1) : undefined
    const softEnd = byte === equals && hex === undefined ? endOfSoftBreak(content, at + 1) : undefined
    if (softEnd !== undefined) at = softEnd - 1
    else if (byte === lf || (byte === cr && content[at + 1] === lf)) {
      length -= blanks
      decoded[length++] = byte
    } else decoded[length++] = hex ?? byte
    if (hex !== undefined) at += 2
    blanks = byte === space || byte === tab ? blanks + 1 : 0
  }
  return decoded.subarray(0, length - blanks)
}

function hexAt(content: Buffer, at: number): number | undefined {
  const high = hexDigit(content[at])
  const low = hexDigit(content[at + 1])
  return high === undefined || low === undefined ? undefined : high * 16 + low
}

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined
}

/** Where the next line begins; a part may be cut inside the break, or inside a code. */
function endOfSoftBreak(content: Buffer, from: number): number | undefined {
  let at = from
  while (content[at] === space || content[at] === tab) at++
  if (content[at] === cr && content[at + 1] === lf) return at + 2
  if (content[at] === lf) return at + 1
  const isCutCode = at === from && at === content.length - 1 && hexDigit(content[at]) !== undefined
  return at === content.length || isCutCode ? content.length : undefined
}
