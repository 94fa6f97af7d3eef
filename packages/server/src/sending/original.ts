/**
 * The email that is answered or forwarded, as the block behind the new words: HTML and plain lines made from the email
 * itself by the renderer for people, never Markdown and never the form that a model reads (R83). The elements and
 * classes are those by which mail programs know a quote, fold it, and keep it when a draft is edited.
 */
import {
  type AttachmentPart,
  escapeText,
  type MailAddress,
  type Original,
  type OriginalBlock,
} from '@email-connector/mail'
import { toPersonsDate } from './persons-date.ts'

/** Of the words that a reply quotes, and of those that a forward carries: 150,000 words are a long book. */
export const maxQuotedChars = 100_000
export const maxForwardedChars = 1_000_000

const cutSentence = '[The rest of this email is left out here: it is too long.]'

export function toQuote(original: Original): OriginalBlock {
  const { email } = original
  const line = `On ${toPersonsDate(email.date)}, ${toPeople(email.from)} wrote:`
  const quoted = withCut(original)
    .text.split('\n')
    .map((one) => (one === '' || one.startsWith('>') ? `>${one}` : `> ${one}`))
  const style = 'margin:0 0 0 0.8ex;border-left:2px solid #999;padding-left:1ex'
  return {
    text: [line, ...quoted].join('\n'),
    html: `<div class="gmail_quote"><div class="gmail_attr" dir="ltr">${escapeText(line)}<br></div>\n<blockquote class="gmail_quote" type="cite" style="${style}">\n${withCut(original).html}\n</blockquote></div>`,
    isRich: original.isRich,
    pictures: original.pictures,
  }
}

/** `leftOut`: files that stay behind, which the reader is told. */
export function toForwarded(original: Original, leftOut: readonly AttachmentPart[] = []): OriginalBlock {
  const { email } = original
  const names = leftOut.map(({ filename, contentType }) => filename ?? contentType).join(', ')
  const head = [
    '---------- Forwarded message ----------',
    `From: ${toPeople(email.from)}`,
    `Date: ${toPersonsDate(email.date)}`,
    `Subject: ${email.subject}`,
    `To: ${toPeople(email.to)}`,
    email.cc.length === 0 ? [] : `Cc: ${toPeople(email.cc)}`,
    names === '' ? [] : `Attachments left out: ${names}`,
  ].flat()
  const { text, html } = withCut(original)
  return {
    text: [...head, '', text].join('\n'),
    html: `<div class="gmail_quote"><div class="gmail_attr" dir="ltr">${head.map(escapeText).join('<br>\n')}<br><br></div>\n${html}\n</div>`,
    isRich: original.isRich,
    pictures: original.pictures,
  }
}

function withCut({ text, html, isCut }: Original): { text: string; html: string } {
  return isCut
    ? { text: `${text}\n\n${cutSentence}`, html: `${html}\n<p>${cutSentence}</p>` }
    : { text, html }
}

/** More names than anybody reads. */
const maxShownPeople = 100

function toPeople(addresses: readonly MailAddress[]): string {
  const shown = addresses
    .slice(0, maxShownPeople)
    .map(({ name, address }) => (name ? `${name} <${address}>` : address))
  const more = addresses.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')
}
