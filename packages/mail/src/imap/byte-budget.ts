/**
 * How much a mail server may send in one session (R58). Sizes of lines and literals alone do not bound their number, so
 * every octet counts before it is parsed: a base for the whole session, and for the time of a command what it asks for.
 */
import type { Channel, ImapToken } from './protocol.ts'

/** Beside what FETCH, SEARCH and LIST ask for: the greeting, capabilities, what is said of a mailbox, 100 STATUS. */
const maxSessionBytes = 2 * 1024 * 1024
/** A million numbers of seven digits; the newsgroups of a whole news server. */
export const bytesOfCommand: Readonly<Record<string, number>> = {
  'UID SEARCH': 8 * 1024 * 1024,
  LIST: 8 * 1024 * 1024,
  // The flags of two thousand messages, each with a kilobyte of keywords.
  'UID STORE': 2 * 1024 * 1024,
}
/** The envelope and structure of one message: a thousand recipients are 45 kB. */
const maxRowBytes = 128 * 1024
/** And of one among them with ten thousand parts, the most that Dovecot tells apart: 1 MB. */
const maxOddRowBytes = 2 * 1024 * 1024
/** Literal framing, and a server that counts characters for octets. */
const literalSlack = 1.1
/**
 * Of one FETCH. Bodies are asked for in batches of 8 MiB by their structure's sizes, which Exchange counts in
 * characters; an attachment comes in pieces of 4 MiB, a list of a hundred rows is 13 MB at most.
 */
const maxFetchBytes = 32 * 1024 * 1024

export interface ByteBudget {
  /** Room for `bytes` more until `use` ends: what is left of it then was for that command only. */
  lend<T>(bytes: number, use: () => Promise<T>): Promise<T>
}

/** `close` is called with the first octet too many, which is not read. */
export function createByteBudget(
  { streamer }: { readonly streamer: Pick<Channel['streamer'], 'write'> },
  close: () => void,
): ByteBudget {
  const write = streamer.write.bind(streamer)
  let allowed = maxSessionBytes
  let received = 0
  streamer.write = (chunk, ...rest) => {
    received += chunk.length
    if (received > allowed) {
      close()
      return false
    }
    return write(chunk, ...rest)
  }
  return {
    async lend(bytes, use) {
      const before = received
      allowed += bytes
      try {
        return await use()
      } finally {
        allowed -= Math.max(0, bytes - (received - before))
      }
    },
  }
}

/** Of the answer to a FETCH of `rows` messages. */
export function bytesOfFetch(rows: number, items: readonly ImapToken[]): number {
  const usual = rows * (maxRowBytes + octetsAskedFor(items) * literalSlack)
  return Math.min(maxOddRowBytes + usual, maxFetchBytes)
}

/** Of the parts that are asked for by their length. */
function octetsAskedFor(items: readonly ImapToken[]): number {
  return items.reduce<number>((sum, item) => {
    const partial = typeof item === 'object' && item !== null && 'partial' in item ? item.partial : undefined
    return sum + (Array.isArray(partial) ? Number(partial[1]) || 0 : 0)
  }, 0)
}
