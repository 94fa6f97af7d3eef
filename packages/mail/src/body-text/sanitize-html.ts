/**
 * The HTML of a mail reduced to structure and text, from the tree of what a person sees: an allow-list of elements,
 * links without query, no picture loaded. What may be hidden stays and is marked where it is.
 */
import { escapeText } from './escape-text.ts'
import { insideMark, unsureMark } from './hidden-mark.ts'
import { imageText } from './inline-text.ts'
import { createLinkList, showMarks } from './link-list.ts'
import { createLinkJudge, type LinkWarning } from './link-names.ts'
import { parseLink } from './link-target.ts'
import { neutraliseLinks } from './links.ts'
import { restMark } from './plain-rest.ts'
import type { ReadableText, Reading } from './readable-text.ts'
import { shownText } from './shown-text.ts'
import type { VisibleElement, VisibleNode } from './visible-nodes.ts'
import { toVisibleTree } from './visible-tree.ts'
import { hiddenWarnings, partlyStyledMark } from './warnings.ts'

const kept = new Set(
  'p br hr div span h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tbody tfoot tr td th caption blockquote pre code a b strong i em u s del ins sub sup small abbr q cite address'.split(
    ' ',
  ),
)
const voids = new Set(['br', 'hr'])
const keptNumbers = ['colspan', 'rowspan', 'start', 'value']

/** Quotes are shown: they are elements, which a reader of HTML tells apart. */
export function sanitizeHtml(html: string, { firstLink, senderHost }: Reading = {}): ReadableText {
  const tree = toVisibleTree(html)
  const judge = createLinkJudge(senderHost)
  const list = firstLink === undefined ? undefined : createLinkList(firstLink)
  const output: string[] = []
  const warnings = new Set<string>(hiddenWarnings(tree))
  if (tree.isPartlyStyled && tree.children.length > 0) output.push(`<p>${partlyStyledMark}</p>`)
  for (const node of tree.children) write(node, false)
  if (tree.rest !== '') output.push(`<pre>${escapeText(`${restMark}\n${neutralise(tree.rest)}`)}</pre>`)
  const text = output.join('').trim()
  return {
    text: list === undefined ? text : showMarks(text),
    warnings: [...warnings],
    ...(list === undefined ? {} : { links: list.links }),
  }

  function neutralise(words: string): string {
    const neutral = neutraliseLinks(words, { judge, list })
    for (const warning of neutral.warnings) warnings.add(warning)
    return neutral.text
  }

  function warn(warning: LinkWarning | undefined): void {
    if (warning !== undefined) warnings.add(warning)
  }

  function write(node: VisibleNode, isPreformatted: boolean): void {
    if (node.kind === 'text') {
      const words = isPreformatted ? node.value : collapseSpace(node.value)
      const text = escapeText(neutralise(words))
      output.push(node.isUnsure ? `${unsureMark}${insideMark(text)}]` : text)
    } else if (node.tag === 'img') output.push(escapeText(imageText(node)))
    else writeElement(node)
  }

  function writeElement(element: VisibleElement): void {
    const { tag, attributes, children } = element
    if (!kept.has(tag)) {
      for (const child of children) write(child, element.isPreformatted)
      return
    }
    const target = tag === 'a' ? parseLink(attributes.get('href'), tree.base) : undefined
    const words = target === undefined ? '' : shownText(element)
    if (target !== undefined) warn(judge(words, target))
    const numbers = keptNumbers.flatMap((name) => {
      const value = attributes.get(name)
      return value !== undefined && /^\d{1,3}$/.test(value) ? [` ${name}="${value}"`] : []
    })
    output.push(`<${tag}${target ? ` href="${escapeText(target.href)}"` : ''}${numbers.join('')}>`)
    for (const child of children) write(child, element.isPreformatted)
    if (!voids.has(tag)) output.push(`</${tag}>`)
    if (target !== undefined) output.push(list?.mark(target, words) ?? '')
  }
}

/** A line break of the source says as much as a space, and keeps the lines of the answer short. */
function collapseSpace(text: string): string {
  return text.replaceAll(/\s{2,}/g, (space) => (space.includes('\n') ? '\n' : ' '))
}
