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
  return `-- \n${text.replaceAll(/\r\n?/g, '\n').trim()}`
}

export function signatureHtml({ text, html }: Signature): string {
  const lines = escapeText(text.trim()).replaceAll(/\r\n?|\n/g, '<br>')
  return `<div class="gmail_signature">-- <br>${html ?? lines}</div>`
}
