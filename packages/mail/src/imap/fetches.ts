/**
 * FETCH of one open mailbox, alone or several in one flight: the rows that were asked for, each once, within a bound, and the
 * room that their answers need in memory.
 */
import { bytesOfFetch } from './byte-budget.ts'
import type { FetchedMessage, ImapClient } from './client.ts'
import type { HidingLabels } from './hiding-labels.ts'
import type { ImapResponse, ImapToken, UntaggedHandlers } from './protocol.ts'
import { type AskedFetch, createRowCollector, type RowCollector } from './row-collector.ts'
import { sizeOfSet } from './uid-set.ts'

/** What was asked for ahead of a command: its rows come with that command's answers. */
export interface Ahead {
  readonly handlers: UntaggedHandlers
  rows(): FetchedMessage[]
}

export interface Fetches {
  /** `beside`: for the answers to what else was sent ahead. */
  fetch(path: string, asked: AskedFetch, beside?: UntaggedHandlers, ahead?: Ahead): Promise<FetchedMessage[]>
  /**
   * Several FETCH in one flight. Only the last one's own answer is seen: what another did not bring has to be asked
   * for again by itself.
   */
  together(path: string, asked: readonly AskedFetch[]): Promise<FetchedMessage[]>
  /** In front of the next command, in its flight. */
  ahead(path: string, asked: readonly AskedFetch[]): Ahead
  /** Keeps the rows that were asked for, and no others. */
  collect(path: string, count: number, asked: readonly Pick<AskedFetch, 'by' | 'set'>[]): RowCollector
}

/** Of the session. */
interface Commands {
  run(command: string, attributes: ImapToken[], untagged: UntaggedHandlers): Promise<ImapResponse>
  sendAhead(command: string, attributes: ImapToken[]): void
  reserve(bytes: number): void
}

/** Rows of one command; a set like `5:*` names no end. */
const maxFetchedRows = 5_000

export function createFetches({
  client,
  session,
  labels,
}: {
  client: Pick<ImapClient, 'toRow' | 'budget'>
  session: Commands
  labels: HidingLabels
}): Fetches {
  const collect: Fetches['collect'] = (path, count, asked) =>
    createRowCollector({ client, labels, path, count, asked })

  async function fetch(
    path: string,
    asked: AskedFetch,
    beside: UntaggedHandlers = {},
    ahead?: Ahead,
  ): Promise<FetchedMessage[]> {
    const { set, items } = asked
    const count = boundedSize(set)
    const rows = collect(path, count, [asked])
    const keep = async (response: ImapResponse) => {
      await rows.keep(response)
      await ahead?.handlers.FETCH?.(response)
    }
    await client.budget.lend(bytesOfFetch(count, items), () =>
      session.run(commandOf(asked), [{ type: 'SEQUENCE', value: set }, items], { ...beside, FETCH: keep }),
    )
    const all = ahead === undefined ? rows.all() : [...ahead.rows(), ...rows.all()]
    return [...new Map(all.map((row) => [row.uid, row])).values()]
  }

  function ahead(path: string, asked: readonly AskedFetch[]): Ahead {
    const count = asked.reduce((sum, { set }) => sum + sizeOfSet(set), 0)
    const rows = collect(path, Math.min(count, maxFetchedRows), asked)
    for (const one of asked) {
      session.reserve(bytesOfFetch(boundedSize(one.set), one.items))
      session.sendAhead(commandOf(one), [{ type: 'SEQUENCE', value: one.set }, one.items])
    }
    return { handlers: { FETCH: rows.keep }, rows: rows.all }
  }

  return {
    ...{ fetch, ahead, collect },
    async together(path, asked) {
      const last = asked.at(-1)
      if (last === undefined) return []
      return await fetch(path, last, {}, asked.length > 1 ? ahead(path, asked.slice(0, -1)) : undefined)
    },
  }
}

function boundedSize(set: string): number {
  return Math.min(sizeOfSet(set), maxFetchedRows)
}

function commandOf({ by = 'uid' }: AskedFetch): string {
  return by === 'uid' ? 'UID FETCH' : 'FETCH'
}
