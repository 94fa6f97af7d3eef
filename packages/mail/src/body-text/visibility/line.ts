/**
 * Words in front of a text push it to the right in its line: a line that begins outside the page, by a negative indent,
 * reaches the page behind its first words.
 */
export interface Line {
  /** Of the words in it so far, as if they stood in one line. */
  width: number
  /** An indent is of the first line alone (CSS Text 3 §8.1). */
  isFirst: boolean
  /** How high what was in front of it in its box is, at least. */
  above: number
}

export function createLine(): Line {
  return { width: 0, isFirst: true, above: 0 }
}

/** A letter is half as wide as it is high, more or less. */
export const widthPerSize = 0.5

export function addText(line: Line, text: string, size: number): void {
  const words = text.replaceAll(/\s+/g, ' ')
  line.width += (line.width === 0 ? words.trimStart() : words).length * size * widthPerSize
}

/** `<br>` */
export function breakLine(line: Line, size: number): void {
  line.isFirst = false
  line.above += size
}

/** How far its next word stands beside where its lines begin. */
export function indentOf({ width, isFirst }: Line, textIndent: number): number {
  if (!isFirst) return 0
  return textIndent < 0 ? Math.min(0, textIndent + width) : textIndent
}
