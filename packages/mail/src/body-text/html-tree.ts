/**
 * The HTML of a mail as the tree that a browser would build (HTML §13.2), with scripting off. Input, elements and depth
 * are capped before any other code sees the tree, so what walks it may be recursive and needs no cap of its own.
 */
import { defaultTreeAdapter, html as names, parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'
import { OutOfBudget } from './css/budget.ts'
import { plainRest } from './plain-rest.ts'

export type TreeElement = Tree.Element
export type TreeNode = Tree.ChildNode | Tree.Document | Tree.DocumentFragment

export interface HtmlTree {
  readonly document: Tree.Document
  /** Without a doctype: class names fold case, tables take no font size from outside. */
  readonly isQuirky: boolean
  /** The words that lie behind the cap. They were not judged. */
  readonly rest: string
}

/** A part of a body is no longer; the start of an attachment may be. */
const maxChars = 1024 * 1024
/** The largest of 1,120 real mails has 1,200, and Gmail cuts an email at 102 kB; one with more is trying to cost time. */
const maxElements = 8_000
const maxTags = 2 * maxElements
/** What Chromium nests; deeper elements become siblings there too. */
const maxDepth = 512

export function parseHtml(source: string): HtmlTree {
  const cut = Math.min(indexOfTag(source, maxTags), maxChars)
  const rest = cut < source.length ? plainRest(source.slice(endOfCode(source, cut))) : ''
  try {
    const document = parse(source.slice(0, cut), {
      scriptingEnabled: false,
      treeAdapter: createCappedAdapter(),
    })
    const isQuirky = defaultTreeAdapter.getDocumentMode(document) === names.DOCUMENT_MODE.QUIRKS
    return { document, isQuirky, rest }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
    return { document: parse(''), isQuirky: true, rest: plainRest(source) }
  }
}

/** A cut inside a style sheet, a script or a comment leaves out the rest of it, too. */
function endOfCode(source: string, cut: number): number {
  const before = source.slice(0, cut).toLowerCase()
  for (const [open, close] of [
    ['<style', '</style'],
    ['<script', '</script'],
    ['<!--', '-->'],
  ] as const) {
    if (before.lastIndexOf(open) <= before.lastIndexOf(close)) continue
    const end = source.toLowerCase().indexOf(close, cut)
    return end < 0 ? source.length : source.indexOf('>', end) + 1 || source.length
  }
  return cut
}

/** Formatting elements are opened again in each paragraph: a short source can ask for a square of elements. */
function createCappedAdapter(): typeof defaultTreeAdapter {
  let elements = 0
  const depths = new WeakMap<object, number>()
  const depthOf = (node: object) => depths.get(node) ?? 0

  function toHost(parent: Tree.ParentNode, child: object): Tree.ParentNode {
    const above = 'parentNode' in parent ? parent.parentNode : null
    const host = depthOf(parent) >= maxDepth && above !== null && 'tagName' in child ? above : parent
    depths.set(child, depthOf(host) + 1)
    return host
  }
  return {
    ...defaultTreeAdapter,
    createElement(tagName, namespace, attributes) {
      elements += 1
      if (elements > maxElements) throw new OutOfBudget()
      return defaultTreeAdapter.createElement(tagName, namespace, attributes)
    },
    appendChild: (parent, child) => defaultTreeAdapter.appendChild(toHost(parent, child), child),
    insertBefore(parent, child, reference) {
      depths.set(child, depthOf(parent) + 1)
      defaultTreeAdapter.insertBefore(parent, child, reference)
    },
  }
}

/** Where the tag of this number begins; the end of the source if it has fewer. */
function indexOfTag(source: string, number: number): number {
  let at = -1
  for (let count = 0; count <= number; count += 1) {
    at = source.indexOf('<', at + 1)
    if (at < 0) return source.length
  }
  return at
}

export function isElement(node: TreeNode): node is TreeElement {
  return 'tagName' in node
}

export function isComment(node: TreeNode): node is Tree.CommentNode {
  return node.nodeName === '#comment'
}

export function isText(node: TreeNode): node is Tree.TextNode {
  return node.nodeName === '#text'
}

export function childrenOf(node: TreeNode): readonly Tree.ChildNode[] {
  return 'childNodes' in node ? node.childNodes : []
}

export function attributeOf(element: TreeElement, name: string): string | undefined {
  return element.attrs.find((attribute) => attribute.name === name)?.value
}
