/**
 * What is said of hidden text. A newsletter hides its preview line, a spacer or a label as a matter of course: only
 * words that the reader sees nowhere in the mail are news.
 */
import type { VisibleNode, VisibleTree } from './visible-tree.ts'

/** In front of the text, where no one piece of it can be named. */
export const partlyStyledMark =
  '[The styles of this email were not understood to their end: a mail program may hide some of it.]'

/** One word. Of 520 mails a bound of 20 letters would silence eight, and an order to a machine may be shorter. */
const leastLetters = 6

export function hiddenWarnings(tree: VisibleTree): string[] {
  return [
    ...(tree.hadCarriers || hidesWords(tree) ? ['hidden_text_removed'] : []),
    ...(tree.isUnsure ? ['hidden_text_possible'] : []),
  ]
}

function hidesWords({ children, hiddenTexts, rest }: VisibleTree): boolean {
  if (hiddenTexts.length === 0) return false
  const seen = new Set(wordsOf(rest))
  const walk = (node: VisibleNode): void => {
    if (node.kind === 'text') for (const word of wordsOf(node.value)) seen.add(word)
    else for (const child of node.children) walk(child)
  }
  for (const node of children) walk(node)
  let letters = 0
  for (const text of hiddenTexts)
    for (const word of wordsOf(text)) if (!seen.has(word)) letters += word.length
  return letters >= leastLetters
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
