/**
 * A style that strikes words out does what `<s>` does, for each run of words in one line: the line goes through words and
 * not through the blocks that hold them (Text Decoration 3 §2).
 */
import type { VisibleElement, VisibleNode } from './visible-nodes.ts'

/** No line from outside goes through them. */
const isAtomic = /^inline-/

export function strikeThrough(nodes: readonly VisibleNode[], isPreformatted: boolean): VisibleNode[] {
  const found: VisibleNode[] = []
  let run: VisibleNode[] = []
  const endRun = () => {
    if (run.some((node) => node.kind === 'element' || /\S/.test(node.value))) {
      found.push({
        ...{ kind: 'element', tag: 's', attributes: new Map(), display: 'inline', listStyle: 'none' },
        ...{ isPreformatted, children: run },
      })
    } else found.push(...run)
    run = []
  }
  for (const node of nodes) {
    if (node.kind === 'text' || isInLine(node)) run.push(node)
    else {
      endRun()
      found.push(isAtomic.test(node.display) ? node : strikeInside(node))
    }
  }
  endRun()
  return found
}

function strikeInside(element: VisibleElement): VisibleElement {
  return { ...element, children: strikeThrough(element.children, element.isPreformatted) }
}

function isInLine(node: VisibleNode): boolean {
  return (
    node.kind === 'text' || node.tag === 'img' || (node.display === 'inline' && node.children.every(isInLine))
  )
}
