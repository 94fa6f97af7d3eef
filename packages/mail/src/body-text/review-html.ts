/**
 * What a person cannot judge by looking at an HTML text in a browser: where its links lead, what it hides, and which
 * pictures it wants from elsewhere. For who shows the text itself and has to say the rest beside it.
 */

import { pictureSource, wholeTarget } from './people-targets.ts'
import { shownText } from './shown-text.ts'
import type { VisibleElement, VisibleNode } from './visible-nodes.ts'
import { toVisibleTree } from './visible-tree.ts'

export interface HtmlReview {
  /** Words that go out and that a mail program does not show. */
  readonly hidden: readonly string[]
  /** Characters that print nothing. */
  readonly hasInvisible: boolean
  readonly links: readonly { readonly text: string; readonly url: string }[]
  /** Hosts of pictures that are loaded from elsewhere. */
  readonly pictureHosts: readonly string[]
  /** `cid`s of the pictures that it shows. */
  readonly attached: readonly string[]
  /** Nothing was left out of the above, and all of the text was judged. */
  readonly isWhole: boolean
}

/** A newsletter that is forwarded has a hundred. */
const maxLinks = 400
const maxPictures = 400
/** Below what the tree keeps of it, so that a cut is seen. */
const maxHiddenChars = 16_000

export function reviewHtml(html: string): HtmlReview {
  const tree = toVisibleTree(html)
  const links = new Map<string, { text: string; url: string }>()
  const hosts = new Set<string>()
  const attached = new Set<string>()
  for (const node of tree.children) visit(node)
  const hidden = tree.hiddenTexts.map(({ text }) => text)
  const isJudged = !tree.isPartlyStyled && tree.rest === ''
  const isListed =
    links.size <= maxLinks &&
    hosts.size + attached.size <= maxPictures &&
    hidden.reduce((sum, text) => sum + text.length, 0) <= maxHiddenChars
  return {
    hidden,
    hasInvisible: tree.hadCarriers,
    links: [...links.values()].slice(0, maxLinks),
    pictureHosts: [...hosts].slice(0, maxPictures),
    attached: [...attached].slice(0, maxPictures),
    isWhole: isJudged && isListed,
  }

  function visit(node: VisibleNode): void {
    if (node.kind === 'text') return
    if (node.tag === 'a') noteLink(node)
    if (node.tag === 'img') notePicture(node.attributes.get('src'))
    notePicture(node.attributes.get('background'))
    for (const child of node.children) visit(child)
  }

  function noteLink(link: VisibleElement): void {
    const url = wholeTarget(link.attributes.get('href'), tree.base)
    if (url === undefined || links.size > maxLinks) return
    const text = shownText(link)
    links.set(`${url}\n${text}`, { text, url })
  }

  function notePicture(source: string | undefined): void {
    const target = source === undefined ? undefined : pictureSource(source, tree.base)
    if (target === undefined || hosts.size + attached.size > maxPictures) return
    if (/^cid:/i.test(target)) attached.add(target.slice(4))
    else if (/^https?:/i.test(target)) hosts.add(new URL(target).host)
  }
}
