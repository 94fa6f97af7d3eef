/**
 * Turns the Markdown of an outgoing body into the small HTML that mail programs show alike: paragraphs, headings,
 * emphasis, links, lists, quotes, code. Everything is escaped and only http, https and mailto become links, so no text
 * a body quotes can add markup of its own. No tables, images or raw HTML. Every pattern is bounded: bodies quote
 * strangers' mail, and an unclosed bracket must not cost quadratic time.
 */

/** Deeper nesting is shown as text. */
const maxDepth = 12

/** The body as an HTML document, or undefined when it would show nothing that the typed text does not. */
export function markdownToHtml(markdown: string): string | undefined {
  const body = renderBlocks(markdown.split('\n'), 0)
  if (!/<(?!\/?p>|br>)/.test(body)) return undefined
  return `<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n${body}\n</body></html>\n`
}

const fence = /^ {0,3}(`{3,}|~{3,})/
const heading = /^(#{1,6})[ \t]+(\S.*)$/
const rule = /^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$/
const quote = /^ {0,3}> ?/
const listItem = /^( {0,3}(?:[-*+]|(\d{1,9})[.)])[ \t]+)(\S.*)$/

function startsBlock(line: string): boolean {
  return [fence, heading, rule, quote, listItem].some((pattern) => pattern.test(line))
}

function renderBlocks(lines: readonly string[], depth: number): string {
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
      blocks.push(`<h${level}>${renderInline(title[2].replace(/[ \t]+#{1,6}$/, ''), depth)}</h${level}>`)
    } else if (rule.test(line)) {
      at += 1
      blocks.push('<hr>')
    } else if (depth < maxDepth && quote.test(line)) {
      const quoted = take((next) => quote.test(next)).map((next) => next.replace(quote, ''))
      blocks.push(`<blockquote type="cite">\n${renderBlocks(quoted, depth + 1)}\n</blockquote>`)
    } else if (depth < maxDepth && listItem.test(line)) {
      blocks.push(renderList(take, line, depth))
    } else {
      at += 1
      const rest = take((next) => next.trim() !== '' && !startsBlock(next))
      blocks.push(`<p>${renderInline([line, ...rest].join('\n'), depth).replace(/\n/g, '<br>\n')}</p>`)
    }
  }
  return blocks.join('\n')
}

function renderList(
  take: (belongs: (line: string) => boolean) => string[],
  first: string,
  depth: number,
): string {
  const [, bullet = '', ordered] = listItem.exec(first) ?? []
  /** An item of this list, not of one inside it: same kind, and not indented as far as this list's text. */
  const textOf = (line: string): string | undefined => {
    const item = listItem.exec(line)
    const isOurs = item !== null && (item[2] === undefined) === (ordered === undefined)
    return isOurs && line.search(/\S/) < bullet.length ? item[3] : undefined
  }
  const items: string[][] = []
  for (const line of take((next) => textOf(next) !== undefined || /^(?: {2,}|\t)\s*\S/.test(next))) {
    const text = textOf(line)
    if (text !== undefined) items.push([text])
    else items.at(-1)?.push(line.replace(new RegExp(`^(?:\t| {1,${bullet.length}})`), ''))
  }
  const tag = ordered === undefined ? 'ul' : 'ol'
  const start = ordered === undefined || Number(ordered) === 1 ? '' : ` start="${Number(ordered)}"`
  const rows = items.map((lines) => `<li>${renderItem(lines, depth)}</li>`)
  return `<${tag}${start}>\n${rows.join('\n')}\n</${tag}>`
}

/** One paragraph alone in an item needs no `<p>`. */
function renderItem(lines: readonly string[], depth: number): string {
  const body = renderBlocks(lines, depth + 1)
  return /^<p>(?:(?!<p>).)*<\/p>$/s.test(body) ? body.slice(3, -4) : body
}

const inline = new RegExp(
  [
    /\\(?<escaped>[!-/:-@[-`{-~])/,
    /(?<!`)(?<ticks>`{1,3})(?!`)(?<code>[^\n]{1,500}?)(?<!`)\k<ticks>(?!`)/,
    /\[(?<label>[^\][\n]{1,300})\]\((?<target>[^\s()<>]{1,2000})\)/,
    /<(?<address>(?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/,
    /\*\*(?=\S)(?<strong>.{1,500}?)(?<=\S)\*\*/,
    /\*(?=\S)(?<starred>[^*]{1,500}?)(?<=\S)\*/,
    // inside a word an underscore is a name's, not emphasis
    /(?<![\p{L}\p{N}_])_(?=\S)(?<underlined>[^_]{1,500}?)(?<=\S)_(?![\p{L}\p{N}_])/u,
    /~~(?=\S)(?<struck>[^~]{1,500}?)(?<=\S)~~/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'gsu',
)

function renderInline(text: string, depth: number): string {
  let html = ''
  let end = 0
  for (const match of text.matchAll(inline)) {
    html += escapeHtml(text.slice(end, match.index)) + renderMatch(match, depth)
    end = match.index + match[0].length
  }
  return html + escapeHtml(text.slice(end))
}

function renderMatch(match: RegExpMatchArray, depth: number): string {
  const { escaped, code, label, target, address, strong, starred, underlined, struck } = match.groups ?? {}
  const nested = (inner: string) => (depth < maxDepth ? renderInline(inner, depth + 1) : escapeHtml(inner))
  if (escaped !== undefined) return escapeHtml(escaped)
  if (code !== undefined) return `<code>${escapeHtml(code)}</code>`
  if (label !== undefined && target !== undefined && isLinkable(target)) {
    return `<a href="${escapeHtml(target)}">${nested(label)}</a>`
  }
  if (address !== undefined) return `<a href="${escapeHtml(address)}">${escapeHtml(address)}</a>`
  if (strong !== undefined) return `<strong>${nested(strong)}</strong>`
  const emphasised = starred ?? underlined
  if (emphasised !== undefined) return `<em>${nested(emphasised)}</em>`
  return struck === undefined ? escapeHtml(match[0]) : `<del>${nested(struck)}</del>`
}

function isLinkable(target: string): boolean {
  return /^(?:https?:\/\/|mailto:)/i.test(target) && URL.canParse(target)
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}
