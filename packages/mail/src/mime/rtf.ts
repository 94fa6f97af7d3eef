/**
 * The body that Outlook keeps as compressed RTF (MS-OXRTFCP): inflated, and read as text, or as the HTML that it was made
 * from (MS-OXRTFEX). One pass each, bounded by the size of the input and a cap on the output.
 */
import { decodeText } from './charset.ts'

const maxOutputBytes = 8 * 1024 * 1024
const dictionarySize = 4096
const known =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx'

export function decompressRtf(bytes: Buffer): Buffer {
  if (bytes.length < 16) return Buffer.alloc(0)
  const kind = bytes.readUInt32LE(8)
  if (kind === 0x414c454d) return bytes.subarray(16)
  if (kind !== 0x75465a4c) return Buffer.alloc(0)
  const size = Math.min(bytes.readUInt32LE(4), maxOutputBytes)
  const dictionary = Buffer.alloc(dictionarySize)
  dictionary.write(known, 'latin1')
  let write = known.length
  const output = Buffer.alloc(size)
  let length = 0
  const put = (byte: number) => {
    dictionary[write] = byte
    write = (write + 1) % dictionarySize
    if (length < size) output[length++] = byte
  }
  for (let at = 16; at < bytes.length && length < size; ) {
    const control = bytes[at++] ?? 0
    for (let bit = 0; bit < 8 && at < bytes.length; bit++) {
      if ((control & (1 << bit)) === 0) {
        put(bytes[at++] ?? 0)
        continue
      }
      const word = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      at += 2
      const offset = word >> 4
      if (offset === write) return output.subarray(0, length)
      for (let n = 0; n < (word & 0x0f) + 2; n++) put(dictionary[(offset + n) % dictionarySize] ?? 0)
    }
  }
  return output.subarray(0, length)
}

interface Group {
  /** Nothing of it is text. */
  readonly isSkipped: boolean
  readonly isTag: boolean
}

/** Groups that hold no text of the document. */
const unread = new Set(
  'fonttbl colortbl stylesheet info pict object header footer themedata datastore'.split(' '),
)
const breaks: ReadonlyMap<string, string> = new Map([
  ['par', '\n'],
  ['line', '\n'],
  ['row', '\n'],
  ['tab', '\t'],
  ['cell', '\t'],
  ['emdash', '—'],
  ['endash', '–'],
  ['bullet', '•'],
  ['lquote', '‘'],
  ['rquote', '’'],
  ['ldblquote', '“'],
  ['rdblquote', '”'],
])

export function readRtf(rtf: Buffer): { text: string; html?: string } {
  const source = rtf.toString('latin1')
  const isHtml = source.slice(0, 2000).includes('\\fromhtml1')
  let charset = 'windows-1252'
  let isRtfOnly = false
  let toSkip = 0
  let afterUnicode = 1
  let bytes = ''
  const output: string[] = []
  const groups: Group[] = []
  let group: Group = { isSkipped: false, isTag: false }
  const flush = () => {
    if (bytes !== '') output.push(decodeText(Buffer.from(bytes, 'latin1'), charset))
    bytes = ''
  }
  const isRead = () => !group.isSkipped && (!isRtfOnly || group.isTag)
  const put = (text: string) => {
    flush()
    if (isRead()) output.push(text)
  }
  const token = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)/gi
  for (const [, word, number, hex, symbol, brace, text] of source.matchAll(token)) {
    if (brace === '{') groups.push(group)
    else if (brace === '}') {
      flush()
      group = groups.pop() ?? { isSkipped: false, isTag: false }
    } else if (hex !== undefined) {
      if (toSkip > 0) toSkip--
      else if (isRead()) bytes += String.fromCharCode(Number.parseInt(hex, 16))
    } else if (text !== undefined) {
      const shown = text.slice(toSkip)
      toSkip = Math.max(0, toSkip - text.length)
      if (isRead()) bytes += shown
    } else if (symbol !== undefined) {
      if (symbol === '*') group = { isSkipped: true, isTag: false }
      else if (/[\\{}]/.test(symbol) && isRead()) bytes += symbol
      else if (symbol === '~') put('\u00a0')
    } else if (word !== undefined) readWord(word, number)
    if (groups.length > 1000) break
  }
  flush()
  const whole = output.join('')
  return isHtml ? { text: '', html: whole } : { text: whole }

  function readWord(word: string, number: string | undefined): void {
    if (word === 'htmltag') group = { isSkipped: !isHtml, isTag: true }
    else if (word === 'htmlrtf') {
      flush()
      isRtfOnly = isHtml && number !== '0'
    } else if (word === 'ansicpg') charset = `windows-${number}`
    else if (word === 'uc') afterUnicode = Math.min(10, Number(number ?? 1))
    else if (word === 'u' && number !== undefined) {
      put(String.fromCharCode(Number(number) & 0xffff))
      toSkip = afterUnicode
    } else if (unread.has(word)) group = { isSkipped: true, isTag: false }
    else {
      const text = breaks.get(word)
      if (text !== undefined && !(isHtml && word === 'tab' && isRtfOnly)) put(text)
    }
  }
}
