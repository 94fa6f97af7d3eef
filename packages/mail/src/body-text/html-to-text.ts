/**
 * The HTML of a mail as text for a model to read: links as `text (host)`, their whole targets in a list where they are
 * asked for, pictures as `[image: …]`, earlier emails folded. What may be hidden stays and is marked where it is.
 */
import { foldQuotes } from './fold-quotes.ts'
import { unsureMark } from './hidden-mark.ts'
import { imageText } from './inline-text.ts'
import { layOutTree, type Manner } from './layout.ts'
import { createLinkList, showMarks } from './link-list.ts'
import { createLinkJudge, type LinkWarning } from './link-names.ts'
import { parseLink } from './link-target.ts'
import { neutraliseLinks } from './links.ts'
import { restMark } from './plain-rest.ts'
import type { ReadableText, Reading } from './readable-text.ts'
import { createTextWriter } from './text-writer.ts'
import { toVisibleTree, type VisibleTree } from './visible-tree.ts'
import { hiddenWarnings, partlyStyledMark } from './warnings.ts'

export function htmlToText(html: string, reading: Reading = {}): ReadableText {
  return treeToText(toVisibleTree(html), reading)
}

export function treeToText(tree: VisibleTree, reading: Reading = {}): ReadableText {
  const { firstLink, quotes = 'shown', isReply, senderHost } = reading
  const judge = createLinkJudge(senderHost)
  const list = firstLink === undefined ? undefined : createLinkList(firstLink)
  const warnings = new Set<LinkWarning>()
  const manner: Manner = {
    unsureMark,
    toPicture: imageText,
    showsPicture: (picture) => imageText(picture) !== '',
    toTarget(link, words) {
      const target = parseLink(link.attributes.get('href'), tree.base)
      if (target === undefined) return ''
      const warning = judge(words, target)
      if (warning !== undefined) warnings.add(warning)
      const isHost = words === target.host || parseLink(words)?.href === target.href
      return `${isHost ? '' : ` (${target.host})`}${list?.mark(target, words) ?? ''}`
    },
    rule: '---',
    struck: '~~',
  }
  const writer = createTextWriter()
  if (tree.isPartlyStyled && tree.children.length > 0) {
    writer.write(partlyStyledMark)
    writer.breakLine(2)
  }
  layOutTree(tree.children, writer, manner)
  if (tree.rest !== '') {
    writer.breakLine(2)
    writer.write(`${restMark}\n${tree.rest}`, true)
  }
  const text = writer.toText()
  const shown = quotes === 'shown' ? text : foldQuotes(text, { quotes, isReply, regions: writer.regions })
  const neutral = neutraliseLinks(shown, { judge, list })
  return {
    text: list === undefined ? neutral.text : showMarks(neutral.text),
    warnings: [...new Set([...hiddenWarnings(tree), ...warnings, ...neutral.warnings])],
    ...(list === undefined ? {} : { links: list.links }),
  }
}
