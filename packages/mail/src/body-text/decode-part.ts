/**
 * From the bytes of a MIME part to text: transfer encoding (RFC 2045 §6), then charset. Never throws: mail is full of
 * wrong labels, and a body cut in the middle of a code is ordinary here.
 */

export function decodeTransfer(content: Buffer, encoding: string): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return decodeBase64(content)
    case 'quoted-printable':
      return decodeQuotedPrintable(content)
    default:
      return content
  }
}

const maxBase64Runs = 1000

/** Parts that were concatenated end in padding more than once; Node stops at the first. It skips line ends itself. */
function decodeBase64(content: Buffer): Buffer {
  const text = content.toString('latin1')
  const runs: Buffer[] = []
  let from = 0
  // nobody joins this many; of more the rest is one run, read to its first padding
  for (let at = text.indexOf('='); at >= 0 && runs.length < maxBase64Runs; at = text.indexOf('=', from)) {
    if (at > from) runs.push(Buffer.from(text.slice(from, at), 'base64'))
    from = at + 1
  }
  return Buffer.concat([...runs, Buffer.from(text.slice(from), 'base64')])
}

const code = (char: string) => char.charCodeAt(0)
const [equals, cr, lf, space, tab] = [code('='), code('\r'), code('\n'), code(' '), code('\t')]

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

const maxLabelChars = 100

/** Labels seen in mail that the WHATWG registry, which TextDecoder knows, does not list. */
const aliases: Readonly<Record<string, string>> = {
  cp932: 'shift_jis',
  'windows-932': 'shift_jis',
  cp936: 'gbk',
  gb2312: 'gb18030',
  cp949: 'euc-kr',
  cp950: 'big5',
  'iso-8859-8-e': 'iso-8859-8',
  cp1250: 'windows-1250',
  cp1252: 'windows-1252',
  ansi: 'windows-1252',
  utf8mb4: 'utf-8',
  'unicode-1-1-utf-8': 'utf-8',
}

export function decodeCharset(content: Buffer, charset: string): string {
  const label = charset
    .slice(0, maxLabelChars)
    .trim()
    .toLowerCase()
    .replace(/^["']|["']$/g, '')
    .replace(/^x-|\*.*$/g, '')
  // RFC 2045 §5.2: no label is US-ASCII; what is really sent is UTF-8 or, failing that, Western
  if (label === '' || label === 'us-ascii' || label === 'ascii' || label === 'default')
    return decodeUnlabelled(content)
  if (label === 'utf-7' || label === 'unicode-1-1-utf-7') return decodeUtf7(content.toString('latin1'))
  try {
    const decoder = new TextDecoder(aliases[label] ?? label)
    return decoder.encoding === 'windows-1252' ? decodeWestern(content) : decoder.decode(content)
  } catch {
    return decodeUnlabelled(content)
  }
}

function decodeUnlabelled(content: Buffer): string {
  try {
    // a slice may end inside a character: stream mode leaves that one out instead of failing
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content, { stream: true })
    const ascii = /^[\0-\x7f]*$/.test(text)
    return ascii && content.length > text.length ? decodeWestern(content) : text
  } catch {
    return decodeWestern(content)
  }
}

/** 0x80 to 0x9F of windows-1252, where ISO-8859-1 has controls that no mail means. */
const western = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** Not by TextDecoder: Node 20 takes windows-1252 for ISO-8859-1 and turns euro signs into controls. */
function decodeWestern(content: Buffer): string {
  return content
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (char) => western.charAt(char.charCodeAt(0) - 0x80))
}

/** RFC 2152. */
function decodeUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_, encoded: string) => {
    if (encoded === '') return '+'
    const bytes = Buffer.from(encoded, 'base64')
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('utf16le')
  })
}

/** RFC 3676 §4: soft breaks join, space-stuffing goes, quote depth keeps paragraphs apart. */
export function unflow(text: string, deleteSpace: boolean): string {
  const lines: string[] = []
  let open: { depth: number } | undefined
  for (const line of text.split(/\r?\n/)) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0
    let content = line.slice(depth)
    if (content.startsWith(' ')) content = content.slice(1)
    const soft = content.endsWith(' ') && content !== '-- '
    if (soft && deleteSpace) content = content.slice(0, -1)
    if (open?.depth === depth && content !== '-- ') lines.push((lines.pop() ?? '') + content)
    else lines.push((depth > 0 ? `${'>'.repeat(depth)} ` : '') + content)
    open = soft ? { depth } : undefined
  }
  return lines.join('\n')
}
