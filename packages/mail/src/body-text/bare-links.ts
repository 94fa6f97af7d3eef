/**
 * Links that stand in plain text without anything around them, where a mail program would make one (GFM, autolinks):
 * from the start of a word, without what closes the sentence or bracket that they are in.
 */

export interface BareLink {
  readonly shown: string
  readonly href: string
  readonly index: number
}

/** It ends at what no URL holds as it is; Chinese and Japanese go on without a space. */
const pattern = /(?:https?:\/\/|www\.)[^\s\p{Cc}<>"[\]`{}|\\^，。、；：！？（）「」『』【】《》]{1,16000}/iuy
/** No name of a host is longer. What is none is found out here, before the rest of 16,000 characters is read. */
const beginning =
  /(?:https?:\/\/|www\.)[^\s\p{Cc}<>"[\]`{}|\\^，。、；：！？（）「」『』【】《》/?#]{1,300}/iuy
const start = /(?<![A-Za-z0-9@/.:+_-])(?:https?:\/\/|www\.)/gi

/** Exactly there, whatever is in front of it. `marks`: characters that end it where they come last. */
export function readBareLink(text: string, index: number, marks = ''): BareLink | undefined {
  beginning.lastIndex = index
  const host = beginning.exec(text)?.[0]
  if (host === undefined || !URL.canParse(toHref(host))) return undefined
  pattern.lastIndex = index
  const found = pattern.exec(text)?.[0]
  if (found === undefined) return undefined
  const shown = withoutEnd(found, marks)
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

function withoutEnd(url: string, marks: string): string {
  let unopened = count(url, ')') - count(url, '(')
  let end = url.length
  for (; end > 0; end -= 1) {
    const last = url.charAt(end - 1)
    if (last === ')' && unopened > 0) unopened -= 1
    else if (!/[.,;:!?'\]}]/.test(last) && !marks.includes(last)) break
  }
  return url.slice(0, end)
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}
