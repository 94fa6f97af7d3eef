/**
 * STORE, believed only as far as the server's own FETCH answers show it. A FETCH in the same flight, in front of the
 * STORE, says what each message had before: that is what an undo puts back, and a message that had it all along needs
 * no more asking.
 */
import { atom } from '../imap/protocol.ts'
import type { ImapSession, ImapToken, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { invalid } from '../input.ts'
import { MailError } from '../mail-error.ts'
import type { MessageRef } from '../message.ts'
import { type NamedFlags, readFlagNames } from './flag-names.ts'
import { createFlagObserver, type SeenFlags } from './flag-observer.ts'
import { changeInPieces } from './pieces.ts'
import { changeByMailbox, type FlagChange, type RefOutcome, type UidOutcome } from './refs-by-mailbox.ts'

/**
 * Adds and removes flags, and on Gmail labels; what cannot be shown to have changed is an outcome, not an error. Throws
 * `invalid_input` for a name that may not be set or when none is named, and what a session throws (RFC 9051 §6.4.6).
 */
export async function setFlags(
  session: ImapSession,
  refs: readonly MessageRef[],
  change: FlagChange,
): Promise<RefOutcome[]> {
  const isGmail = session.has('X-GM-EXT-1')
  const add = readFlagNames(change.add, 'add', isGmail)
  const remove = readFlagNames(change.remove, 'remove', isGmail)
  if (change.add.length + change.remove.length === 0) throw invalid('add')
  return await changeByMailbox(session, refs, async (mailbox, uids) => {
    const refused = add.flags.filter((flag) => !isKept(mailbox, flag))
    if (refused.length > 0) return new Map(uids.map((uid) => [uid, notKept(refused)]))
    return await changeInPieces(session, uids, (piece) => store(session, mailbox, piece, { add, remove }))
  })
}

/** RFC 9051 §7.1, PERMANENTFLAGS: another flag is lost at once, or with this session. */
function isKept({ permanentFlags }: SelectedMailbox, flag: string): boolean {
  if (permanentFlags === undefined) return true
  const kept = permanentFlags.map((one) => one.toLowerCase())
  return kept.includes(flag.toLowerCase()) || (!flag.startsWith('\\') && kept.includes('\\*'))
}

function notKept(refused: readonly string[]): UidOutcome {
  return { ok: false, code: 'not_supported', refused }
}

async function store(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: number[],
  { add, remove }: { add: NamedFlags; remove: NamedFlags },
): Promise<ReadonlyMap<number, UidOutcome>> {
  const withLabels = add.labels.length + remove.labels.length > 0
  const items = ['UID', 'FLAGS', ...(withLabels ? ['X-GM-LABELS'] : [])].map(atom)
  const { see, seenOf } = createFlagObserver(session, uids)
  const set = toUidSet(uids)
  const labels = (names: readonly string[]) =>
    names.map((name) => (name.startsWith('\\') ? atom(name) : session.path(name)))
  const commands: { item: string; list: ImapToken[] }[] = [
    { item: '+FLAGS', list: add.flags.map(atom) },
    // A keyword that the mailbox does not keep is on none of its messages, and not to be made known to it.
    { item: '-FLAGS', list: remove.flags.filter((flag) => isKept(mailbox, flag)).map(atom) },
    { item: '+X-GM-LABELS', list: labels(add.labels) },
    { item: '-X-GM-LABELS', list: labels(remove.labels) },
  ].filter(({ list }) => list.length > 0)

  if (commands.length > 0) session.fetchAhead(mailbox, [{ uids: set, items }])
  let failure: MailError | undefined
  for (const [at, { item, list }] of commands.entries()) {
    try {
      await session.run('UID STORE', [{ type: 'SEQUENCE', value: set }, atom(item), list], { FETCH: see })
    } catch (error) {
      // What the commands before it changed is told.
      if (!(error instanceof MailError) || at === 0) throw error
      failure = error
      break
    }
  }

  const wanted = { add: [...add.flags, ...add.labels], remove: [...remove.flags, ...remove.labels] }
  // Some servers leave messages out of the answer, some leave out UID.
  const open = uids.filter((uid) => !isDone(seenOf(uid), wanted) && seenOf(uid)?.isToldAgain !== true)
  if (open.length > 0 && failure === undefined) {
    const ahead = { handlers: { FETCH: see }, rows: () => [] }
    await session.fetch(mailbox, 'uid', toUidSet(open), items, ahead)
  }
  return new Map(
    uids.flatMap((uid): [number, UidOutcome][] => {
      const seen = seenOf(uid)
      if (seen === undefined) return failure === undefined ? [] : [[uid, { ok: false, code: failure.code }]]
      const changed = toChanged(seen, wanted)
      if (isDone(seen, wanted)) return [[uid, { ok: true, changed }]]
      return [[uid, { ok: false, code: failure?.code ?? 'not_supported', changed }]]
    }),
  )
}

function isDone(seen: SeenFlags | undefined, { add, remove }: FlagChange): boolean {
  return seen !== undefined && add.every((one) => seen.has(one)) && !remove.some((one) => seen.has(one))
}

function toChanged(seen: SeenFlags, { add, remove }: FlagChange): FlagChange {
  return {
    add: add.filter((one) => !seen.had(one) && seen.has(one)),
    remove: remove.filter((one) => seen.had(one) && !seen.has(one)),
  }
}
