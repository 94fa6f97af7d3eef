/** The words of an HTML part, seen and unseen. */
import type { VisibleNode, VisibleTree } from './visible-tree.ts'
import { type Words, wordsOf } from './words.ts'

export interface HtmlWords {
  readonly visible: Words
  /** Not shown; a plain text part may say them all the same. */
  readonly hidden: Words
}

export function wordsOfTree(tree: VisibleTree): HtmlWords {
  const shown: string[] = []
  const visit = (node: VisibleNode): void => {
    if (node.kind === 'text') shown.push(node.value)
    else {
      // A block ends a word, an element inside a line may stand in the middle of one.
      const isLine = node.display.startsWith('inline') && node.tag !== 'br' && node.tag !== 'img'
      if (!isLine) shown.push(' ')
      for (const child of node.children) visit(child)
      if (!isLine) shown.push(' ')
    }
  }
  for (const node of tree.children) visit(node)
  return { visible: wordsOf(`${shown.join('')} ${tree.rest}`), hidden: wordsOf(tree.hiddenTexts.join(' ')) }
}
