/** The flags and Gmail labels of messages as FETCH answers tell them: those of the first answer, and of the last. */
import { type ImapAttribute, type ImapResponse, type ImapSession, textOf } from '../imap/session.ts'

export interface SeenFlags {
  /** By the first answer. */
  had(name: string): boolean
  /** By the last one. */
  has(name: string): boolean
  /** Labels by the first answer, as they are spelt. */
  readonly labelsBefore: readonly string[]
  /** More than one answer came. */
  readonly isToldAgain: boolean
}

interface Told {
  readonly first: readonly string[]
  readonly last: readonly string[]
  readonly times: number
}

const none: Told = { first: [], last: [], times: 0 }

export function createFlagObserver(session: Pick<ImapSession, 'decodePath'>, uids: readonly number[]) {
  const wanted = new Set(uids)
  const flags = new Map<number, Told>()
  const labels = new Map<number, Told>()
  const keep = (told: Map<number, Told>, uid: number, names: readonly string[]) => {
    const { first, times } = told.get(uid) ?? { first: names, times: 0 }
    told.set(uid, { first, last: names, times: times + 1 })
  }
  return {
    see(response: ImapResponse): void {
      const found = readFlags(response)
      if (found === undefined || !wanted.has(found.uid)) return
      if (found.flags) keep(flags, found.uid, found.flags)
      if (found.labels)
        keep(
          labels,
          found.uid,
          found.labels.map((one) => session.decodePath(one)),
        )
    },
    seenOf(uid: number): SeenFlags | undefined {
      if (!flags.has(uid) && !labels.has(uid)) return undefined
      const [ofFlags, ofLabels] = [flags.get(uid) ?? none, labels.get(uid) ?? none]
      const first = toNames([...ofFlags.first, ...ofLabels.first])
      const last = toNames([...ofFlags.last, ...ofLabels.last])
      return {
        had: (name) => first.has(name.toLowerCase()),
        has: (name) => last.has(name.toLowerCase()),
        labelsBefore: ofLabels.first,
        isToldAgain: Math.max(ofFlags.times, ofLabels.times) > 1,
      }
    },
  }
}

function toNames(names: readonly string[]): Set<string> {
  return new Set(names.map((name) => name.toLowerCase()))
}

function readFlags({
  attributes,
}: ImapResponse): { uid: number; flags?: string[]; labels?: string[] } | undefined {
  const items = attributes?.[1]
  if (!Array.isArray(items)) return undefined
  let uid = 0
  const found: { flags?: string[]; labels?: string[] } = {}
  for (let at = 0; at + 1 < items.length; at += 2) {
    const value: ImapAttribute | ImapAttribute[] | null | undefined = items[at + 1]
    const name = textOf(items[at]).toUpperCase()
    if (name === 'UID') uid = Number(textOf(value))
    if (!Array.isArray(value)) continue
    if (name === 'FLAGS') found.flags = value.map(textOf)
    if (name === 'X-GM-LABELS') found.labels = value.map(textOf)
  }
  return uid > 0 ? { uid, ...found } : undefined
}
