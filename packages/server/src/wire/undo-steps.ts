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
    const where = { mailbox: reader.mailbox(), uidValidity: String(reader.number()), uids: reader.uids() }
    if (kind === kinds.flags)
      return { kind: 'flags', ...where, add: reader.list(reader.text), remove: reader.list(reader.text) }
    if (kind === kinds.move)
      return { kind: 'move', ...where, to: reader.mailbox(), labels: reader.list(reader.text) }
    throw new RangeError('Not a kind of step')
  }
}

const kinds = { flags: 0, move: 1 } as const

function encodeStep(step: UndoStep): Buffer {
  const where = [
    toVarint(kinds[step.kind]),
    toMailbox(step.mailbox),
    toVarint(Number(step.uidValidity)),
    toUids(step.uids),
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

/** Runs, each as its distance from the one before and how many follow its first. */
function toUids(uids: readonly number[]): Buffer {
  const runs: { distance: number; last: number; more: number }[] = []
  for (const uid of [...new Set(uids)].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run?.last === uid - 1) {
      run.last = uid
      run.more += 1
    } else runs.push({ distance: uid - (run?.last ?? 0), last: uid, more: 0 })
  }
  return toList(runs, ({ distance, more }) => Buffer.concat([toVarint(distance), toVarint(more)]))
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
  const uids = () => {
    let last = 0
    const runs = list(() => {
      const first = last + number()
      const length = number() + 1
      last = first + length - 1
      return { first, length }
    })
    if (runs.reduce((sum, run) => sum + run.length, 0) > maxUids) throw new RangeError('Too many messages')
    return runs.flatMap(({ first, length }) => Array.from({ length }, (_, index) => first + index))
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
