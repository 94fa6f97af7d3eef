/** The rows of a page out of the matches of all mailboxes, newest first; those that must be judged are, batch by batch. */
import { listItems } from '../imap/fetch-items.ts'
import { Flight } from '../imap/flight.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { isClosed, maxRowBytes, openParts } from '../reading/open-parts.ts'
import type { RowKey } from '../reading/received.ts'
import { isDeleted } from '../reading/summary.ts'
import { isPreviewMissing, widenPreviews } from '../reading/wide-previews.ts'
import type { Collected, SearchedMailbox } from './collect.ts'
import { findAnswered, isMet } from './judge.ts'
import { mailboxesToSearch } from './mailboxes.ts'
import { isSent } from './own.ts'
import type { SearchPlan } from './plan.ts'

export interface Taken {
  readonly rows: readonly { readonly row: FetchedMessage; readonly mailbox: SelectedMailbox }[]
  readonly lookedAt: number
  /** What was used up for all rows, or for the first so many. */
  until(rows?: number): Consumed
}

export interface Consumed {
  /** The last match that was looked at. */
  readonly last?: RowKey & { readonly mailbox: string }
  /** By the mailbox's hash, in the order of the page. */
  readonly matches: ReadonlyMap<string, readonly RowKey[]>
}

const judgedBatch = 50
/** Candidates whose structure is looked at before the caller is given a cursor instead. */
const maxJudged = 500
/** Where answers are looked for. */
const maxAnswerMailboxes = 5

interface Match extends RowKey {
  readonly of: SearchedMailbox
}

export async function takeRows(
  session: ImapSession,
  { searched, isCut }: Collected,
  plan: SearchPlan,
  limit: number,
): Promise<Taken> {
  const matches = searched
    .flatMap((of) => of.entries.map((entry): Match => ({ ...entry, of })))
    .sort(byArrival)
  const isJudged = plan.terms.length > 0
  const rows: { row: FetchedMessage; mailbox: SelectedMailbox }[] = []
  /** How many matches each row and those before it took. */
  const ends: number[] = []
  let at = 0
  const missing = isCut ? matches.findIndex(({ of, uid }) => !of.rows.has(uid)) : -1
  const known = missing < 0 ? matches.length : missing
  const bound = isCut && isJudged ? 0 : Math.min(known, isJudged ? maxJudged : limit)
  while (at < bound && rows.length < limit) {
    const batch = matches.slice(at, Math.min(bound, at + (isJudged ? judgedBatch : limit)))
    if (!isCut) {
      await fetchMissing(session, batch)
      await openClosed(session, batch)
    }
    const fits = isJudged ? await judge(session, batch, plan) : () => true
    for (const match of batch) {
      if (rows.length === limit) break
      at++
      const row = match.of.rows.get(match.uid)
      // It may have gone since it was found, or wait to be expunged.
      if (row === undefined || isDeleted(row) || !fits(match, row)) continue
      rows.push({ row, mailbox: match.of.candidates.mailbox })
      ends.push(at)
    }
  }
  return {
    rows: isCut ? rows : await widen(session, rows),
    lookedAt: at,
    until: (count) => toConsumed(matches.slice(0, count === undefined ? at : (ends[count - 1] ?? 0))),
  }
}

function toConsumed(looked: readonly Match[]): Consumed {
  const matches = new Map<string, RowKey[]>()
  for (const { of, at, uid } of looked) matches.set(of.hash, [...(matches.get(of.hash) ?? []), { at, uid }])
  const last = looked.at(-1)
  if (last === undefined) return { matches }
  return { matches, last: { at: last.at, uid: last.uid, mailbox: last.of.hash } }
}

function byArrival(a: Match, b: Match): number {
  if (a.at !== b.at) return b.at - a.at
  if (a.of.hash !== b.of.hash) return a.of.hash < b.of.hash ? -1 : 1
  return b.uid - a.uid
}

