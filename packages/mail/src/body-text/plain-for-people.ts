/** Plain text as HTML for people: the same lines, and links where a mail program would make them. Never Markdown. */
import { findBareLinks } from './bare-links.ts'
import { hasRightToLeft } from './direction.ts'
import { escapeText } from './escape-text.ts'

export function plainForPeople(text: string): string {
  const pieces: string[] = []
  let at = 0
  for (const { shown, href, index } of findBareLinks(text)) {
    pieces.push(toLines(text.slice(at, index)), `<a href="${escapeText(href)}">${escapeText(shown)}</a>`)
    at = index + shown.length
  }
  pieces.push(toLines(text.slice(at)))
  const direction = hasRightToLeft(text) ? ' dir="auto"' : ''
  return `<div${direction} style="white-space:pre-wrap">${pieces.join('')}</div>`
}

/** A line end beside the `<br>` would be a second one here. */
function toLines(text: string): string {
  return escapeText(text).replaceAll('\n', '<br>')
}
