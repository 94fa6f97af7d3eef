/**
 * Where the words of a link are its target, new words are a new target: `<a href="https://x.example/a">` that shows
 * `https://x.example/b` would lead to the old place. A link with words of its own is found by its target too.
 */
import { escapeText } from '../body-text/escape-text.ts'
import { decodeReferences, type Range, wordsOf } from './html-words.ts'

export interface TextChange {
  readonly oldText: string
  readonly newText: string
}

interface Link {
  /** Of the value of its `href`, with the quotes. */
  readonly value: Range
  readonly target: string
  /** Behind its first tag. */
  readonly content: number
}

const tagForm = '<a\\s[^<>]{0,5000}>'
const hrefForm = /\shref\s{0,20}=\s{0,20}("[^"]*"|'[^']*'|[^\s"'>]+)/i

function toLink(tag: string, at: number): Link | undefined {
  const href = hrefForm.exec(tag)
  const value = href?.[1]
  if (href === null || value === undefined) return undefined
  const start = at + href.index + href[0].length - value.length
  const target = decodeReferences(value.replaceAll(/^["']|["']$/g, ''))
  return { value: [start, start + value.length], target, content: at + tag.length }
}

/** The links that lead to the old target, where the new words are one too. */
export function linksTo(html: string, { oldText, newText }: TextChange): Link[] {
  if (!isTarget(oldText.trim()) || !isTarget(newText.trim())) return []
  return [...html.matchAll(new RegExp(tagForm, 'gi'))].flatMap(({ 0: tag, index }) => {
    const link = toLink(tag, index)
    return link !== undefined && isSame(link.target, oldText) ? [link] : []
  })
}

/** undefined: the new words are no target. */
export function withTarget(
  html: string,
  { value: [start, end], target }: Link,
  words: string,
): string | undefined {
  const renewed = toTarget(words, target)
  return renewed && `${html.slice(0, start)}"${escapeText(renewed)}"${html.slice(end)}`
}

/** What the words of the link around `at` say now, its target says too. `html`: before the change; `changed`: after. */
export function keepTarget(
  html: string,
  at: number,
  changed: string,
  { oldText, newText }: TextChange,
): string {
  const link = linkAround(html, at)
  if (link === undefined) return changed
  const isShown = isSame(shownIn(html, link), link.target)
  const isNamed = oldText.split(/[\s<>()]+/).some((one) => one !== '' && isSame(one, link.target))
  if (!isShown && !isNamed) return changed
  return withTarget(changed, link, isShown ? shownIn(changed, link) : newText) ?? changed
}

function shownIn(html: string, { content }: Link): string {
  const close = /<\/a\b/gi
  close.lastIndex = content
  return wordsOf(html.slice(content, close.exec(html)?.index))
}

function linkAround(html: string, at: number): Link | undefined {
  const form = new RegExp(tagForm, 'iy')
  for (let from = at; from > 0; ) {
    from = html.lastIndexOf('<', from - 1)
    if (from < 0 || /^<\/a\b/i.test(html.slice(from, from + 4))) return undefined
    form.lastIndex = from
    const tag = form.exec(html)?.[0]
    if (tag !== undefined) return from + tag.length <= at ? toLink(tag, from) : undefined
  }
  return undefined
}

const scheme = /^(?:https?:\/\/|mailto:)/i
/** A name of a server with a path, or an address of a mailbox. */
const bare =
  /^(?:[^\s@/<>]{1,200}@)?(?:[\p{L}\p{N}-]{1,63}\.){1,20}\p{L}[\p{L}\p{N}-]{1,62}(?::\d{1,5})?(?:[/?#]\S{0,2000})?$/u

function isTarget(word: string): boolean {
  return !/\s/.test(word) && (scheme.test(word) || bare.test(word))
}

/** Programs leave out the scheme, and add a slash. */
function isSame(one: string, other: string): boolean {
  const toKey = (target: string) => target.trim().replace(scheme, '').replace(/\/$/, '')
  return toKey(one) === toKey(other)
}

/** With the scheme that the old target had, where the words say none. */
function toTarget(words: string, old: string): string | undefined {
  const whole = words.trim()
  const named = whole.split(/[\s<>()]+/).find((word) => scheme.test(word))
  if (named !== undefined) return named.replace(/[.,;:!?]$/, '')
  if (!isTarget(whole)) return undefined
  return /^[^/?#]*@/.test(whole)
    ? `mailto:${whole}`
    : `${/^https?:\/\//i.exec(old)?.[0] ?? 'https://'}${whole}`
}
