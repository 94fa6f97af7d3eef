/**
 * What a message says, as the parts that go out: the words made from Markdown, the signature below them, and behind both
 * the original that is answered or forwarded, which is not ours and comes ready in both forms.
 */
import type { OutgoingAttachment } from './attachment-node.ts'
import type { RenderedBody } from './entity.ts'
import { flow } from './flowed.ts'
import { loadMarkdown } from './markdown.ts'
import { type Signature, signatureHtml, signatureText } from './signature.ts'

/** The words of both forms are the same. */
export interface OriginalBlock {
  /** Lines; those that are quoted begin with `>`. */
  readonly text: string
  /** Inert HTML without a document around it. */
  readonly html: string
  /** The HTML shows more than the text, as structure and pictures. */
  readonly isRich: boolean
  /** Those that the HTML shows by their `cid`. */
  readonly pictures: readonly OutgoingAttachment[]
}

export interface BehindWords {
  readonly signature?: Signature | undefined
  readonly original?: OriginalBlock | undefined
}

/** The HTML is left out where it would show nothing that the text does not. */
export async function renderBody(
  markdown: string,
  { signature, original }: BehindWords = {},
): Promise<RenderedBody> {
  const typed = markdown.replace(/\r\n?/g, '\n')
  const reader = await loadMarkdown()
  const { text, html } = reader.render(typed)
  const below = [signature && signatureText(signature), original?.text].filter((one) => one !== undefined)
  const whole = flow([...(text.trim() === '' && below.length > 0 ? [] : [text]), ...below].join('\n\n'))
  if (html === undefined && signature?.html === undefined && original?.isRich !== true) return whole
  const words = html ?? reader.toHtml(typed)
  const blocks = [
    words,
    signature && signatureHtml(signature),
    original && `${words === '' ? '' : '<br>\n'}${original.html}`,
  ]
  return { ...whole, html: toDocument(blocks.filter((one) => one !== undefined && one !== '').join('\n')) }
}

function toDocument(body: string): string {
  return `<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n${body}\n</body></html>\n`
}
