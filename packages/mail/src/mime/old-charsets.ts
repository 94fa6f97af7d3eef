/** Charsets that TextDecoder does not know, refuses, or gets wrong, and that mail still comes in. */

/** 0x80 to 0x9F of windows-1252, where ISO-8859-1 has controls that no mail means. */
const western = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** Not by TextDecoder: Node 20 takes windows-1252 for ISO-8859-1 and turns euro signs into controls. */
export function decodeWestern(content: Buffer): string {
  return content
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (char) => western.charAt(char.charCodeAt(0) - 0x80))
}

/** 0x80 to 0xFF of the code pages that DOS programs left behind. */
const dos = {
  cp437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
  cp852:
    'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0',
  cp858:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
}

export function decodeDos(content: Buffer, page: keyof typeof dos): string {
  return content
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (char) => dos[page].charAt(char.charCodeAt(0) - 0x80))
}

interface IsoPage {
  readonly iso: string
  /** Of the same language, with letters and signs where the standard has controls. */
  readonly windows: string
  /** What only a text that is written in that page as a whole has. */
  readonly proof: RegExp
}

/**
 * Programs name the standard and write the page of Windows. Some turned its letters into the standard's and left its
 * quotes and dashes: there the letters are the standard's.
 */
export const isoPages: ReadonlyMap<string, IsoPage> = new Map(
  (
    [
      ['iso-8859-2', 'windows-1250', /[\x8a\x8c-\x8f\x9a\x9c-\x9f]/],
      // An accented capital, where the standard has a closing quote.
      ['iso-8859-7', 'windows-1253', /(?<![\xc0-\xfe])\xa2[\xc0-\xfe]/],
      ['iso-8859-8', 'windows-1255', /[\x80-\x9f]/],
      ['iso-8859-8-i', 'windows-1255', /[\x80-\x9f]/],
      // The letters are the same.
      ['iso-8859-13', 'windows-1257', /(?!)/],
      ['iso-8859-15', 'windows-1252', /[\x80\x8a\x8c\x8e\x9a\x9c\x9e\x9f]/],
    ] as const
  ).map(([iso, windows, proof]) => [iso, { iso, windows, proof }]),
)

export function decodeIso(content: Buffer, { iso, windows, proof }: IsoPage): string {
  const bytes = content.toString('latin1')
  const decode = (part: Buffer) =>
    windows === 'windows-1252' ? decodeWestern(part) : new TextDecoder(windows).decode(part)
  const isWindows = /[\x80-\x9f]/.test(bytes)
  if (isWindows && proof.test(bytes)) return decode(content)
  const text = new TextDecoder(iso).decode(content)
  return isWindows ? text.replace(/[\x80-\x9f]+/g, (signs) => decode(Buffer.from(signs, 'latin1'))) : text
}

/** Java and some databases write each half of a pair as a character of its own (Unicode Technical Report 26). */
export function joinSurrogates(content: Buffer): Buffer {
  const pair = /\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])/g
  const joined = content.toString('latin1').replace(pair, (whole) => {
    const half = (at: number) => 0xd000 | ((whole.charCodeAt(at) & 63) << 6) | (whole.charCodeAt(at + 1) & 63)
    return Buffer.from(String.fromCharCode(half(1), half(4))).toString('latin1')
  })
  return Buffer.from(joined, 'latin1')
}

/** RFC 2152. */
export function decodeUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_, encoded: string) => {
    if (encoded === '') return '+'
    const bytes = Buffer.from(encoded, 'base64')
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('utf16le')
  })
}

export function decodeUtf32(content: Buffer, order: 'little' | 'big'): string {
  const text: string[] = []
  for (let at = 0; at + 4 <= content.length; at += 4) {
    const code = order === 'big' ? content.readUInt32BE(at) : content.readUInt32LE(at)
    const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
    text.push(isCharacter ? String.fromCodePoint(code) : '\ufffd')
  }
  return text.join('')
}

const [shiftOut, shiftIn, escapeMark] = ['\u000e', '\u000f', '\u001b']

/** RFC 1557 and RFC 1922 shift with SO and SI, RFC 1843 with `~{` and `~}`: between them the high bit is missing. */
export function decodeShifted(content: Buffer, charset: 'euc-kr' | 'gb18030'): string {
  const text = content.toString('latin1')
  const isHz = text.includes('~{')
  const [open, close] = isHz ? ['~{', '~}'] : [shiftOut, shiftIn]
  let bytes = ''
  for (const [at, run] of text.split(open).entries()) {
    const end = at === 0 ? 0 : run.indexOf(close)
    const inside = at === 0 ? '' : end < 0 ? run : run.slice(0, end)
    const outside = at === 0 ? run : end < 0 ? '' : run.slice(end + close.length)
    bytes += inside.replaceAll(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) | 0x80))
    bytes += isHz ? outside.replaceAll(/~~|~\r?\n/g, (coded) => (coded === '~~' ? '~' : '')) : outside
  }
  // What names the charset, once at the start.
  const plain = bytes.split(escapeMark).map((run, at) => (at === 0 ? run : run.replace(/^\$[)*+]?[A-Z]/, '')))
  return new TextDecoder(charset).decode(Buffer.from(plain.join(''), 'latin1'))
}
