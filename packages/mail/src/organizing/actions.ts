/** What a clean-up does to the emails that a query finds, and which of them it leaves out: those that have it already. */
import { systemFlagOf } from '../changing/flag-names.ts'
import type { FlagChange } from '../changing/refs-by-mailbox.ts'
import { invalid } from '../input.ts'
import { notOf, type Query, type State } from '../search/query.ts'

/** What is done to every email that a query finds. */
export type OrganizeAction =
  | { readonly name: 'archive' | 'delete' | 'mark_read' | 'mark_unread' | 'flag' }
  | { readonly name: 'move'; readonly destination: string }
  | { readonly name: 'label'; readonly label: string }

export type PlannedAction =
  | { readonly kind: 'move'; readonly destination: string }
  /** Into the mailbox of a special use, which is made where it is missing. */
  | { readonly kind: 'file'; readonly use: 'archive' | 'trash' }
  /** `undone`: what a message still has to be, so that a call that is repeated goes on instead of beginning again. */
  | { readonly kind: 'flags'; readonly change: FlagChange; readonly undone: Query }

export function planAction(action: OrganizeAction): PlannedAction {
  switch (action.name) {
    case 'archive':
      return { kind: 'file', use: 'archive' }
    case 'delete':
      return { kind: 'file', use: 'trash' }
    case 'move':
      return { kind: 'move', destination: action.destination }
    case 'mark_read':
      return add('\\Seen', { kind: 'is', state: 'unread' })
    case 'mark_unread':
      return {
        kind: 'flags',
        change: { add: [], remove: ['\\Seen'] },
        undone: { kind: 'is', state: 'read' },
      }
    case 'flag':
      return add('\\Flagged', not({ kind: 'is', state: 'starred' }))
    case 'label':
      return add(action.label, withoutLabel(action.label))
  }
}

function add(flag: string, undone: Query): PlannedAction {
  return { kind: 'flags', change: { add: [flag], remove: [] }, undone }
}

const states: Readonly<Record<string, State>> = {
  '\\seen': 'read',
  '\\flagged': 'starred',
  '\\answered': 'answered',
}

function withoutLabel(label: string): Query {
  const flag = systemFlagOf(label) ?? label
  const state = states[flag.toLowerCase()]
  if (state !== undefined) return not({ kind: 'is', state })
  // No other flag of the system is a label.
  if (flag.startsWith('\\')) throw invalid('label')
  return not({ kind: 'label', label })
}

function not(query: Query): Query {
  return notOf(query) ?? query
}
