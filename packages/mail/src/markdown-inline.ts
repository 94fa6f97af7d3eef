/**
 * What is inside a line of Markdown: emphasis, code, links. A URL is taken whole before anything in it is read as a mark:
 * `?token=_aB_` is no emphasis (GFM, extended autolinks). One pass; where a mark may end is found by looking ahead
 * from the last place that was looked at, never again from the start.
 */

/** Deeper nesting is shown as text. */
export const maxDepth = 12
/** Between the marks of one emphasis or code. */
const maxSpanChars = 500

export interface Place {
  readonly depth: number
  /** How many links were made of URLs that were typed as they are. */
  readonly bareUrls: { count: number }
  readonly isInLink?: boolean
}

export function renderInline(text: string, place: Place): string {
  if (!/[\\`[<*_~]|:\/\/|www\./i.test(text)) return escapeHtml(text)
  const urls = findUrls(text)
  const masked = maskUrls(text, urls)
  const find = createFinder(masked)
  let html = ''
  let plainFrom = 0
  let at = 0
  while (at < text.length) {
    const found = urls.get(at) === undefined ? readMark(text, masked, at, find, place) : toUrl(at)
    if (found === undefined) {
      at = nextMark(masked, urls, at + 1)
      continue
    }
    html += escapeHtml(text.slice(plainFrom, at)) + found.html
    plainFrom = found.end
    at = nextMark(masked, urls, found.end)
  }
  return html + escapeHtml(text.slice(plainFrom))

  function toUrl(start: number): Found {
    const end = urls.get(start) ?? start
    return { html: renderUrl(text.slice(start, end), place), end }
  }
}

interface Found {
  readonly html: string
  readonly end: number
}

/** Begins a URL in the masked text. It is looked up in `urls`: the same letter typed by someone is not there. */
const urlStart = '\uE100'
const marks = new Set([...'\\`[<*_~', urlStart])

function nextMark(masked: string, urls: ReadonlyMap<number, number>, from: number): number {
  for (let at = from; at < masked.length; at++) {
    const char = masked.charAt(at)
    if (marks.has(char) && (char !== urlStart || urls.has(at))) return at
  }
  return masked.length
}

/** Not behind a Latin letter or digit; Chinese goes on without a space. It ends at what no URL holds as it is. */
const bareUrl = /(?<![A-Za-z0-9])(?:https?:\/\/|www\.)[^\s<>"[\]`{}|\\^，。、；：！？（）「」『』【】《》]+/gi

/** Where each begins and ends. */
function findUrls(text: string): Map<number, number> {
  const urls = new Map<number, number>()
  if (!/:\/\/|www\./i.test(text)) return urls
  const open = new Set<string>()
  let from = 0
  for (const { 0: run, index } of text.matchAll(bareUrl)) {
    for (const mark of ['*', '_', '~']) if (text.slice(from, index).includes(mark)) open.add(mark)
    const length = urlLength(run, open)
    from = index + length
    if (length > run.indexOf('.') + 1 && length > 'https://'.length) urls.set(index, from)
  }
  return urls
}

/** Without the sentence's punctuation, a bracket around it, and marks that may close an emphasis begun before it. */
function urlLength(run: string, open: ReadonlySet<string>): number {
  let brackets = 0
  for (const char of run) brackets += char === '(' ? 1 : char === ')' ? -1 : 0
  let end = run.length
  for (; end > 0; end--) {
    const last = run.charAt(end - 1)
    if (last === ')' && brackets < 0) brackets++
    else if (!(/[?!.,:;']/.test(last) || open.has(last))) break
  }
  return end
}

/** As long as the text; in place of a URL nothing that could be a mark. */
function maskUrls(text: string, urls: ReadonlyMap<number, number>): string {
  if (urls.size === 0) return text
  let masked = ''
  let from = 0
  for (const [start, end] of urls) {
    masked += text.slice(from, start) + urlStart + 'u'.repeat(end - start - 1)
    from = end
  }
  return masked + text.slice(from)
}

function renderUrl(url: string, { bareUrls, isInLink }: Place): string {
  const href = /^www\./i.test(url) ? `http://${url}` : url
  if (isInLink || !isLinkable(href)) return escapeHtml(url)
  bareUrls.count++
  return `<a href="${escapeHtml(href)}">${escapeHtml(url)}</a>`
}

/** Sticky: they are tried at one place, and what they may hold ends where the next one could begin. */
const escaped = /\\[!-/:-@[-`{-~]/y
const link = /\[([^\][\n]{1,300})\]\(([^\s()<>]{1,2000})\)/y
const address = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/y
const ticks = /`+/y

function readMark(
  text: string,
  masked: string,
  at: number,
  find: (mark: string, from: number) => number,
  place: Place,
): Found | undefined {
  switch (masked.charAt(at)) {
    case '\\':
      return match(escaped, text, at) && { html: escapeHtml(text.charAt(at + 1)), end: at + 2 }
    case '`': {
      const run = match(ticks, masked, at)?.[0] ?? ''
      const end = run.length > 3 ? -1 : find(run, at + run.length)
      const code = text.slice(at + run.length, Math.min(end, at + run.length + maxSpanChars + 1))
      if (end < 0 || code === '' || code.length > maxSpanChars || code.includes('\n'))
        return { html: run, end: at + run.length }
      return { html: `<code>${escapeHtml(code)}</code>`, end: end + run.length }
    }
    case '[': {
      const found = match(link, text, at)
      if (found === undefined) return undefined
      const [whole, label = '', target = ''] = found
      const end = at + whole.length
      if (place.isInLink || !isLinkable(target)) return { html: escapeHtml(whole), end }
      const html = `<a href="${escapeHtml(target)}">${renderNested(label, { ...place, isInLink: true })}</a>`
      return { html, end }
    }
    case '<': {
      if (!/[hm]/.test(text.charAt(at + 1))) return undefined
      const [whole, target = ''] = match(address, text, at) ?? []
      if (whole === undefined) return undefined
      const shown = escapeHtml(target)
      return { html: place.isInLink ? shown : `<a href="${shown}">${shown}</a>`, end: at + whole.length }
    }
    case '*':
      return (
        (masked.startsWith('**', at)
          ? renderSpan(text, at, { tag: 'strong', mark: '**', end: find('**', at + 3) }, place)
          : undefined) ??
        renderSpan(text, at, { tag: 'em', mark: '*', end: masked.indexOf('*', at + 1) }, place)
      )
    case '_': {
      // inside a word an underscore is a name's, not emphasis
      const end = masked.indexOf('_', at + 1)
      const isInWord = isWordAt(text, at - 1) || isWordAt(text, end + 1)
      return isInWord ? undefined : renderSpan(text, at, { tag: 'em', mark: '_', end }, place)
    }
    case '~': {
      const end = masked.startsWith('~~', at) ? masked.indexOf('~', at + 2) : -1
      return masked.startsWith('~~', end)
        ? renderSpan(text, at, { tag: 'del', mark: '~~', end }, place)
        : undefined
    }
    default:
      return undefined
  }
}

/** `mark` is there at `at`, and once more at `end`. */
function renderSpan(
  text: string,
  at: number,
  { tag, mark, end }: { tag: string; mark: string; end: number },
  place: Place,
): Found | undefined {
  const from = at + mark.length
  if (end <= from || end - from > maxSpanChars) return undefined
  if (/\s/.test(text.charAt(from)) || /\s/.test(text.charAt(end - 1))) return undefined
  return { html: `<${tag}>${renderNested(text.slice(from, end), place)}</${tag}>`, end: end + mark.length }
}

function renderNested(inner: string, place: Place): string {
  return place.depth < maxDepth
    ? renderInline(inner, { ...place, depth: place.depth + 1 })
    : escapeHtml(inner)
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function isWordAt(text: string, at: number): boolean {
  return /[\p{L}\p{N}_]/u.test(text.charAt(at))
}

/** The next `**` behind a word, or run of exactly so many backticks: remembered, since every opening mark asks for it. */
function createFinder(masked: string): (mark: string, from: number) => number {
  const known = new Map<string, number>()
  const closes = (mark: string, at: number) =>
    mark === '**'
      ? !/\s/.test(masked.charAt(at - 1))
      : masked.charAt(at - 1) !== '`' && masked.charAt(at + mark.length) !== '`'
  return (mark, from) => {
    let at = known.get(mark) ?? from
    if (at === -1 || at > from) return at
    for (at = masked.indexOf(mark, from); at >= 0 && !closes(mark, at); at = masked.indexOf(mark, at + 1));
    known.set(mark, at)
    return at
  }
}

function isLinkable(target: string): boolean {
  return /^(?:https?:\/\/|mailto:)/i.test(target) && URL.canParse(target)
}

export function escapeHtml(text: string): string {
  if (!/[&<>"']/.test(text)) return text
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
