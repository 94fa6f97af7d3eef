/** Charsets that TextDecoder does not know, refuses, or gets wrong, and that mail still comes in. */

/** 0x80 to 0x9F of windows-1252, where ISO-8859-1 has controls that no mail means. */
const western = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** Not by TextDecoder: Node 20 takes windows-1252 for ISO-8859-1 and turns euro signs into controls. */
export function decodeWestern(content: Buffer): string {
  return content
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (char) => western.charAt(char.charCodeAt(0) - 0x80))
}

/** 0x80 to 0xFF of the two code pages that DOS programs left behind. */
const dos = {
  cp437:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
}

export function decodeDos(content: Buffer, page: keyof typeof dos): string {
  return content
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (char) => dos[page].charAt(char.charCodeAt(0) - 0x80))
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
