/**
 * Turns the Markdown of an outgoing body into the small HTML that mail programs show alike: paragraphs, headings,
 * emphasis, links, lists, quotes, code. Everything is escaped and only http, https and mailto become links, so no text
 * a body quotes can add markup of its own. No tables, images or raw HTML. Every pattern reads a line once: bodies quote
 * strangers' mail, and an unclosed bracket must not cost quadratic time. What is inside a line: markdown-inline.ts.
 */
import { escapeHtml, maxDepth, type Place, renderInline } from './markdown-inline.ts'

/** The body as an HTML document, or undefined when it would show nothing that the typed text does not. */
export function markdownToHtml(markdown: string): string | undefined {
  const bareUrls = { count: 0 }
  const body = renderBlocks(markdown.split('\n'), { depth: 0, bareUrls })
  // mail programs make links of URLs in plain text themselves: two tags each that add nothing
  const tags = body.match(/<(?!\/?p>|br>)/g)?.length ?? 0
  if (tags === 2 * bareUrls.count) return undefined
  return `<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n${body}\n</body></html>\n`
}

const fence = /^ {0,3}(`{3,}|~{3,})/
const heading = /^(#{1,6})[ \t]+(\S.*)$/
/** From the first blank of a run only. */
const closingMarks = /(?<![ \t])[ \t]+#{1,6}$/
const rule = /^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$/
const quote = /^ {0,3}> ?/
const listItem = /^( {0,3}(?:[-*+]|(\d{1,9})[.)])[ \t]+)(\S.*)$/

function startsBlock(line: string): boolean {
  return [fence, heading, rule, quote, listItem].some((pattern) => pattern.test(line))
}

function renderBlocks(lines: readonly string[], place: Place): string {
  const blocks: string[] = []
  let at = 0
  /** Takes lines from the current one for as long as `belongs` says so. */
  const take = (belongs: (line: string) => boolean): string[] => {
    const start = at
    while (at < lines.length && belongs(lines[at] ?? '')) at += 1
    return lines.slice(start, at)
  }

  while (at < lines.length) {
    const line = lines[at] ?? ''
    const marker = fence.exec(line)?.[1]
    const title = heading.exec(line)
    if (line.trim() === '') {
      at += 1
    } else if (marker !== undefined) {
      at += 1
      const code = take((next) => next.trim() !== marker)
      at += 1
      blocks.push(`<pre><code>${escapeHtml(code.join('\n'))}</code></pre>`)
    } else if (title?.[1] !== undefined && title[2] !== undefined) {
      at += 1
      const level = title[1].length
      blocks.push(`<h${level}>${renderInline(title[2].replace(closingMarks, ''), place)}</h${level}>`)
    } else if (rule.test(line)) {
      at += 1
      blocks.push('<hr>')
    } else if (place.depth < maxDepth && quote.test(line)) {
      const quoted = take((next) => quote.test(next)).map((next) => next.replace(quote, ''))
      blocks.push(`<blockquote type="cite">\n${renderBlocks(quoted, deeper(place))}\n</blockquote>`)
    } else if (place.depth < maxDepth && listItem.test(line)) {
      blocks.push(renderList(take, line, place))
    } else {
      at += 1
      const rest = take((next) => next.trim() !== '' && !startsBlock(next))
      blocks.push(`<p>${renderInline([line, ...rest].join('\n'), place).replace(/\n/g, '<br>\n')}</p>`)
    }
  }
  return blocks.join('\n')
}

function renderList(
  take: (belongs: (line: string) => boolean) => string[],
  first: string,
  place: Place,
): string {
  const [, bullet = '', ordered] = listItem.exec(first) ?? []
  /** An item of this list, not of one inside it: same kind, and not indented as far as this list's text. */
  const textOf = (line: string): string | undefined => {
    const item = listItem.exec(line)
    const isOurs = item !== null && (item[2] === undefined) === (ordered === undefined)
    return isOurs && line.search(/\S/) < bullet.length ? item[3] : undefined
  }
  const indent = new RegExp(`^(?:\t| {1,${bullet.length}})`)
  const items: string[][] = []
  for (const line of take((next) => textOf(next) !== undefined || /^(?: {2,}|\t)\s*\S/.test(next))) {
    const text = textOf(line)
    if (text !== undefined) items.push([text])
    else items.at(-1)?.push(line.replace(indent, ''))
  }
  const tag = ordered === undefined ? 'ul' : 'ol'
  const start = ordered === undefined || Number(ordered) === 1 ? '' : ` start="${Number(ordered)}"`
  const rows = items.map((lines) => `<li>${renderItem(lines, place)}</li>`)
  return `<${tag}${start}>\n${rows.join('\n')}\n</${tag}>`
}

/** One paragraph alone in an item needs no `<p>`. */
function renderItem(lines: readonly string[], place: Place): string {
  const body = renderBlocks(lines, deeper(place))
  const isParagraph = body.startsWith('<p>') && body.endsWith('</p>') && body.lastIndexOf('<p>') === 0
  return isParagraph ? body.slice(3, -4) : body
}

function deeper(place: Place): Place {
  return { ...place, depth: place.depth + 1 }
}
