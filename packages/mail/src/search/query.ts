/**
 * A search as a tree: what the parser makes of a query, what the separate fields of a tool are merged into, and what
 * both compilers read. Normal form: no `and` or `or` of fewer than two, none inside its like, no `not` of a `not`.
 */

export type Query =
  | { readonly kind: 'and'; readonly of: readonly Query[] }
  | { readonly kind: 'or'; readonly of: readonly Query[] }
  | { readonly kind: 'not'; readonly of: Query }
  | Term

export type Term =
  | { readonly kind: 'text'; readonly in: TextPlace; readonly value: string }
  | { readonly kind: 'is'; readonly state: State }
  | { readonly kind: 'has'; readonly what: 'attachment' | 'invitation' }
  | { readonly kind: 'in'; readonly mailbox: string }
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'size'; readonly is: 'larger' | 'smaller'; readonly bytes: number }
  /** `day` is YYYY-MM-DD in the owner's time zone. `after` includes the day, `before` does not. */
  | { readonly kind: 'date'; readonly is: 'after' | 'before'; readonly day: string }
  | {
      readonly kind: 'age'
      readonly is: 'older' | 'newer'
      readonly count: number
      readonly unit: 'day' | 'month' | 'year'
    }

/** `any` is the whole email; `with` is its sender or one of its recipients; `list` is the List-Id. */
export type TextPlace =
  | 'any'
  | 'from'
  | 'to'
  | 'cc'
  | 'bcc'
  | 'with'
  | 'subject'
  | 'body'
  | 'list'
  | 'filename'
  | 'message-id'

/** As the value of `list`: every email of a list or a newsletter, which says how to leave it (RFC 2369, RFC 2919). */
export const anyList = '*'

export type State = 'read' | 'unread' | 'starred' | 'answered' | 'unanswered' | 'awaiting'

export function allOf(queries: readonly (Query | undefined)[]): Query | undefined {
  return combine('and', queries)
}

export function anyOf(queries: readonly (Query | undefined)[]): Query | undefined {
  return combine('or', queries)
}

export function notOf(query: Query | undefined): Query | undefined {
  if (query === undefined) return undefined
  return query.kind === 'not' ? query.of : { kind: 'not', of: query }
}

function combine(kind: 'and' | 'or', queries: readonly (Query | undefined)[]): Query | undefined {
  const of = queries.flatMap((one) => {
    if (one === undefined) return []
    return one.kind === kind ? one.of : [one]
  })
  return of.length > 1 ? { kind, of } : of[0]
}

/** The terms that every match meets: the query itself, or the parts of its outermost `and`. */
export function conditionsOf(query: Query | undefined): readonly Query[] {
  if (query === undefined) return []
  return query.kind === 'and' ? query.of : [query]
}

/** Every term, with `not` around it or without. */
export function termsOf(query: Query | undefined): Term[] {
  if (query === undefined) return []
  if (query.kind === 'and' || query.kind === 'or') return query.of.flatMap(termsOf)
  return query.kind === 'not' ? termsOf(query.of) : [query]
}
