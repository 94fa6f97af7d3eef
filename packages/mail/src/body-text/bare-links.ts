/**
 * Links that stand in plain text without anything around them, where a mail program would make one (GFM, autolinks):
 * from the start of a word, without what closes the sentence or bracket that they are in.
 */

export interface BareLink {
  readonly shown: string
  readonly href: string
  readonly index: number
}

/** What no URL holds as it is ends it; Chinese and Japanese go on without a space. Brackets are looked at. */
const piece = /[^\s\p{Cc}<>"[\]`{}|\\^，。、；：！？（）「」『』【】《》]{0,16000}/uy
const maxChars = 16_000
/** What is in brackets is no longer. */
const maxInBrackets = 200
/** No name of a host is longer. What is none is found out here, before the rest of 16,000 characters is read. */
const beginning =
  /(?:https?:\/\/|www\.)[^\s\p{Cc}<>"[\]`{}|\\^，。、；：！？（）「」『』【】《》/?#]{1,300}/iuy
const start = /(?<![A-Za-z0-9@/.:+_-])(?:https?:\/\/|www\.)/gi

/** Exactly there, whatever is in front of it. `marks`: characters that end it where they come last. */
export function readBareLink(text: string, index: number, marks = ''): BareLink | undefined {
  beginning.lastIndex = index
  const host = beginning.exec(text)?.[0]
  if (host === undefined || !URL.canParse(toHref(host))) return undefined
  const shown = withoutEnd(text.slice(index, endOf(text, index + host.length)), marks)
  const href = toHref(shown)
  return /[\p{L}\p{N}]/u.test(shown.replace(/^\w+\W+/, '')) && URL.canParse(href)
    ? { shown, href, index }
    : undefined
}

export function findBareLinks(text: string): BareLink[] {
  const links: BareLink[] = []
  let end = 0
  for (const { index } of text.matchAll(start)) {
    if (index < end) continue
    const link = readBareLink(text, index)
    if (link === undefined) continue
    links.push(link)
    end = index + link.shown.length
  }
  return links
}

function toHref(shown: string): string {
  return /^www\./i.test(shown) ? `http://${shown}` : shown
}

/**
 * `?filter[a]=b` and `/{id}` are of it: `{` in its path, `[` in its query alone (`/a[1]` has a footnote). It ends where
 * a bracket closes one that is around it, opens one that stays open, or begins the target of Markdown.
 */
function endOf(text: string, hostEnd: number): number {
  const open: { readonly at: number; readonly closing: string }[] = []
  let hasQuery = false
  let at = hostEnd
  for (; at - hostEnd < maxChars; at += 1) {
    piece.lastIndex = at
    const words = piece.exec(text)?.[0] ?? ''
    hasQuery ||= /[?#]/.test(words)
    at += words.length
    if (at - (open[0]?.at ?? at) > maxInBrackets || at === hostEnd) break
    const bracket = text.charAt(at)
    if (bracket === '{') open.push({ at, closing: '}' })
    else if (bracket === '[' && hasQuery) open.push({ at, closing: ']' })
    else if (open.at(-1)?.closing !== bracket || text.startsWith('](', at)) break
    else open.pop()
  }
  return open[0]?.at ?? at
}

function withoutEnd(url: string, marks: string): string {
  let unopened = count(url, ')') - count(url, '(')
  let end = url.length
  for (; end > 0; end -= 1) {
    const last = url.charAt(end - 1)
    if (last === ')' && unopened > 0) unopened -= 1
    else if (!/[.,;:!?']/.test(last) && !marks.includes(last)) break
  }
  return url.slice(0, end)
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}
