/**
 * Where a text is rendered. An ordinary mail takes some milliseconds, and is rendered here in a turn of the event loop
 * of its own; one that may take longer is rendered in another thread, under the call's deadline, so that nothing else
 * waits for it. What goes wrong there is the answer for that text alone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CallTime } from '../connect/deadline.ts'
import type { ReadableText } from './readable-text.ts'
import { type RenderJob, render } from './render.ts'

/** Of what is left of the call: the rest of it needs time, and so do the other emails that it asks for. */
const shareOfCall = 0.5

export async function readText(job: RenderJob, { signal, leftMs }: CallTime): Promise<ReadableText> {
  if (!isQuick(job)) {
    const { renderThreads } = await import('./render-threads.ts')
    return await renderThreads.render(job, { signal, maxMs: leftMs() * shareOfCall })
  }
  await nextTurn()
  return await render(job)
}

/**
 * Of 1,619 real mails the largest has 89,000 characters and 2,300 tags, opening and closing; 99 in 100 have 1,300 tags.
 * A text within these bounds takes as long as such a mail, whatever it is made of.
 */
const quickChars = 128 * 1024
const quickTags = 2_400
/** Elements times selectors: what matching costs. The largest real product is 120,000. */
const quickMatches = 200_000

function isQuick({ content, from }: RenderJob): boolean {
  if (content.length > quickChars) return false
  if (from !== 'html') return true
  const tags = count(content, '<')
  if (tags > quickTags) return false
  const sheets = content.split(/<style\b|data:text\/css/i).slice(1)
  const selectors = sheets.reduce((sum, sheet) => {
    const [rules = ''] = sheet.split(/<\/style/i, 1)
    return sum + count(rules, '{') + count(rules, ',')
  }, 0)
  return (tags / 2) * selectors <= quickMatches
}

function count(text: string, char: string): number {
  let found = 0
  for (let at = text.indexOf(char); at >= 0; at = text.indexOf(char, at + 1)) found += 1
  return found
}
