/** UID SEARCH, compact where the server can (RFC 4731 ESEARCH), as ranges either way. */

import { MailError } from '../mail-error.ts'
import { atom, type UntaggedHandlers } from './protocol.ts'
import { type ImapResponse, type ImapSession, type ImapToken, textOf } from './session.ts'
import { isUid, parseUidRanges, type UidRange } from './uid-set.ts'

/** A mailbox of a million messages, each match alone. More is no answer to a search. */
const maxRanges = 1_200_000

export async function searchUids(
  session: ImapSession,
  criteria: ImapToken[],
  utf8 = false,
  /** Only the newest so many; where the server has PARTIAL. */
  newest?: number,
  /** For what was sent ahead of the search; `count` hears the number of all matches where only the newest come. */
  beside: { readonly handlers?: UntaggedHandlers; readonly count?: (matches: number) => void } = {},
): Promise<UidRange[]> {
  const collector = createUidCollector(beside.count)
  await session.run(
    'UID SEARCH',
    searchAttributes(session, criteria, utf8, newest, beside.count !== undefined),
    { ...beside.handlers, ...collector.handlers },
  )
  return collector.ranges
}

/** RETURN and CHARSET as the server takes them, in front of the criteria. */
export function searchAttributes(
  session: ImapSession,
  criteria: ImapToken[],
  utf8 = false,
  newest?: number,
  isCounted = false,
): ImapToken[] {
  return [
    ...(newest !== undefined
      ? // RFC 9394 §3.1: counted from the end
        [atom('RETURN'), [atom('PARTIAL'), atom(`-1:-${newest}`), ...(isCounted ? [atom('COUNT')] : [])]]
      : session.has('ESEARCH')
        ? [atom('RETURN'), [atom('ALL')]]
        : []),
    ...(utf8 ? [atom('CHARSET'), atom('UTF-8')] : []),
    ...criteria,
  ]
}

/** Handlers of the answer to a SEARCH, in either form. */
export function createUidCollector(onCount?: (matches: number) => void) {
  const ranges: [low: number, high: number][] = []
  const keep = ([low, high]: UidRange) => {
    const last = ranges.at(-1)
    // The next one up, or the last one again.
    if (last !== undefined && low >= last[0] && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else if (ranges.length < maxRanges) ranges.push([low, high])
    else throw new MailError('connection_lost', { protocol: 'imap' })
  }
  return {
    ranges: ranges as UidRange[],
    handlers: {
      SEARCH({ numbers, attributes }: ImapResponse) {
        const found = numbers ?? (attributes ?? []).map((one) => Number(textOf(one)))
        for (const uid of found) if (isUid(uid)) keep([uid, uid])
      },
      ESEARCH({ attributes = [] }: ImapResponse) {
        const itemOf = (name: string) => {
          const at = attributes.findIndex((one) => textOf(one).toUpperCase() === name)
          return at < 0 ? undefined : attributes[at + 1]
        }
        const count = Number(textOf(itemOf('COUNT')))
        if (onCount && Number.isSafeInteger(count)) onCount(count)
        const partial = itemOf('PARTIAL')
        const set = Array.isArray(partial) ? partial[1] : itemOf('ALL')
        for (const range of parseUidRanges(textOf(set))) keep(range)
      },
    },
  }
}
