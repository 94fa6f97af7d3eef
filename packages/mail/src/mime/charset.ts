/**
 * From the bytes of a mail to text: bodies, files, headers and names alike. What the bytes themselves say (a byte order
 * mark, valid UTF-8) counts more than a label, a label more than HTML's own, and where none is right the evidence
 * decides. Never throws, and never loses what follows a wrong byte.
 */
import { countRight, guessCharset, isUtf8, isUtf8Under } from './charset-evidence.ts'
import {
  decodeDos,
  decodeIso,
  decodeShifted,
  decodeUtf7,
  decodeUtf32,
  decodeWestern,
  isoPages,
  joinSurrogates,
} from './old-charsets.ts'

/** `isHtml`: a `<meta charset>` counts where the mail names none. */
export function decodeText(content: Buffer, label: string, { isHtml = false } = {}): string {
  const marked = byMark(content)
  if (marked !== undefined) return marked
  const declared = toEncoding(label) ?? (isHtml ? toEncoding(metaCharset(content)) : undefined)
  if (declared === undefined) return decodeAs(content, guessCharset(content))
  if (declared === 'utf-8') return decodeUtf8(content, isHtml)
  if (declared === 'utf-16') return decodeAs(content, guessUtf16(content))
  if (isUtf8Under(declared, content)) return decodeAs(content, 'utf-8')
  const text = decodeAs(content, declared)
  return isMostlyWrong(text) ? decodeAs(content, guessCharset(content)) : text
}

/** RFC 3629 §6, RFC 2781 §3.2; the mark of UTF-32 begins with that of UTF-16. */
function byMark(content: Buffer): string | undefined {
  const mark = content.subarray(0, 4).toString('hex')
  if (mark === 'fffe0000') return decodeUtf32(content.subarray(4), 'little')
  if (mark === '0000feff') return decodeUtf32(content.subarray(4), 'big')
  if (mark.startsWith('fffe')) return decodeAs(content, 'utf-16le')
  if (mark.startsWith('feff')) return decodeAs(content, 'utf-16be')
  if (mark.startsWith('efbbbf')) return decodeAs(content, 'utf-8')
  return undefined
}

function decodeUtf8(content: Buffer, isHtml: boolean): string {
  if (isUtf8(content)) return decodeAs(content, 'utf-8')
  const text = decodeAs(content, 'utf-8')
  const { right, wrong } = countRight(text)
  if (right > wrong) return text
  const meta = isHtml ? toEncoding(metaCharset(content)) : undefined
  return decodeAs(content, meta === undefined || meta === 'utf-8' ? guessCharset(content) : meta)
}

function isMostlyWrong(text: string): boolean {
  const { right, wrong } = countRight(text)
  return wrong > 1 && wrong > right
}

function guessUtf16(content: Buffer): string {
  const guessed = guessCharset(content)
  return guessed === 'utf-16le' ? guessed : 'utf-16be'
}

const maxLabelChars = 100
const maxHeadBytes = 4096

/** HTML Living Standard §13.2.3.2, in its shortest form. */
function metaCharset(content: Buffer): string {
  const head = content.subarray(0, maxHeadBytes).toString('latin1')
  return (
    /<meta\b[^>]{0,500}?\bcharset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(head)?.[1] ??
    /^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})/i.exec(head)?.[1] ??
    ''
  )
}

/** Labels seen in mail that the WHATWG registry, which TextDecoder knows, does not list. */
const aliases: ReadonlyMap<string, string> = new Map([
  ...['cp932', 'windows-932', 'ms932', 'sjis-win', 'mskanji', 'cp943'].map(
    (name) => [name, 'shift_jis'] as const,
  ),
  ...['cp936', 'windows-936', 'gb2312', 'gb_2312-80', 'euc-cn', 'euccn', 'gb2312-80', 'gb'].map(
    (name) => [name, 'gb18030'] as const,
  ),
  ...['cp949', 'windows-949', 'uhc', 'ks_c_5601', 'ks-c-5601-1987', 'ks-c-5601', 'ksc-5601'].map(
    (name) => [name, 'euc-kr'] as const,
  ),
  ...['cp950', 'windows-950', 'big5hkscs'].map((name) => [name, 'big5'] as const),
  ...['eucjp-win', 'cp51932', 'eucjp', 'ujis'].map((name) => [name, 'euc-jp'] as const),
  ...['cp50220', 'cp50221', 'cp50222', 'iso-2022-jp-1', 'iso-2022-jp-2', 'iso-2022-jp-ms', 'jis'].map(
    (name) => [name, 'iso-2022-jp'] as const,
  ),
  ...['ansi', 'windows', 'windows-ansi', 'latin', 'western', 'iso-8859-1-windows', 'iso-8859'].map(
    (name) => [name, 'windows-1252'] as const,
  ),
  ...['utf8mb4', 'utf-8-mac', 'unicode-1-1-utf-8', 'utf', 'utf-8n', 'utf_8'].map(
    (name) => [name, 'utf-8'] as const,
  ),
  ...['unicode-1-1-utf-7', 'csunicode11utf7', 'utf7'].map((name) => [name, 'utf-7'] as const),
  ...['utf-16', 'ucs-2', 'iso-10646-ucs-2', 'unicode', 'utf16', 'csunicode'].map(
    (name) => [name, 'utf-16'] as const,
  ),
  ['utf16le', 'utf-16le'],
  ['utf16be', 'utf-16be'],
  ['utf32', 'utf-32'],
  ['ucs-4', 'utf-32'],
  ['cp874', 'windows-874'],
  ['iso-8859-8-e', 'iso-8859-8'],
  ['koi8', 'koi8-r'],
  ['koi8r', 'koi8-r'],
  ['koi8u', 'koi8-u'],
  ['koi8-ru', 'koi8-u'],
  ['hz', 'hz-gb-2312'],
  ['latin9', 'iso-8859-15'],
])

