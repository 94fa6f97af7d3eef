/**
 * How many lists one line of a mail server may hold (R58). The library makes a kilobyte of objects of each bracket, so a
 * line within every bound on its octets can take hundreds of megabytes: it is counted before it is parsed.
 */
import type { Channel } from './protocol.ts'

/** A structure of 10,000 parts, the most that Dovecot tells apart, has three lists a part; 60,000 take 80 MB. */
const maxLists = 60_000
const [quote, backslash, bracket] = ['"', '\\', '('].map((char) => char.charCodeAt(0))

/** `close` is called for the first line with more, which is not parsed. */
export function boundLists(
  { streamer }: { readonly streamer: Pick<Channel['streamer'], 'push'> },
  close: () => void,
): void {
  const push = streamer.push.bind(streamer)
  streamer.push = (line) => {
    // A shorter one has no room for them: ordinary lines are not looked at.
    if (line === null || line.payload.length <= maxLists || countLists(line.payload) <= maxLists)
      return push(line)
    close()
    return false
  }
}

/** A sender writes what is in quotes (RFC 9051 §4.3), and no list is. */
function countLists(payload: Buffer): number {
  let count = 0
  let isQuoted = false
  for (let at = 0; at < payload.length; at++) {
    const byte = payload[at]
    if (byte === quote) isQuoted = !isQuoted
    else if (isQuoted && byte === backslash) at++
    else if (!isQuoted && byte === bracket) count++
  }
  return count
}
