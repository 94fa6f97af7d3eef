/**
 * The HTML of a mail as what a person sees of it: elements and text in order, each text shown or unsure, hidden text
 * gone and counted. Every rendering starts from here, so that none shows what another hides. Loads and runs nothing.
 */
import { createCascade } from './css/cascade.ts'
import { parseCss } from './css/css-tree.ts'
import { linkColourOf } from './css/defaults.ts'
import { evaluateMedia } from './css/media.ts'
import { parseStylesheet } from './css/stylesheet.ts'
import {
  attributeOf,
  childrenOf,
  isElement,
  isText,
  parseHtml,
  type TreeElement,
  type TreeNode,
} from './html-tree.ts'
import { removeInvisible } from './invisible-characters.ts'
import { isCovered, judgeText, type Place, placeInside, rootPlace, type Surroundings } from './visibility.ts'

export type VisibleNode = VisibleElement | VisibleText

export interface VisibleElement {
  readonly kind: 'element'
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  readonly display: string
  readonly isPreformatted: boolean
  /** Nothing of it is shown, pictures included; its children are none. */
  readonly children: readonly VisibleNode[]
}

export interface VisibleText {
  readonly kind: 'text'
  readonly value: string
  /** Something touches its visibility that is not understood. */
  readonly isUnsure: boolean
}

export interface VisibleTree {
  readonly children: readonly VisibleNode[]
  /** Letters and digits that were hidden, or carried by characters that print nothing. */
  readonly hiddenChars: number
  /** Something may be hidden of what is shown. */
  readonly isUnsure: boolean
}

/** Elements whose content is code, or is shown only where they do not work. */
const neverShown = new Set(
  'script style head title meta link base template datalist noembed noframes frameset param source track area rp iframe object embed applet audio video canvas meter progress'.split(
    ' ',
  ),
)

export function toVisibleTree(html: string): VisibleTree {
  const { document, isQuirky, rest } = parseHtml(html)
  const sheets: string[] = []
  let body: TreeElement | undefined
  collect(document)
  const sheet = parseStylesheet(sheets.join('\n'))
  const cascade = createCascade(sheet, isQuirky)
  let covers = 0
  const surroundings: Surroundings = {
    linkColour: linkColourOf(body),
    keyframes: sheet.keyframes,
    nextCover: () => ++covers,
  }
  let hiddenChars = 0
  let isUnsure = !sheet.isComplete || rest !== ''

  const pending: { node: { value: string; isUnsure: boolean }; place: Place }[] = []
  const root = { ...rootPlace(), isUnsure: !sheet.isComplete }
  const children = visit(document, root)
  for (const { node, place } of pending) {
    if (isCovered(place)) node.isUnsure = true
    if (node.isUnsure) isUnsure = true
  }
  if (cascade.isExhausted()) isUnsure = true
  const left: VisibleNode[] = rest.trim() === '' ? [] : [{ kind: 'text', value: rest, isUnsure: true }]
  return { children: [...children, ...left], hiddenChars, isUnsure }

  /** Style sheets wherever they are: one inside hidden elements counts in a browser, too. */
  function collect(node: TreeNode): void {
    if (isElement(node)) {
      if (node.tagName === 'body') body ??= node
      if (node.tagName === 'style' && applies(attributeOf(node, 'media'))) sheets.push(textOf(node))
      const href = node.tagName === 'link' ? attributeOf(node, 'href') : undefined
      if (href !== undefined && /stylesheet/i.test(attributeOf(node, 'rel') ?? ''))
        sheets.push(readDataUrl(href))
    }
    for (const child of childrenOf(node)) collect(child)
  }

  function visit(node: TreeNode, place: Place): VisibleNode[] {
    const found: VisibleNode[] = []
    for (const child of childrenOf(node)) {
      if (isText(child)) {
        const text = readText(child.value, place)
        if (text !== undefined) found.push(text)
      } else if (isElement(child)) {
        const element = readElement(child, place)
        if (element !== undefined) found.push(element)
      }
    }
    return found
  }

  function readText(value: string, place: Place): VisibleText | undefined {
    const clean = removeInvisible(value)
    if (clean.removed) hiddenChars += value.length - clean.text.length
    const words = clean.text.trim()
    const verdict = words === '' ? (place.isHidden ? 'hidden' : 'shown') : judgeText(place, words.length)
    if (verdict === 'hidden') {
      hiddenChars += countLetters(words)
      return undefined
    }
    const node = { kind: 'text' as const, value: clean.text, isUnsure: verdict === 'unsure' }
    if (words !== '') pending.push({ node, place })
    return node
  }

  function readElement(element: TreeElement, parent: Place): VisibleElement | undefined {
    const { tagName: tag } = element
    if (neverShown.has(tag) && tag !== 'head') {
      if (!/^(?:script|style|title|template|link|meta|base)$/.test(tag))
        hiddenChars += countLetters(textOf(element))
      return undefined
    }
    if (isClosed(element)) {
      hiddenChars += countLetters(textOf(element))
      return undefined
    }
    const style = cascade.styleOf(element, parent.customProperties)
    const place = placeInside(style, parent, surroundings)
    const children = visit(element, place)
    if (tag === 'head' || (place.isHidden && children.length === 0)) return undefined
    return {
      kind: 'element',
      tag,
      attributes: new Map(element.attrs.map(({ name, value }) => [name, value])),
      display: place.display,
      isPreformatted: /^(?:pre|pre-wrap|break-spaces|pre-line)$/.test(place.whiteSpace),
      children: place.isHidden ? [] : children,
    }
  }
}

/** All of a closed `details` but its summary, all of a `select` but what is chosen, what MathML and SVG only annotate. */
function isClosed(element: TreeElement): boolean {
  const { tagName: tag, parentNode: parent } = element
  if (parent === null || !isElement(parent)) return false
  if (parent.tagName === 'details' && attributeOf(parent, 'open') === undefined) {
    const summary = parent.childNodes.find((node) => isElement(node) && node.tagName === 'summary')
    return element !== summary
  }
  if (tag === 'option')
    return attributeOf(element, 'selected') === undefined && element !== parent.childNodes.find(isElement)
  return (
    /^annotation(?:-xml)?$/.test(tag) ||
    (/^(?:title|desc|metadata|defs|symbol)$/.test(tag) && parent.namespaceURI.endsWith('svg'))
  )
}

function applies(media: string | undefined): boolean {
  return media === undefined || evaluateMedia(parseCss(media, 'mediaQueryList')) !== 'fails'
}

/** A sheet inside the mail itself; one from elsewhere is never loaded. */
function readDataUrl(href: string): string {
  const found = /^data:text\/css(?:;[^,;]{0,50}){0,5},/i.exec(href.trim())
  if (found === null) return ''
  const content = href.trim().slice(found[0].length)
  if (/;base64,$/i.test(found[0])) return Buffer.from(content, 'base64').toString('utf8')
  try {
    return decodeURIComponent(content)
  } catch {
    return content
  }
}

function textOf(node: TreeNode): string {
  const parts: string[] = []
  const walk = (one: TreeNode): void => {
    if (isText(one)) parts.push(one.value)
    for (const child of childrenOf(one)) walk(child)
  }
  walk(node)
  return parts.join('')
}

function countLetters(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0
}