/** One flight, whatever mailboxes they are in. */
async function fetchMissing(session: ImapSession, batch: readonly Match[]): Promise<void> {
  const missing = batch.filter(({ of, uid }) => !of.rows.has(uid))
  const mailboxes = [...new Set(missing.map((match) => match.of))]
  // The mailbox that is open needs no EXAMINE.
  mailboxes.sort((a, b) => Number(b.path === session.examined) - Number(a.path === session.examined))
  const flight = new Flight(session)
  const fetched = mailboxes.map((of) => {
    const { mailbox } = of.candidates
    const isOpen = flight.isEmpty && session.examined === of.path
    const opened = isOpen ? () => mailbox : flight.examine(of.path)
    const uids = toUidSet(missing.filter((match) => match.of === of).map(({ uid }) => uid))
    const rows = flight.fetch(of.path, [{ uids, items: listItems(session) }])
    // Made again in between: its UIDs name other messages.
    return { of, rows: () => (opened()?.uidValidity === mailbox.uidValidity ? rows() : []) }
  })
  await flight.send()
  for (const { of, rows } of fetched) for (const row of rows()) of.rows.set(row.uid, row)
}

/** What a structure leaves closed (reading/open-parts.ts): rare, and then one more flight. */
async function openClosed(session: ImapSession, batch: readonly Match[]): Promise<void> {
  const closed = batch.filter(({ of, uid }) => {
    const row = of.rows.get(uid)
    return row !== undefined && isClosed(row)
  })
  for (const of of new Set(closed.map((match) => match.of))) {
    const { mailbox } = of.candidates
    if (session.examined !== of.path) await session.select(of.path, 'read')
    const rows = closed.flatMap((match) => (match.of === of ? (of.rows.get(match.uid) ?? []) : []))
    const opened = await openParts(session, mailbox, rows, maxRowBytes)
    for (const row of opened) of.rows.set(row.uid, row)
  }
}

/** Of mail that begins with a kilobyte of styles the preview comes in one more flight. */
async function widen(session: ImapSession, rows: Taken['rows']): Promise<Taken['rows']> {
  const wide = new Map<FetchedMessage, FetchedMessage>()
  for (const mailbox of new Set(rows.map((one) => one.mailbox))) {
    const of = rows.filter((one) => one.mailbox === mailbox).map(({ row }) => row)
    const missing: FetchedMessage[] = []
    for (const row of of) if (await isPreviewMissing(row)) missing.push(row)
    if (missing.length === 0) continue
    if (session.examined !== mailbox.path) await session.select(mailbox.path, 'read')
    const widened = await widenPreviews(session, mailbox, missing)
    for (const [at, row] of missing.entries()) wide.set(row, widened[at] ?? row)
  }
  return rows.map(({ row, mailbox }) => ({ row: wide.get(row) ?? row, mailbox }))
}

/** A match counts if the case that found it assumed what its structure says. */
async function judge(
  session: ImapSession,
  batch: readonly Match[],
  { terms, cases }: SearchPlan,
): Promise<(match: Match, row: FetchedMessage) => boolean> {
  const answered = terms.some((term) => term.kind === 'is')
    ? await answersOf(session, batch)
    : new Set<string>()
  return ({ of, uid }, row) => {
    const truths = terms.map((term) =>
      term.kind === 'is'
        ? isSent(session, of.path, row) && !answered.has(row.envelope?.messageId ?? '')
        : isMet(term, row),
    )
    return cases.some(
      ({ assumed }, at) =>
        assumed.every((one, index) => one === truths[index]) && of.candidates.found[at]?.has(uid) === true,
    )
  }
}

async function answersOf(session: ImapSession, batch: readonly Match[]): Promise<Set<string>> {
  const ids = batch.flatMap(({ of, uid }) => {
    const row = of.rows.get(uid)
    return row !== undefined && isSent(session, of.path, row) ? (row.envelope?.messageId ?? []) : []
  })
  const paths = await mailboxesToSearch(session, { within: [], without: ['sent', 'drafts'] })
  return await findAnswered(session, ids, paths.slice(0, maxAnswerMailboxes))
}
