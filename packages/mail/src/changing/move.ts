/**
 * MOVE (RFC 6851); without it COPY, then `\Deleted` and UID EXPUNGE of exactly what was copied (RFC 4315). Never a plain
 * EXPUNGE: it would delete what another client had marked. On a server with neither MOVE nor UIDPLUS the original stays
 * behind, marked `\Deleted` once its copy is stored: lists leave it out, the next client that expunges removes it, and the
 * outcome says so. Refusing instead would leave those mailboxes without archive and delete. Nothing is moved into Sent
 * or Drafts: whom the owner wrote to, and what is to be sent, is read off them.
 */
import { flagItems } from '../imap/fetch-items.ts'
import { atom } from '../imap/protocol.ts'
import {
  type ImapResponse,
  type ImapSession,
  type ImapToken,
  type SelectedMailbox,
  textOf,
} from '../imap/session.ts'
import { isUidValidity, pairUidSets, toUidSet } from '../imap/uid-set.ts'
import { MailError } from '../mail-error.ts'
import { type FilingUse, fileInto } from '../mailboxes/filing.ts'
import { takesNothing } from '../mailboxes/names.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { Mailbox, MessageRef } from '../message.ts'
import { isDeleted } from '../reading/summary.ts'
import { isLabel } from './flag-names.ts'
import { createFlagObserver } from './flag-observer.ts'
import { changeInPieces } from './pieces.ts'
import { changeByMailbox, type RefOutcome, type UidOutcome } from './refs-by-mailbox.ts'

/** Throws `mailbox_not_found` and `mailbox_protected` for the destination. */
export async function moveMessages(
  session: ImapSession,
  refs: readonly MessageRef[],
  destination: string,
): Promise<RefOutcome[]> {
  return await moveInto(session, refs, await resolveMailbox(session, destination, 'destination'))
}

/** The same, into the mailbox of a special use, which is made where it is missing. */
export async function fileMessages(
  session: ImapSession,
  refs: readonly MessageRef[],
  use: Exclude<FilingUse, 'drafts' | 'sent'>,
): Promise<RefOutcome[]> {
  return await fileInto(session, use, (target) => moveInto(session, refs, target))
}

/** The same, into a mailbox that is known. */
export async function moveInto(
  session: ImapSession,
  refs: readonly MessageRef[],
  target: Mailbox,
): Promise<RefOutcome[]> {
  if (takesNothing(target)) throw new MailError('mailbox_protected', { field: 'destination' })
  return await changeByMailbox(session, refs, (mailbox, all) =>
    changeInPieces(session, all, async (uids) => {
      if (mailbox.path === target.path) return await findStaying(session, mailbox, uids)
      if (session.has('MOVE')) return await move(session, mailbox, uids, target.path)
      return session.has('UIDPLUS')
        ? await copyAndExpunge(session, uids, target.path)
        : await copyAndMark(session, mailbox, uids, target.path)
    }),
  )
}

/** Already there: nothing to do, but only for those that are. */
async function findStaying(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: number[],
): Promise<Map<number, UidOutcome>> {
  const present = await session.fetch(mailbox, 'uid', toUidSet(uids), [atom('UID')])
  return new Map(
    present.map(({ uid }) => [
      uid,
      { ok: true, newRef: { mailbox: mailbox.path, uidValidity: mailbox.uidValidity, uid } },
    ]),
  )
}

async function move(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: number[],
  destination: string,
): Promise<Map<number, UidOutcome>> {
  const copied = createCopyUidObserver(uids, destination)
  // Without UIDPLUS the server's OK says nothing about which messages there were.
  const present = session.has('UIDPLUS')
    ? []
    : await session.fetch(mailbox, 'uid', toUidSet(uids), [atom('UID')])
  const labels = session.has('X-GM-EXT-1') ? askForLabels(session, mailbox, uids) : undefined
  try {
    const set: ImapToken = { type: 'SEQUENCE', value: toUidSet(uids) }
    const untagged = { OK: copied.see, ...(labels && { FETCH: labels.see }) }
    copied.see(await session.run('UID MOVE', [set, session.pathToChange(destination)], untagged))
  } catch (error) {
    // RFC 6851 §3.3: a MOVE that fails may have moved some, and has said so by then
    if (!(error instanceof MailError) || copied.outcomes.size === 0) throw error
    for (const uid of uids)
      if (!copied.outcomes.has(uid)) copied.outcomes.set(uid, { ok: false, code: error.code })
    return copied.outcomes
  }
  for (const { uid } of present) if (!copied.outcomes.has(uid)) copied.outcomes.set(uid, { ok: true })
  if (labels) {
    for (const [uid, outcome] of copied.outcomes)
      copied.outcomes.set(uid, { ...outcome, labels: labels.seenOf(uid)?.labelsBefore.filter(isLabel) ?? [] })
  }
  return copied.outcomes
}

