/**
 * One change of all emails that a query finds. First they are counted and shown; the change is made only of as many as
 * were shown, by UID sets over the same connection, at most two thousand in one call. What it did can be undone as
 * every change.
 */
import { assertFlagNames, readFlagNames } from '../changing/flag-names.ts'
import { setFlags } from '../changing/flags.ts'
import { fileMessages, moveInto } from '../changing/move.ts'
import type { RefOutcome } from '../changing/refs-by-mailbox.ts'
import { planUndo, type UndoPlan } from '../changing/undo.ts'
import { atom } from '../imap/protocol.ts'
import type { ImapSession } from '../imap/session.ts'
import { toUidSet } from '../imap/uid-set.ts'
import { assertMailboxName, invalid } from '../input.ts'
import { MailError, type MailErrorCode } from '../mail-error.ts'
import { findFiling } from '../mailboxes/filing.ts'
import { listMailboxes } from '../mailboxes/list.ts'
import { takesNothing } from '../mailboxes/names.ts'
import { resolveMailbox } from '../mailboxes/resolve.ts'
import type { Mailbox, MessageSummary } from '../message.ts'
import { findDraftsPath } from '../reading/draft-tag.ts'
import { toSummary } from '../reading/summary.ts'
import { isEverywhere, joinMailbox, mailboxesToSearch, takeMailboxes } from '../search/mailboxes.ts'
import { planSearch } from '../search/plan.ts'
import { allOf, type Query } from '../search/query.ts'
import { isJudgedByStructure, toImapSearch } from '../search/to-imap.ts'
import { type OrganizeAction, type PlannedAction, planAction } from './actions.ts'
import { findMatches, type MatchedMailbox, type Matches } from './matches.ts'

/** Emails that one call changes at most. */
export const maxOrganized = 2_000
const maxSample = 10

/** Which emails are meant, and what is to be done to them. */
export interface OrganizeOptions {
  readonly query: Query
  /** A path, a special use or `all`. Absent: where the query says by `in:` or `-in:`, else INBOX. */
  readonly mailbox?: string
  readonly action: OrganizeAction
  /** The owner's (an IANA name). */
  readonly timeZone: string
}

/** What a clean-up found in one mailbox, and did there. */
export interface OrganizedMailbox {
  readonly path: string
  /** What was found there. */
  readonly count: number
  /** What was done there; absent before anything is. */
  readonly changed?: number
  /** Why not all of it: the first reason. */
  readonly code?: MailErrorCode
  readonly refused?: readonly string[]
}

/** What a dry run tells. */
export interface Counted {
  /** Emails that the action would change. */
  readonly count: number
  readonly mailboxes: readonly OrganizedMailbox[]
  /** Of each mailbox some, ten in all, the newest first. */
  readonly sample: readonly MessageSummary[]
}

/** What a clean-up did. */
export interface Organized {
  readonly count: number
  readonly changed: number
  readonly mailboxes: readonly OrganizedMailbox[]
  readonly undo: UndoPlan
}

/** A clean-up that is checked and waits for a session. */
export interface Organizer {
  count(session: ImapSession): Promise<Counted>
  /** Undefined with the count of now: they are not as many as expected, and nothing was done. */
  organize(
    session: ImapSession,
    expected: number,
  ): Promise<Organized | { readonly count: number; readonly changed?: undefined }>
}

