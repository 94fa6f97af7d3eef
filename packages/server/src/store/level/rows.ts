/**
 * Rows in one LevelDB folder: JSON under a key, changed under a lock per key, and on disk before anyone is told. One
 * process at a time (LevelDB locks the folder); a kill at any moment leaves what was acknowledged and nothing torn.
 */
import { StoreUnavailableError } from '@email-connector/oauth'
import { ClassicLevel } from 'classic-level'

export interface ExpiringRow {
  readonly expiresAt: number
}

/** What becomes of a row: `row` is written, `'removed'` deletes it, nothing leaves it. `answer` goes to the caller. */
export interface Change<Row, Answer> {
  readonly row?: Row | 'removed'
  readonly answer: Answer
}

export interface RowTable<Row extends ExpiringRow> {
  find(id: string): Promise<Row | undefined>
  /** Every row whose id starts so, in the order of ids. */
  list(idPrefix: string): Promise<readonly (readonly [id: string, row: Row])[]>
  /** Reads, decides and writes with nothing in between. `decide` must not wait. */
  change<Answer>(id: string, decide: (row: Row | undefined) => Change<Row, Answer>): Promise<Answer>
}

export interface RowDatabase {
  table<Row extends ExpiringRow>(name: string): RowTable<Row>
  /** Deletes what has expired; answers how many rows. */
  sweep(): Promise<number>
  /** Finishes what is under way. */
  close(): Promise<void>
}

/** Its message is for the person who starts the runner. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError'
}

export async function openRowDatabase(options: {
  dir: string
  now: () => number
  sweepEveryMs?: number
}): Promise<RowDatabase> {
  const { dir, now, sweepEveryMs = 10 * 60_000 } = options
  const level = new ClassicLevel<string, ExpiringRow>(dir, { valueEncoding: 'json' })
  try {
    await level.open()
  } catch (error) {
    const sentence = isLocked(error)
      ? `Another email-connector uses this DATA_DIR and is already running on ${dir}. Stop it first, or start a second one with a folder and a port of its own: DATA_DIR=.second PORT=9000 npm start`
      : `The store in ${dir} cannot be opened: another account may own it, the disk may be full, or it is damaged. Restore it from a backup, or set DATA_DIR to another folder.`
    throw new StoreOpenError(sentence, { cause: error })
  }

  const locks = new Map<string, Promise<unknown>>()
  function underLock<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (locks.get(key) ?? Promise.resolve()).then(work, work)
    const settled = turn.catch(() => undefined)
    locks.set(key, settled)
    void settled.then(() => {
      if (locks.get(key) === settled) locks.delete(key)
    })
    return turn
  }

  function change<Answer>(
    key: string,
    decide: (row: ExpiringRow | undefined) => Change<ExpiringRow, Answer>,
  ): Promise<Answer> {
    return underLock(key, async () => {
      const { row, answer } = decide(await available(level.get(key)))
      // `sync`: acknowledged means on disk, not in the system's buffers.
      if (row === 'removed') await available(level.del(key, { sync: true }))
      else if (row !== undefined) await available(level.put(key, row, { sync: true }))
      return answer
    })
  }

  async function sweep(): Promise<number> {
    let swept = 0
    for await (const [key, row] of level.iterator()) {
      if (row.expiresAt > now()) continue
      // Decided again under the lock: a row may have been extended since it was read.
      swept += await change(key, (current) =>
        current !== undefined && current.expiresAt <= now() ? { row: 'removed', answer: 1 } : { answer: 0 },
      )
    }
    return swept
  }

  const timer = setInterval(() => {
    // The next round tries again, and every reader checks the expiry itself.
    sweep().catch(() => undefined)
  }, sweepEveryMs).unref()

  return {
    table<Row extends ExpiringRow>(name: string): RowTable<Row> {
      // Only this table writes under its name, so what is read there is a Row.
      return {
        find: async (id) => (await available(level.get(`${name}!${id}`))) as Row | undefined,
        list: async (idPrefix) => {
          const first = `${name}!${idPrefix}`
          const entries = await available(level.iterator({ gte: first, lt: `${first}\uffff` }).all())
          return entries.map(([key, row]) => [key.slice(name.length + 1), row as Row])
        },
        change: (id, decide) => change(`${name}!${id}`, (row) => decide(row as Row | undefined)),
      }
    },
    sweep,
    async close() {
      clearInterval(timer)
      await Promise.all(locks.values())
      await level.close()
    },
  }
}

async function available<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (cause) {
    throw new StoreUnavailableError('The local store is unavailable', { cause })
  }
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED'
}
