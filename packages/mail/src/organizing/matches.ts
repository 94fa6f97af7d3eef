/**
 * Every match of a query, mailbox by mailbox: for what is done to all of them, where a search shows the newest. One
 * flight a mailbox. What no server can search is judged by the structure of the candidates, as in a search.
 */

import { isOfOneMailbox } from '../imap/flight.ts'
import { atom } from '../imap/protocol.ts'
import { searchUids } from '../imap/search-uids.ts'
import type { FetchedMessage, ImapSession, SelectedMailbox } from '../imap/session.ts'
import { toUidSet, type UidRange } from '../imap/uid-set.ts'
import { MailError, type MailErrorCode } from '../mail-error.ts'
import { isClosed, maxRowBytes, openParts } from '../reading/open-parts.ts'
import { dayIn } from '../search/days.ts'
import { findAnswered, isMet, narrowing } from '../search/judge.ts'
import { mailboxesToSearch } from '../search/mailboxes.ts'
import { isSent, withOwnAddresses } from '../search/own.ts'
import { isRequired, planSearch, type SearchPlan } from '../search/plan.ts'
import type { Query } from '../search/query.ts'
import { isJudgedOnGmail, toGmailSearch } from '../search/to-gmail.ts'
import { isJudgedByStructure, toImapSearch } from '../search/to-imap.ts'

export interface MatchedMailbox {
  readonly mailbox: SelectedMailbox
  readonly count: number
  /** Ascending, the first `maxUids` of them. */
  readonly uids: readonly number[]
}

export interface Matches {
  readonly found: readonly MatchedMailbox[]
  /** Mailboxes that the server refused to search. */
  readonly failed: readonly { readonly path: string; readonly code: MailErrorCode }[]
}

/** Candidates of one mailbox whose structure is looked at; a larger number is refused, since a part is no count. */
const maxJudged = 2_000
const judgedBatch = 500
/** Where answers are looked for. */
const maxAnswerMailboxes = 5
/** Kept of the call's time for doing something with what was found. */
const reservedShare = 0.4

export async function findMatches(
  session: ImapSession,
  paths: readonly string[],
  asked: { query: Query | undefined; timeZone: string; maxUids: number },
): Promise<Matches> {
  const { timeZone, maxUids } = asked
  const query = asked.query && withOwnAddresses(session, asked.query)
  const today = dayIn(new Date(session.now * 1000), timeZone)
  const isGmail = session.has('X-GM-EXT-1')
  const plan = planSearch(query, isGmail ? isJudgedOnGmail : isJudgedByStructure)
  if (plan === undefined) throw new MailError('invalid_input', { field: 'query' })
  const searches = plan.cases.map((one) => {
    const compiled = isGmail ? toGmailSearch(one.query, { today, timeZone }) : toImapSearch(one.query, today)
    const required = plan.terms.filter((term) => isRequired(query, term))
    const tokens = [...compiled.tokens, ...required.flatMap(narrowing), atom('UNDELETED')]
    return { tokens, utf8: compiled.utf8 }
  })
  const found: MatchedMailbox[] = []
  const failed: { path: string; code: MailErrorCode }[] = []
  for (const [at, path] of paths.entries()) {
    // A part of the mailboxes would be another number than the one that is asked for.
    if (at > 0 && session.shareOfTimeLeft < reservedShare)
      throw new MailError('timeout', { protocol: 'imap' })
    try {
      const examined = session.examineAhead(path)
      let { handlers } = examined
      const answers: (readonly UidRange[])[] = []
      for (const { tokens, utf8 } of searches) {
        answers.push(await searchUids(session, tokens, utf8, handlers))
        handlers = {}
      }
      if (answers.length === 0) continue
      const mailbox = examined.toMailbox()
      const one =
        plan.terms.length > 0
          ? await judgeAll(session, mailbox, plan, answers)
          : toMatched(mailbox, answers.flat(), maxUids)
      if (one.count > 0) found.push({ ...one, uids: one.uids.slice(0, maxUids) })
    } catch (error) {
      if (paths.length === 1 || !isOfOneMailbox(error) || error.code === 'too_large') throw error
      failed.push({ path, code: error.code })
    }
  }
  return { found, failed }
}

function toMatched(mailbox: SelectedMailbox, ranges: readonly UidRange[], maxUids: number): MatchedMailbox {
  const uids: number[] = []
  let count = 0
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    count += high - low + 1
    for (let uid = low; uid <= high && uids.length < maxUids; uid++) uids.push(uid)
  }
  return { mailbox, count, uids }
}

/** A candidate counts if the case that found it assumed what its structure says. */
async function judgeAll(
  session: ImapSession,
  mailbox: SelectedMailbox,
  { terms, cases }: SearchPlan,
  answers: readonly (readonly UidRange[])[],
): Promise<MatchedMailbox> {
  const found = answers.map((ranges) => new Set(toMatched(mailbox, ranges, maxJudged + 1).uids))
  const candidates = [...new Set(found.flatMap((some) => [...some]))].sort((a, b) => a - b)
  if (candidates.length > maxJudged) throw new MailError('too_large', { field: 'query', protocol: 'imap' })
  const rows: FetchedMessage[] = []
  for (let at = 0; at < candidates.length; at += judgedBatch) {
    const set = toUidSet(candidates.slice(at, at + judgedBatch))
    const items = ['UID', 'ENVELOPE', 'BODYSTRUCTURE'].map(atom)
    rows.push(...(await session.fetch(mailbox, 'uid', set, items)))
  }
  const closed = await openParts(session, mailbox, rows.filter(isClosed), maxRowBytes)
  const opened = new Map([...rows, ...closed].map((row) => [row.uid, row]))
  const awaits = terms.some((term) => term.kind === 'is')
  const isOwn = (row: FetchedMessage) => isSent(session, mailbox.path, row)
  const answered = awaits ? await answersOf(session, rows.filter(isOwn)) : new Set<string>()
  const uids = candidates.filter((uid) => {
    const row = opened.get(uid)
    if (row === undefined) return false
    const truths = terms.map((term) =>
      term.kind === 'is' ? isOwn(row) && !answered.has(row.envelope?.messageId ?? '') : isMet(term, row),
    )
    return cases.some(
      ({ assumed }, at) =>
        found[at]?.has(uid) === true && assumed.every((one, index) => one === truths[index]),
    )
  })
  return { mailbox, count: uids.length, uids }
}

async function answersOf(session: ImapSession, rows: readonly FetchedMessage[]): Promise<Set<string>> {
  const ids = rows.flatMap((row) => row.envelope?.messageId ?? [])
  const paths = await mailboxesToSearch(session, { within: [], without: ['sent', 'drafts'] })
  const answered = new Set<string>()
  // One search names them all: a line of a length that servers take.
  for (let at = 0; at < ids.length; at += answersBatch) {
    const some = ids.slice(at, at + answersBatch)
    for (const id of await findAnswered(session, some, paths.slice(0, maxAnswerMailboxes))) answered.add(id)
  }
  return answered
}

const answersBatch = 50
