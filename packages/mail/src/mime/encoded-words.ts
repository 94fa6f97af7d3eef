/**
 * Header text as its writer meant it: raw bytes by their evidence, then encoded words (RFC 2047), whose bytes are put
 * together before they are decoded, since programs cut them inside a character.
 */
import { decodeText } from './charset.ts'

/** Longer lines are cut before they are looked at; a word may hold a `?` that should have been coded. */
const maxChars = 16 * 1024
const encodedWord = /=\?([^?\s]{0,100})\?([bq])\?((?:[^?]|\?(?!=)){0,2000})\?=/gi

export function decodeHeader(value: Buffer | string): string {
  const text = typeof value === 'string' ? value : decodeText(value.subarray(0, maxChars * 2), '')
  return decodeWords(text.slice(0, maxChars))
}

export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text
  let decoded = ''
  let from = 0
  let open: { charset: string; bytes: Buffer[]; base64: string } | undefined
  const close = () => {
    if (open !== undefined) {
      open.bytes.push(Buffer.from(open.base64, 'base64'))
      decoded += decodeText(Buffer.concat(open.bytes), open.charset)
    }
    open = undefined
  }
  for (const match of text.matchAll(encodedWord)) {
    const [whole, label = '', coding = '', content = ''] = match
    const between = text.slice(from, match.index)
    // §6.2: white space between two words is none of the text.
    const isNext = open !== undefined && /^\s*$/.test(between)
    if (!isNext) {
      close()
      decoded += between
    }
    const charset = label.toLowerCase().replace(/\*.*$/, '')
    if (open !== undefined && open.charset !== charset) close()
    open ??= { charset, bytes: [], base64: '' }
    if (coding.toLowerCase() === 'b') {
      // A word that ends within four characters of code without padding goes on in the next.
      const isWhole = open.base64.length % 4 === 0 || open.base64.endsWith('=')
      if (isWhole) open.bytes.push(Buffer.from(open.base64, 'base64'))
      open.base64 = isWhole ? content : open.base64 + content
    } else {
      open.bytes.push(Buffer.from(open.base64, 'base64'), decodeQ(content))
      open.base64 = ''
    }
    from = match.index + whole.length
  }
  close()
  return decoded + text.slice(from)
}

/** §4.2. What is not ASCII should not be there, and is UTF-8 by now. */
function decodeQ(content: string): Buffer {
  const bytes = Buffer.from(content.replaceAll('_', ' '), 'utf8').toString('latin1')
  const coded = bytes.replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(coded, 'latin1')
}
