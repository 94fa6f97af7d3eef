/**
 * The newest matches of a search, without the server listing every match of a large mailbox: the last ones only where
 * it can (RFC 9394 PARTIAL), ranges where it can (ESEARCH), else window by window from the newest message down.
 */

import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { ImapSession, ImapToken, SelectedMailbox } from '../imap/session.ts'
import { takeNewest, type UidRange } from '../imap/uid-set.ts'

export interface NewestMatches {
  readonly found: readonly UidRange[]
  /** false: older messages may match, and were not asked for. */
  readonly complete: boolean
}

/** From the newest; a plain answer of a million numbers is 7 MB, and most searches end in the first window. */
const windowSizes = [20_000, 200_000, Number.POSITIVE_INFINITY]

export async function findNewestMatches(
  session: ImapSession,
  mailbox: SelectedMailbox,
  criteria: { readonly tokens: ImapToken[]; readonly utf8: boolean },
  { count, before }: { count: number; before: number },
): Promise<NewestMatches> {
  const { tokens, utf8 } = criteria
  if (session.has('PARTIAL')) {
    const below = Number.isFinite(before) ? [atom('UID'), sequence(1, before - 1)] : []
    if (before <= 1) return { found: [], complete: true }
    const found = await searchUids(session, [...below, ...tokens], utf8, count)
    return { found, complete: takeNewest(found, count).length < count }
  }
  if (session.has('ESEARCH') || mailbox.exists <= (windowSizes[0] ?? 0))
    return { found: await searchUids(session, tokens, utf8), complete: true }

  let found: UidRange[] = []
  let last = mailbox.exists
  for (const size of windowSizes) {
    const first = Math.max(1, last - size + 1)
    found = found.concat(await searchUids(session, [sequence(first, last), ...tokens], utf8))
    last = first - 1
    if (last < 1 || takeNewest(found, count, before).length === count) break
  }
  return { found, complete: last < 1 }
}

const sequence = (first: number, last: number): ImapToken => ({ type: 'SEQUENCE', value: `${first}:${last}` })
