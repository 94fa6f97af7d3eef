/** The rows of one or more FETCHes: those that were asked for, each once, and no others. */
import type { FetchedMessage, ImapClient } from './client.ts'
import type { HidingLabels } from './hiding-labels.ts'
import type { ImapResponse, ImapToken } from './protocol.ts'
import { createSetTest, isUid } from './uid-set.ts'

/** One FETCH of several that share a flight. */
export interface AskedFetch {
  /** What the numbers of `set` are; UIDs where it is left out. */
  readonly by?: 'uid' | 'sequence'
  readonly set: string
  readonly items: ImapToken[]
}

export interface RowCollector {
  keep(response: ImapResponse): Promise<void>
  all(): FetchedMessage[]
}

export function createRowCollector({
  client,
  labels,
  path,
  count,
  asked,
}: {
  client: Pick<ImapClient, 'toRow'>
  labels: HidingLabels
  path: string
  count: number
  asked: readonly Pick<AskedFetch, 'by' | 'set'>[]
}): RowCollector {
  const rows = new Map<number, FetchedMessage>()
  const tests = asked.map(({ by, set }) => ({ by, isInSet: createSetTest(set) }))
  const isAskedFor = ({ uid, seq }: FetchedMessage) =>
    tests.some(({ by, isInSet }) => isInSet(by === 'sequence' ? seq : uid))
  return {
    async keep(response) {
      const row = await client.toRow(response, path)
      // An unasked-for FETCH (a flag changed elsewhere) has no UID, or one that is not ours to keep.
      if (!isUid(row.uid) || !isAskedFor(row) || labels.hides(row)) return
      const known = rows.get(row.uid)
      if (known === undefined && rows.size >= count) return
      rows.set(row.uid, { ...known, ...row })
    },
    all: () => [...rows.values()].filter(labels.isKnown),
  }
}
