/**
 * What a message says, as the parts that go out: a body block made from Markdown, and behind it the original that it
 * answers or forwards, which is not ours and comes ready in both forms.
 */
import type { RenderedBody } from './entity.ts'
import { flow } from './flowed.ts'
import { markdownToHtml } from './markdown.ts'

/** The words of both forms are the same. */
export interface OriginalBlock {
  /** Lines; those that are quoted begin with `>`. */
  readonly text: string
  /** Inert HTML without a document around it. */
  readonly html: string
}

/** The HTML is left out where it would show nothing that the text does not. */
export async function renderBody(markdown: string, original?: OriginalBlock): Promise<RenderedBody> {
  const text = markdown.replace(/\r\n?/g, '\n')
  const html = markdownToHtml(text)
  if (original === undefined) return { ...flow(text), ...(html === undefined ? {} : { html }) }
  const whole = flow(`${text}\n\n${original.text}`)
  return html === undefined
    ? whole
    : { ...whole, html: html.replace('\n</body>', () => `\n<br>\n${original.html}\n</body>`) }
}
