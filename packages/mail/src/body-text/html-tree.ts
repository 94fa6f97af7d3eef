/**
 * The HTML of a mail as the tree that a browser would build (HTML §13.2), with scripting off. Input, elements and depth
 * are capped before any other code sees the tree, so what walks it may be recursive and needs no cap of its own.
 */
import { defaultTreeAdapter, html as names, parse, type DefaultTreeAdapterTypes as Tree } from 'parse5'

export type TreeElement = Tree.Element
export type TreeNode = Tree.ChildNode | Tree.Document | Tree.DocumentFragment

export interface HtmlTree {
  readonly document: Tree.Document
  /** Without a doctype: class names fold case, tables take no font size from outside. */
  readonly isQuirky: boolean
  /** What lies behind the cap, tags taken out. It was not judged. */
  readonly rest: string
}

/** The largest of 1,128 real mails has 9,000; a mail with more is trying to cost time. */
const maxElements = 40_000
/** What Chromium nests; deeper elements become siblings there too. */
const maxDepth = 512

class TooManyElements extends Error {}

export function parseHtml(source: string): HtmlTree {
  const cut = indexOfTag(source, maxElements / 2)
  const rest = stripTags(source.slice(cut))
  try {
    const document = parse(source.slice(0, cut), {
      scriptingEnabled: false,
      treeAdapter: createCappedAdapter(),
    })
    const isQuirky = defaultTreeAdapter.getDocumentMode(document) === names.DOCUMENT_MODE.QUIRKS
    return { document, isQuirky, rest }
  } catch (error) {
    if (!(error instanceof TooManyElements)) throw error
    return { document: parse(''), isQuirky: true, rest: stripTags(source) }
  }
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
      if (elements > maxElements) throw new TooManyElements()
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

function stripTags(source: string): string {
  const texts: string[] = []
  for (let at = 0; at < source.length; ) {
    const open = source.indexOf('<', at)
    texts.push(source.slice(at, open < 0 ? source.length : open))
    const close = open < 0 ? -1 : source.indexOf('>', open)
    if (close < 0) break
    at = close + 1
  }
  return texts.join(' ')
}

export function isElement(node: TreeNode): node is TreeElement {
  return 'tagName' in node
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
