/** What mail asks of markdown-it beyond CommonMark: bare links before emphasis, sums and paths left alone, plain HTML. */
import type { StateCore as CoreState, StateInline as InlineState, MarkdownIt, Token } from 'markdown-it'
import { readBareLink } from '../body-text/bare-links.ts'
import { withMailDelimiters } from './markdown-delimiters.ts'

export function mailRules(parser: MarkdownIt): void {
  parser.inline.ruler.at('text', readWords)
  parser.inline.ruler.before('escape', 'path', readPath)
  parser.inline.ruler.before('escape', 'backslash', readBackslash)
  parser.inline.ruler.before('emphasis', 'product', readProduct)
  parser.inline.ruler.before('emphasis', 'dunder', readDunder)
  parser.inline.ruler.before('link', 'address', readAddress)
  parser.inline.ruler.before('link', 'bare_link', readUrl)
  parser.inline.State = withMailDelimiters(parser.inline.State)
  parser.core.ruler.after('inline', 'no_target', showWithoutTarget)
  parser.core.ruler.before('text_join', 'resolved', markResolved)
  const { rules } = parser.renderer
  rules.image = (tokens, index) => {
    const { content = '' } = tokens[index] ?? {}
    const target = String(tokens[index]?.attrGet('src') ?? '')
    const words = parser.utils.escapeHtml(content === '' ? target : content)
    return target === '' ? words : `<a href="${parser.utils.escapeHtml(target)}">${words}</a>`
  }
  // The language of a fence would become a class, which no mail program styles.
  rules.fence = (tokens, index) => `${codeBlock(parser.utils.escapeHtml(tokens[index]?.content ?? ''))}\n`
  rules.code_block = rules.fence
  rules.table_open = (tokens, index) =>
    `<table${directionIn(tokens[index])} style="border-collapse:collapse">\n`
  rules.blockquote_open = (tokens, index) => `<blockquote${directionIn(tokens[index])} type="cite">\n`
  for (const cell of ['th_open', 'td_open'])
    rules[cell] = (tokens, index) => {
      const align = /^text-align:(left|right|center)$/.exec(
        String(tokens[index]?.attrGet('style') ?? ''),
      )?.[0]
      const style = [
        'border:1px solid #bbb',
        'padding:4px 8px',
        align ?? `text-align:${tokens[index]?.info === 'rtl' ? 'right' : 'left'}`,
      ].join(';')
      return `<${cell.slice(0, 2)}${directionIn(tokens[index])} style="${style}">`
    }
}

function directionIn(token: Token | undefined): string {
  const direction = token?.attrGet('dir') ?? null
  return direction === null ? '' : ` dir="${direction}"`
}

function codeBlock(escaped: string): string {
  return `<pre style="white-space:pre-wrap"><code>${escaped}</code></pre>`
}