/** What no label says more than: the bytes decide. RFC 2045 §5.2: no label is US-ASCII, and nobody keeps to it. */
const sayNothing = new Set(
  'us-ascii ascii ansi_x3.4-1968 default unknown unknown-8bit 8bit 7bit binary none user-defined us auto'.split(
    ' ',
  ),
)
/** TextDecoder does not know them, or only as a refusal. */
const ownDecoders: ReadonlyMap<string, (content: Buffer) => string> = new Map([
  ['utf-7', (content: Buffer) => decodeUtf7(content.toString('latin1'))],
  ['utf-32', (content: Buffer) => decodeUtf32(content, content[0] === 0 ? 'big' : 'little')],
  ['utf-32le', (content: Buffer) => decodeUtf32(content, 'little')],
  ['utf-32be', (content: Buffer) => decodeUtf32(content, 'big')],
  ['iso-2022-kr', (content: Buffer) => decodeShifted(content, 'euc-kr')],
  ['iso-2022-cn', (content: Buffer) => decodeShifted(content, 'gb18030')],
  ['hz-gb-2312', (content: Buffer) => decodeShifted(content, 'gb18030')],
  ['iso-2022-jp', decodeJapanese],
  ['windows-1252', decodeWestern],
  ...(['cp437', 'cp850', 'cp852', 'cp858'] as const).map(
    (page) => [page, (content: Buffer) => decodeDos(content, page)] as const,
  ),
  ...[...isoPages].map(([name, page]) => [name, (content: Buffer) => decodeIso(content, page)] as const),
  ['utf-8', decodeWhole],
])

/** A character in a surrogate pair of three bytes each is six wrong ones to TextDecoder. */
function decodeWhole(content: Buffer): string {
  const decode = (bytes: Buffer) => new TextDecoder().decode(bytes, { stream: true })
  const text = decode(content)
  return text.includes('\ufffd'.repeat(6)) ? decode(joinSurrogates(content)) : text
}

/** An escape right behind another is an error to TextDecoder; two encoded words put together have one. */
const shift = String.raw`\x1b(?:\([BIJ]|\$(?:[@B]|\(D))`
const idleEscape = new RegExp(`${shift}(?=${shift})`, 'g')

function decodeJapanese(content: Buffer): string {
  const escaped = content.toString('latin1').replaceAll(idleEscape, '')
  return new TextDecoder('iso-2022-jp').decode(Buffer.from(escaped, 'latin1'), { stream: true })
}

/** The name that `decodeAs` takes; undefined where the label says nothing. */
function toEncoding(label: string): string | undefined {
  const name = label
    .slice(0, maxLabelChars)
    .toLowerCase()
    // RFC 2231 §5 adds a language; programs add quotes, comments, a second parameter.
    .replace(/[*;(,].*$/s, '')
    .replaceAll(/["'\s]/g, '')
    .replace(/^charset=/, '')
  if (name === '' || sayNothing.has(name)) return undefined
  for (const spelled of spellings(name)) {
    const known = aliases.get(spelled) ?? spelled
    if (known === 'utf-16' || ownDecoders.has(known)) return known
    try {
      return new TextDecoder(known).encoding
    } catch {
      // The next spelling.
    }
  }
  return undefined
}

function spellings(name: string): string[] {
  const plain = name.replace(/^(?:x-|cs)/, '')
  const dashed = plain.replaceAll('_', '-')
  const numbered = /^(?:cp|windows|win|ms|microsoft-cp|ibm|oem|ccsid)-?0*(\d{3,5})$/.exec(dashed)?.[1]
  const iso = /^(?:iso-?)?8859-?(\d{1,2})$/.exec(dashed)?.[1] ?? /^latin-?(\d)$/.exec(dashed)?.[1]
  return [
    name,
    plain,
    dashed,
    ...(numbered === undefined ? [] : [`windows-${numbered}`, `cp${numbered}`, `ibm${numbered}`]),
    ...(iso === undefined ? [] : [`${dashed.startsWith('latin') ? 'latin' : 'iso-8859-'}${iso}`]),
    dashed.replaceAll('-', ''),
  ]
}

function decodeAs(content: Buffer, encoding: string): string {
  const own = ownDecoders.get(encoding)
  if (own !== undefined) return own(content)
  // A slice may end inside a character: stream mode leaves that one out.
  return new TextDecoder(encoding).decode(content, { stream: true })
}
