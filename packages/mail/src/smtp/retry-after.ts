/**
 * When a server that says "not now" may be asked again: in the words of Postgrey, Exim, rspamd and others, bounded both
 * ways, because a server is a stranger; else the time after which nearly every greylist lets a sender in.
 */
const defaultSeconds = 15 * 60
const leastSeconds = 60
const mostSeconds = 4 * 3600
/** A reply is some lines; the expressions below are not tried on more. */
const maxChars = 1_000

const clock = /\b(\d{1,2}):(\d{2}):(\d{2})\b/
const span =
  /\b(?:in|for|after|within|wait)[ \t]{1,4}(\d{1,6})[ \t]{0,4}(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b/i

export function readRetryAfter(reply: string): number {
  const text = reply.slice(0, maxChars)
  const seconds = readSpan(text) ?? readClock(text)
  return seconds === undefined ? defaultSeconds : Math.min(mostSeconds, Math.max(leastSeconds, seconds))
}

function readSpan(text: string): number | undefined {
  const [, count, unit = ''] = span.exec(text) ?? []
  if (count === undefined) return undefined
  const length = { s: 1, m: 60, h: 3600 }[unit.charAt(0).toLowerCase()] ?? 1
  return Number(count) * length
}

/** "please come back in 00:04:59" */
function readClock(text: string): number | undefined {
  const [, hours, minutes, seconds] = clock.exec(text) ?? []
  return hours === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
