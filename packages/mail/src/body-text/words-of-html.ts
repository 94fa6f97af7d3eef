/** The words of an HTML part, in its text and beside it. */
import { altOf, isPixel } from './inline-text.ts'
import { sitesOf } from './link-names.ts'
import { parseLink } from './link-target.ts'
import { findDotted } from './named-hosts.ts'
import type { VisibleNode } from './visible-nodes.ts'
import type { VisibleTree } from './visible-tree.ts'
import { previewLineOf } from './warnings.ts'
import { listWords, type TextWords } from './words.ts'

export function wordsOfTree(tree: VisibleTree): TextWords {
  const shown: string[] = []
  const targets: string[] = []
  const pictures: string[] = []
  const visit = (node: VisibleNode): void => {
    if (node.kind === 'text') shown.push(node.value)
    else {
      // A block ends a word, an element inside a line may stand in the middle of one.
      const isLine = node.display.startsWith('inline') && node.tag !== 'br' && node.tag !== 'img'
      if (!isLine) shown.push(' ')
      const target = node.tag === 'a' ? parseLink(node.attributes.get('href'), tree.base) : undefined
      if (target !== undefined) targets.push(target.host)
      if (node.tag === 'img' && !isPixel(node.attributes)) pictures.push(altOf(node.attributes))
      for (const child of node.children) visit(child)
      if (!isLine) shown.push(' ')
    }
  }
  for (const node of tree.children) visit(node)
  const visible = `${shown.join('')} ${tree.rest}`
  return {
    visible: listWords(visible),
    beside: listWords([previewLineOf(tree), ...pictures].join(' ')),
    sites: sitesOf([...targets, ...findDotted(visible)]),
  }
}
