/** RFC 2047 §2: words of a header that are not ASCII; what does not decode stays as it is. */
import { decodeCharset, decodeTransfer } from '../body-text/decode-part.ts'

const maxChars = 16 * 1024

export function decodeWords(value: string): string {
  return value
    .slice(0, maxChars)
    .replaceAll(/(=\?[^?\s]{1,60}\?[bq]\?[^?\s]{0,900}\?=)\s{1,20}(?==\?)/gi, '$1')
    .replaceAll(
      /=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bq])\?([^?\s]{0,900})\?=/gi,
      (_, charset: string, coding: string, word: string) => {
        const isBase64 = coding.toLowerCase() === 'b'
        const raw = Buffer.from(isBase64 ? word : word.replaceAll('_', ' '), 'latin1')
        return decodeCharset(decodeTransfer(raw, isBase64 ? 'base64' : 'quoted-printable'), charset)
      },
    )
}
