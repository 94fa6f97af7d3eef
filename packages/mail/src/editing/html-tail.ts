/**
 * What stays below a draft's own words in its HTML: signature and quote, by the elements that mail programs put around
 * them, each at the start of its block. Tags are read one by one, and attributes may have either kind of quotes, or none.
 */
import { readHeaderBlock } from '../body-text/quote-marks.ts'

export interface HtmlTail {
  /** Up to and with the tag that opens its body. */
  readonly head: string
  /** Without the tags that close its document: what it is put in has its own. */
  readonly tail: string
}

const block = /<(?:div|blockquote|pre|hr|span|table|p)\b[^<>]{0,1000}>/gi

export function tailOfHtml(html: string): HtmlTail | undefined {
  let lines = maxWordLines
  for (const { 0: tag, index } of html.matchAll(block)) {
    if (!isMark(tag) && !(isWordLine(tag) && lines-- > 0 && isHeader(html, index))) continue
    const body = /<body\b[^<>]{0,2000}>/i.exec(html.slice(0, index))
    return {
      head: body === null ? '' : html.slice(0, body.index + body[0].length),
      tail: html
        .slice(index)
        .replaceAll(/<\/(?:body|html)>/gi, '')
        .trimEnd(),
    }
  }
  return undefined
}

const attribute = {
  class: reader('class'),
  id: reader('id'),
  marker: reader('data-marker'),
  name: reader('name'),
  type: reader('type'),
  style: reader('style'),
}

/** Gmail and ours, Thunderbird, Proton; Yahoo puts `ydp` and a number in front of each class. */
const classes =
  /^(?:gmail_(?:quote|signature|signature_prefix|attr)|moz-(?:cite-prefix|forward-container|signature)|protonmail_(?:quote|signature_block)|(?:ydp\w{1,30})?yahoo_quoted|ydp\w{1,30}signature)$/
/** Outlook, Outlook on a phone, Apple Mail, Roundcube. */
const ids =
  /^(?:x_)?(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|Signature|ms-outlook-mobile-signature|AppleMailSignature|_rc_sig|reply-intro)$/
/** Zimbra. */
const markers = /^__(?:SIG_PRE|SIG_POST|DIVIDER|HEADERS|QUOTED_TEXT)__$/
/** Spark. */
const names = /^message(?:Reply|Signature)Section$/

function isMark(tag: string): boolean {
  return (
    attribute
      .class(tag)
      .split(/\s+/)
      .some((one) => classes.test(one)) ||
    ids.test(attribute.id(tag)) ||
    markers.test(attribute.marker(tag)) ||
    names.test(attribute.name(tag)) ||
    attribute.type(tag).toLowerCase() === 'cite'
  )
}

/** Outlook (Word) draws a line above a header in words; without the header it is a line that somebody drew. */
function isWordLine(tag: string): boolean {
  return /border-top:\s?solid #(?:e1e1e1|b5c4df)/i.test(attribute.style(tag))
}

const maxWordLines = 50
/** More than a header takes with all its recipients that are read. */
const maxHeaderChars = 4_000

function isHeader(html: string, index: number): boolean {
  const lines = html
    .slice(index, index + maxHeaderChars)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/<(?:br|\/p)\b[^<>]*>/gi, '\n')
    .replaceAll(/<[^<>]*>/g, '')
    .split('\n')
  return readHeaderBlock(lines, 0) !== undefined
}

function reader(name: string): (tag: string) => string {
  const form = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i')
  return (tag) => {
    const value = form.exec(tag)
    return value?.[1] ?? value?.[2] ?? value?.[3] ?? ''
  }
}
