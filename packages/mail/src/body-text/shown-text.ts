/** The text of a link or another short element on one line: no more of it than could name a host. */
import { imageText } from './inline-text.ts'
import type { VisibleElement, VisibleNode } from './visible-tree.ts'

const maxChars = 1_000

export function shownText(element: VisibleElement): string {
  let shown = ''
  const walk = (node: VisibleNode): void => {
    if (shown.length > maxChars) return
    if (node.kind === 'text') shown += node.value.slice(0, maxChars)
    else if (node.tag === 'img') shown += ` ${imageText(node)} `
    else for (const child of node.children) walk(child)
  }
  walk(element)
  return shown.slice(0, maxChars).replaceAll(/\s+/g, ' ').trim()
}
