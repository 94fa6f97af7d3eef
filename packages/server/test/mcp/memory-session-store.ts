/** The local store's session table over rows in memory: a real store, without a folder, that tests can look into. */

import type { RowDatabase } from '../../src/store/level/rows.ts'
import { createSessionTable } from '../../src/store/level/sessions.ts'
import type { SessionStore } from '../../src/store/session-store.ts'

export interface MemorySessionStore extends SessionStore {
  touches: number
  reads: number
  /** Everything that is stored, as text. */
  dump(): string
}

export function createMemorySessionStore(): MemorySessionStore {
  const rows = new Map<string, string>()
  const database: Pick<RowDatabase, 'table'> = {
    table: <Row>() => ({
      find: async (id: string) => parse<Row>(rows.get(id)),
      list: async () => [],
      change: async <Answer>(
        id: string,
        decide: (row: Row | undefined) => { row?: Row | 'removed'; answer: Answer },
      ) => {
        const { row, answer } = decide(parse<Row>(rows.get(id)))
        if (row === 'removed') rows.delete(id)
        else if (row !== undefined) rows.set(id, JSON.stringify(row))
        return answer
      },
    }),
  }
  const sessions = createSessionTable({ ...database, sweep: async () => 0, close: async () => {} })
  const store: MemorySessionStore = {
    ...sessions,
    touches: 0,
    reads: 0,
    dump: () => [...rows.values()].join('\n'),
    findSession(id) {
      store.reads += 1
      return sessions.findSession(id)
    },
    touchSession(change) {
      store.touches += 1
      return sessions.touchSession(change)
    },
  }
  return store
}

function parse<Row>(text: string | undefined): Row | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Row)
}
