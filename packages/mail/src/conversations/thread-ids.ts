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
  if (own !== undefined) others.delete(own)
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

export function allIds({ own, others }: NamedIds): string[] {
  return own === undefined ? [...others] : [own, ...others]
}
