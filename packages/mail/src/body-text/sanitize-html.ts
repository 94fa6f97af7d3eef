/**
 * The HTML of a mail reduced to structure and text, from the tree of what a person sees: an allow-list of elements,
 * links without query, no picture loaded. What may be hidden stays and is marked where it is.
 */
import { escapeText } from './escape-text.ts'
import { imageText } from './inline-text.ts'
import { neutraliseLinks, parseLink, textNamesAnotherHost } from './links.ts'
import { restMark } from './plain-rest.ts'
import type { ReadableText } from './readable-text.ts'
import { shownText } from './shown-text.ts'
import { toVisibleTree, type VisibleElement, type VisibleNode } from './visible-tree.ts'
import { hiddenWarnings, partlyStyledMark } from './warnings.ts'

const kept = new Set(
  'p br hr div span h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tbody tfoot tr td th caption blockquote pre code a b strong i em u s del ins sub sup small abbr q cite address'.split(
    ' ',
  ),
)
const voids = new Set(['br', 'hr'])
const keptNumbers = ['colspan', 'rowspan', 'start', 'value']

export function sanitizeHtml(html: string): ReadableText {
  const tree = toVisibleTree(html)
  const output: string[] = []
  let mismatch = false
  if (tree.isPartlyStyled && tree.children.length > 0) output.push(`<p>${partlyStyledMark}</p>`)
  for (const node of tree.children) write(node)
  if (tree.rest !== '')
    output.push(`<pre>${escapeText(`${restMark}\n${neutraliseLinks(tree.rest).text}`)}</pre>`)
  return {
    text: output
      .join('')
      .replaceAll(/\s{2,}/g, (space) => (space.includes('\n') ? '\n' : ' '))
      .trim(),
    warnings: [...hiddenWarnings(tree), ...(mismatch ? ['link_text_mismatch'] : [])],
  }

  function write(node: VisibleNode): void {
    if (node.kind === 'text') {
      const text = escapeText(neutraliseLinks(node.value).text)
      output.push(node.isUnsure ? `[possibly hidden: ${text.trim()}]` : text)
    } else if (node.tag === 'img') output.push(escapeText(imageText(node)))
    else writeElement(node)
  }

  function writeElement(element: VisibleElement): void {
    const { tag, attributes, children } = element
    if (!kept.has(tag)) {
      for (const child of children) write(child)
      return
    }
    const target = tag === 'a' ? parseLink(attributes.get('href')) : undefined
    if (target !== undefined && textNamesAnotherHost(shownText(element), target)) mismatch = true
    const numbers = keptNumbers.flatMap((name) => {
      const value = attributes.get(name)
      return value !== undefined && /^\d{1,3}$/.test(value) ? [` ${name}="${value}"`] : []
    })
    output.push(`<${tag}${target ? ` href="${escapeText(target.href)}"` : ''}${numbers.join('')}>`)
    for (const child of children) write(child)
    if (!voids.has(tag)) output.push(`</${tag}>`)
  }
}
