/** The once table: authorization requests under way, limit windows, sends, used states, undos. Minutes to a day. */
import type { AuthorizationStore, Transaction } from '@email-connector/oauth'
import type { OnceStore, SendRow, SendState } from '../once-store.ts'
import { limitWindow } from '../once-store.ts'
import type { Item } from './attributes.ts'
import { optionalNumber, optionalText, readNumber, readText } from './attributes.ts'
import { createBudgets } from './budgets.ts'
import type { Table } from './table.ts'

type TransactionOperations = Pick<
  AuthorizationStore,
  'createTransaction' | 'findTransaction' | 'countTransactionAttempt' | 'consumeTransaction'
>

const transactionKey = (id: string) => ({ pk: `txn#${id}` })
const sendKey = (key: string) => ({ pk: `send#${key}` })
const undoKey = (id: string) => ({ pk: `undo#${id}` })
const isUnused = 'attribute_exists(#pk) AND attribute_not_exists(#consumed)'

export function createTransactionTable(table: Table): TransactionOperations {
  return {
    async createTransaction(row) {
      const { outcome } = await table.create(transactionKey(row.id), { ...row })
      if (outcome === 'refused') throw new Error('A transaction with that id exists')
    },

    async findTransaction(id) {
      const item = await table.get(transactionKey(id))
      return item === undefined || item.consumed !== undefined ? undefined : toTransaction(item)
    },

    async countTransactionAttempt(id) {
      const result = await table.update(transactionKey(id), {
        add: '#attempts :one',
        condition: isUnused,
        values: { ':one': 1 },
      })
      return result.outcome === 'written' ? readNumber(result.item, 'attempts') : undefined
    },

    async consumeTransaction(id) {
      // Marked, not deleted: a retry after a lost answer must be able to tell its own deed from a rival's.
      const { outcome } = await table.update(transactionKey(id), {
        set: '#consumed = :true',
        remove: '#redirectUri, #clientState, #codeChallenge',
        condition: isUnused,
        values: { ':true': true },
      })
      return outcome === 'written'
    },
  }
}

export function createOnceTable(table: Table): OnceStore {
  return {
    async count(key, windowSeconds, now, by = 1) {
      const { id, endsAt } = limitWindow(key, windowSeconds, now)
      const result = await table.update(
        { pk: `count#${id}` },
        {
          set: '#expiresAt = :end',
          add: '#events :by',
          values: { ':end': endsAt, ':by': by },
        },
      )
      return readNumber(result.item ?? {}, 'events')
    },

    ...createBudgets(table),

    async findSend(key, now) {
      const item = await table.get(sendKey(key))
      const row = item && toSendRow(item)
      return row === undefined || row.expiresAt <= now ? undefined : row
    },

    async reserveSend(key, row, now, instead) {
      const isExpired = '#expiresAt <= :now'
      const isStill = '(#attempt = :attempt AND #state = :state AND #state <> :sending)'
      const result = await table.create(
        sendKey(key),
        { ...row, state: 'reserved' },
        instead === undefined
          ? { condition: isExpired, values: { ':now': now } }
          : {
              condition: `${isExpired} OR ${isStill}`,
              values: {
                ':now': now,
                ':attempt': instead.attempt,
                ':state': instead.state,
                ':sending': 'data',
              },
            },
      )
      if (result.outcome === 'written') return { outcome: 'reserved' }
      if (result.item === undefined) throw new Error('DynamoDB refused the reservation but returned no row')
      return { outcome: 'held', row: toSendRow(result.item) }
    },

    async enterData(key, attempt, deadline) {
      const { outcome } = await table.update(sendKey(key), {
        set: '#state = :sending, #deadline = :deadline',
        condition: '#state = :reserved AND #attempt = :attempt',
        values: { ':sending': 'data', ':reserved': 'reserved', ':attempt': attempt, ':deadline': deadline },
      })
      return outcome === 'written' ? 'entered' : 'refused'
    },

    async settleSend(key, attempt, { state, sealedOutcome, settledAt, expiresAt }) {
      const { outcome } = await table.update(sendKey(key), {
        set: '#state = :state, #sealedOutcome = :sealed, #settledAt = :settled, #expiresAt = :expires',
        condition: '#attempt = :attempt AND #state IN (:reserved, :sending, :held)',
        values: {
          ':held': 'held',
          ':state': state,
          ':sealed': sealedOutcome,
          ':settled': settledAt,
          ':expires': expiresAt,
          ':attempt': attempt,
          ':reserved': 'reserved',
          ':sending': 'data',
        },
      })
      return outcome === 'written' ? 'settled' : 'refused'
    },

    async releaseSend(key, attempt) {
      await table.update(sendKey(key), {
        set: '#deadline = :over, #state = :reserved',
        remove: '#content, #sealedOutcome, #settledAt',
        condition: '#attempt = :attempt AND #state IN (:reserved, :held)',
        values: { ':over': 0, ':attempt': attempt, ':reserved': 'reserved', ':held': 'held' },
      })
    },

    async createPending(id, pending) {
      const { outcome } = await table.create(transactionKey(id), pending)
      if (outcome === 'refused') throw new Error('A round trip with that id exists')
    },

    async takePending(id, now) {
      const item = await table.get(transactionKey(id))
      if (item?.sealed === undefined || readNumber(item, 'expiresAt') <= now) return undefined
      const { outcome } = await table.update(transactionKey(id), {
        set: '#consumed = :true',
        remove: '#sealed',
        condition: isUnused,
        values: { ':true': true },
      })
      return outcome === 'written' ? readText(item, 'sealed') : undefined
    },

    async createPageState(id, state) {
      const { outcome } = await table.create(transactionKey(id), state)
      if (outcome === 'refused') throw new Error('A page state with that id exists')
    },

    async findPageState(id, now) {
      const item = await table.get(transactionKey(id))
      return item === undefined || readNumber(item, 'expiresAt') <= now ? undefined : readText(item, 'sealed')
    },

    async useOnce(key, expiresAt) {
      const { outcome } = await table.create({ pk: `used#${key}` }, { expiresAt })
      return outcome === 'written'
    },

    async keepUndo(id, row) {
      const { outcome } = await table.create(undoKey(id), { ...row })
      if (outcome === 'refused') throw new Error('An undo with that id exists')
    },

    async findUndo(id, now) {
      const item = await table.get(undoKey(id))
      if (item === undefined || readNumber(item, 'expiresAt') <= now) return undefined
      return { sealedSteps: readText(item, 'sealedSteps'), expiresAt: readNumber(item, 'expiresAt') }
    },
  }
}

function toTransaction(item: Item): Transaction {
  return {
    v: 1,
    id: readText(item, 'id'),
    cookieHash: readText(item, 'cookieHash'),
    clientId: readText(item, 'clientId'),
    clientName: readText(item, 'clientName'),
    redirectUri: readText(item, 'redirectUri'),
    clientState: readText(item, 'clientState'),
    codeChallenge: readText(item, 'codeChallenge'),
    scope: readText(item, 'scope'),
    resource: readText(item, 'resource'),
    attempts: readNumber(item, 'attempts'),
    expiresAt: readNumber(item, 'expiresAt'),
    mac: readText(item, 'mac'),
  }
}

function toSendRow(item: Item): SendRow {
  return {
    state: readText(item, 'state') as SendState,
    attempt: readText(item, 'attempt'),
    deadline: readNumber(item, 'deadline'),
    ...optionalText(item, 'content'),
    ...optionalNumber(item, 'settledAt'),
    ...optionalText(item, 'sealedOutcome'),
    expiresAt: readNumber(item, 'expiresAt'),
  }
}