/** Checks everything before a connection is used. Throws `invalid_input` naming the field. */
export function prepareOrganizer({ query, mailbox, action, timeZone }: OrganizeOptions): Organizer {
  const asked = takeMailboxes(query)
  if (asked === undefined) throw invalid('query')
  if (action.name === 'label') assertFlagNames([action.label], 'label')
  if (action.name === 'move') assertMailboxName(action.destination, 'destination')
  const planned = planAction(action)
  const wanted = planned.kind === 'flags' ? allOf([asked.query, planned.undone]) : asked.query
  // Compiled for a plain server once, so that what no server takes is refused before one is asked.
  const plan = planSearch(wanted, isJudgedByStructure)
  if (plan === undefined) throw invalid('query')
  for (const one of plan.cases) toImapSearch(one.query, '2000-01-01')
  const isSaid = asked.within.length > 0 || asked.without.length > 0
  const findWhere = (session: ImapSession) =>
    joinMailbox(session, asked, mailbox ?? (isSaid ? 'all' : 'INBOX'))

  async function find(session: ImapSession): Promise<Matches & { target?: Mailbox }> {
    if (action.name === 'label') readFlagNames([action.label], 'label', session.has('X-GM-EXT-1'))
    const target = await findTarget(session, planned)
    const where = await findWhere(session)
    const looksEverywhere = await isEverywhere(session, where)
    // Another client may have made mailboxes since they were remembered; answers are looked for everywhere.
    const looksAround = looksEverywhere || plan?.terms.some(({ kind }) => kind === 'is')
    if (looksAround && !session.memory.isListed) await listMailboxes(session, { includeCounts: false })
    const all = await mailboxesToSearch(session, where)
    const paths = planned.kind === 'flags' ? all : movedFrom(session, all, { looksEverywhere, target })
    const question = { query: wanted, timeZone, maxUids: maxOrganized }
    return { ...(await findMatches(session, paths, question)), ...(target && { target }) }
  }

  return {
    async count(session) {
      const matches = await find(session)
      return {
        count: countOf(matches),
        mailboxes: toMailboxes(matches),
        sample: await readSample(session, matches.found),
      }
    },
    async organize(session, expected) {
      const { target, ...matches } = await find(session)
      const count = countOf(matches)
      if (count !== expected) return { count }
      const refs = matches.found
        .flatMap(({ mailbox: { path, uidValidity }, uids }) =>
          uids.map((uid) => ({ mailbox: path, uidValidity, uid })),
        )
        .slice(0, maxOrganized)
      const outcomes =
        refs.length === 0
          ? []
          : planned.kind === 'flags'
            ? await setFlags(session, refs, planned.change)
            : planned.kind === 'file'
              ? await fileMessages(session, refs, planned.use)
              : await moveInto(session, refs, target ?? (await resolveMailbox(session, planned.destination)))
      return {
        count,
        changed: outcomes.filter(({ ok }) => ok).length,
        mailboxes: toMailboxes(matches, outcomes),
        undo: planUndo(session, outcomes),
      }
    },
  }
}

/** Throws `mailbox_not_found` and `mailbox_protected`, before anything is counted; nothing is made for a dry run. */
async function findTarget(session: ImapSession, planned: PlannedAction): Promise<Mailbox | undefined> {
  if (planned.kind === 'flags') return undefined
  if (planned.kind === 'file') return await findFiling(session, planned.use)
  const found = await resolveMailbox(session, planned.destination, 'destination')
  if (takesNothing(found)) throw new MailError('mailbox_protected', { field: 'destination' })
  return found
}

/**
 * What is there already is not moved. What was sent and what is to be sent is moved only where it is named: it could
 * not be put back.
 */
function movedFrom(
  session: ImapSession,
  paths: readonly string[],
  { looksEverywhere, target }: { looksEverywhere: boolean; target: Mailbox | undefined },
): string[] {
  const closed = (session.knownMailboxes ?? []).filter(takesNothing).map(({ path }) => path)
  const left = paths.filter((path) => path !== target?.path && !(looksEverywhere && closed.includes(path)))
  // On Gmail everything is in the archive; what is to be archived is in INBOX.
  return left.length === 0 && looksEverywhere ? ['INBOX'] : left
}

function countOf({ found }: Matches): number {
  return found.reduce((sum, { count }) => sum + count, 0)
}

function toMailboxes({ found, failed }: Matches, outcomes?: readonly RefOutcome[]): OrganizedMailbox[] {
  const searched = found.map(({ mailbox: { path }, count }): OrganizedMailbox => {
    if (outcomes === undefined) return { path, count }
    const here = outcomes.filter(({ ref }) => ref.mailbox === path)
    const fault = here.find(({ ok }) => !ok)
    return {
      path,
      count,
      changed: here.filter(({ ok }) => ok).length,
      ...(fault?.code === undefined ? {} : { code: fault.code }),
      ...(fault?.refused === undefined ? {} : { refused: fault.refused }),
    }
  })
  return [...searched, ...failed.map(({ path, code }) => ({ path, count: 0, code }))]
}

/** The last mailbox is open already; each other one is a flight. */
async function readSample(session: ImapSession, found: readonly MatchedMailbox[]): Promise<MessageSummary[]> {
  const sample: MessageSummary[] = []
  const drafts = findDraftsPath(session.knownMailboxes)
  const items = ['UID', 'FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'].map(atom)
  const share = Math.ceil(maxSample / Math.max(1, found.length))
  for (const { mailbox, uids } of found) {
    const newest = uids.slice(-Math.min(share, maxSample - sample.length))
    if (sample.length >= maxSample) break
    const set = toUidSet(newest)
    const rows =
      session.examined === mailbox.path
        ? await session.fetch(mailbox, 'uid', set, items)
        : (await session.examineAndFetch(mailbox.path, set, items)).messages
    rows.sort((a, b) => b.uid - a.uid)
    sample.push(...(await Promise.all(rows.map((row) => toSummary(row, mailbox, drafts)))))
  }
  return sample
}
