/**
 * Files that a program put into the text itself, in the form of uuencode (POSIX.1-2017, uuencode): pages of code between
 * the words. Each that is whole is named in its place; a sentence that begins with the same word is none.
 */

const firstLine = /^begin [0-7]{3,4} (\S.*)$/
/** Up to the grave accent that some write for a blank: no small letter, so no sentence. */
const codeLine = /^[\x20-\x60]+$/

/** `isCut`: a file that goes on where the text was cut is one too. */
export function nameUuFiles(text: string, isCut: boolean, toMark: (name: string) => string): string {
  if (!text.includes('begin ')) return text
  const lines = text.split('\n')
  const shown: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const [, name] = firstLine.exec(line.trimEnd()) ?? []
    const end = name === undefined ? undefined : endOfFile(lines, at + 1, isCut)
    if (name === undefined || end === undefined) shown.push(line)
    else {
      shown.push(toMark(name))
      at = end
    }
  }
  return shown.join('\n')
}

/** A first line is no line of code: each line is looked at for one file only. */
function endOfFile(lines: readonly string[], from: number, isCut: boolean): number | undefined {
  let at = from
  while (octetsOf(lines[at]) > 0) at++
  if (at === from) return undefined
  if (isCut && at >= lines.length - 1) return at
  // A line of no octets comes last.
  const line = lines[at]?.trim() ?? ''
  if (line === '' || line === '`') at++
  return lines[at]?.trim() === 'end' ? at : undefined
}

/** As its first character says; 0 where the line is none of code. Blanks at its end may be lost, and a check be behind it. */
function octetsOf(line = ''): number {
  const code = line.trimEnd()
  if (!codeLine.test(code)) return 0
  const octets = (code.charCodeAt(0) - 32) & 63
  return code.length <= 2 + Math.ceil(octets / 3) * 4 ? octets : 0
}
