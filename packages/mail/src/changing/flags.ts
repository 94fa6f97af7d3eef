/**
 * STORE, believed only as far as the server's own FETCH answers show it. `\Deleted` is not to be set here: deleting is
 * a move, and a flag that another client expunges later is a delayed loss.
 */
import { flagItems } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import type {
  FetchedMessage,
  ImapResponse,
  ImapSession,
  ImapToken,
  SelectedMailbox,
} from '../imap/session.ts'
import { textOf } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { invalid } from '../input.ts'
import type { MessageRef } from '../message.ts'
import { changeByMailbox, type RefOutcome, type UidOutcome } from './refs-by-mailbox.ts'

export interface FlagChange {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

const systemFlags = new Set(['\\seen', '\\answered', '\\flagged', '\\draft'])
/** RFC 9051 §9, flag-keyword: an atom. */
const keyword = /^[A-Za-z0-9$_][A-Za-z0-9$_.:+\-/]{0,99}$/

/** Throws `invalid_input` naming the field. */
export function assertFlags(flags: readonly string[], field: string): void {
  if (flags.length > 20 || !flags.every((one) => systemFlags.has(one.toLowerCase()) || keyword.test(one))) {
    throw invalid(field)
  }
}

/**
 * Adds and removes flags; what cannot be shown to have changed is an outcome, not an error. Throws `invalid_input`
 * for a flag that may not be set or when none is named, and what a session throws (RFC 9051 §6.4.6).
 */
export async function setFlags(
  session: ImapSession,
  refs: readonly MessageRef[],
  change: FlagChange,
): Promise<RefOutcome[]> {
  assertFlags(change.add, 'add')
  assertFlags(change.remove, 'remove')
  if (change.add.length + change.remove.length === 0) throw invalid('add')
  return await changeByMailbox(session, refs, (mailbox, uids) => store(session, mailbox, uids, change))
}

async function store(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: number[],
  { add, remove }: FlagChange,
): Promise<ReadonlyMap<number, UidOutcome>> {
  const flagsByUid = new Map<number, readonly string[]>()
  const wanted = new Set(uids)
  const untagged = {
    FETCH: (response: ImapResponse) => {
      const seen = readFlags(response)
      if (seen && wanted.has(seen.uid)) flagsByUid.set(seen.uid, seen.flags)
    },
  }
  const set = toUidSet(uids)
  const commands = [
    { item: '+FLAGS', flags: add },
    { item: '-FLAGS', flags: remove },
  ].filter(({ flags }) => flags.length > 0)
  for (const { item, flags } of commands) {
    const list: ImapToken[] = flags.map(atom)
    await session.run('UID STORE', [{ type: 'SEQUENCE', value: set }, atom(item), list], untagged)
  }

  // Some servers leave unchanged messages out of the answer, some leave out UID.
  const unseen = uids.filter((uid) => !flagsByUid.has(uid))
  if (unseen.length > 0) {
    const rows: FetchedMessage[] = await session.fetch(mailbox, 'uid', toUidSet(unseen), flagItems)
    for (const row of rows) flagsByUid.set(row.uid, [...(row.flags ?? [])])
  }
  return new Map(
    uids.flatMap((uid): [number, UidOutcome][] => {
      const flags = flagsByUid.get(uid)?.map((flag) => flag.toLowerCase())
      if (flags === undefined) return []
      const held = add.every((flag) => flags.includes(flag.toLowerCase()))
      const gone = remove.every((flag) => !flags.includes(flag.toLowerCase()))
      // RFC 9051 §7.1, PERMANENTFLAGS: the mailbox keeps only some flags
      return [[uid, held && gone ? { ok: true } : { ok: false, code: 'not_supported' }]]
    }),
  )
}

function readFlags({ attributes }: ImapResponse): { uid: number; flags: string[] } | undefined {
  const items = attributes?.[1]
  if (!Array.isArray(items)) return undefined
  let uid = 0
  let flags: string[] | undefined
  for (let at = 0; at + 1 < items.length; at += 2) {
    const value = items[at + 1]
    const name = textOf(items[at]).toUpperCase()
    if (name === 'UID') uid = Number(textOf(value))
    if (name === 'FLAGS' && Array.isArray(value)) flags = value.map(textOf)
  }
  return uid > 0 && flags ? { uid, flags } : undefined
}
