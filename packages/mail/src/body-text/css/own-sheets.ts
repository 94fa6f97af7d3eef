/** The style sheets that a mail brings: in `<style>`, or in a link that holds its target. Nothing is ever loaded. */
import { attributeOf, isText, type TreeElement } from '../html-tree.ts'
import { parseMediaQuery } from './css-tree.ts'
import { evaluateMedia } from './media.ts'
import { splitTop } from './properties.ts'

/** Undefined: the element is none, or none that a browser reads (HTML §4.2.6). */
export function ownSheet(element: TreeElement): string | undefined {
  const of = (name: string) => attributeOf(element, name)
  if (element.tagName === 'style') {
    const isCss = /^(?:text\/css)?$/i.test(of('type') ?? '')
    return isCss && applies(of('media')) ? textOf(element) : undefined
  }
  const href = element.tagName === 'link' ? of('href') : undefined
  return href !== undefined && /stylesheet/i.test(of('rel') ?? '') ? readDataUrl(href) : undefined
}

function textOf({ childNodes }: TreeElement): string {
  return childNodes.map((node) => (isText(node) ? node.value : '')).join('')
}

/** Of those that ordinary mails name; what stands behind them is not read, and so may hold. */
const maxMediaChars = 1_000

/** A query that is none holds nowhere, and says nothing of the others (Media Queries 4 §3.2). */
function applies(media: string | undefined): boolean {
  if (media === undefined || media.trim() === '' || media.length > maxMediaChars) return true
  return splitTop(media, ',').some((one) => {
    const query = one === '' ? undefined : parseMediaQuery(one)
    return query !== undefined && evaluateMedia(query) !== 'fails'
  })
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
