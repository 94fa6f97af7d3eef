/**
 * The HTML of a mail as what a person sees of it: elements and text in order, each text shown or unsure, hidden text
 * gone and counted. Every rendering starts from here, so that none shows what another hides. Loads and runs nothing.
 */
import { createBudget, OutOfBudget } from './css/budget.ts'
import { createCascade } from './css/cascade.ts'
import { linkColourOf } from './css/defaults.ts'
import { ownSheet } from './css/own-sheets.ts'
import { parseStylesheet } from './css/stylesheet.ts'
import {
  attributeOf,
  childrenOf,
  isComment,
  isElement,
  isText,
  parseHtml,
  type TreeElement,
  type TreeNode,
} from './html-tree.ts'
import { isPadding, removeInvisible } from './invisible-characters.ts'
import { parseLink } from './link-target.ts'
import { strikeThrough } from './strike-through.ts'
import { isCovered, judgePicture, judgeText } from './visibility/judge.ts'
import { addText, breakLine } from './visibility/line.ts'
import { type Place, rootPlace } from './visibility/place.ts'
import { placeInside, type Surroundings } from './visibility/place-inside.ts'
import { addAbove } from './visibility/push.ts'
import type { VisibleElement, VisibleNode, VisibleText } from './visible-nodes.ts'

export interface HiddenText {
  readonly text: string
  readonly isComment: boolean
  /** Nothing that is shown stands in front of it. */
  readonly isFirst: boolean
}

export interface VisibleTree {
  readonly children: readonly VisibleNode[]
  /** What was hidden, a piece for each place: the start of it, if there is very much. */
  readonly hiddenTexts: readonly HiddenText[]
  /** Characters that print nothing and can spell words were taken out. */
  readonly hadCarriers: boolean
  /** Something may be hidden of what is shown, or was not laid out. */
  readonly isUnsure: boolean
  /** The style sheets were not understood to their end, so any of it may be hidden. */
  readonly isPartlyStyled: boolean
  /** The words that were not laid out. */
  readonly rest: string
  /** What relative links start from, where the mail says so. */
  readonly base: string | undefined
}

/** Of hidden words enough to judge whether they are news. */
const maxHiddenChars = 20_000

/** Code and metadata: nobody expects to see them, so leaving them out is no news. */
const code = new Set('script style title meta link base'.split(' '))
/** Shown by no mail program, or only where something else does not work. */
const neverShown = new Set(
  'template datalist noembed noframes frameset param source track area rp iframe object embed audio video canvas meter progress'.split(
    ' ',
  ),
)

/** What of it is shown and what hidden is for the style to say; a comment is a sentence to a machine, or a label. */
const leastWordsOfComment = 4

