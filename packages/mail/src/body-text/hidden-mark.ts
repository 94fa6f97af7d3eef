/** The mark around words that may be hidden. Its end is the first closing bracket, so the words have none of their own. */
export const unsureMark = '[possibly hidden: '

export function insideMark(words: string): string {
  return words.trim().replaceAll('[', '(').replaceAll(']', ')')
}
