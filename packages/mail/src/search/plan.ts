/**
 * What a server is asked for a query, and what is left to look at here. Some terms no server can search (attachments
 * over IMAP): the query is searched once with such a term taken as met and once as not met. A message matches if it is
 * in the answer of the case that its own structure says. Mostly one case is left, since the other one matches nothing.
 */
import { atom } from '../imap/protocol.ts'
import type { ImapToken } from '../imap/session.ts'
import { allOf, anyOf, conditionsOf, notOf, type Query, type Term } from './query.ts'

export interface SearchCase {
  /** One for each of the plan's terms, in their order. */
  readonly assumed: readonly boolean[]
  /** Without a query every message of the mailbox is meant. */
  readonly query?: Query
}

export interface SearchPlan {
  /** The terms to be judged by what the message holds. */
  readonly terms: readonly Term[]
  /** None: nothing can match. */
  readonly cases: readonly SearchCase[]
}

/** Each doubles the searches of a query that has them inside OR. */
const maxJudgedTerms = 3

/** `isJudgedHere`: the terms that this server cannot search. Undefined: the query has too many of them. */
export function planSearch(
  query: Query | undefined,
  isJudgedHere: (term: Term) => boolean,
): SearchPlan | undefined {
  const terms = judgedTermsOf(query, isJudgedHere)
  if (terms.length > maxJudgedTerms) return undefined
  const cases: SearchCase[] = []
  for (let bits = 0; bits < 2 ** terms.length; bits++) {
    const assumed = terms.map((_, at) => (bits & (1 << at)) === 0)
    const left = query === undefined ? true : assume(query, terms, assumed)
    if (left === false) continue
    cases.push(left === true ? { assumed } : { assumed, query: left })
  }
  return { terms, cases }
}

/** Whether every match has the term: what narrows a search to its likely candidates. */
export function isRequired(query: Query | undefined, term: Term): boolean {
  return conditionsOf(query).some((one) => sameTerm(one, term))
}

function judgedTermsOf(query: Query | undefined, isJudgedHere: (term: Term) => boolean): Term[] {
  const found: Term[] = []
  const visit = (one: Query): void => {
    if (one.kind === 'and' || one.kind === 'or') for (const part of one.of) visit(part)
    else if (one.kind === 'not') visit(one.of)
    else if (isJudgedHere(one) && !found.some((known) => sameTerm(known, one))) found.push(one)
  }
  if (query !== undefined) visit(query)
  return found
}

/** The query with each judged term replaced by true or false, and what follows from that. */
function assume(query: Query, terms: readonly Term[], assumed: readonly boolean[]): Query | boolean {
  if (query.kind === 'not') {
    const inner = assume(query.of, terms, assumed)
    return typeof inner === 'boolean' ? !inner : (notOf(inner) ?? true)
  }
  if (query.kind === 'and' || query.kind === 'or') {
    const decisive = query.kind === 'or'
    const parts: Query[] = []
    for (const one of query.of) {
      const part = assume(one, terms, assumed)
      if (part === decisive) return decisive
      if (typeof part !== 'boolean') parts.push(part)
    }
    return (query.kind === 'and' ? allOf(parts) : anyOf(parts)) ?? !decisive
  }
  const at = terms.findIndex((one) => sameTerm(one, query))
  return at < 0 ? query : (assumed[at] ?? true)
}

function sameTerm(a: Query, b: Query): boolean {
  return a.kind === b.kind && JSON.stringify(a) === JSON.stringify(b)
}

/** One search key of IMAP and its arguments; a list stands in parentheses (RFC 9051 §9, search-key). */
export type SearchKey = readonly ImapToken[]

export function bothKeys(keys: readonly SearchKey[]): SearchKey {
  return keys.flat()
}

export function eitherKey(keys: readonly SearchKey[]): SearchKey {
  return keys.reduceRight((rest, key) => [atom('OR'), asOne(key), asOne(rest)])
}

export function notKey(key: SearchKey): SearchKey {
  return [atom('NOT'), asOne(key)]
}

function asOne(key: SearchKey): ImapToken {
  const [only] = key
  return key.length === 1 && only !== undefined ? only : [...key]
}
