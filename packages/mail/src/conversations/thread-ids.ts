/**
 * Which messages belong together by what they say of each other: Message-ID, References, In-Reply-To (RFC 5322 §3.6.4).
 * A message that is not there still joins those that name it. Subjects join nothing: two strangers may both say "Invoice".
 */
import { parseHeaders } from '../headers.ts'
import type { FetchedMessage } from '../imap/session.ts'

/** The start of a conversation and its latest part; a hostile header may name thousands. */
const firstReferences = 3
const lastReferences = 30

export interface NamedIds {
  readonly own: string | undefined
  /** Of those that this one answers. */
  readonly others: readonly string[]
}

export function idsOf({ envelope, headers }: Pick<FetchedMessage, 'envelope' | 'headers'>): NamedIds {
  const references = toIds((parseHeaders(headers).get('references') ?? []).join(' '))
  const kept =
    references.length > firstReferences + lastReferences
      ? [...references.slice(0, firstReferences), ...references.slice(-lastReferences)]
      : references
  const [own] = toIds(envelope?.messageId ?? '')
  const others = new Set([...kept, ...toIds(envelope?.inReplyTo ?? '').slice(0, firstReferences)])
  return { own, others: [...others] }
}

function toIds(text: string): string[] {
  return text.slice(0, 100_000).match(/<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>/g) ?? []
}

/** Those that hang together with `first`, itself among them. */
export function connected<T>(first: T, all: readonly T[], idsOfOne: (one: T) => NamedIds): Set<T> {
  const byId = new Map<string, T[]>()
  const idsOfEach = new Map(all.map((one) => [one, allIds(idsOfOne(one))]))
  for (const [one, ids] of idsOfEach) {
    for (const id of ids) {
      const named = byId.get(id)
      if (named) named.push(one)
      else byId.set(id, [one])
    }
  }
  const found = new Set([first])
  const walked = new Set<string>()
  for (const one of found) {
    for (const id of idsOfEach.get(one) ?? allIds(idsOfOne(one))) {
      if (walked.has(id)) continue
      walked.add(id)
      for (const other of byId.get(id) ?? []) found.add(other)
    }
  }
  return found
}

/**
 * Oldest first, and none before what it answers: dates are whole seconds, and clocks differ. What answers a later email
 * takes that one's time, so `at` only grows along the result.
 */
export function inOrder<T extends { readonly at: number }>(
  all: readonly T[],
  idsOfOne: (one: T) => NamedIds,
): T[] {
  const sorted = [...all].sort((a, b) => a.at - b.at)
  const ids = new Map(sorted.map((one) => [one, idsOfOne(one)]))
  const byId = new Map<string, T>()
  for (const [one, { own }] of ids) if (own !== undefined && !byId.has(own)) byId.set(own, one)
  const placed = new Set<T>()
  const order: T[] = []
  for (const first of sorted) {
    // What it answers comes first, and what that answers; a ring of answers is left where it is met again.
    const waiting = [first]
    const seen = new Set(waiting)
    for (let one = waiting.at(-1); one !== undefined; one = waiting.at(-1)) {
      const parents = ids.get(one)?.others.flatMap((id) => byId.get(id) ?? []) ?? []
      const next = parents.find((parent) => !placed.has(parent) && !seen.has(parent))
      if (next === undefined) {
        waiting.pop()
        if (placed.has(one)) continue
        placed.add(one)
        order.push({ ...one, at: Math.max(one.at, order.at(-1)?.at ?? one.at) })
      } else {
        seen.add(next)
        waiting.push(next)
      }
    }
  }
  return order
}

export function allIds({ own, others }: NamedIds): string[] {
  return own === undefined ? [...others] : [own, ...others]
}