/** What no rule looks at; stops in front of `www.` and of a scheme, too. */
const words = /(?:(?!https?:\/\/|www\.)[^\n!#$%&*+\-:<=>@[\\\]^_`{}~])+/iy

function readWords(state: InlineState, silent: boolean): boolean {
  words.lastIndex = state.pos
  const found = words.exec(state.src.slice(0, state.posMax))?.[0]
  if (found === undefined) return false
  if (!silent) state.pending += found
  state.pos += found.length
  return true
}

/** A URL is taken whole before a mark in it is read. What may close an emphasis that is open is not of it. */
function readUrl(state: InlineState, silent: boolean): boolean {
  const { src, pos, posMax } = state
  if (!/[hw]/i.test(src.charAt(pos)) || /[A-Za-z0-9@/.:+_-]/.test(src.charAt(pos - 1))) return false
  const open = state.delimiters.filter((one) => one.open).map((one) => String.fromCharCode(one.marker))
  const link = readBareLink(src.slice(0, posMax), pos, open.join(''))
  return link !== undefined && pushLink(state, silent, link, link.shown.length)
}

/** `ann@x.example`; the part before the @ is in front of us already. */
function readAddress(state: InlineState, silent: boolean): boolean {
  const { src, pos } = state
  if (src.charAt(pos) !== '@') return false
  const local = /[\w.+-]{1,64}$/.exec(state.pending.slice(-64))?.[0] ?? ''
  const domain = /^@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,10}/.exec(src.slice(pos, pos + 320))?.[0]
  if (local === '' || domain === undefined || !/[A-Za-z]$/.test(domain)) return false
  if (!silent) state.pending = state.pending.slice(0, -local.length)
  const shown = `${local}${domain}`
  return pushLink(state, silent, { shown, href: `mailto:${shown}` }, domain.length)
}

function pushLink(
  state: InlineState,
  silent: boolean,
  { shown, href }: { readonly shown: string; readonly href: string },
  length: number,
): boolean {
  if (!silent) {
    const isInLink = state.linkLevel > 0
    if (!isInLink) {
      const opened = state.push('link_open', 'a', 1)
      opened.attrs = [['href', href]]
      opened.markup = 'bare'
    }
    state.push('text', '', 0).content = shown
    if (!isInLink) state.push('link_close', 'a', -1).markup = 'bare'
  }
  state.pos += length
  return true
}

/** `[]()` is no link: what leads nowhere is words, as typed. */
function showWithoutTarget({ tokens }: CoreState): void {
  for (const { children } of tokens) {
    const open: Token[] = []
    for (const token of children ?? []) {
      if (token.type === 'link_open') open.push(token)
      if (token.type !== 'link_close') continue
      const opened = open.pop()
      if (opened?.attrGet('href') !== '') continue
      const title = opened.attrGet('title')
      toWords(opened, '[')
      toWords(token, title === null ? ']()' : `]("${title}")`)
    }
  }
}

function toWords(token: Token, content: string): void {
  Object.assign(token, { type: 'text', tag: '', nesting: 0, attrs: null, content })
}

/** `\\server\share\_new` and `C:\!temp\*.log`: nobody escapes what is behind the backslash. */
const path = /(?:\\\\[\p{L}\p{N}][\p{L}\p{N}._-]*\\|:\\)[^\s"<>|`]*/uy

function readPath(state: InlineState, silent: boolean): boolean {
  const { src, pos, posMax } = state
  const before = src.slice(Math.max(0, pos - 2), pos)
  const isShare = src.startsWith('\\\\', pos) && !/[\\\p{L}\p{N}]$/u.test(before)
  const isDrive = src.startsWith(':\\', pos) && /(?:^|[^\p{L}\p{N}])[A-Za-z]$/u.test(before)
  if (!isShare && !isDrive) return false
  path.lastIndex = pos
  const found = path.exec(src.slice(0, posMax))?.[0]
  if (found === undefined) return false
  if (!silent) state.pending += found
  state.pos += found.length
  return true
}

/** What people and programs escape; in front of anything else a backslash is one (`\\d+\\.`, `..\\.git`, `\\"`). */
const escaped = /^\\(?:[\n\\`*_#[\]()~<>!|&+$-]|\.(?:\s|$))/

function readBackslash(state: InlineState, silent: boolean): boolean {
  const { src, pos, posMax } = state
  if (src.charAt(pos) !== '\\') return false
  const before = src.charAt(pos - 1)
  const isShrug = before === '¯' && src.startsWith(shrug, pos)
  const isNumber = /\d/.test(before) && src.charAt(pos + 1) === '.'
  if (!isShrug && (isNumber || escaped.test(src.slice(pos, Math.min(pos + 3, posMax))))) return false
  const words = isShrug ? shrug : '\\'
  if (!silent) state.pending += words
  state.pos += words.length
  return true
}

const shrug = '\\_(ツ)_/¯'

/** A text with an escape or an entity is not what it will say. */
function markResolved({ tokens }: CoreState): void {
  for (const token of tokens)
    if (token.children?.some(({ type, content, markup }) => type === 'text_special' && content !== markup))
      token.markup = 'resolved'
}

const dunder = /__[A-Za-z]\w{0,100}__(?=[\w.(])/y

/** `__init__.py` and `__name__()`. */
function readDunder(state: InlineState, silent: boolean): boolean {
  dunder.lastIndex = state.pos
  const found = dunder.exec(state.src)?.[0]
  if (found === undefined) return false
  if (!silent) state.pending += found
  state.pos += found.length
  return true
}

/** `5*3*2` and `a*b*c`: no emphasis begins or ends between two Latin letters or digits by a single mark. */
function readProduct(state: InlineState, silent: boolean): boolean {
  const { src, pos, posMax } = state
  if (src.charAt(pos) !== '*' || pos + 1 >= posMax) return false
  if (!/[A-Za-z0-9]/.test(src.charAt(pos - 1)) || !/[A-Za-z0-9]/.test(src.charAt(pos + 1))) return false
  if (!silent) state.pending += '*'
  state.pos += 1
  return true
}
