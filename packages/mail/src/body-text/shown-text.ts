/** The text of a link or another short element on one line: no more of it than could name a host. */
import { altOf, isPixel } from './inline-text.ts'
import type { VisibleElement, VisibleNode } from './visible-nodes.ts'

const maxChars = 1_000

/** Of pictures what they say; where they come from is none of the link's words. */
export function shownText(element: VisibleElement): string {
  let shown = ''
  const walk = (node: VisibleNode): void => {
    if (shown.length > maxChars) return
    if (node.kind === 'text') shown += node.value.slice(0, maxChars)
    else if (node.tag === 'img') shown += isPixel(node.attributes) ? '' : ` ${altOf(node.attributes)} `
    else {
      const isBlock = node.display !== 'inline'
      if (isBlock) shown += ' '
      for (const child of node.children) walk(child)
      if (isBlock) shown += ' '
    }
  }
  walk(element)
  return shown.slice(0, maxChars).replaceAll(/\s+/g, ' ').trim()
}

/** Something of it is seen: words or a picture. */
export function isShown(node: VisibleNode, showsPicture: (picture: VisibleElement) => boolean): boolean {
  if (node.kind === 'text') return /\S/.test(node.value)
  if (node.tag === 'img') return showsPicture(node)
  return node.children.some((child) => isShown(child, showsPicture))
}
