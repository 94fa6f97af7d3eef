/** A text of a mail as people read it, for a quote or a forward: its two forms, each rendered like any other text. */
import { callTime, type TimeLimits } from '../connect/deadline.ts'
import { MailError } from '../mail-error.ts'
import { readText } from './read-text.ts'
import { notInTime } from './readable-text.ts'
import type { RenderJob } from './render.ts'

/** One text in the two forms that go out again. */
export interface ForPeople {
  readonly html: string
  readonly text: string
}

/**
 * Safe HTML with whole targets, and plain text of the same words. Loads the renderer where it is HTML. Throws `timeout`
 * when it takes longer than it may, and fails where the renderer does: a sentence about that must not go out.
 *
 * @param options.from how the text is written; HTML unless said.
 * @param options.maxChars of its words; the rest is left out.
 */
export async function renderForPeople(
  content: string,
  options: TimeLimits & Pick<RenderJob, 'maxChars'> & { readonly from?: RenderJob['from'] } = {},
): Promise<ForPeople> {
  const { from = 'html', maxChars } = options
  const time = callTime(options)
  const job = { content, from, maxChars }
  const [asHtml, asText] = await Promise.all([
    readText({ ...job, to: 'people_html' }, time),
    readText({ ...job, to: 'people_text' }, time),
  ])
  const both = [asHtml, asText]
  if (both.includes(notInTime)) throw new MailError('timeout')
  if (both.some(({ warnings }) => warnings.includes('body_not_rendered'))) throw new Error('not rendered')
  return { html: asHtml.text, text: asText.text }
}
