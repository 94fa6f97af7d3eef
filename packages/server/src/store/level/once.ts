/** Authorization requests under way, limit windows, sends and used states in the local store. */
import type { AuthorizationStore, Transaction } from '@email-connector/oauth'
import type { OnceStore, SendRow } from '../once-store.ts'
import { limitWindow } from '../once-store.ts'
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

export function createOnceTable(database: RowDatabase): OnceStore {
  const counts = database.table<ExpiringRow & { events: number }>('count')
  const distinct = database.table<ExpiringRow & { members: readonly string[] }>('distinct')
  const sends = database.table<SendRow>('send')
  const used = database.table<ExpiringRow>('used')
  return {
    count(key, windowSeconds, now, by = 1) {
      const { id, endsAt } = limitWindow(key, windowSeconds, now)
      return counts.change(id, (row) => {
        const events = (row?.events ?? 0) + by
        return { row: { events, expiresAt: endsAt }, answer: events }
      })
    },

    countDistinct(key, member, windowSeconds, now) {
      const { id, endsAt } = limitWindow(key, windowSeconds, now)
      return distinct.change(id, (row) => {
        const members = [...new Set([...(row?.members ?? []), member])]
        return { row: { members, expiresAt: endsAt }, answer: members.length }
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
        row?.attempt === attempt && (row.state === 'reserved' || row.state === 'data')
          ? { row: { ...row, ...settled }, answer: 'settled' }
          : { answer: 'refused' },
      ),

    releaseSend: (key, attempt) =>
      sends.change(key, (row) => {
        if (row?.state !== 'reserved' || row.attempt !== attempt) return { answer: undefined }
        const { content: _, ...given } = row
        return { row: { ...given, deadline: 0 }, answer: undefined }
      }),

    useOnce: (key, expiresAt) =>
      used.change<boolean>(key, (row) => (row ? { answer: false } : { row: { expiresAt }, answer: true })),
  }
}