/** In front of the MOVE: a move to the bin, or to a label that the message has already, takes labels off it. */
function askForLabels(session: ImapSession, mailbox: SelectedMailbox, uids: number[]) {
  session.fetchAhead(mailbox, [{ uids: toUidSet(uids), items: [atom('UID'), atom('X-GM-LABELS')] }])
  return createFlagObserver(session, uids)
}

async function copyAndExpunge(
  session: ImapSession,
  uids: number[],
  destination: string,
): Promise<Map<number, UidOutcome>> {
  const copied = createCopyUidObserver(uids, destination)
  const copy = [{ type: 'SEQUENCE', value: toUidSet(uids) }, session.pathToChange(destination)]
  // a failed COPY throws here, and nothing is marked or expunged
  copied.see(await session.run('UID COPY', copy, { OK: copied.see }))
  if (copied.outcomes.size === 0) return copied.outcomes
  // only what COPYUID names was copied, so only that may go
  const set: ImapToken = { type: 'SEQUENCE', value: toUidSet([...copied.outcomes.keys()]) }
  try {
    await session.run('UID STORE', [set, atom('+FLAGS.SILENT'), [atom('\\Deleted')]])
    await session.run('UID EXPUNGE', [set])
  } catch (error) {
    if (!(error instanceof MailError)) throw error
    // copied, and perhaps still here: no success, but the caller learns where the copy is
    for (const [uid, outcome] of copied.outcomes) {
      copied.outcomes.set(uid, { ...outcome, ok: false, code: error.code })
    }
  }
  return copied.outcomes
}

async function copyAndMark(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: number[],
  destination: string,
): Promise<Map<number, UidOutcome>> {
  const rows = await session.fetch(mailbox, 'uid', toUidSet(uids), flagItems)
  // one that is marked already was moved before: a repeated call must not copy it again
  const present = rows.filter((row) => !isDeleted(row)).map(({ uid }) => uid)
  if (present.length === 0) return new Map()
  const set: ImapToken = { type: 'SEQUENCE', value: toUidSet(present) }
  // RFC 9051 §6.4.7: all of them or none; a failed COPY throws here, and nothing is marked
  await session.run('UID COPY', [set, session.pathToChange(destination)])
  const outcome = await session
    .run('UID STORE', [set, atom('+FLAGS.SILENT'), [atom('\\Deleted')]])
    .then((): UidOutcome => ({ ok: true, note: 'original_marked_deleted' }))
    .catch((error: unknown): UidOutcome => {
      if (!(error instanceof MailError)) throw error
      return { ok: false, code: error.code }
    })
  return new Map(present.map((uid) => [uid, outcome]))
}

/** RFC 4315 §3, COPYUID: in the tagged OK of COPY, in an untagged OK of MOVE. */
function createCopyUidObserver(uids: readonly number[], destination: string) {
  const outcomes = new Map<number, UidOutcome>()
  const wanted = new Set(uids)
  return {
    outcomes,
    see({ attributes }: ImapResponse) {
      const [code, uidValidity, from, to] = attributes?.[0]?.section ?? []
      if (textOf(code).toUpperCase() !== 'COPYUID') return
      const validity = textOf(uidValidity)
      if (!isUidValidity(validity)) throw new MailError('connection_lost', { protocol: 'imap' })
      for (const [uid, copy] of pairUidSets(textOf(from), textOf(to), wanted)) {
        const newRef = { mailbox: destination, uidValidity: validity, uid: copy }
        outcomes.set(uid, { ok: true, newRef })
      }
    },
  }
}
