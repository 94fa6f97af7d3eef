/** Authorization requests under way, limit windows, sends, used states and undos in the local store. */
import type { AuthorizationStore, EpochSeconds, Transaction } from '@email-connector/oauth'
import type { Budget, BudgetOutcome, OnceStore, SendRow, UndoRow } from '../once-store.ts'
import { eventsSecondsOf, limitWindow } from '../once-store.ts'
import type { ExpiringRow, RowDatabase } from './rows.ts'

type TransactionOperations = Pick<
  AuthorizationStore,
  'createTransaction' | 'findTransaction' | 'countTransactionAttempt' | 'consumeTransaction'
>

export function createTransactionTable(database: RowDatabase): TransactionOperations {
  const transactions = database.table<Transaction>('txn')
  return {
    createTransaction: (row) =>
      transactions.change(row.id, (existing) => {
        if (existing) throw new Error('A transaction with that id exists')
        return { row, answer: undefined }
      }),

    findTransaction: (id) => transactions.find(id),

    countTransactionAttempt: (id) =>
      transactions.change<number | undefined>(id, (row) => {
        if (row === undefined) return { answer: undefined }
        const attempts = row.attempts + 1
        return { row: { ...row, attempts }, answer: attempts }
      }),

    consumeTransaction: (id) =>
      transactions.change<boolean>(id, (row) => (row ? { row: 'removed', answer: true } : { answer: false })),
  }
}

interface BudgetRow extends ExpiringRow {
  readonly events: number
  /** When the first of them was taken. */
  readonly since: EpochSeconds
  readonly members: readonly string[]
}

export function createOnceTable(database: RowDatabase): OnceStore {
  const counts = database.table<ExpiringRow & { events: number }>('count')
  const budgets = database.table<BudgetRow>('budget')
  const sends = database.table<SendRow>('send')
  const pending = database.table<ExpiringRow & { sealed: string }>('pending')
  const pageStates = database.table<ExpiringRow & { sealed: string }>('page')
  const used = database.table<ExpiringRow>('used')
  const undos = database.table<UndoRow>('undo')
  return {
    count(key, windowSeconds, now, by = 1) {
      const { id, endsAt } = limitWindow(key, windowSeconds, now)
      return counts.change(id, (row) => {
        const events = (row?.events ?? 0) + by
        return { row: { events, expiresAt: endsAt }, answer: events }
      })
    },

    takeFrom(budget, member, now) {
      const { id, endsAt } = limitWindow(budget.key, budget.windowSeconds, now)
      return budgets.change<BudgetOutcome>(id, (row) => {
        const earlier = row?.members ?? []
        const isRunning = row !== undefined && row.since > now - eventsSecondsOf(budget)
        const { events, since } = isRunning ? row : { events: 0, since: now }
        if (!isFree(budget, { events, earlier, member })) return { answer: { outcome: 'refused' } }
        const members = [...new Set([...earlier, member])]
        return {
          row: { events: events + 1, since, members, expiresAt: endsAt },
          answer: { outcome: 'taken', earlier },
        }
      })
    },

    giveBack({ key, windowSeconds }, takenAt, forgotten) {
      return budgets.change<void>(limitWindow(key, windowSeconds, takenAt).id, (row) => {
        // Events that began later do not hold it any more.
        if (row === undefined || row.since > takenAt) return { answer: undefined }
        const members = row.members.filter((one) => one !== forgotten)
        return { row: { ...row, events: row.events - 1, members }, answer: undefined }
      })
    },

    async findSend(key, now) {
      const row = await sends.find(key)
      return row === undefined || row.expiresAt <= now ? undefined : row
    },

    reserveSend: (key, reserved, now, instead) =>
      sends.change<Awaited<ReturnType<OnceStore['reserveSend']>>>(key, (row) => {
        const isStill =
          row !== undefined &&
          row.attempt === instead?.attempt &&
          row.state === instead.state &&
          row.state !== 'data'
        return row === undefined || row.expiresAt <= now || isStill
          ? { row: { ...reserved, state: 'reserved' }, answer: { outcome: 'reserved' } }
          : { answer: { outcome: 'held', row } }
      }),

    enterData: (key, attempt, deadline) =>
      sends.change<'entered' | 'refused'>(key, (row) =>
        row?.state === 'reserved' && row.attempt === attempt
          ? { row: { ...row, state: 'data', deadline }, answer: 'entered' }
          : { answer: 'refused' },
      ),

    settleSend: (key, attempt, settled) =>
      sends.change<'settled' | 'refused'>(key, (row) =>
        row?.attempt === attempt && settleable.has(row.state)
          ? { row: { ...row, ...settled }, answer: 'settled' }
          : { answer: 'refused' },
      ),

    releaseSend: (key, attempt) =>
      sends.change(key, (row) => {
        const isOwn = row?.attempt === attempt && (row.state === 'reserved' || row.state === 'held')
        if (!isOwn) return { answer: undefined }
        const { content: _, sealedOutcome: __, settledAt: ___, ...given } = row
        return { row: { ...given, state: 'reserved', deadline: 0 }, answer: undefined }
      }),

    createPending: (id, row) =>
      pending.change(id, (existing) => {
        if (existing) throw new Error('A round trip with that id exists')
        return { row, answer: undefined }
      }),

    takePending: (id, now) =>
      pending.change<string | undefined>(id, (row) =>
        row === undefined || row.expiresAt <= now
          ? { answer: undefined }
          : { row: 'removed', answer: row.sealed },
      ),
    createPageState: (id, state) =>
      pageStates.change(id, (existing) => {
        if (existing) throw new Error('A page state with that id exists')
        return { row: state, answer: undefined }
      }),

    async findPageState(id, now) {
      const row = await pageStates.find(id)
      return row === undefined || row.expiresAt <= now ? undefined : row.sealed
    },

    useOnce: (key, expiresAt) =>
      used.change<boolean>(key, (row) => (row ? { answer: false } : { row: { expiresAt }, answer: true })),

    keepUndo: (id, kept) =>
      undos.change<void>(id, (row) => {
        if (row) throw new Error('An undo with that id exists')
        return { row: kept, answer: undefined }
      }),

    async findUndo(id, now) {
      const row = await undos.find(id)
      return row === undefined || row.expiresAt <= now ? undefined : row
    },
  }
}

const settleable: ReadonlySet<SendRow['state']> = new Set(['reserved', 'data', 'held'])

function isFree(
  { events: most, members, eventsWithNewcomers = 0 }: Budget,
  { events, earlier, member }: { events: number; earlier: readonly string[]; member: string },
): boolean {
  const isMember = earlier.includes(member)
  const hasPlace = members === undefined || earlier.length < members || isMember
  return (events < most && hasPlace) || (events < eventsWithNewcomers && !isMember)
}
