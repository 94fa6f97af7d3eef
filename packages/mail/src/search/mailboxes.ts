/** Which mailboxes a query asks for: `in:` says where to search, the rest of the query what for. */
import { allOf, conditionsOf, type Query, termsOf } from './query.ts'

export interface SearchedMailboxes {
  /** Names as written; none: wherever a search looks by default. */
  readonly within: readonly string[]
  readonly without: readonly string[]
  /** The query without its `in:`. */
  readonly query?: Query
}

/** Undefined where `in:` is inside a group or an OR with other things: no server can search that. */
export function takeMailboxes(query: Query | undefined): SearchedMailboxes | undefined {
  const within: string[] = []
  const without: string[] = []
  const rest: Query[] = []
  for (const one of conditionsOf(query)) {
    const asked = namesIn(one)
    if (asked !== undefined) {
      if (within.length > 0) return undefined
      within.push(...asked)
    } else if (one.kind === 'not') {
      const left = namesIn(one.of)
      if (left !== undefined) without.push(...left)
      else rest.push(one)
    } else rest.push(one)
  }
  const left = allOf(rest)
  if (termsOf(left).some((term) => term.kind === 'in')) return undefined
  return left === undefined ? { within, without } : { within, without, query: left }
}

/** `in:a`, or `in:a OR in:b`. */
function namesIn(query: Query): string[] | undefined {
  if (query.kind === 'in') return [query.mailbox]
  if (query.kind !== 'or') return undefined
  const names = query.of.map(namesIn)
  return names.every((one) => one !== undefined) ? names.flat() : undefined
}
