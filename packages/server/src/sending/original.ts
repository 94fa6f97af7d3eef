/**
 * The email that is answered or forwarded, as the block behind the new words: plain lines and inert HTML of the same
 * text, never Markdown (R83).
 */
import type { MailAddress, MessageDetail, OriginalBlock } from '@email-connector/mail'

/** Of the email that is quoted; what is longer is cut, and says so. */
export const maxQuotedChars = 100_000

export function toQuote(email: MessageDetail): OriginalBlock {
  const line = `On ${toPersonsDate(email.date)}, ${toPeople(email.from)} wrote:`
  const quoted = toText(email)
    .split('\n')
    .map((one) => (one === '' || one.startsWith('>') ? `>${one}` : `> ${one}`))
  return {
    text: [line, ...quoted].join('\n'),
    html: `<p>${escapeHtml(line)}</p>\n<blockquote type="cite" style="margin:0 0 0 0.8ex;border-left:2px solid #999;padding-left:1ex">${toHtml(toText(email))}</blockquote>`,
  }
}

export function toForwarded(email: MessageDetail): OriginalBlock {
  const head = [
    '---------- Forwarded message ----------',
    `From: ${toPeople(email.from)}`,
    `Date: ${toPersonsDate(email.date)}`,
    `Subject: ${email.subject}`,
    `To: ${toPeople(email.to)}`,
    email.cc.length === 0 ? [] : `Cc: ${toPeople(email.cc)}`,
  ].flat()
  return {
    text: [...head, '', toText(email)].join('\n'),
    html: `<p>${head.map(escapeHtml).join('<br>\n')}</p>\n${toHtml(toText(email))}`,
  }
}

function toPeople(addresses: readonly MailAddress[]): string {
  return addresses.map(({ name, address }) => (name ? `${name} <${address}>` : address)).join(', ')
}

function toText({ body }: MessageDetail): string {
  const text = body.text.replace(/\n+$/, '')
  return body.text.length < body.totalChars ? `${text}\n[…]` : text
}

function toHtml(text: string): string {
  return `<div style="white-space:pre-wrap">${escapeHtml(text).replaceAll('\n', '<br>\n')}</div>`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Fri, 20 Nov 2026 at 10:00 +0100`, on the clock of its sender. */
function toPersonsDate(date: string): string {
  const [, year = '', month = '', day = '', time = '', offset = ''] =
    /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d):\d\d(.*)$/.exec(date) ?? []
  if (year === '') return date
  const weekday = days[new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay()]
  const zone = offset === 'Z' ? 'UTC' : offset.replace(':', '')
  return `${weekday}, ${Number(day)} ${months[Number(month) - 1]} ${year} at ${time} ${zone}`
}
