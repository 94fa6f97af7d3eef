/** The HTML of a mail as people read it, for a quote or a forward: its two forms, each rendered like any other text. */
import { callTime, type TimeLimits } from '../connect/deadline.ts'
import { MailError } from '../mail-error.ts'
import { readText } from './read-text.ts'
import { notInTime } from './readable-text.ts'

/**
 * Safe HTML with whole targets, and plain text of the same words. Loads the renderer. Throws `timeout` when it takes
 * longer than it may, and fails where the renderer does: a sentence about that must not go out.
 */
export async function renderForPeople(
  html: string,
  limits: TimeLimits = {},
): Promise<{ readonly html: string; readonly text: string }> {
  const time = callTime(limits)
  const [asHtml, asText] = await Promise.all([
    readText({ content: html, from: 'html', to: 'people_html' }, time),
    readText({ content: html, from: 'html', to: 'people_text' }, time),
  ])
  const both = [asHtml, asText]
  if (both.includes(notInTime)) throw new MailError('timeout')
  if (both.some(({ warnings }) => warnings.includes('body_not_rendered'))) throw new Error('not rendered')
  return { html: asHtml.text, text: asText.text }
}
