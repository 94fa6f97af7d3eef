/**
 * The steps of an undo in few bytes: they pass through a model, or lie in a row. What is read here was sealed by us, so
 * a fault in it is a bug, or a form of another version.
 */
import type { UndoStep } from '@email-connector/mail'
import { readVarint, toVarint } from './varint.ts'

export interface AccountUndo {
  /** As in an email's id (wire/email-id.ts). */
  readonly accountTag: string
  readonly steps: readonly UndoStep[]
}

export interface Undo {
  /** When the change was made, epoch seconds. */
  readonly at: number
  readonly accounts: readonly AccountUndo[]
}

const version = 1
const tagBytes = 4

export function encodeUndo({ at, accounts }: Undo): Buffer {
  return Buffer.concat([
    Buffer.of(version),
    toVarint(at),
    toList(accounts, ({ accountTag, steps }) =>
      Buffer.concat([Buffer.from(accountTag, 'hex'), toList(steps, encodeStep)]),
    ),
  ])
}

/** Undefined for what `encodeUndo` did not make. */
export function decodeUndo(bytes: Uint8Array): Undo | undefined {
  if (bytes[0] !== version) return undefined
  const reader = createReader(Buffer.from(bytes), 1)
  try {
    const undo = {
      at: reader.number(),
      accounts: reader.list(() => ({ accountTag: reader.hex(tagBytes), steps: reader.list(readStep) })),
    }
    return reader.isAtEnd() ? undo : undefined
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }

  function readStep(): UndoStep {
    const kind = reader.number()
    const where = { mailbox: reader.mailbox(), uidValidity: String(reader.number()) }
    if (kind === kinds.flags) {
      const uids = reader.uids().map(([uid]) => uid)
      return {
        kind: 'flags',
        ...where,
        uids,
        add: reader.list(reader.text),
        remove: reader.list(reader.text),
      }
    }
    if (kind === kinds.move) {
      const pairs = reader.uids()
      const [uids, from] = [pairs.map(([uid]) => uid), pairs.map(([, before]) => before)]
      return { kind: 'move', ...where, uids, from, to: reader.mailbox(), labels: reader.list(reader.text) }
    }
    throw new RangeError('Not a kind of step')
  }
}

const kinds = { flags: 0, move: 1 } as const

function encodeStep(step: UndoStep): Buffer {
  const where = [
    toVarint(kinds[step.kind]),
    toMailbox(step.mailbox),
    toVarint(Number(step.uidValidity)),
    toUids(step.kind === 'move' ? step : { uids: step.uids, from: step.uids }),
  ]
  const what =
    step.kind === 'flags'
      ? [toList(step.add, toText), toList(step.remove, toText)]
      : [toMailbox(step.to), toList(step.labels, toText)]
  return Buffer.concat([...where, ...what])
}

function toList<T>(items: readonly T[], encode: (item: T) => Buffer): Buffer {
  return Buffer.concat([toVarint(items.length), ...items.map(encode)])
}

function toText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([toVarint(bytes.length), bytes])
}

/** Most changes are made in INBOX. */
function toMailbox(path: string): Buffer {
  return toText(path === 'INBOX' ? '' : path)
}

/**
 * UIDs and those from before, in runs in which both go up by one: each as its two distances from the run before, and how
 * many follow its first.
 */
function toUids({
  uids,
  from,
}: {
  readonly uids: readonly number[]
  readonly from: readonly number[]
}): Buffer {
  const pairs = uids.map((uid, at): readonly [number, number] => [uid, from[at] ?? uid])
  const runs: { distances: [number, number]; last: readonly [number, number]; more: number }[] = []
  for (const [uid, before] of pairs.sort((a, b) => a[0] - b[0])) {
    const run = runs.at(-1)
    const [lastUid, lastBefore] = run?.last ?? [0, 0]
    if (run && uid === lastUid + 1 && before === lastBefore + 1) {
      run.last = [uid, before]
      run.more += 1
    } else runs.push({ distances: [uid - lastUid, before - lastBefore], last: [uid, before], more: 0 })
  }
  return toList(runs, ({ distances: [distance, distanceBefore], more }) =>
    Buffer.concat([toVarint(distance), toVarint(zigzag(distanceBefore)), toVarint(more)]),
  )
}

/** 0, -1, 1, -2 … as 0, 1, 2, 3 … */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

function fromZigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

function createReader(bytes: Buffer, start: number) {
  let at = start
  const number = () => {
    const found = readVarint(bytes, at)
    if (found === undefined) throw new RangeError('A number is cut')
    at = found.end
    return found.value
  }
  const take = (length: number) => {
    if (at + length > bytes.length) throw new RangeError('A text is cut')
    at += length
    return bytes.subarray(at - length, at)
  }
  const text = () => take(number()).toString('utf8')
  const list = <T>(read: () => T): T[] => {
    const length = number()
    // Each takes a byte at least.
    if (length > bytes.length - at) throw new RangeError('A list is cut')
    return Array.from({ length }, () => read())
  }
  /** Pairs of a UID and the one from before. */
  const uids = (): [number, number][] => {
    let [last, lastBefore] = [0, 0]
    const pairs: [number, number][] = []
    list(() => {
      const [first, before] = [last + number(), lastBefore + fromZigzag(number())]
      const length = number() + 1
      if (pairs.length + length > maxUids) throw new RangeError('Too many messages')
      for (let index = 0; index < length; index++) pairs.push([first + index, before + index])
      last = first + length - 1
      lastBefore = before + length - 1
    })
    return pairs
  }
  return {
    number,
    text,
    list,
    uids,
    mailbox: () => text() || 'INBOX',
    hex: (length: number) => take(length).toString('hex'),
    isAtEnd: () => at === bytes.length,
  }
}

/** More than one change has. */
const maxUids = 10_000