export function toVisibleTree(html: string): VisibleTree {
  const { document, isQuirky, rest } = parseHtml(html)
  const sheets: string[] = []
  let body: TreeElement | undefined
  let base: string | undefined
  collect(document)
  const sheet = parseStylesheet(sheets.join('\n'), isQuirky)
  const budget = createBudget()
  const cascade = createCascade(sheet, isQuirky, budget)
  let covers = 0
  const surroundings: Surroundings = {
    linkColour: linkColourOf(body),
    keyframes: sheet.keyframes,
    nextCover: () => ++covers,
  }
  const hiddenTexts: HiddenText[] = []
  let hiddenChars = 0
  let hasShown = false
  let hadCarriers = false
  /** Words behind the place where the budget was spent. */
  const unstyled: string[] = []
  const pending: { node: { isUnsure: boolean }; place: Place }[] = []

  const children = visit(document, rootPlace())
  for (const { node, place } of pending) if (isCovered(place)) node.isUnsure = true
  const cleanRest = removeInvisible([...unstyled, rest].join(' ').trim())
  if (cleanRest.removed) hadCarriers = true
  const isPartlyStyled = !sheet.isComplete || cascade.isIncomplete
  return {
    children,
    hiddenTexts,
    hadCarriers,
    isUnsure: isPartlyStyled || cleanRest.text !== '' || pending.some(({ node }) => node.isUnsure),
    isPartlyStyled,
    rest: cleanRest.text,
    base,
  }

  /** Style sheets wherever they are: one inside hidden elements counts in a browser, too. */
  function collect(node: TreeNode): void {
    if (isElement(node)) {
      if (node.tagName === 'body') body ??= node
      const sheet = ownSheet(node)
      if (sheet !== undefined) sheets.push(sheet)
      if (node.tagName === 'base') base ??= readBase(attributeOf(node, 'href'))
    }
    for (const child of childrenOf(node)) collect(child)
  }

  function visit(node: TreeNode, place: Place): VisibleNode[] {
    const found: VisibleNode[] = []
    for (const child of childrenOf(node)) {
      if (isText(child)) {
        const text = isClosedDetails(node) ? hide(child.value) : readText(child.value, place)
        if (text !== undefined) found.push(text)
      } else if (isElement(child)) {
        const element = readElement(child, place)
        if (element !== undefined) found.push(element)
      } else if (isComment(child)) readComment(child.data)
    }
    return found
  }

  function readText(value: string, place: Place): VisibleText | undefined {
    if (budget.isSpent()) {
      unstyled.push(value)
      return undefined
    }
    const clean = removeInvisible(value)
    if (clean.removed && !(place.isHidden && isPadding(value))) hadCarriers = true
    const words = clean.text.trim()
    const verdict = words === '' ? (place.isHidden ? 'hidden' : 'shown') : judgeText(place, words.length)
    if (verdict === 'hidden') {
      hide(words)
      return undefined
    }
    if (!place.isHidden) addText(place.line, clean.text, place.fontSize)
    const node = { kind: 'text' as const, value: clean.text, isUnsure: verdict === 'unsure' }
    if (words !== '') {
      pending.push({ node, place })
      hasShown = true
    }
    return node
  }

  function readElement(element: TreeElement, parent: Place): VisibleElement | undefined {
    const { tagName: tag } = element
    if (code.has(tag)) return undefined
    if (neverShown.has(tag) || isClosed(element) || isOutsideDrawing(element)) {
      // What else can be chosen from a list is one click away.
      if (tag !== 'option') hide(textOf(element))
      return undefined
    }
    const styled = placeOf(element, parent)
    const place = tag === 'body' ? { ...styled, bodyColour: styled.colour } : styled
    if (tag === 'br' && !place.isHidden) breakLine(parent.line, place.fontSize)
    const children = visit(element, place)
    if (place.isInFlow && !place.isHidden) addAbove(parent.line, place)
    // The element itself (a picture, a line) is hidden with its place; children may be visible again.
    const isStruck = place.strike === 'begins' && !/^(?:s|del|strike)$/.test(tag)
    const isPreformatted = /^(?:pre|pre-wrap|break-spaces|pre-line)$/.test(place.whiteSpace)
    if (tag === 'head' || (children.length === 0 && judgePicture(place) === 'hidden')) return undefined
    return {
      kind: 'element',
      tag,
      attributes: new Map(element.attrs.map(({ name, value }) => [name, value])),
      display: place.display,
      listStyle: place.listStyle,
      isPreformatted,
      children: isStruck ? strikeThrough(children, isPreformatted) : children,
    }
  }

  function placeOf(element: TreeElement, parent: Place): Place {
    if (budget.isSpent()) return parent
    try {
      return placeInside(cascade.styleOf(element, parent.customProperties), parent, surroundings)
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error
      return parent
    }
  }

  /** Conditional comments address Outlook. */
  function readComment(comment: string): void {
    if (/^\s*(?:\[if|<!\[)|^\[endif/i.test(comment)) return
    const words = comment.slice(0, maxHiddenChars)
    if ((words.match(/\p{L}{2,}/gu)?.length ?? 0) >= leastWordsOfComment) hide(words, true)
  }

  function hide(text: string, isComment = false): undefined {
    const words = text.trim()
    if (words === '' || hiddenChars > maxHiddenChars) return undefined
    hiddenTexts.push({ text: words.slice(0, maxHiddenChars), isComment, isFirst: !hasShown })
    hiddenChars += words.length
    return undefined
  }
}

/** Only a whole one: relative to what, a mail cannot say. */
function readBase(href: string | undefined): string | undefined {
  return /^\s*https?:\/\//i.test(href ?? '') ? parseLink(href)?.whole : undefined
}

function isClosedDetails(node: TreeNode): boolean {
  return isElement(node) && node.tagName === 'details' && attributeOf(node, 'open') === undefined
}

/** All of a closed `details` but its summary, all of a `select` but what is chosen, what MathML and SVG only annotate. */
function isClosed(element: TreeElement): boolean {
  const { tagName: tag, parentNode: parent } = element
  if (parent === null || !isElement(parent)) return false
  if (isClosedDetails(parent)) {
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

/** The text of a drawing begins at its upper edge, above which nothing is drawn. */
function isOutsideDrawing(element: TreeElement): boolean {
  const { tagName: tag, namespaceURI } = element
  if (tag !== 'text' || !namespaceURI.endsWith('svg')) return false
  const isMoved = ['y', 'dy', 'transform', 'style', 'class', 'id'].some(
    (name) => attributeOf(element, name) !== undefined,
  )
  return (
    !isMoved &&
    textOf(element) ===
      element.childNodes
        .filter(isText)
        .map(({ value }) => value)
        .join('')
  )
}

function textOf(node: TreeNode): string {
  const parts: string[] = []
  const walk = (one: TreeNode): void => {
    if (isText(one)) parts.push(one.value)
    if ('content' in one) walk(one.content)
    for (const child of childrenOf(one)) walk(child)
  }
  walk(node)
  return parts.join('')
}
