/**
 * The budgets of the once table. One conditional write takes an event, so nobody outruns anybody; a second one is needed
 * only where earlier events have just ceased to count. What is refused writes nothing, so a row stays as small as its
 * budget is.
 */
import type { EpochSeconds } from '@email-connector/oauth'
import { type Budget, eventsSecondsOf, limitWindow, type OnceStore } from '../once-store.ts'
import type { Item, Plain } from './attributes.ts'
import { readNumber } from './attributes.ts'
import type { Table } from './table.ts'

const isMember = 'contains(#members, :member)'

export function createBudgets(table: Table): Pick<OnceStore, 'takeFrom' | 'giveBack'> {
  return {
    async takeFrom(budget, member, now) {
      const first = await takeRunning(budget, member, now)
      if (first !== 'over') return first
      const begun = await beginAgain(budget, member, now)
      if (begun !== undefined) return begun
      // Another began at the same moment, and may have left some.
      const second = await takeRunning(budget, member, now)
      return second === 'over' ? refused : second
    },

    async giveBack({ key, windowSeconds }, takenAt, forgotten) {
      const { id } = limitWindow(key, windowSeconds, takenAt)
      await table.update(
        { pk: `count#${id}` },
        {
          add: '#events :less',
          ...(forgotten !== undefined && { delete: '#members :forgotten' }),
          // Events that began later do not hold it any more.
          condition: '#since <= :takenAt',
          values: {
            ':less': -1,
            ':takenAt': takenAt,
            ...(forgotten !== undefined && { ':forgotten': new Set([forgotten]) }),
          },
        },
      )
    },
  }

  /** `over`: the events in the row do not count any more. */
  async function takeRunning(budget: Budget, member: string, now: EpochSeconds) {
    const { key, values } = writeOf(budget, member, now)
    const { outcome, item } = await table.update(key, {
      set: '#expiresAt = :end, #since = if_not_exists(#since, :now)',
      add: '#events :one, #members :self',
      condition: `attribute_not_exists(#events) OR (#since > :started AND (${hasEvent(budget)}))`,
      values: { ...values, ...limitsOf(budget, member) },
      answer: 'UPDATED_OLD',
    })
    if (outcome === 'written') return taken(item)
    return item !== undefined && readNumber(item, 'since') <= values[':started'] ? 'over' : refused
  }

  /** Undefined: another was faster, or there is no place for this member. */
  async function beginAgain(budget: Budget, member: string, now: EpochSeconds) {
    const { key, values } = writeOf(budget, member, now)
    const { members } = budget
    const { outcome, item } = await table.update(key, {
      set: '#expiresAt = :end, #since = :now, #events = :one',
      add: '#members :self',
      condition: `#since <= :started${members === undefined ? '' : ` AND ${hasPlace}`}`,
      values: { ...values, ...(members !== undefined && { ':places': members, ':member': member }) },
      answer: 'UPDATED_OLD',
    })
    return outcome === 'written' ? taken(item) : undefined
  }
}

function writeOf(budget: Budget, member: string, now: EpochSeconds) {
  const { id, endsAt } = limitWindow(budget.key, budget.windowSeconds, now)
  const started = now - eventsSecondsOf(budget)
  return {
    key: { pk: `count#${id}` },
    values: { ':end': endsAt, ':now': now, ':started': started, ':one': 1, ':self': new Set([member]) },
  }
}

const refused = { outcome: 'refused' } as const

function taken(before: Item): { outcome: 'taken'; earlier: readonly string[] } {
  return { outcome: 'taken', earlier: before.members?.SS ?? [] }
}

const hasPlace = `(attribute_not_exists(#members) OR size(#members) < :places OR ${isMember})`

/** Whether one of the running events is left for this member. */
function hasEvent({ members, eventsWithNewcomers }: Budget): string {
  const ordinary = `#events < :events${members === undefined ? '' : ` AND ${hasPlace}`}`
  return eventsWithNewcomers === undefined
    ? ordinary
    : `(${ordinary}) OR (#events < :withNewcomers AND NOT ${isMember})`
}

/** The values that `hasEvent` names, and no other: DynamoDB refuses what it does not need. */
function limitsOf({ events, members, eventsWithNewcomers }: Budget, member: string) {
  const values: Record<`:${string}`, Plain> = { ':events': events }
  if (members !== undefined) values[':places'] = members
  if (eventsWithNewcomers !== undefined) values[':withNewcomers'] = eventsWithNewcomers
  if (members !== undefined || eventsWithNewcomers !== undefined) values[':member'] = member
  return values
}
