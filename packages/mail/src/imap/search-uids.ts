/** UID SEARCH, compact where the server can (RFC 4731 ESEARCH), as ranges either way. */
import { MailError } from '../mail-error.ts'
import { atom, type UntaggedHandlers } from './protocol.ts'
import { type ImapSession, type ImapToken, textOf } from './session.ts'
import { isUid, parseUidRanges, type UidRange } from './uid-set.ts'

/** A mailbox of a million messages, each match alone. More is no answer to a search. */
const maxRanges = 1_200_000

export interface UidSearch {
  readonly attributes: ImapToken[]
  readonly untagged: UntaggedHandlers
  /** What has arrived. */
  readonly ranges: readonly UidRange[]
  /** Of all matches, where only the newest come. */
  count(): number | undefined
  /** Something was answered: with ESEARCH a search that found nothing says so. */
  isAnswered(): boolean
}

export function prepareUidSearch(
  session: ImapSession,
  criteria: readonly ImapToken[],
  { utf8 = false, newest }: { utf8?: boolean; newest?: number | undefined } = {},
): UidSearch {
  const ranges: [low: number, high: number][] = []
  let matches: number | undefined
  let isAnswered = false
  const keep = ([low, high]: UidRange) => {
    const last = ranges.at(-1)
    // The next one up, or the last one again.
    if (last !== undefined && low >= last[0] && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else if (ranges.length < maxRanges) ranges.push([low, high])
    else throw new MailError('connection_lost', { protocol: 'imap' })
  }
  return {
    ranges,
    count: () => matches,
    isAnswered: () => isAnswered,
    attributes: [
      ...(newest !== undefined
        ? // RFC 9394 §3.1: counted from the end
          [atom('RETURN'), [atom('PARTIAL'), atom(`-1:-${newest}`), atom('COUNT')]]
        : session.has('ESEARCH')
          ? [atom('RETURN'), [atom('ALL')]]
          : []),
      ...(utf8 ? [atom('CHARSET'), atom('UTF-8')] : []),
      ...criteria,
      ...session.hiding.labels.keys(),
    ],
    untagged: {
      SEARCH({ numbers, attributes }) {
        isAnswered = true
        const found = numbers ?? (attributes ?? []).map((one) => Number(textOf(one)))
        for (const uid of found) if (isUid(uid)) keep([uid, uid])
      },
      ESEARCH({ attributes = [] }) {
        isAnswered = true
        const itemOf = (name: string) => {
          const at = attributes.findIndex((one) => textOf(one).toUpperCase() === name)
          return at < 0 ? undefined : attributes[at + 1]
        }
        const count = Number(textOf(itemOf('COUNT')))
        if (Number.isSafeInteger(count)) matches = count
        const partial = itemOf('PARTIAL')
        const set = Array.isArray(partial) ? partial[1] : itemOf('ALL')
        for (const range of parseUidRanges(textOf(set))) keep(range)
      },
    },
  }
}

/** One search by itself; `handlers` are for what was sent ahead of it. */
export async function searchUids(
  session: ImapSession,
  criteria: readonly ImapToken[],
  utf8 = false,
  handlers: UntaggedHandlers = {},
): Promise<readonly UidRange[]> {
  const search = prepareUidSearch(session, criteria, { utf8 })
  await session.run('UID SEARCH', search.attributes, { ...handlers, ...search.untagged })
  return search.ranges
}
