/** A signature as mail programs know one: behind `-- ` (RFC 3676 §4.3), or in a block that their pages hide. */
import { escapeText } from '../body-text/escape-text.ts'

/** In the two forms of a body. */
export interface Signature {
  readonly text: string
  /** Inert, without a document around it. */
  readonly html?: string | undefined
}

/** Behind its mark, as the plain text of an email has it. */
export function signatureText({ text }: Signature): string {
  return `-- \n${withoutMark(text)}`
}

export function signatureHtml({ text, html }: Signature): string {
  const words = html?.replace(markInHtml, '$1') ?? escapeText(withoutMark(text)).replaceAll('\n', '<br>')
  return `<div class="gmail_signature">-- <br>${words}</div>`
}

/** As it may have been typed or pasted, in a block of its own or in the first line of one. */
const markInHtml = /^\s*(?:(<(?:div|p|span)(?:\s[^<>]*)?>)\s*)?--(?:\s|&nbsp;)*<br ?\/?>/i

function withoutMark(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .trim()
    .replace(/^-- ?(?:\n|$)/, '')
    .trim()
}
