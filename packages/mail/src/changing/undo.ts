/**
 * The way back of a change: moved messages return from where COPYUID says they went, flags and labels become what they
 * were. A step holds UIDs under a UIDVALIDITY, so it can only touch the messages of that change; what has gone on since,
 * or was put back before, is no longer there and stays as it is. So a step may be taken twice, and after a crash.
 */
import type { ImapSession } from '../imap/session.ts'
import { MailError } from '../mail-error.ts'
import { listMailboxes } from '../mailboxes/list.ts'
import { takesNothing } from '../mailboxes/names.ts'
import type { Mailbox, MessageRef } from '../message.ts'
import { setFlags } from './flags.ts'
import { moveInto } from './move.ts'
import type { FlagChange, RefOutcome } from './refs-by-mailbox.ts'

interface Changed {
  /** Where the messages are since the change. */
  readonly mailbox: string
  readonly uidValidity: string
  readonly uids: readonly number[]
}

/** Puts messages back that one change moved from one mailbox, or whose flags it changed alike. */
export type UndoStep =
  | (Changed & {
      readonly kind: 'move'
      readonly to: string
      /** Their UIDs before the change, in the order of `uids`. */
      readonly from: readonly number[]
      /** Gmail's, to be there again. */
      readonly labels: readonly string[]
    })
  | (Changed & FlagChange & { readonly kind: 'flags' })

/** Why a change cannot be undone: the server did not say where the message went; nothing is moved into its mailbox. */
export type NoUndo = 'not_told' | 'mailbox_protected'

/** The way back of a change, and what has none. */
export interface UndoPlan {
  readonly steps: readonly UndoStep[]
  /** Messages that were changed and cannot be put back. */
  readonly lost: Readonly<Partial<Record<NoUndo, number>>>
}

/** What would undo these outcomes of `setFlags` or `moveMessages`. */
export function planUndo(session: ImapSession, outcomes: readonly RefOutcome[]): UndoPlan {
  const closed = new Set((session.knownMailboxes ?? []).filter(takesNothing).map(({ path }) => path))
  const steps: { step: UndoStep; uids: number[]; from: number[] }[] = []
  // Alike ones are one step, as long as no message comes twice: then what was done to it first is another step.
  let alike = new Map<string, (typeof steps)[number]>()
  let met = new Set<string>()
  const lost: Partial<Record<NoUndo, number>> = {}
  const lose = (why: NoUndo) => {
    lost[why] = (lost[why] ?? 0) + 1
  }
  const add = (uid: number, from: number, step: UndoStep) => {
    const key = JSON.stringify(step)
    let known = alike.get(key)
    if (known === undefined) {
      known = { step, uids: [], from: [] }
      alike.set(key, known)
      steps.push(known)
    }
    known.uids.push(uid)
    known.from.push(from)
  }
  for (const { ref, ok, newRef, changed, labels = [] } of outcomes) {
    if (met.has(keyOf(ref))) {
      alike = new Map()
      met = new Set()
    }
    for (const one of [ref, newRef ?? ref]) met.add(keyOf(one))
    if (changed !== undefined) {
      if (changed.add.length + changed.remove.length === 0) continue
      const { mailbox, uidValidity } = ref
      const [remove, again] = [changed.add, changed.remove]
      add(ref.uid, ref.uid, { kind: 'flags', mailbox, uidValidity, uids: [], add: again, remove })
    } else if (!ok) continue
    else if (newRef === undefined) lose('not_told')
    else if (newRef.mailbox === ref.mailbox) continue
    else if (closed.has(ref.mailbox)) lose('mailbox_protected')
    else {
      const { mailbox, uidValidity } = newRef
      add(newRef.uid, ref.uid, {
        kind: 'move',
        mailbox,
        uidValidity,
        uids: [],
        from: [],
        to: ref.mailbox,
        labels,
      })
    }
  }
  // What was done last is undone first.
  const planned = steps.map(
    ({ step, uids, from }): UndoStep => (step.kind === 'move' ? { ...step, uids, from } : { ...step, uids }),
  )
  return { steps: planned.reverse(), lost }
}

/** `asked`: where its change left the message; `ref`: where it was found. */
export type UndoOutcome = RefOutcome & { readonly asked: MessageRef }

/**
 * Puts back what it can, the steps of the newest change first. Throws only where nothing could be tried; the fault of
 * one step is the outcome of its messages.
 */
export async function undoChanges(session: ImapSession, steps: readonly UndoStep[]): Promise<UndoOutcome[]> {
  const outcomes: UndoOutcome[] = []
  const returned = new Map<string, MessageRef>()
  for (const step of steps) {
    const { mailbox, uidValidity } = step
    const asked = step.uids.map((uid): MessageRef => ({ mailbox, uidValidity, uid }))
    const now = new Map(asked.map((ref) => [returned.get(keyOf(ref)) ?? ref, ref]))
    try {
      for (const outcome of await undoStep(session, step, [...now.keys()])) {
        const { newRef } = outcome
        const origin = now.get(outcome.ref) ?? outcome.ref
        outcomes.push({ ...outcome, asked: origin })
        if (step.kind === 'flags' || !outcome.ok || newRef === undefined) continue
        returned.set(keyOf(origin), newRef)
        const before = step.from[step.uids.indexOf(origin.uid)]
        if (before !== undefined) returned.set(keyOf({ ...newRef, uid: before }), newRef)
      }
    } catch (error) {
      if (!(error instanceof MailError) || (outcomes.length === 0 && isOfConnection(error))) throw error
      outcomes.push(...asked.map((ref) => ({ ref, asked: ref, ok: false, code: error.code })))
    }
  }
  return outcomes
}

function keyOf({ mailbox, uidValidity, uid }: MessageRef): string {
  return `${uidValidity}/${uid}/${mailbox}`
}

function isOfConnection({ code }: MailError): boolean {
  return ['connection_lost', 'timeout', 'throttled'].includes(code)
}

async function undoStep(
  session: ImapSession,
  step: UndoStep,
  refs: readonly MessageRef[],
): Promise<RefOutcome[]> {
  if (step.kind === 'flags') return await setFlags(session, refs, step)
  const outcomes = await moveInto(session, refs, await getMailbox(session, step.to))
  const back = outcomes.flatMap(({ ok, newRef }) => (ok && newRef !== undefined ? [newRef] : []))
  if (step.labels.length === 0 || back.length === 0) return outcomes
  const labelled = await setFlags(session, back, { add: step.labels, remove: [] }).catch((error: unknown) => {
    // They are where they were, and lack what they had: told by the code.
    if (error instanceof MailError)
      return back.map((ref): RefOutcome => ({ ref, ok: false, code: error.code }))
    throw error
  })
  const ofLabels = new Map(labelled.map((outcome) => [outcome.ref, outcome]))
  return outcomes.map((outcome) => {
    const fault = outcome.newRef && ofLabels.get(outcome.newRef)
    return fault?.ok === false ? { ...outcome, ok: false, ...(fault.code && { code: fault.code }) } : outcome
  })
}

/** By its exact path: a word such as `archive` means no special use here. */
async function getMailbox(session: ImapSession, path: string): Promise<Mailbox> {
  const find = (mailboxes: readonly Mailbox[] = []) => mailboxes.find((one) => one.path === path)
  const mailbox = find(session.knownMailboxes) ?? find(await listMailboxes(session, { includeCounts: false }))
  if (mailbox === undefined) throw new MailError('mailbox_not_found', { protocol: 'imap' })
  return mailbox
}
