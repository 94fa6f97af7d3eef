/**
 * What stays below a draft's own words when these are replaced: the signature, and the email that is answered or
 * forwarded, as this program and others write them. Found by the marks that mail programs leave; without one nothing
 * stays, and nothing is guessed.
 */
import { startsAttribution } from '../body-text/fold-quotes.ts'
import { isAttribution, isForwardMark, isSeparator, readHeaderBlock } from '../body-text/quote-marks.ts'

/** From here on; undefined: all of it is the writer's own, or the writer's words come below the quote too. */
export function tailOfText(text: string): string | undefined {
  const lines = text.split('\n')
  const at = lines.findIndex((line, index) => line === '-- ' || startsOriginal(lines, index))
  if (at < 0) return undefined
  const last = lines.findLastIndex((line) => line.startsWith('>'))
  const below = lines.slice(last + 1)
  const signature = below.indexOf('-- ')
  const own = below.slice(0, signature < 0 ? undefined : signature).some((line) => line.trim() !== '')
  const isQuote = !lines.slice(at, last).some((line, index) => isWhole(lines, at + index, line))
  return last > at && isQuote && own ? undefined : lines.slice(at).join('\n').trimEnd()
}

function startsOriginal(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? ''
  if (line.startsWith('>') || line.trim() === '') return false
  return isWhole(lines, at, line) || [1, 2, 3].some((count) => isAttributed(lines, at, count))
}

/** All that follows is what is forwarded or answered. */
function isWhole(lines: readonly string[], at: number, line: string): boolean {
  return isForwardMark(line) || isSeparator(line) || readHeaderBlock(lines, at) !== undefined
}

/** So many lines say who wrote what is quoted below. */
function isAttributed(lines: readonly string[], at: number, count: number): boolean {
  const said = lines.slice(at, at + count)
  const behind = [lines[at + count], lines[at + count + 1]].find((line) => (line ?? '').trim() !== '')
  if (behind?.startsWith('>') !== true || said.some((line) => line.trim() === '')) return false
  return isAttribution(said.join(' ')) && (count === 1 || startsAttribution(lines[at] ?? ''))
}

/** Gmail and ours, Thunderbird, Outlook, Apple Mail, Yahoo; each at the start of its block. */
const mark =
  /<(?:div|blockquote|pre|hr|span|table)\b[^<>]{0,500}?(?:class="?(?:[\w-]+ )*(?:gmail_(?:quote|signature|attr)|moz-(?:cite-prefix|forward-container|signature)|yahoo_quoted|protonmail_quote)\b|id="?(?:x_)?(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|AppleMailSignature)\b|name="messageReplySection"|type="?cite)[^<>]{0,500}>/i

export interface HtmlTail {
  /** Up to and with the tag that opens its body. */
  readonly head: string
  readonly tail: string
}

export function tailOfHtml(html: string): HtmlTail | undefined {
  const found = mark.exec(html)
  if (found === null) return undefined
  const body = /<body\b[^<>]{0,2000}>/i.exec(html.slice(0, found.index))
  return {
    head: body === null ? '' : html.slice(0, body.index + body[0].length),
    tail: html.slice(found.index),
  }
}
