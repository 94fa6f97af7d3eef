/** How long an answer may get, and how foreign text is cut to a line of it. */
import { breakMarkup, removeInvisible } from '@email-connector/mail'

/** Every client takes 80,000 characters; Claude's own bound is 150,000, others cut earlier and silently. */
export const maxResultChars = 80_000

export function fits(result: {
  readonly structured: unknown
  readonly text: string
  readonly meta?: unknown
}): boolean {
  const { structured, text, meta } = result
  const json = [structured, meta].map((one) => JSON.stringify(one)?.length ?? 0)
  return json.reduce((sum, one) => sum + one, text.length) < maxResultChars
}

const breaks = /[\p{Cc}\u2028\u2029\s]+/gu

/** One visible line of at most `maxChars`: a subject cannot open a line of its own, or say what nobody sees. */
export function toLine(text: string, maxChars: number): string {
  // A subject may be megabytes long; four times the line leaves enough to clean.
  const oneLine = sliceWhole(text, maxChars * 4).replace(breaks, ' ')
  const cleaned = breakMarkup(removeInvisible(oneLine).text.trim())
  return cleaned.length <= maxChars ? cleaned : `${sliceWhole(cleaned, maxChars - 1)}…`
}

/** Cuts without halving a surrogate pair. */
export function sliceWhole(text: string, maxChars: number): string {
  const last = text.charCodeAt(maxChars - 1)
  const isHalf = maxChars > 0 && maxChars < text.length && last >= 0xd800 && last < 0xdc00
  return text.slice(0, isHalf ? maxChars - 1 : maxChars)
}
