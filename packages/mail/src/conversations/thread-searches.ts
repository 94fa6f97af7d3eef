/**
 * What is asked of each mailbox for a conversation: who has one of its ids, and in the first round who has its subject.
 * The second spares a chain, in which each names only the one before, a round for each of its links; the ids of what it
 * brings decide. THREAD (RFC 5256) is not asked: it sees one mailbox alone, and joins strangers by their subject.
 */
import { atom } from '../imap/protocol.ts'
import { prepareUidSearch, type UidSearch } from '../imap/search-uids.ts'
import type { ImapResponse, ImapSession, ImapToken } from '../imap/session.ts'
import { takeNewest } from '../imap/uid-set.ts'
import type { Collector, Visit } from '../imap/visits.ts'
import { eitherKey, type SearchKey } from '../search/plan.ts'

/** Of one mailbox in one round. */
const maxHits = 300
/** Newsletters have the same subject for years. */
const maxAlike = 50
/** RFC 7162 §4 advises clients to keep a command below 8192 octets. */
const maxKeyChars = 6_000
const searchBytes = 256 * 1024

const text = (value: string): ImapToken => ({ type: 'STRING', value })

export interface WantedIds {
  /** Of messages that were not found yet. */
  readonly missing: readonly string[]
  /** Of messages that are there: only answers to them are looked for. */
  readonly found: readonly string[]
}

/** As many commands as it takes for each to stay short. */
export function keysOf({ missing, found }: WantedIds): SearchKey[] {
  const asked = [
    ...missing.map((id) => ['Message-ID', id] as const),
    ...[...missing, ...found].flatMap((id) => [['References', id] as const, ['In-Reply-To', id] as const]),
  ]
  const commands: SearchKey[][] = []
  let chars = maxKeyChars
  for (const [name, id] of asked) {
    chars += name.length + id.length + 16
    if (chars > maxKeyChars) {
      commands.push([])
      chars = 0
    }
    commands.at(-1)?.push([atom('HEADER'), text(name), text(id)])
  }
  return commands.map(eitherKey)
}

/** The UIDs of what may belong. */
export function toVisit(
  session: ImapSession,
  path: string,
  keys: readonly SearchKey[],
  subject: string | undefined,
): Visit<number[]> {
  const asked = subject === undefined ? keys : [...keys, [atom('SUBJECT'), text(subject)]]
  const commands = asked.map((key) => ({
    command: 'UID SEARCH',
    attributes: prepareUidSearch(session, [...key, atom('UNDELETED')]).attributes,
    bytes: searchBytes,
  }))
  return { path, commands, collect: () => collectHits(session, keys.length, asked.length) }
}

/** Answers come in the order of the questions. */
function collectHits(session: ImapSession, keys: number, asked: number): Collector<number[]> {
  const byIds = prepareUidSearch(session, [])
  const alike = prepareUidSearch(session, [])
  let answers = 0
  const keep = (name: 'SEARCH' | 'ESEARCH') => (response: ImapResponse) => {
    const search: UidSearch = answers++ < keys ? byIds : alike
    return search.untagged[name]?.(response)
  }
  return {
    handlers: { SEARCH: keep('SEARCH'), ESEARCH: keep('ESEARCH') },
    result: () =>
      answers < asked
        ? undefined
        : [...new Set([...takeNewest(byIds.ranges, maxHits), ...takeNewest(alike.ranges, maxAlike)])],
  }
}
